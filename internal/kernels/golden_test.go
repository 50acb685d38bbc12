package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// golden is the hash of what the kernels compute in TestGolden. It is the same on every machine and in
// every implementation, and changes only with the numerics version.
const golden = "410b6659c0074a0c9c311a3a77fc7c1b"

// goldenLlama is that of TestGoldenLlama.
const goldenLlama = "253d4f9ad98197164d677dd7dfdfdecf"

func TestGolden(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		h := sha256.New()
		write := func(x any) {
			if err := binary.Write(h, binary.LittleEndian, x); err != nil {
				t.Fatal(err)
			}
		}
		const n, d, f = 5, 48, 100
		x := floats(r, n*d, 3)
		y, q, sx := make([]float32, n*d), make([]int8, n*d), make([]float32, n)
		gain, bias := floats(r, d, 2), floats(r, d, 1)
		for i := range n {
			LayerNorm(y[i*d:][:d], x[i*d:][:d], gain, bias, 1e-5)
			sx[i] = QuantizeRow(q[i*d:][:d], y[i*d:][:d])
		}
		write(y)
		write(q)
		write(sx)
		up := make([]float32, n*f)
		NewMatrix(integers(r, f*d), scalesOf(r, f), f, d).Mul(up, q, sx, floats(r, f, 1), n)
		write(up)
		GELU(up)
		write(up)
		cos, sin := make([]float32, 600*4), make([]float32, 600*4)
		RotaryTable(cos, sin, 600, 8, 10000, RotaryScaling{})
		write(cos)
		write(sin)
		var scratch AttendScratch
		for _, positions := range []int{1, 7, 8, 100, 513, 2100} {
			e := head{integers(r, 32), 0.03, integers(r, positions*32), integers(r, positions*32), scalesOf(r, positions), scalesOf(r, positions)}
			out := make([]float32, 32)
			e.cache().Attend(out, 32, 1, e.q, []float32{e.sq}, nil, &scratch)
			Rotate(out[:8], cos[positions%600*4:][:4], sin[positions%600*4:][:4])
			write(out)
		}
		if got := hex.EncodeToString(h.Sum(nil)[:16]); got != golden {
			t.Errorf("the kernels' results hash to %s, want %s: the numerics changed, or this machine computes otherwise", got, golden)
		}
	})
}

// TestGoldenLlama has what the architectures of Llama and GPT-2 want beside the kernels of TestGolden.
func TestGoldenLlama(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		h := sha256.New()
		write := func(x any) {
			if err := binary.Write(h, binary.LittleEndian, x); err != nil {
				t.Fatal(err)
			}
		}
		const n, d, f = 5, 72, 100
		x, gain := floats(r, n*d, 9), floats(r, d, 2)
		y, q, wide, sq, sw := make([]float32, n*d), make([]int8, n*d), make([]int16, n*d), make([]float32, n), make([]float32, n)
		for i := range n {
			row := y[i*d:][:d]
			RMSNorm(row, x[i*d:][:d], gain, 1e-5)
			write(row)
			sw[i] = QuantizeWide(wide[i*d:][:d], row)
		}
		write(wide)
		write(sw)
		up := make([]float32, n*2*f)
		m := NewMatrix(integers(r, 2*f*d), scalesOf(r, 2*f), 2*f, d)
		m.MulWide(up, wide, sw, floats(r, 2*f, 1), n)
		write(up)
		rest, outliers := make([]float32, d), make([]float32, d)
		for i := range n {
			SplitOutliers(rest, outliers, x[i*d:][:d], 6)
			sq[i], sw[i] = QuantizeRow(q[i*d:][:d], rest), QuantizeWide(wide[i*d:][:d], outliers)
		}
		m.Mul(up, q, sq, nil, n)
		m.MulAdd(up, wide, sw, n)
		write(up)
		floatMatrix := NewFloatMatrix(floats(r, f*d, 1), f, d)
		y = make([]float32, n*f)
		floatMatrix.Mul(y, x, floats(r, f, 1), n)
		write(y)
		var scratch FloatScratch
		for _, positions := range []int{1, 7, 16, 100, 513} {
			e := newFloatHead(r, positions, 40)
			out := make([]float32, 40)
			e.cache().Attend(out, 40, 1, e.q, 1, &scratch)
			write(out)
		}
		GELUTanh(x)
		write(x)
		SwiGLU(up[:n*f], up[n*f:])
		write(up)
		cos, sin := make([]float32, 600*64), make([]float32, 600*64)
		RotaryTable(cos, sin, 600, 128, 500000, llama31)
		write(cos)
		write(sin)
		RotaryTable(cos, sin, 600, 128, 10000, RotaryScaling{Type: "linear", Factor: 2.5})
		write(cos)
		write(sin)
		if got := hex.EncodeToString(h.Sum(nil)[:16]); got != goldenLlama {
			t.Errorf("the kernels' results hash to %s, want %s: the numerics changed, or this machine computes otherwise", got, goldenLlama)
		}
	})
}
