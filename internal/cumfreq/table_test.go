package cumfreq

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"lmz/internal/kernels"
)

// golden is the hash of the tables of workload. It is the same on every machine, and changes only with
// the numerics version.
const golden = "61eacf8b32f085079efb3e4c2ca858fe"

// goldenLarge is that of largeWorkload.
const goldenLarge = "410b1495f6d26b0af6d0947b99690870"

// workload gives logits of many sizes and shapes.
func workload(yield func(logits []float32)) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, v := range []int{1, 2, 3, 17, 255, 256, 257, 1000, 50304, 65536} {
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
	far := make([]float32, 65536)
	far[12345] = 3e38
	yield(far)
}

// largeWorkload gives logits for as many symbols as there may be, and as Llama 3 has.
func largeWorkload(yield func(logits []float32)) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, v := range []int{128256, 131072, MaxSymbols - 1, MaxSymbols} {
		for _, spread := range []float32{0, 0.001, 8} {
			logits := make([]float32, v)
			for i := range logits {
				logits[i] = spread * (2*float32(r.Uint32()>>8)/(1<<24) - 1)
			}
			yield(logits)
		}
	}
	far := make([]float32, MaxSymbols)
	far[200000] = 3e38
	yield(far)
}

// everywhere runs a test with every implementation of the kernels that this processor has.
func everywhere(t *testing.T, test func(t *testing.T)) {
	before, _ := kernels.Active()
	defer kernels.Use(before)
	for _, name := range kernels.Implementations() {
		if err := kernels.Use(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, test)
	}
}

// highest is the index of the highest logit, the lowest of several.
func highest(logits []float32) (mode int) {
	for i, l := range logits {
		if l > logits[mode] {
			mode = i
		}
	}
	return mode
}

func TestTable(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		var table Table
		for _, c := range []struct {
			workload func(yield func(logits []float32))
			golden   string
		}{{workload, golden}, {largeWorkload, goldenLarge}} {
			h := sha256.New()
			c.workload(func(logits []float32) {
				table.Set(logits)
				checkTable(t, &table, logits, h)
			})
			if got := hex.EncodeToString(h.Sum(nil)[:16]); got != c.golden {
				t.Errorf("tables hash to %s, want %s: the numerics changed, or this machine computes otherwise", got, c.golden)
			}
		}
	})
}

func TestSetPanics(t *testing.T) {
	for _, v := range []int{0, MaxSymbols + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d logits: no panic", v)
				}
			}()
			new(Table).Set(make([]float32, v))
		}()
	}
}

// checkTable checks what holds for every table, and writes the cumulative frequencies to h.
func checkTable(t *testing.T, table *Table, logits []float32, h io.Writer) {
	t.Helper()
	v := len(logits)
	if table.Symbols() != v {
		t.Fatalf("%d symbols, want %d", table.Symbols(), v)
	}
	mode := highest(logits)
	end := uint64(0)
	for i := range v {
		lo, hi := table.Interval(i)
		if lo != end || hi <= lo || hi > Total {
			t.Fatalf("V=%d: symbol %d has [%d, %d) after %d", v, i, lo, hi, end)
		}
		end = hi
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(lo)))
		if v > 1000 && i%97 != 0 && (i+1)%block > 1 && i != v-1 {
			continue
		}
		if table.Find(lo) != i || table.Find(hi-1) != i || table.Find((lo+hi)/2) != i {
			t.Fatalf("V=%d: Find does not find symbol %d", v, i)
		}
		// Frequencies are in the order of logits, but for 1: what is rounded down is where they begin.
		other := (i*31 + 7) % v
		otherLo, otherHi := table.Interval(other)
		if logits[i] > logits[other] && hi-lo+1 < otherHi-otherLo {
			t.Fatalf("V=%d: logit %v has frequency %d, logit %v has %d", v, logits[i], hi-lo, logits[other], otherHi-otherLo)
		}
		if modeLo, modeHi := table.Interval(mode); hi-lo > modeHi-modeLo+1 {
			t.Fatalf("V=%d: symbol %d is more frequent than the mode", v, i)
		}
	}
	if end != Total {
		t.Fatalf("V=%d: the frequencies add up to %d, want %d", v, end, Total)
	}
	if table.Find(Total) != v-1 || table.Find(math.MaxUint64) != v-1 {
		t.Fatalf("V=%d: beyond the total is not the last symbol", v)
	}
}

