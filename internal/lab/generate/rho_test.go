package generate

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// toy is a compressor that says how many bytes it would write.
type toy func(raw []byte) int

func (f toy) Compress(_ context.Context, raw []byte) ([]byte, error) {
	return make([]byte, f(raw)), nil
}

// vowels codes a vowel in one byte, anything else in two.
func vowels(raw []byte) (n int) {
	for _, b := range raw {
		switch b {
		case 'a', 'e', 'i', 'o', 'u':
			n++
		default:
			n += 2
		}
	}
	return n
}

// predict is rho of the next byte after x.
func predict(t *testing.T, c Compressor, l Look, x string) *distribution {
	t.Helper()
	g := &inverse{c, l}
	d, err := g.predict(t.Context(), []byte(x)[g.begin(len(x)):], rand.NewPCG(1, 2), 2)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// is wants the probability of b to be p/q exactly.
func (d *distribution) is(t *testing.T, b byte, p, q int64) {
	t.Helper()
	if got, want := new(big.Rat).SetFrac(&d.weights[b], &d.total), big.NewRat(p, q); got.Cmp(want) != 0 {
		t.Errorf("rho(%q) = %v, want %v", b, got, want)
	}
}

func (d *distribution) sumsToOne(t *testing.T) {
	t.Helper()
	var sum big.Int
	for i := range d.weights {
		sum.Add(&sum, &d.weights[i])
	}
	if sum.Sign() == 0 || sum.Cmp(&d.total) != 0 {
		t.Errorf("weights add up to %v, the total is %v", &sum, &d.total)
	}
}

// TestRho computes rho by hand: five vowels of 8 bits, 251 others of 16, so that a vowel weighs 256 times as much.
func TestRho(t *testing.T) {
	for _, x := range []string{"", "x", "queue"} { // l(x) cancels
		d := predict(t, toy(vowels), Look{Horizon: 1, Window: 10}, x)
		d.sumsToOne(t)
		d.is(t, 'e', 256, 5*256+251)
		d.is(t, 'x', 1, 5*256+251)
		d.is(t, 0xff, 1, 5*256+251)
	}
	d := predict(t, toy(func([]byte) int { return 9 }), Look{Horizon: 1}, "")
	d.is(t, 'x', 1, 256)
}

// TestRhoExact has lengths whose weights no float64 holds beside one another.
func TestRhoExact(t *testing.T) {
	d := rho([]candidate{{[]byte{0}, 1}, {[]byte{1}, 1}, {[]byte{2}, 1}, {[]byte{2, 7}, 1}}, []int{8, 208, 8, 1008})
	d.sumsToOne(t)
	total := new(big.Int).Lsh(big.NewInt(1), 1001) // of 2^-1008: two of 2^1000, one of 2^800, one
	total.Add(total, new(big.Int).Lsh(big.NewInt(1), 800))
	total.Add(total, big.NewInt(1))
	if d.total.Cmp(total) != 0 {
		t.Errorf("total %v, want %v", &d.total, total)
	}
	if d = rho([]candidate{{[]byte{0}, 1}, {[]byte{1}, 1}}, []int{0, math.MaxInt32}); d.total.BitLen() != faintest+1 {
		t.Errorf("a total of %d bits, want %d", d.total.BitLen(), faintest+1)
	}
}

func TestDraw(t *testing.T) {
	d := rho([]candidate{{[]byte("a"), 2}, {[]byte("b"), 1}, {[]byte("c"), 1}, {[]byte("cd"), 1}}, []int{2, 2, 3, 3})
	source := rand.NewPCG(3, 4)
	count := map[byte]int{}
	const n = 40_000
	for range n {
		b, bits := d.draw(source)
		if want := map[byte]float64{'a': 1, 'b': 2, 'c': 2}[b]; math.Abs(bits-want) > 1e-12 {
			t.Fatalf("%q: %v bits, want %v", b, bits, want)
		}
		count[b]++
	}
	for b, p := range map[byte]float64{'a': 0.5, 'b': 0.25, 'c': 0.25} {
		if got := float64(count[b]) / n; math.Abs(got-p) > 0.01 { // four standard deviations
			t.Errorf("%q drawn with frequency %.3f, want %.2f", b, got, p)
		}
	}
}

// TestBelow wants each integer as often, beyond 64 bits too.
func TestBelow(t *testing.T) {
	source := rand.NewPCG(5, 6)
	for _, shift := range []uint{0, 63, 64, 200} {
		n := new(big.Int).Lsh(big.NewInt(3), shift)
		third := new(big.Int).Lsh(big.NewInt(1), shift)
		var count [3]int
		for range 9000 {
			x := below(source, n)
			if x.Sign() < 0 || x.Cmp(n) >= 0 {
				t.Fatalf("%v, want 0 to %v", x, n)
			}
			count[x.Div(x, third).Int64()]++
		}
		for i, c := range count {
			if c < 2800 || c > 3200 { // 45 is one standard deviation
				t.Errorf("3<<%d: %d of 9000 in third %d", shift, c, i)
			}
		}
	}
}

// TestErrors wants what ends the work to be returned, and no bytes with it.
func TestErrors(t *testing.T) {
	broken := errors.New("no such program")
	_, err := FromCompressor(failing{broken}, Look{Horizon: 1}).Continue(t.Context(), [][]byte{nil}, 3, Options{Threads: 2})
	if !errors.Is(err, broken) || err.Error() != "generate: byte 1 of 3: no such program" {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	emitted := 0
	o := Options{Threads: 2, Emit: func(int, []byte) error {
		if emitted++; emitted == 2 {
			cancel()
		}
		return nil
	}}
	list, err := FromCompressor(toy(vowels), Look{Horizon: 1}).Continue(ctx, [][]byte{nil}, 1000, o)
	if !errors.Is(err, context.Canceled) || list != nil || emitted != 2 {
		t.Errorf("%d bytes emitted, %v, error %v", emitted, list, err)
	}
	full := errors.New("disk full")
	o.Emit = func(int, []byte) error { return full }
	if _, err = FromCompressor(toy(vowels), Look{Horizon: 1}).Continue(t.Context(), [][]byte{nil}, 9, o); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Compress(context.Context, []byte) ([]byte, error) { return nil, f.err }
