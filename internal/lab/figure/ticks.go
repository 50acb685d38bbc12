package figure

import (
	"math"
	"strconv"
)

// tick is a mark on an axis. Minor ticks have no label.
type tick struct {
	value float64
	label string
}

// ticks are at most about count labelled ones, and of log axes the unlabelled ones between powers of ten.
func (s *scale) ticks(count int) []tick {
	if len(s.axis.Names) > 0 {
		list := make([]tick, len(s.axis.Names))
		for i, name := range s.axis.Names {
			list[i] = tick{float64(i), name}
		}
		return list
	}
	if s.axis.Log {
		if s.high/s.low > 3 {
			if list := s.multiples(); 2*labelled(list) <= 3*count {
				return list
			}
			return s.logTicks(max(1, int(math.Ceil(float64(s.powers())/float64(max(1, count))))))
		}
	}
	return s.linearTicks(count)
}

// linearTicks are multiples of 1, 2 or 5 times a power of ten.
func (s *scale) linearTicks(count int) []tick {
	step := niceStep((s.high - s.low) / float64(max(1, count)))
	unit, suffix := prefix(max(math.Abs(s.low), math.Abs(s.high)), 1e4)
	var list []tick
	for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+1e-9*step; i++ {
		list = append(list, tick{i * step, number(i*step/unit, step/unit) + suffixOf(i, suffix)})
		if len(list) > 100 { // cannot be, but for rounding at the ends of what float64 holds
			break
		}
	}
	return list
}

// suffixOf leaves 0 without its unit.
func suffixOf(i float64, suffix string) string {
	if i == 0 {
		return ""
	}
	return suffix
}

// niceStep is the least of 1, 2 and 5 times a power of ten that is not below x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// powers is how many powers of ten are within a log axis.
func (s *scale) powers() int {
	return int(math.Floor(math.Log10(s.high)+1e-9)-math.Ceil(math.Log10(s.low)-1e-9)) + 1
}

// logTicks labels every so many-th power of ten. Between powers that are all labelled are minor ticks.
func (s *scale) logTicks(every int) []tick {
	var list []tick
	for e := math.Floor(math.Log10(s.low)); e <= math.Ceil(math.Log10(s.high)); e++ {
		power := math.Pow(10, e)
		for m := 1.0; m < 10; m++ {
			v := m * power
			switch {
			case !s.has(v) || m > 1 && every > 1:
			case m == 1 && int(e)%every == 0:
				list = append(list, tick{v, powerLabel(v, s.high)})
			default:
				list = append(list, tick{v, ""})
			}
		}
	}
	return list
}

func labelled(list []tick) (n int) {
	for _, t := range list {
		if t.label != "" {
			n++
		}
	}
	return n
}

// multiples labels 1, 2 and 5 times powers of ten: for log axes of one or two powers.
func (s *scale) multiples() []tick {
	list := s.logTicks(1)
	for i, t := range list {
		switch first := math.Round(t.value / math.Pow(10, math.Floor(math.Log10(t.value)+1e-9))); first {
		case 1, 2, 5:
			list[i].label = powerLabel(t.value, s.high)
		}
	}
	return list
}

// powerLabel is the label on a log axis whose largest value is high.
func powerLabel(v, high float64) string {
	if high < 1e4 && v >= 1 || v < 1 {
		return number(v, v)
	}
	unit, suffix := prefix(v*(1+1e-9), 1e3)
	return number(v/unit, v/unit) + suffix
}

// prefix is that of the International System of Units for values up to x: from k, if x is not below least, to P.
func prefix(x, least float64) (unit float64, suffix string) {
	if x < least || x >= 1e18 {
		return 1, ""
	}
	unit = 1e3
	for _, s := range []string{"k", "M", "G", "T", "P"} {
		if x < 1000*unit || s == "P" {
			return unit, s
		}
		unit *= 1000
	}
	return 1, ""
}

// number writes a multiple of step with as many decimals as step needs.
func number(v, step float64) string {
	v = math.Round(v/step) * step
	if v == 0 {
		return "0"
	}
	decimals := int(math.Ceil(-math.Log10(step) - 1e-9))
	if decimals > 9 || math.Abs(v) >= 1e7 {
		return minus(strconv.FormatFloat(v, 'g', 6, 64))
	}
	return minus(strconv.FormatFloat(v, 'f', max(0, decimals), 64))
}

// minus writes a negative number with a minus sign, not a hyphen.
func minus(s string) string {
	if s[0] == '-' {
		return "−" + s[1:]
	}
	return s
}
