package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Value types of GGUF's metadata (enum gguf_type).
const (
	ggufUint8 = iota
	ggufInt8
	ggufUint16
	ggufInt16
	ggufUint32
	ggufInt32
	ggufFloat32
	ggufBool
	ggufString
	ggufArray
	ggufUint64
	ggufInt64
	ggufFloat64
)

// maxArrayNesting bounds arrays of arrays; none is known in use.
const maxArrayNesting = 4

// Value is the metadata under key, which must be a T: bool, string, float32, float64, an integer of the width
// that the file has (for those see Int), or for an array []string, []float32, []int32 and so on, and []any
// where the elements are arrays.
func Value[T any](g *GGUF, key string) (T, error) {
	v, ok := g.Metadata[key]
	t, isT := v.(T)
	switch {
	case !ok:
		return t, fmt.Errorf("checkpoint: the GGUF file has no metadata %q", key)
	case !isT:
		return t, fmt.Errorf("checkpoint: GGUF metadata %q is of type %T, want %T", key, v, t)
	}
	return t, nil
}

// Int is the metadata under key, which must be an integer of any width.
func (g *GGUF) Int(key string) (int, error) {
	var n int64
	switch v := g.Metadata[key].(type) {
	case uint8:
		n = int64(v)
	case int8:
		n = int64(v)
	case uint16:
		n = int64(v)
	case int16:
		n = int64(v)
	case uint32:
		n = int64(v)
	case int32:
		n = int64(v)
	case int64:
		n = v
	case uint64:
		if v > math.MaxInt {
			return 0, fmt.Errorf("checkpoint: GGUF metadata %q is %d, want at most %d", key, v, math.MaxInt)
		}
		n = int64(v)
	default:
		return Value[int](g, key) // which there is not: its error says what there is
	}
	if int64(int(n)) != n { // where an int has 32 bits
		return 0, fmt.Errorf("checkpoint: GGUF metadata %q is %d, want %d to %d", key, n, math.MinInt, math.MaxInt)
	}
	return int(n), nil
}

// text reads a string: its length in 8 bytes, its bytes.
func (c *cursor) text() string { return string(c.take(c.uint64())) }

// pair reads a key and its value into the metadata.
func (g *GGUF) pair(header *cursor) {
	at := header.pos
	key := header.text()
	value := header.value(header.uint32(), 0)
	if _, twice := g.Metadata[key]; twice {
		header.fail(at, "metadata %.100q comes twice", key)
	}
	g.Metadata[key] = value
}

// value reads a value of a type, depth arrays deep.
func (c *cursor) value(kind uint32, depth int) any {
	at := c.pos
	switch kind {
	case ggufUint8:
		return c.uint8()
	case ggufInt8:
		return int8(c.uint8())
	case ggufUint16:
		return c.uint16()
	case ggufInt16:
		return int16(c.uint16())
	case ggufUint32:
		return c.uint32()
	case ggufInt32:
		return int32(c.uint32())
	case ggufFloat32:
		return math.Float32frombits(c.uint32())
	case ggufBool:
		b := c.uint8()
		if b > 1 {
			c.fail(at, "a boolean is %d, want 0 or 1", b)
		}
		return b == 1
	case ggufString:
		return c.text()
	case ggufArray:
		return c.array(depth + 1)
	case ggufUint64:
		return c.uint64()
	case ggufInt64:
		return int64(c.uint64())
	case ggufFloat64:
		return math.Float64frombits(c.uint64())
	}
	c.fail(at, "value type %d, want 0 to 12", kind)
	return nil
}

// array reads an array: the type of its elements, their number, the elements.
func (c *cursor) array(depth int) any {
	at := c.pos
	if depth > maxArrayNesting {
		c.fail(at, "arrays nested deeper than %d", maxArrayNesting)
		return nil
	}
	switch kind, n := c.uint32(), c.uint64(); kind {
	case ggufUint8:
		return numbers(c, n, 1, func(b []byte) uint8 { return b[0] })
	case ggufInt8:
		return numbers(c, n, 1, func(b []byte) int8 { return int8(b[0]) })
	case ggufUint16:
		return numbers(c, n, 2, binary.LittleEndian.Uint16)
	case ggufInt16:
		return numbers(c, n, 2, func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b)) })
	case ggufUint32:
		return numbers(c, n, 4, binary.LittleEndian.Uint32)
	case ggufInt32:
		return numbers(c, n, 4, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) })
	case ggufFloat32:
		return numbers(c, n, 4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
	case ggufUint64:
		return numbers(c, n, 8, binary.LittleEndian.Uint64)
	case ggufInt64:
		return numbers(c, n, 8, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) })
	case ggufFloat64:
		return numbers(c, n, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
	case ggufBool:
		return elements(c, n, func() bool { return c.value(ggufBool, depth).(bool) })
	case ggufString:
		return elements(c, n, c.text)
	default:
		return elements(c, n, func() any { return c.value(kind, depth) }) // arrays, and an error for unknown types
	}
}

// numbers reads n numbers of size bytes.
func numbers[T any](c *cursor, n, size uint64, number func([]byte) T) []T {
	if n > uint64(len(c.b)) {
		n = uint64(len(c.b)) + 1 // so that n*size does not overflow; take refuses it
	}
	b := c.take(n * size)
	if c.err != nil {
		return nil
	}
	x := make([]T, n)
	for i := range x {
		x[i] = number(b[uint64(i)*size:])
	}
	return x
}

// elements reads n elements of sizes that are not known before. The slice grows with what was really read.
func elements[T any](c *cursor, n uint64, element func() T) []T {
	x := []T{}
	for i := uint64(0); i < n && c.err == nil; i++ {
		x = append(x, element())
	}
	return x
}
