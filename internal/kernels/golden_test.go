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
		RotaryTable(cos, sin, 600, 8, 10000)
		write(cos)
		write(sin)
		var scratch AttendScratch
		for _, positions := range []int{1, 7, 8, 100, 513, 2100} {
			e := head{integers(r, 32), 0.03, integers(r, positions*32), integers(r, positions*32), scalesOf(r, positions), scalesOf(r, positions)}
			out := make([]float32, 32)
			e.cache().Attend(out, 32, e.q, []float32{e.sq}, nil, &scratch)
			Rotate(out[:8], cos[positions%600*4:][:4], sin[positions%600*4:][:4])
			write(out)
		}
		if got := hex.EncodeToString(h.Sum(nil)[:16]); got != golden {
			t.Errorf("the kernels' results hash to %s, want %s: the numerics changed, or this machine computes otherwise", got, golden)
		}
	})
}
