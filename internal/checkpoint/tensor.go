package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// Tensor is an array of little-endian elements in row-major order, the outermost axis first in Shape.
type Tensor struct {
	DType DType
	Shape []int
	Data  []byte
}

// elements is the product of the shape.
func (t Tensor) elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Float32 makes a tensor of float32 values; the length of x must be the product of shape.
func Float32(x []float32, shape ...int) Tensor {
	t := Tensor{DType: F32, Shape: shape, Data: make([]byte, 4*len(x))}
	if t.elements() != len(x) {
		panic(fmt.Sprintf("checkpoint: %d values for shape %v", len(x), shape))
	}
	for i, v := range x {
		binary.LittleEndian.PutUint32(t.Data[4*i:], math.Float32bits(v))
	}
	return t
}

// Int8 makes a tensor of int8 values, in the memory of x; its length must be the product of shape.
func Int8(x []int8, shape ...int) Tensor {
	t := Tensor{DType: I8, Shape: shape, Data: unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x))}
	if t.elements() != len(x) {
		panic(fmt.Sprintf("checkpoint: %d values for shape %v", len(x), shape))
	}
	return t
}

// Int8s is the elements of an I8 tensor, in its memory: who writes to them changes the tensor, or, where it is
// of an opened file, gets a fault.
func (t Tensor) Int8s() ([]int8, error) {
	if t.DType != I8 {
		return nil, fmt.Errorf("checkpoint: element type is %s, want %s", t.DType, I8)
	}
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(t.Data))), len(t.Data)), nil
}

// Int32 makes a tensor of int32 values; the length of x must be the product of shape.
func Int32(x []int32, shape ...int) Tensor {
	t := Tensor{DType: I32, Shape: shape, Data: make([]byte, 0, 4*len(x))}
	if t.elements() != len(x) {
		panic(fmt.Sprintf("checkpoint: %d values for shape %v", len(x), shape))
	}
	for _, v := range x {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(v))
	}
	return t
}

// Int32s copies the elements of an I32 tensor.
func (t Tensor) Int32s() ([]int32, error) {
	if t.DType != I32 {
		return nil, fmt.Errorf("checkpoint: element type is %s, want %s", t.DType, I32)
	}
	x := make([]int32, len(t.Data)/4)
	for i := range x {
		x[i] = int32(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return x, nil
}

// Float32s copies the elements as float32: those of F32, F16 and BF16 exactly, those of GGUF's blocks
// dequantised. Other types are an UnsupportedError.
func (t Tensor) Float32s() ([]float32, error) {
	l, err := t.float32Layout()
	if err != nil {
		return nil, err
	}
	y := make([]float32, t.elements())
	l.convert(y, t.Data)
	return y, nil
}

// Float32Rows converts as Float32s does, but only the rows first, first+1, ... that y has room for, so that
// a matrix can be quantised without a float32 copy of it all; many goroutines may do so at once. A row is a
// run of the last axis: a tensor of shape (a, b, c) has a*b rows of c elements. It panics if y is not a
// number of rows or they are not all in the tensor.
func (t Tensor) Float32Rows(y []float32, first int) error {
	l, err := t.float32Layout()
	if err != nil {
		return err
	}
	cols := 1
	if len(t.Shape) > 0 {
		cols = t.Shape[len(t.Shape)-1]
	}
	if cols == 0 {
		cols = 1 // there are no elements
	}
	if rows := t.elements() / cols; len(y)%cols != 0 || first < 0 || first > rows || len(y)/cols > rows-first {
		panic(fmt.Sprintf("checkpoint: %d elements from row %d on of a tensor of shape %v", len(y), first, t.Shape))
	}
	l.convert(y, t.Data[first*(cols/l.elements)*l.bytes:])
	return nil
}

// float32Layout is the layout of a tensor that can be converted and whose Data has the right length.
func (t Tensor) float32Layout() (layout, error) {
	l := layouts[t.DType]
	if l.float32s == nil {
		return l, &UnsupportedError{fmt.Sprintf("element type is %s, want F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q6_K", t.DType)}
	}
	size, err := dataSize(t.DType, t.Shape)
	if err == nil && size != int64(len(t.Data)) {
		err = fmt.Errorf("%d bytes for shape %v of %s, want %d", len(t.Data), t.Shape, t.DType, size)
	}
	if err != nil {
		return l, fmt.Errorf("checkpoint: %w", err)
	}
	return l, nil
}

// convert fills y, whole blocks, from the beginning of b.
func (l layout) convert(y []float32, b []byte) {
	if l.elements == 1 {
		l.float32s(y, b[:len(y)*l.bytes])
		return
	}
	for ; len(y) > 0; y, b = y[l.elements:], b[l.bytes:] {
		l.float32s(y[:l.elements], b[:l.bytes])
	}
}
