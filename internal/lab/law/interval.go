package law

import (
	"math"

	"lmz/internal/lab/fit"
)

// Interval is of 95%. An end is open where the data do not say how far it goes: the search came to its bound there, or the end is not
// finite.
type Interval struct {
	Low      Number `json:"low"`
	High     Number `json:"high"`
	OpenLow  bool   `json:"open_low"`
	OpenHigh bool   `json:"open_high"`
}

func interval(i fit.Interval) Interval {
	return Interval{Number(i.Low), Number(i.High), i.OpenLow, i.OpenHigh}
}

// text is the interval with so many significant digits; < and > mark open ends.
func (i *Interval) text(digits int) string {
	return i.with(func(n Number) string { return n.digits(digits) })
}

// beside is the interval of an estimate. An end that is nothing beside it is 0, and an open one that lies nowhere near it is just open: further digits
// would be of the search, not of the data.
func (i *Interval) beside(estimate Number) string {
	return i.with(func(n Number) string {
		switch times := math.Abs(float64(n / estimate)); {
		case times < nothing:
			return "0"
		case times > far && (n == i.Low && i.OpenLow || n == i.High && i.OpenHigh):
			return anything
		}
		return n.digits(3)
	})
}

// An end that is less than nothing times the estimate is 0; one that is more than far times as large is of the search, not of the data.
const nothing, far = 1e-4, 1e6

// anything is an end that the data say nothing of.
const anything = "any"

// amounts is an interval of numbers of parameters.
func (i *Interval) amounts() string {
	return i.with(func(n Number) string { return amount(float64(n)) })
}

func (i *Interval) with(text func(Number) string) string {
	if i == nil {
		return "-"
	}
	end := func(n Number, open bool, mark string) string {
		switch {
		case !n.finite():
			return anything
		case open && text(n) != anything:
			return mark + text(n)
		}
		return text(n)
	}
	return end(i.Low, i.OpenLow, "< ") + " to " + end(i.High, i.OpenHigh, "> ")
}
