package cumfreq

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// golden is the hash of the tables of workload. It is the same on every machine, and changes only with
// the numerics version.
const golden = "29e611b83dd884eeffe86a4512bebf00"

// workload gives logits of many sizes and shapes.
func workload(yield func(logits []float32)) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, v := range []int{1, 2, 3, 17, 255, 256, 257, 1000, 50304, MaxSymbols} {
		for _, spread := range []float32{0, 0.001, 1, 8, 100, 1e20, 3e38} {
			if v > 1000 && spread > 8 {
				continue
			}
			logits := make([]float32, v)
			for i := range logits {
				logits[i] = spread * (2*float32(r.Uint32()>>8)/(1<<24) - 1)
			}
			yield(logits)
		}
	}
	last := make([]float32, 256)
	last[255] = 1
	yield(last)
	far := make([]float32, MaxSymbols)
	far[12345] = 3e38
	yield(far)
}

func TestTable(t *testing.T) {
	var table Table
	h := sha256.New()
	workload(func(logits []float32) {
		table.Set(logits)
		v := len(logits)
		if table.Symbols() != v || table.Total() != total {
			t.Fatalf("%d symbols, total %d", table.Symbols(), table.Total())
		}
		mode := highest(logits)
		end := uint64(0)
		for i := range v {
			lo, hi := table.Interval(i)
			if lo != end || hi <= lo || hi > total {
				t.Fatalf("V=%d: symbol %d has [%d, %d) after %d", v, i, lo, hi, end)
			}
			end = hi
			h.Write(binary.LittleEndian.AppendUint32(nil, uint32(lo)))
			if v > 1000 && i%97 != 0 && i != v-1 {
				continue
			}
			if table.Find(lo) != i || table.Find(hi-1) != i || table.Find((lo+hi)/2) != i {
				t.Fatalf("V=%d: Find does not find symbol %d", v, i)
			}
			other := (i*31 + 7) % v
			otherLo, otherHi := table.Interval(other)
			if logits[i] > logits[other] && hi-lo < otherHi-otherLo {
				t.Fatalf("V=%d: logit %v has frequency %d, logit %v has %d", v, logits[i], hi-lo, logits[other], otherHi-otherLo)
			}
			if modeLo, modeHi := table.Interval(mode); hi-lo > modeHi-modeLo {
				t.Fatalf("V=%d: symbol %d is more frequent than the mode", v, i)
			}
		}
		if end != total {
			t.Fatalf("V=%d: the frequencies add up to %d, want %d", v, end, total)
		}
		if table.Find(total) != v-1 || table.Find(math.MaxUint64) != v-1 {
			t.Fatalf("V=%d: beyond the total is not the last symbol", v)
		}
	})
	if got := hex.EncodeToString(h.Sum(nil)[:16]); got != golden {
		t.Errorf("tables hash to %s, want %s: the numerics changed, or this machine computes otherwise", got, golden)
	}
}

// TestCost compares with softmax in float64: what a symbol drawn from it costs beyond its entropy.
func TestCost(t *testing.T) {
	var table Table
	workload(func(logits []float32) {
		table.Set(logits)
		v := len(logits)
		m := float64(logits[highest(logits)])
		var z float64
		for _, l := range logits {
			z += math.Exp(float64(l) - m)
		}
		var excess float64
		for i, l := range logits {
			if p := math.Exp(float64(l)-m) / z; p > 0 {
				excess += p * (table.CodeLength(i) + math.Log2(p))
			}
		}
		floor := -math.Log2(1 - float64(v)/total)
		if excess > floor+1e-6 || excess < -1e-9 {
			t.Errorf("V=%d: %.9f bits a symbol beyond the entropy, the floor of 1 explains %.9f", v, excess, floor)
		}
	})
}

// TestExp2 checks the tables against their definition, and the exponential against 28 bits.
func TestExp2(t *testing.T) {
	for i := range 256 {
		for _, c := range []struct {
			name  string
			found uint32
			d     int
		}{{"coarse", coarse[i], i << 8}, {"fine", fine[i], i}} {
			// found is nearest to y = 2^31 2^(-d/65536) when (found -+ 1/2)^65536 lie on both sides of y^65536.
			precise := func(x float64) *big.Float { // ((x/2^31)^65536) by squaring, 200 bits
				f := new(big.Float).SetPrec(200).SetFloat64(x)
				f.SetMantExp(f, -31)
				for range 16 {
					f.Mul(f, f)
				}
				return f
			}
			want := new(big.Float).SetMantExp(big.NewFloat(1), -c.d)
			if precise(float64(c.found)-0.5).Cmp(want) > 0 || precise(float64(c.found)+0.5).Cmp(want) < 0 {
				t.Errorf("%s[%d] = %d, not nearest to 2^31 2^(-%d/65536)", c.name, i, c.found, c.d)
			}
		}
	}
	for d := uint32(0); d <= farthest; d += 7 {
		want := math.Exp2(30 - float64(d)/65536)
		if got := float64(exp2(d)); math.Abs(got-want) > 2 {
			t.Fatalf("exp2(%d) = %v, want %v", d, got, want)
		}
	}
	if exp2(0) != 1<<30 || exp2(farthest) != 0 || exp2(1<<16) != 1<<29 {
		t.Error("exp2 is not exact at whole bits")
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		for i := range 3 {
			logits := make([]float32, 3)
			logits[i] = bad
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%v among the logits: no panic", logits)
					}
				}()
				new(Table).Set(logits)
			}()
		}
	}
}

func BenchmarkSet(b *testing.B) {
	for _, v := range []int{256, 50304} {
		b.Run(fmt.Sprintf("symbols=%d", v), func(b *testing.B) {
			logits := make([]float32, v)
			r := rand.New(rand.NewPCG(1, 2))
			for i := range logits {
				logits[i] = float32(3 * r.NormFloat64())
			}
			var table Table
			for b.Loop() {
				table.Set(logits)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	logits := make([]float32, 256)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range logits {
		logits[i] = float32(3 * r.NormFloat64())
	}
	var table Table
	table.Set(logits)
	x := uint64(1)
	for b.Loop() {
		x = x*6364136223846793005 + 1
		table.Find(x >> 36)
	}
}

// TestExample is the example of docs/numerics.md.
func TestExample(t *testing.T) {
	var table Table
	table.Set([]float32{0, 1, 2, -20})
	want := []uint64{0, 24167351, 89861396, 268435455, 268435456}
	for s := range 4 {
		if lo, hi := table.Interval(s); lo != want[s] || hi != want[s+1] {
			t.Errorf("symbol %d has [%d, %d), want [%d, %d)", s, lo, hi, want[s], want[s+1])
		}
	}
}
