//go:build (amd64 || arm64) && !purego

package kernels

import "sync"

// paddedRows holds rows of activations that were filled up, between products.
var paddedRows = sync.Pool{New: func() any { return new([]int8) }}

// takePaddedRows takes memory of a size, which the caller gives back to paddedRows.
func takePaddedRows(size int) *[]int8 {
	buffer := paddedRows.Get().(*[]int8)
	if len(*buffer) < size {
		*buffer = make([]int8, size)
	}
	return buffer
}

// padRows copies n rows of x, cols long, to rows of width, and fills these up with zeros. The caller gives what it returns
// back to paddedRows.
func padRows(x []int8, n, cols, width int) *[]int8 {
	buffer := takePaddedRows(n * width)
	for r := range n {
		row := (*buffer)[r*width:][:width]
		clear(row[copy(row, x[r*cols:][:cols]):])
	}
	return buffer
}
