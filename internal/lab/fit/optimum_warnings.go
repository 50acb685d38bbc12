package fit

import "fmt"

// warn says what of a fit cannot be relied on.
func (f *Fit) warn(c *cells) {
	add := func(format string, args ...any) { f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...)) }
	if f.Points == f.Form.Parameters() {
		add("as many points as parameters (%d): the law goes through all of them, and nothing is known of its error", f.Points)
	} else if len(c.p) <= f.Form.Parameters() {
		add("points at %d places for %d parameters: the law was not tested anywhere else", len(c.p), f.Form.Parameters())
	}
	for k, e := range f.Form.Exponents {
		switch f.Bounds[k] {
		case -1:
			if e.Low == 0 {
				add("%s is 0, the lowest value searched: the law is no better for it", e.Name)
				continue
			}
			add("%s is at the lowest value searched, %g: the data do not bound it from below", e.Name, e.Low)
		case 1:
			add("%s is at the highest value searched, %g: the data do not bound it from above", e.Name, e.High)
		}
	}
	for j, t := range f.Form.terms {
		v := f.AtReference[j]
		switch {
		case t == constant && v < 0 && len(f.Form.terms) > 1:
			add("%s = %.4g is below 0: the law falls below 0 for models large and trained enough", f.Form.Scales[j], v)
		case t != constant && v < 0:
			add("%s = %.4g is below 0: the ratio rises with %s", f.Form.Scales[j], v, t.variables())
		case t != constant && !(v != 0):
			add("%s is 0: its exponent is not identified", f.Form.Scales[j])
		}
	}
}

func (t term) variables() string {
	switch {
	case t.size >= 0 && t.training >= 0:
		return "size and training"
	case t.size >= 0:
		return "size"
	}
	return "training"
}
