package gemm

import (
	"fmt"
	"unsafe"
)

// A kernel computes a tile of C, (rows, cols) with ldc from row to row, from steps columns of A and a
// packed panel of B, (steps, cols). Row i of A at step p is a[i*rowStride+p*stepStride].
type kernel struct {
	rows, cols int
	run        func(steps int, a *float32, rowStride, stepStride int, b, c *float32, ldc int, accumulate bool)
	peak       func(steps int) (multiplyAdds int64) // see Peak
}

// An implementation is what one instruction set offers.
type implementation struct {
	name   string
	kernel kernel
	vector vector
}

var (
	tile    kernel
	vectors vector
)

func init() { use(implementations()[0]) }

func use(i implementation) { tile, vectors = i.kernel, i.vector }

// Implementations names those that this processor can run, the one that is used first.
func Implementations() (names []string) {
	for _, i := range implementations() {
		names = append(names, i.name)
	}
	return names
}

// Use chooses an implementation for tests and benchmarks. It must not be called during a product.
func Use(name string) error {
	for _, i := range implementations() {
		if i.name == name {
			use(i)
			return nil
		}
	}
	return fmt.Errorf("gemm: no implementation %q on this processor, which has %v", name, Implementations())
}

// generic is the portable implementation that the others are tested against.
var generic = implementation{"generic", kernel{4, 8, runGeneric, peakGeneric}, vectorGeneric}

func runGeneric(steps int, a *float32, rowStride, stepStride int, b, c *float32, ldc int, accumulate bool) {
	const rows, cols = 4, 8
	panel := unsafe.Slice(b, steps*cols)
	left := unsafe.Slice(a, (rows-1)*rowStride+(steps-1)*stepStride+1)
	out := unsafe.Slice(c, (rows-1)*ldc+cols)
	for i := range rows {
		var sum [cols]float32
		if accumulate {
			sum = [cols]float32(out[i*ldc:])
		}
		for p := range steps {
			x, row := left[i*rowStride+p*stepStride], (*[cols]float32)(panel[p*cols:])
			for j := range sum {
				sum[j] += x * row[j]
			}
		}
		copy(out[i*ldc:], sum[:])
	}
}
