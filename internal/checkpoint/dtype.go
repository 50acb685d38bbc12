package checkpoint

import (
	"fmt"
	"math"
)

// DType names an element type, as safetensors does or, for types in blocks, as GGUF does.
type DType string

// The element types that have a use here. More are known by size, so that a file that holds them can be read
// around them.
const (
	F32  DType = "F32"  // IEEE 754 binary32
	F16  DType = "F16"  // IEEE 754 binary16
	BF16 DType = "BF16" // the upper half of an F32
	I8   DType = "I8"   // two's complement
	U8   DType = "U8"
	I32  DType = "I32"
	I64  DType = "I64"
)

// layout is how elements of a type lie in memory: in blocks, which may share scales.
type layout struct {
	elements int // of a block; 1 where every element stands alone
	bytes    int // of a block
	// float32s converts: one block, or where elements is 1 any number of them. Nil for a type that has no
	// use as numbers.
	float32s func(y []float32, b []byte)
}

// layouts holds the types. Those in blocks are GGUF's (ggml-common.h of llama.cpp, GGML_QUANT_SIZES of the
// Python package gguf).
var layouts = map[DType]layout{
	F32:  {1, 4, float32sF32},
	F16:  {1, 2, float32sF16},
	BF16: {1, 2, float32sBF16},
	I8:   {1, 1, nil},
	U8:   {1, 1, nil},
	I32:  {1, 4, nil},
	I64:  {1, 8, nil},

	"BOOL":    {1, 1, nil},
	"F8_E4M3": {1, 1, nil},
	"F8_E5M2": {1, 1, nil},
	"I16":     {1, 2, nil},
	"U16":     {1, 2, nil},
	"U32":     {1, 4, nil},
	"U64":     {1, 8, nil},
	"F64":     {1, 8, nil},

	"Q4_0": {32, 18, float32sQ4_0},
	"Q4_1": {32, 20, float32sQ4_1},
	"Q5_0": {32, 22, float32sQ5_0},
	"Q5_1": {32, 24, float32sQ5_1},
	"Q8_0": {32, 34, float32sQ8_0},
	"Q2_K": {256, 84, float32sQ2K},
	"Q3_K": {256, 110, float32sQ3K},
	"Q4_K": {256, 144, float32sQ4K},
	"Q5_K": {256, 176, float32sQ5K},
	"Q6_K": {256, 210, float32sQ6K},

	"IQ2_XXS": {256, 66, nil},
	"IQ2_XS":  {256, 74, nil},
	"IQ3_XXS": {256, 98, nil},
	"IQ1_S":   {256, 50, nil},
	"IQ4_NL":  {32, 18, nil},
	"IQ3_S":   {256, 110, nil},
	"IQ2_S":   {256, 82, nil},
	"IQ4_XS":  {256, 136, nil},
	"IQ1_M":   {256, 56, nil},
	"TQ1_0":   {256, 54, nil},
	"TQ2_0":   {256, 66, nil},
	"MXFP4":   {32, 17, nil},
	"NVFP4":   {64, 36, nil},
	"Q1_0":    {128, 18, nil},
}

// dataSize is the number of bytes of a tensor of a type that layouts knows, and an error if there can be no
// such tensor.
func dataSize(d DType, shape []int) (int64, error) {
	l := layouts[d]
	last := 1
	if len(shape) > 0 {
		last = shape[len(shape)-1]
	}
	if last%l.elements != 0 {
		return 0, fmt.Errorf("rows of %d elements, want a multiple of the %d in a block of %s", last, l.elements, d)
	}
	size := int64(l.bytes)
	for i, n := range shape {
		if i == len(shape)-1 {
			n /= l.elements
		}
		if n < 0 || (n > 0 && size > math.MaxInt/int64(n)) {
			return 0, fmt.Errorf("shape %v is not possible", shape)
		}
		size *= int64(n)
	}
	return size, nil
}
