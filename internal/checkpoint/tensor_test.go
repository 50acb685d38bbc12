package checkpoint

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// binary16 is the value of a half from the definition in IEEE 754, and NaN for those.
func binary16(h uint16) float64 {
	sign := 1 - 2*float64(h>>15)
	exponent, fraction := int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// every16 is a tensor of all 65,536 patterns of 16 bits.
func every16(d DType) Tensor {
	t := Tensor{DType: d, Shape: []int{256, 256}}
	for h := range 1 << 16 {
		t.Data = append(t.Data, byte(h), byte(h>>8))
	}
	return t
}

func TestEveryHalf(t *testing.T) {
	y, err := every16(F16).Float32s()
	if err != nil {
		t.Fatal(err)
	}
	nans := 0
	for h, v := range y {
		want := binary16(uint16(h))
		switch {
		case math.IsNaN(want):
			nans++
			if v == v || math.Float32bits(v)>>31 != uint32(h>>15) || math.Float32bits(v)<<9>>22 != uint32(h&1023) {
				t.Fatalf("half %#04x: %#08x, want a NaN with its sign and fraction", h, math.Float32bits(v))
			}
		case float64(v) != want || math.Signbit(float64(v)) != math.Signbit(want):
			t.Fatalf("half %#04x: %g, want %g", h, v, want)
		}
	}
	if nans != 2*1023 {
		t.Errorf("%d NaNs, want %d", nans, 2*1023)
	}
}

// A bfloat16 has a sign, 8 bits of exponent with bias 127 and 7 of fraction.
func TestEveryBrainFloat(t *testing.T) {
	y, err := every16(BF16).Float32s()
	if err != nil {
		t.Fatal(err)
	}
	for h, v := range y {
		exponent, fraction := h>>7&255, float64(h&127)
		want := math.Ldexp(128+fraction, exponent-134)
		switch {
		case exponent == 0:
			want = math.Ldexp(fraction, -133)
		case exponent == 255 && fraction == 0:
			want = math.Inf(1)
		case exponent == 255:
			want = math.NaN()
		}
		if h>>15 == 1 {
			want = -want
		}
		if same := float64(v) == want || v != v && want != want; !same || math.Signbit(float64(v)) != (h>>15 == 1) {
			t.Fatalf("bfloat16 %#04x: %g, want %g", h, v, want)
		}
	}
}

// noise is a tensor of random bytes. Where they would be a scale that is no number, it is made one.
func noise(d DType, rows, cols int) Tensor {
	size, err := dataSize(d, []int{rows, cols})
	if err != nil {
		panic(err)
	}
	r := rand.New(rand.NewPCG(1, uint64(size)))
	t := Tensor{DType: d, Shape: []int{rows, cols}, Data: make([]byte, size)}
	for i := range t.Data {
		t.Data[i] = byte(r.Uint32()) &^ 0x40 // of no float's exponent are all bits set
	}
	return t
}

// convertible are the types that Float32s takes, in ascending order.
func convertible() []DType {
	var types []DType
	for _, d := range slices.Sorted(maps.Keys(layouts)) {
		if layouts[d].float32s != nil {
			types = append(types, d)
		}
	}
	return types
}

// dataSize wants a type that layouts has.
func TestTypesHaveLayouts(t *testing.T) {
	for _, d := range slices.AppendSeq(slices.Collect(maps.Values(ggmlTypes)), maps.Values(storageTypes)) {
		if l := layouts[d]; l.elements < 1 || l.bytes < 1 {
			t.Errorf("type %s has layout %v", d, l)
		}
	}
}

func TestWritePanics(t *testing.T) {
	for _, x := range []Tensor{{"NEW", []int{1}, []byte{0}}, {"Q8_0", []int{32}, make([]byte, 34)}, {U8, []int{2}, []byte{0}}} {
		func() {
			defer func() {
				if s, _ := recover().(string); !strings.Contains(s, `"x"`) {
					t.Errorf("%v: panic %q", x, s)
				}
			}()
			Write(t.TempDir()+"/x", &File{Tensors: map[string]Tensor{"x": x}})
		}()
	}
}

func TestRowsEqualWhole(t *testing.T) {
	const rows, cols = 5, 512
	for _, d := range convertible() {
		x := noise(d, rows, cols)
		whole, err := x.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		for first := range rows + 1 {
			for n := range rows - first + 1 {
				y := slices.Repeat([]float32{12345}, n*cols+1) // the last is a guard
				if err := x.Float32Rows(y[:n*cols], first); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(y[:n*cols], whole[first*cols:][:n*cols]) || y[n*cols] != 12345 {
					t.Errorf("%s: %d rows from %d on are not those of the whole", d, n, first)
				}
			}
		}
	}
	if len(convertible()) != 13 {
		t.Errorf("%d types, want 13", len(convertible()))
	}
}

func TestRowsOfOtherShapes(t *testing.T) {
	cube := Float32([]float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 2, 3, 2)
	y := make([]float32, 4)
	if err := cube.Float32Rows(y, 3); err != nil || !slices.Equal(y, []float32{6, 7, 8, 9}) {
		t.Errorf("rows 3 and 4 of shape (2, 3, 2): %v, %v", y, err)
	}
	if err := Float32([]float32{7}).Float32Rows(y[:1], 0); err != nil || y[0] != 7 {
		t.Errorf("a scalar: %v, %v", y[0], err)
	}
	if err := Float32(nil, 3, 0).Float32Rows(nil, 0); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ n, first int }{{1, 0}, {4, 5}, {2, 6}, {2, -1}, {14, 0}, {2, math.MaxInt}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d elements from row %d on: no panic", c.n, c.first)
				}
			}()
			cube.Float32Rows(make([]float32, c.n), c.first)
		}()
	}
}

