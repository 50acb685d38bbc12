package dataset

import (
	"math"
	"strconv"
	"strings"
)

// decimal is the number mantissa / 10^places, places being the fewest and at least 0.
type decimal struct {
	mantissa int64
	places   int
}

// isNumber reports whether a cell is a number in decimal notation, with an exponent or without.
func isNumber(cell string) bool {
	if strings.Trim(cell, "+-.0123456789eE") != "" {
		return false // infinity, hexadecimal digits, and the like, which strconv knows
	}
	_, err := strconv.ParseFloat(cell, 64)
	return err == nil || err.(*strconv.NumError).Err == strconv.ErrRange
}

// parseDecimal returns the exact value of a cell for which isNumber holds; ok is false if that does not fit.
func parseDecimal(cell string) (d decimal, ok bool) {
	exponent := 0
	if i := strings.IndexAny(cell, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(cell[i+1:]); err != nil {
			return d, false
		}
		cell = cell[:i]
	}
	whole, fraction, _ := strings.Cut(cell, ".")
	digits := strings.TrimRight(whole+fraction, "0")
	if strings.Trim(digits, "+-") == "" {
		return d, true
	}
	exponent += len(whole) - len(digits) // the value is digits 10^exponent, signs counted in both lengths
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || exponent < -maxPlaces || exponent > maxPlaces {
		return d, false
	}
	if exponent <= 0 {
		return decimal{n, -exponent}, true
	}
	d, ok = decimal{n, 0}.at(exponent)
	return decimal{d.mantissa, 0}, ok
}

// maxPlaces is the most decimal places of a decimal: 10^maxPlaces fits in 64 bits.
const maxPlaces = 18

// at returns d with more decimal places, which are then not the fewest; ok is false if that does not fit.
func (d decimal) at(places int) (_ decimal, ok bool) {
	if places > maxPlaces {
		return d, false
	}
	for ; d.places < places; d.places++ {
		if d.mantissa > math.MaxInt64/10 || d.mantissa < math.MinInt64/10 {
			return d, false
		}
		d.mantissa *= 10
	}
	return d, true
}
