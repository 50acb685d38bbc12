// Package mix predicts the bits of a segment's bytes from a language model's prediction and from what the segment has
// shown so far, by a logistic mixing of both: PAQ's (Mahoney 2005; Mattern 2012, "Mixing strategies in data compression").
// docs/format.md, section 3, is its specification.
//
// Start with Mixer: Predict gives the probability of the next bit, Update tells which it was. A byte is eight decisions, high
// bit first. What is mixed are log odds (logistic.go): those of the language model, which the caller brings;
// those of a few contexts, whose histories of bits (history.go) have learned what they mean (estimate.go); and those of the
// longest match (match.go). How much each counts is a weight that is learned as well (mixer.go).
//
// It does not code (package coder) and knows no language model.
//
// Invariants: all arithmetic is of integers, so that encoder and decoder have the same probabilities on every machine. A
// Mixer depends on the length that Reset was told, the bits since, and the log odds that came with them, and on nothing else.
package mix
