package fit

import (
	"fmt"
	"slices"
)

// Split is points to fit and points to predict.
type Split struct {
	Held      string // in words
	Fit, Test []Point
}

// HeldLargest is what LargestModel holds out, in words.
const HeldLargest = "the largest model"

// LargestModel holds out the points of the largest size.
func LargestModel(points []Point) (Split, error) {
	return split(points, HeldLargest, func(p Point) float64 { return p.Params }, 1)
}

// LastCheckpoints holds out the points of the last count different steps, of whatever model: the future of all.
func LastCheckpoints(points []Point, count int) (Split, error) {
	held := "the last checkpoint"
	if count != 1 {
		held = fmt.Sprintf("the last %d checkpoints", count)
	}
	return split(points, held, func(p Point) float64 { return p.Steps }, count)
}

// split holds out the points of the count highest levels.
func split(points []Point, held string, level func(Point) float64, count int) (Split, error) {
	sorted, err := checked(points)
	if err != nil {
		return Split{}, err
	}
	levels := make([]float64, len(sorted))
	for i, p := range sorted {
		levels[i] = level(p)
	}
	slices.Sort(levels)
	levels = slices.Compact(levels)
	if count < 1 || count >= len(levels) {
		return Split{}, fmt.Errorf("fit: cannot hold out %s of %d, expected at least one and one left to fit", held, len(levels))
	}
	s := Split{Held: held}
	for _, p := range sorted {
		if level(p) >= levels[len(levels)-count] {
			s.Test = append(s.Test, p)
		} else {
			s.Fit = append(s.Fit, p)
		}
	}
	return s, nil
}

// HoldOut predicts what a split holds out by the law fitted to the rest: what the law is worth where it is used, outside the points.
// An error says what of the form the rest cannot identify.
func HoldOut(form *Form, s Split, loss Loss) (*Prediction, error) {
	f, err := Optimum(form, s.Fit, loss)
	if err != nil {
		return nil, fmt.Errorf("fit: without %s: %w", s.Held, err)
	}
	if len(s.Test) == 0 {
		return nil, fmt.Errorf("fit: the split of %s holds out no points, expected one at least", s.Held)
	}
	p := &Prediction{Held: s.Held, Fitted: len(s.Fit), Test: s.Test, Warnings: f.Warnings}
	near := newNearest(s.Fit)
	for _, t := range s.Test {
		p.Errors = append(p.Errors, f.Value(t.Params, t.Steps)-t.Ratio)
		p.Naive = append(p.Naive, near.ratio(t.Params, t.Steps)-t.Ratio)
	}
	p.sum()
	return p, nil
}
