package law

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/lab/fit"
)

// Published is coefficients that somebody gave for a group.
type Published struct {
	Group        string // "" for every group
	Coefficients map[string]float64
}

const maxPublished = 1 << 20 // bytes of a file of coefficients

// ReadPublished reads coefficients from CSV: a column group, and one for each coefficient and exponent, by its name in the form's formula. name
// is the file's, for messages.
func ReadPublished(r io.Reader, name string) (list []Published, err error) {
	lines := csv.NewReader(&limited{r, maxPublished, maxPublished})
	lines.TrimLeadingSpace = true
	head, err := lines.Read()
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("law: %s: %w", name, err)
	}
	group := slices.Index(head, "group")
	if group < 0 || len(head) < 2 {
		return nil, fmt.Errorf("law: %s: line 1 is %q, want group and the names of coefficients: group,a,b,c,alpha,beta", name, strings.Join(head, ","))
	}
	for {
		record, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("law: %s: %w", name, err)
		}
		line, _ := lines.FieldPos(0)
		p := Published{oneLine(record[group]), map[string]float64{}}
		if slices.ContainsFunc(list, func(o Published) bool { return o.Group == p.Group }) {
			return nil, fmt.Errorf("law: %s: line %d: a second row of group %q", name, line, p.Group)
		}
		for i, key := range head {
			if i == group {
				continue
			}
			if p.Coefficients[key], err = coefficient(record[i]); err != nil {
				return nil, fmt.Errorf("law: %s: line %d: column %s: %w", name, line, key, err)
			}
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("law: %s: no rows", name)
	}
	return list, nil
}

// ParsePublished reads coefficients of every group, as a=0.1,b=60.
func ParsePublished(text string) (Published, error) {
	p := Published{Coefficients: map[string]float64{}}
	for part := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if _, twice := p.Coefficients[key]; !ok || twice {
			return p, fmt.Errorf("law: coefficients %q: found %q, want each once, as a=0.1,b=60,c=10,alpha=0.38,beta=0.75", text, part)
		}
		number, err := coefficient(value)
		if err != nil {
			return p, fmt.Errorf("law: coefficients %q: %s: %w", text, key, err)
		}
		p.Coefficients[key] = number
	}
	return p, nil
}

func coefficient(cell string) (float64, error) {
	number, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return 0, fmt.Errorf("%q, want a finite number", cell)
	}
	return number, nil
}

// values are p's coefficients in the order of a form's names; ok is false where they are not of this form.
func (p Published) values(form *fit.Form) (list []float64, ok bool) {
	names := coefficientNames(form)
	for _, name := range names {
		value, ok := p.Coefficients[name]
		if !ok {
			return nil, false
		}
		list = append(list, value)
	}
	return list, len(p.Coefficients) == len(names)
}

// checkPublished says which coefficients are of no group or of none of the forms.
func checkPublished(list []Published, d *Data, forms []*fit.Form) error {
	for _, p := range list {
		if p.Group != "" && !slices.ContainsFunc(d.Groups, func(g Group) bool { return g.Name == p.Group }) {
			return fmt.Errorf("law: coefficients are given of a group %q, and %s has %s", p.Group, d.Source, strings.Join(d.names(), ", "))
		}
		if !slices.ContainsFunc(forms, func(form *fit.Form) bool { _, ok := p.values(form); return ok }) {
			return fmt.Errorf("law: the coefficients given are %s, and the form %s has %s", strings.Join(slices.Sorted(maps.Keys(p.Coefficients)), ", "),
				forms[0].Name, strings.Join(coefficientNames(forms[0]), ", "))
		}
	}
	return nil
}