func TestFloat32sRefuses(t *testing.T) {
	for _, c := range []struct {
		t    Tensor
		want string
	}{
		{Tensor{I64, []int{1}, make([]byte, 8)}, "I64"},
		{Tensor{"IQ4_XS", []int{256}, make([]byte, 136)}, "IQ4_XS"},
		{Tensor{"NEW", []int{1}, make([]byte, 8)}, "NEW"},
		{Tensor{F32, []int{2}, make([]byte, 4)}, "want 8"},
		{Tensor{"Q4_0", []int{16}, make([]byte, 9)}, "multiple of the 32"},
		{Tensor{F16, []int{-1}, nil}, "not possible"},
	} {
		_, err := c.t.Float32s()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q", c.t, err, c.want)
		}
		if rows := c.t.Float32Rows(nil, 0); fmt.Sprint(rows) != fmt.Sprint(err) {
			t.Errorf("%v: error %v of rows, %v of the whole", c.t, rows, err)
		}
		if unsupported := (*UnsupportedError)(nil); errors.As(err, &unsupported) != (layouts[c.t.DType].float32s == nil) {
			t.Errorf("%v: error %v is of the wrong type", c.t, err)
		}
	}
}

func BenchmarkFloat32Rows(b *testing.B) {
	for _, d := range convertible() {
		b.Run("type="+string(d), func(b *testing.B) {
			const rows, cols = 16, 4096
			x, y := noise(d, rows, cols), make([]float32, rows*cols)
			b.SetBytes(int64(len(x.Data)))
			for b.Loop() {
				if err := x.Float32Rows(y, 0); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*rows*cols/b.Elapsed().Seconds()/1e6, "Melements/s")
		})
	}
}

func TestInt32(t *testing.T) {
	want := []int32{0, 1, -1, math.MaxInt32, math.MinInt32, 257}
	x := Int32(want, 2, 3)
	if got, err := x.Int32s(); err != nil || !slices.Equal(got, want) || x.DType != I32 || !slices.Equal(x.Shape, []int{2, 3}) {
		t.Errorf("%v of %s %v, %v, want %v", got, x.DType, x.Shape, err, want)
	}
	if want := "\xff\xff\xff\xff"; string(x.Data[8:12]) != want {
		t.Errorf("-1 is %x, want %x", x.Data[8:12], want)
	}
	if _, err := Float32(nil, 0).Int32s(); err == nil || !strings.Contains(err.Error(), "element type is F32, want I32") {
		t.Errorf("floats as integers: error %v", err)
	}
	if _, err := x.Float32s(); err == nil || !strings.Contains(err.Error(), "element type is I32") {
		t.Errorf("integers as floats: error %v", err)
	}
}