// TestDefinition compares Interval with docs/numerics.md in big integers.
func TestDefinition(t *testing.T) {
	var table Table
	check := func(logits []float32) {
		table.Set(logits)
		v := len(logits)
		weights, before := make([]uint32, v), make([]uint64, (v+block-1)/block+1)
		mode := kernels.SoftmaxWeights(weights, before, logits)
		sum := new(big.Int)
		for _, e := range weights {
			sum.Add(sum, big.NewInt(int64(e)))
		}
		ratio := big.NewInt(Total - int64(v))
		ratio.Lsh(ratio, 36).Div(ratio, sum)
		scaled := func(c *big.Int) int64 {
			x := new(big.Int).Mul(c, ratio)
			return x.Rsh(x, 36).Int64()
		}
		slack := Total - int64(v) - scaled(sum)
		if slack < 0 || slack > (int64(v)+63)/64 {
			t.Errorf("V=%d: a slack of %d, want 0 to V/64, rounded up", v, slack)
		}
		cumulative := make([]uint64, v+1)
		c := new(big.Int)
		for i := range cumulative {
			x := int64(i) + scaled(c)
			if i > mode {
				x += slack
			}
			cumulative[i] = uint64(x)
			if i < v {
				c.Add(c, big.NewInt(int64(weights[i])))
			}
		}
		for i := range v {
			if lo, hi := table.Interval(i); lo != cumulative[i] || hi != cumulative[i+1] {
				t.Fatalf("V=%d: symbol %d has [%d, %d), want [%d, %d)", v, i, lo, hi, cumulative[i], cumulative[i+1])
			}
		}
	}
	workload(check)
	largeWorkload(check)
}

// TestFind asks for every target round the ends of all intervals and of some between, in tables of every length about
// a block's, the mode in any place.
func TestFind(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var table Table
	for v := 1; v <= 3*block+1; v++ {
		logits := make([]float32, v)
		for i := range logits {
			logits[i] = float32(6 * r.NormFloat64())
		}
		logits[r.IntN(v)] += float32(r.IntN(30))
		table.Set(logits)
		for i := range v {
			lo, hi := table.Interval(i)
			for _, target := range []uint64{lo, hi - 1, lo + r.Uint64N(hi-lo)} {
				if got := table.Find(target); got != i {
					t.Fatalf("V=%d: %d is found in symbol %d, want %d of [%d, %d)", v, target, got, i, lo, hi)
				}
			}
		}
		for _, target := range []uint64{Total, Total + 1, 1 << 32, math.MaxUint64} {
			if got := table.Find(target); got != v-1 {
				t.Fatalf("V=%d: %d is found in symbol %d, want the last", v, target, got)
			}
		}
	}
}

// TestReuse: a table depends on the last Set alone.
func TestReuse(t *testing.T) {
	var used Table
	for _, v := range []int{300, 1, 64, 1000, 65, 63, 999} {
		logits := make([]float32, v)
		for i := range logits {
			logits[i] = float32(i%17) / 4
		}
		used.Set(logits)
		var fresh Table
		fresh.Set(logits)
		for i := range v {
			lo, hi := used.Interval(i)
			if wantLo, wantHi := fresh.Interval(i); lo != wantLo || hi != wantHi {
				t.Fatalf("V=%d: symbol %d has [%d, %d), in a new table [%d, %d)", v, i, lo, hi, wantLo, wantHi)
			}
		}
	}
}

// TestCost compares with softmax in float64: what a symbol drawn from it costs beyond its entropy.
func TestCost(t *testing.T) {
	var table Table
	check := func(logits []float32) {
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
				lo, hi := table.Interval(i)
				excess += p * (CodeLength(lo, hi) + math.Log2(p))
			}
		}
		floor := -math.Log2(1 - float64(v)/Total)
		if excess > floor+1e-6 || excess < -1e-9 {
			t.Errorf("V=%d: %.9f bits a symbol beyond the entropy, the floor of 1 explains %.9f", v, excess, floor)
		}
	}
	workload(check)
	largeWorkload(check)
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

// BenchmarkSet takes a table alone, and with what the encoder and the decoder want of it.
func BenchmarkSet(b *testing.B) {
	for _, v := range []int{256, 50304} {
		logits := benchmarkLogits(v)
		var table Table
		x := uint64(1)
		for _, with := range []struct {
			name string
			run  func()
		}{
			{"", func() {}},
			{"Interval", func() { table.Interval(int(x>>32) % v) }},
			{"Find", func() { table.Find(x >> 36) }},
		} {
			b.Run(fmt.Sprintf("symbols=%d/with=%s", v, with.name), func(b *testing.B) {
				for b.Loop() {
					x = x*6364136223846793005 + 1
					table.Set(logits)
					with.run()
				}
			})
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, v := range []int{256, 50304} {
		b.Run(fmt.Sprintf("symbols=%d", v), func(b *testing.B) {
			var table Table
			table.Set(benchmarkLogits(v))
			x := uint64(1)
			for b.Loop() {
				x = x*6364136223846793005 + 1
				table.Find(x >> 36)
			}
		})
	}
}

func BenchmarkInterval(b *testing.B) {
	var table Table
	table.Set(benchmarkLogits(50304))
	x := uint64(1)
	for b.Loop() {
		x = x*6364136223846793005 + 1
		table.Interval(int(x>>32) % 50304)
	}
}

func benchmarkLogits(v int) []float32 {
	logits := make([]float32, v)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range logits {
		logits[i] = float32(3 * r.NormFloat64())
	}
	return logits
}

// TestExample is the example of docs/numerics.md.
func TestExample(t *testing.T) {
	var table Table
	table.Set([]float32{0, 1, 2, -20})
	want := []uint64{0, 24167397, 89861201, 268435455, 268435456}
	for s := range 4 {
		if lo, hi := table.Interval(s); lo != want[s] || hi != want[s+1] {
			t.Errorf("symbol %d has [%d, %d), want [%d, %d)", s, lo, hi, want[s], want[s+1])
		}
	}
}
