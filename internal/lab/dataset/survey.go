package dataset

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// plan is what is read of a CSV file.
type plan struct {
	header  bool // the first row
	places  []int
	columns []Column // at these places, counted from 0
}

// surveyed is what is known of a column.
type surveyed struct {
	name    string
	numbers int    // cells that are one
	missing int    // line of the first cell without a value, 0 if there is none
	other   int    // line of the first cell that is neither
	cell    string // that cell

	places    int   // decimal places that all numbers need
	low, high int64 // of the numbers times 10^places
	wide      int   // line of the first number that does not fit, 0 if all do
}

// survey reads a CSV file and chooses its columns. Without rows it is skipped: the plan is nil. The first row is
// a header if no cell of it is a number.
func survey(f *file, spec Spec) (*plan, error) {
	t, err := openTable(f)
	if err != nil {
		return nil, err
	}
	first, err := t.next()
	if err == io.EOF {
		f.skip("no rows")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &plan{header: true}
	all := make([]surveyed, len(first))
	for i := range first {
		p.header = p.header && !isNumber(t.cell(first, i))
	}
	for i := range all {
		all[i].name = strconv.Itoa(i + 1)
		if name := strings.TrimSpace(first[i]); p.header && name != "" {
			all[i].name = strings.Clone(name)
		}
	}
	record := first
	if p.header {
		record, err = t.next()
	}
	for ; err == nil; record, err = t.next() {
		for i := range all {
			all[i].add(t.cell(record, i), t.line)
		}
	}
	if err != io.EOF {
		return nil, err
	}
	if p.places, err = choose(f, spec, all); err != nil {
		return nil, err
	}
	for _, i := range p.places {
		c := Column{File: f.name, Name: all[i].name}
		if spec.Kind == Int16 {
			if c.Decimals, c.Offset, err = all[i].scale(); err != nil {
				return nil, f.errorf("%s: %w", columnName(i, c.Name), err)
			}
		}
		p.columns = append(p.columns, c)
	}
	return p, nil
}

// add takes a cell into account.
func (s *surveyed) add(cell string, line int) {
	switch {
	case isMissing(cell):
		if s.missing == 0 {
			s.missing = line
		}
		return
	case !isNumber(cell):
		if s.other == 0 {
			s.other, s.cell = line, strings.Clone(cell)
		}
		return
	}
	s.numbers++
	if s.wide > 0 {
		return
	}
	d, ok := parseDecimal(cell)
	places := max(s.places, d.places)
	low, okLow := decimal{s.low, s.places}.at(places)
	high, okHigh := decimal{s.high, s.places}.at(places)
	d, okHere := d.at(places)
	if !ok || !okLow || !okHigh || !okHere {
		s.wide = line
		return
	}
	s.places, s.low, s.high = places, low.mantissa, high.mantissa
	if s.numbers == 1 {
		s.low, s.high = d.mantissa, d.mantissa
	}
	s.low, s.high = min(s.low, d.mantissa), max(s.high, d.mantissa)
}

// scale finds the scale that makes int16 of all values, as Column has it.
func (s *surveyed) scale() (decimals int, offset int64, err error) {
	const loss = "that would lose digits: choose other columns, or kind float32"
	switch {
	case s.missing > 0:
		return 0, 0, fmt.Errorf("no value in line %d, which int16 cannot say: choose other columns, or kind float32", s.missing)
	case s.wide > 0:
		return 0, 0, fmt.Errorf("the number in line %d has too many digits beside those before: %s", s.wide, loss)
	case s.low < math.MinInt64/2 || s.high > math.MaxInt64/2 || s.high-s.low > math.MaxUint16:
		return 0, 0, fmt.Errorf("values from %s to %s with %d decimal places have more steps than the %d of int16: %s",
			exactly(s.low, s.places), exactly(s.high, s.places), s.places, math.MaxUint16+1, loss)
	case s.low < math.MinInt16 || s.high > math.MaxInt16:
		offset = s.low - math.MinInt16
	}
	return s.places, offset, nil
}

// exactly writes n / 10^places in its fewest digits.
func exactly(n int64, places int) string {
	sign := ""
	if n < 0 {
		sign = "-"
	}
	digits := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

// choose returns the places of the columns of spec. Without any in spec, these are those that hold numbers and
// nothing else, values that are missing aside; the others are listed as skipped.
func choose(f *file, spec Spec, all []surveyed) (places []int, err error) {
	if spec.Columns == "" {
		for i, s := range all {
			switch name := f.name + ": " + columnName(i, s.name); {
			case s.other > 0:
				f.from.skip(name, fmt.Sprintf("%q in line %d is no number", s.cell, s.other))
			case s.numbers == 0:
				f.from.skip(name, "no number in it")
			default:
				places = append(places, i)
			}
		}
		if len(places) == 0 {
			return nil, f.errorf("no column of numbers among %d", len(all))
		}
		return places, nil
	}
	for name := range strings.SplitSeq(spec.Columns, ",") {
		i, err := columnNamed(strings.TrimSpace(name), all)
		if err != nil {
			return nil, f.errorf("%w", err)
		}
		if s := all[i]; s.other > 0 {
			return nil, f.errorf("line %d, %s: %q is no number", s.other, columnName(i, s.name), s.cell)
		}
		places = append(places, i)
	}
	return places, nil
}

// columnNamed finds a column by its name in the header, or if there is none, by its number.
func columnNamed(name string, all []surveyed) (int, error) {
	is := func(s surveyed) bool { return s.name == name }
	if i := slices.IndexFunc(all, is); i >= 0 {
		if slices.ContainsFunc(all[i+1:], is) {
			return 0, fmt.Errorf("two columns are called %s: say which by its number", name)
		}
		return i, nil
	}
	n, err := strconv.Atoi(name)
	if err == nil && n >= 1 && n <= len(all) {
		return n - 1, nil
	}
	var names []string
	for _, s := range all[:min(len(all), 20)] {
		names = append(names, s.name)
	}
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, fmt.Errorf("no column is called %s: there are %d, %s", name, len(all), strings.Join(names, ", "))
	}
	return 0, fmt.Errorf("no column %s: there are %d, %s", name, len(all), strings.Join(names, ", "))
}
