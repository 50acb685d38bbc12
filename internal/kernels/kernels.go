// Package kernels holds the arithmetic of a transformer's forward pass, version 2 of the numerics in
// docs/numerics.md: products of int8 weights and activations of 8 or 12 bits, integer attention, norms, GELU and SwiGLU,
// rotary positions; and products and attention in float32. Every function gives the same bits on every machine.
//
// Start at product.go, the product y = x W^T, then attention.go; in float32 these are panel.go, float_matrix.go and
// float_attention.go. The portable functions are the specification; dispatch.go chooses what computes the same bits faster
// on this processor.
//
// The package knows no model and starts no goroutines. Its functions may be called concurrently, on a
// shared Matrix too, as long as nothing that they write is shared.
//
// Invariants: sums are of integers, or have a written order. A product of floats that is then added
// to stands in a conversion, float32(a*b) + c, which forbids its fusion. Functions of package math
// other than Sqrt, which is correctly rounded, are not used. Inputs are finite: see QuantizeRow.
package kernels

import "fmt"

// Numerics is the version of docs/numerics.md that the package computes by. Files carry it.
const Numerics = 2

// NotFinite is what a broken model panics with, here and in cumfreq: weights so large that a number
// becomes infinite or NaN. Such a model can be neither coded nor decoded with.
type NotFinite string

func (e NotFinite) Error() string { return string(e) }

// Add adds a to dst, element by element.
func Add(dst, a []float32) {
	sameLength("Add", len(dst), len(a))
	for i, v := range a {
		dst[i] += v
	}
}

func sameLength(function string, found, want int) {
	if found != want {
		panic(fmt.Sprintf("kernels: %s: a slice of %d elements, want %d", function, found, want))
	}
}
