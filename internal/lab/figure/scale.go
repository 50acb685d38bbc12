package figure

import "math"

// scale maps the values of an axis to pixels.
type scale struct {
	axis     Axis
	low      float64 // values at the ends
	high     float64
	from, to float64 // pixels of low and high
}

// margin is the part of an axis that is left free at each end, so that marks do not lie on the frame.
const margin = 0.04

// newScale makes the scale for values, some of which may be impossible. zero is whether it begins at 0 exactly, as bars do.
func newScale(axis Axis, values []float64, zero bool) scale {
	s := scale{axis: axis, low: math.Inf(1), high: math.Inf(-1)}
	if len(axis.Names) > 0 {
		s.low, s.high = -0.5, float64(len(axis.Names))-0.5
		s.axis.Log = false
		return s
	}
	for _, v := range values {
		if s.possible(v) {
			s.low, s.high = min(s.low, v), max(s.high, v)
		}
	}
	floor := zero && !axis.Log && s.low >= 0
	s.widen()
	if floor {
		s.low = 0
	}
	given := func(v *float64) bool { return v != nil && s.possible(*v) }
	if given(axis.Low) {
		s.low = *axis.Low
	}
	if given(axis.High) {
		s.high = *axis.High
	}
	if !(s.high > s.low) || s.tooNarrow() { // the ends given contradict the data, or each other
		s.axis.Low, s.axis.High = nil, nil
		s.high = s.low
		s.widen()
	}
	return s
}

// possible is whether a value has a place on an axis.
func (s *scale) possible(v float64) bool {
	return !math.IsNaN(v) && math.Abs(v) <= largest && (!s.axis.Log || v >= 1/largest)
}

// largest is the largest value that is drawn, and 1/largest the smallest on a log axis: beyond them, what is computed overflows.
const largest = 1e250

// tooNarrow is whether float64 has too few values between the ends to tell marks apart.
func (s *scale) tooNarrow() bool {
	return s.high-s.low <= 1e-9*max(math.Abs(s.low), math.Abs(s.high))
}

// widen leaves room at the ends of the data's range, which may be empty or one value.
func (s *scale) widen() {
	switch {
	case s.low > s.high: // no data
		s.low, s.high = 0, 1
		if s.axis.Log {
			s.low, s.high = 1, 10
		}
	case s.tooNarrow() && s.axis.Log:
		s.low, s.high = s.low/2, s.high*2
	case s.tooNarrow() && s.low == 0:
		s.low, s.high = -1, 1
	case s.tooNarrow():
		by := math.Abs(s.low) / 10
		s.low, s.high = s.low-by, s.high+by
	case s.axis.Log:
		by := math.Exp(margin * (math.Log(s.high) - math.Log(s.low)))
		s.low, s.high = s.low/by, s.high*by
	default:
		by := margin * (s.high - s.low)
		s.low, s.high = s.low-by, s.high+by
	}
}

// share is where between the ends a value is: 0 at low, 1 at high.
func (s *scale) share(v float64) float64 {
	if s.axis.Log {
		return (math.Log(v) - math.Log(s.low)) / (math.Log(s.high) - math.Log(s.low))
	}
	return (v - s.low) / (s.high - s.low)
}

// at is the pixel of a possible value, at most one axis's length beyond its ends.
func (s *scale) at(v float64) float64 {
	return s.from + min(max(s.share(v), -1), 2)*(s.to-s.from)
}

// within is the pixel of a value, or that of the end beyond which it is.
func (s *scale) within(v float64) float64 {
	return s.from + min(max(s.share(v), 0), 1)*(s.to-s.from)
}

// has is whether a value is possible and between the ends.
func (s *scale) has(v float64) bool {
	const rounding = 1e-9
	return s.possible(v) && s.share(v) >= -rounding && s.share(v) <= 1+rounding
}
