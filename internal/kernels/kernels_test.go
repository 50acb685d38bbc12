package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// testImplementations runs a test with every implementation that this processor has.
func testImplementations(t *testing.T, test func(t *testing.T)) {
	before := active.name
	defer Use(before)
	for _, name := range Implementations() {
		if err := Use(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, test)
	}
}

func TestUse(t *testing.T) {
	before := active
	if err := Use("abacus"); err == nil || active != before {
		t.Errorf("Use of an unknown name: %v", err)
	}
	names := Implementations()
	if names[len(names)-1] != "generic" {
		t.Errorf("implementations %q, want generic at the end", names)
	}
}

// guarded makes n elements at an offset, and checks after the test that what is round them was not
// written.
func guarded[E float32 | int8 | int16](t *testing.T, n, offset int) []E {
	const guard = 32
	whole := make([]E, offset+n+2*guard)
	for i := range whole {
		whole[i] = 77
	}
	lo, hi := guard+offset, guard+offset+n
	t.Cleanup(func() {
		for i, v := range whole {
			if (i < lo || i >= hi) && v != 77 {
				t.Errorf("element %d of a slice of %d was written", i-lo, n)
			}
		}
	})
	return whole[lo:hi]
}

// place is x in guarded memory.
func place[E float32 | int8 | int16](t *testing.T, x []E, offset int) []E {
	y := guarded[E](t, len(x), offset)
	copy(y, x)
	return y
}

// integers are in [-127, 127].
func integers(r *rand.Rand, n int) []int8 {
	x := make([]int8, n)
	for i := range x {
		x[i] = int8(r.IntN(255) - 127)
	}
	return x
}

// floats are in [-size, size).
func floats(r *rand.Rand, n int, size float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = size * (float32(int32(r.Uint32())>>8) * 0x1p-23)
	}
	return x
}

// scalesOf are scales: positive, of several sizes.
func scalesOf(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(1+r.IntN(1<<20)) * 0x1p-26
	}
	return x
}

func equal(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d of %d is %v (%08x), want %v (%08x)", what, i, len(want),
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}
