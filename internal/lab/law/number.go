package law

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number is a float64 whose JSON is null where it is not finite: JSON has no NaN.
type Number float64

// MarshalJSON writes null for what is not finite.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.finite() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// unknown is a number that is not known.
var unknown = Number(math.NaN())

func (n Number) finite() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// fixed is n with so many decimals.
func (n Number) fixed(decimals int) string {
	if !n.finite() {
		return "-"
	}
	text := strconv.FormatFloat(float64(n), 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-") // no 0 below 0
	}
	return text
}

// digits is x with so many significant ones, without an exponent where that stays short.
func (n Number) digits(significant int) string {
	x := float64(n)
	switch {
	case !n.finite():
		return "-"
	case x == 0:
		return "0"
	case math.Abs(x) >= 1e7 || math.Abs(x) < 1e-4:
		return strconv.FormatFloat(x, 'e', significant-1, 64)
	}
	decimals := significant - 1 - int(math.Floor(math.Log10(math.Abs(rounded(x, significant)))))
	return strconv.FormatFloat(x, 'f', max(decimals, 0), 64)
}

// short is n with at most so many significant digits, without zeros at its end.
func (n Number) short(significant int) string {
	if !n.finite() {
		return "-"
	}
	if x := float64(n); math.Abs(x) < 1e7 && math.Abs(x) >= 1e-4 {
		return strconv.FormatFloat(rounded(x, significant), 'f', -1, 64)
	}
	return strconv.FormatFloat(float64(n), 'g', significant, 64)
}

// rounded is x with so many significant digits.
func rounded(x float64, significant int) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', significant-1, 64), 64)
	return y
}

// amount is a number of parameters, steps or bytes, short: 70M, 1.4B, 143,000.
func amount(x float64) string {
	for _, unit := range []struct {
		from   float64
		suffix string
	}{{1e15, ""}, {1e12, "T"}, {1e9, "B"}, {1e6, "M"}} {
		switch {
		case x < unit.from:
		case unit.suffix == "":
			return fmt.Sprintf("%.3g", x)
		default:
			return strconv.FormatFloat(rounded(x/unit.from, 4), 'f', -1, 64) + unit.suffix
		}
	}
	return thousands(x)
}

// thousands is a number with commas, whole from 1,000 on.
func thousands(x float64) string {
	if size := math.Abs(x); size < 1e-4 || size >= 1e15 {
		return fmt.Sprintf("%.4g", x)
	}
	text := strconv.FormatFloat(x, 'f', 0, 64)
	if x < 1000 {
		return strconv.FormatFloat(rounded(x, 4), 'f', -1, 64)
	}
	var b strings.Builder
	for i, r := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}
