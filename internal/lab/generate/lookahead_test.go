package generate

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// dictionary is a toy of a dictionary coder: a byte for a literal, two for the longest string of three bytes or more that
// occurred before.
func dictionary(raw []byte) (n int) {
	for i := 0; i < len(raw); {
		match := 0
		for i+match < len(raw) && (match < 2 || bytes.Contains(raw[:i], raw[i:i+match+1])) {
			match++
		}
		if match < 3 || !bytes.Contains(raw[:i], raw[i:i+match]) {
			n, i = n+1, i+1
		} else {
			n, i = n+2, i+match
		}
	}
	return n
}

// gzipped is Go's gzip at level 9.
type gzipped struct{ writers sync.Pool }

func (g *gzipped) Compress(_ context.Context, raw []byte) ([]byte, error) {
	var coded bytes.Buffer
	z, _ := g.writers.Get().(*gzip.Writer)
	if z == nil {
		z, _ = gzip.NewWriterLevel(nil, 9)
	}
	defer g.writers.Put(z)
	z.Reset(&coded)
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	err := z.Close()
	return coded.Bytes(), err
}

// once is text without a repetition of three bytes, which ends outside of one.
const once = "the quick brown fox leaps over lazy dogs; sphinx of mild nitre, judge my vow!"

// share is the probability of the bytes of set.
func (d *distribution) share(set string) float64 {
	var sum big.Int
	for i := range d.weights {
		if strings.IndexByte(set, byte(i)) >= 0 {
			sum.Add(&sum, &d.weights[i])
		}
	}
	p, _ := new(big.Rat).SetFrac(&sum, &d.total).Float64()
	return p
}

// TestHorizon has a dictionary coder at a place where any byte costs as much: a literal. What is worth repeating shows
// with a horizon of three bytes or more.
func TestHorizon(t *testing.T) {
	if n := dictionary([]byte(once)); n != len(once) {
		t.Fatalf("%d bytes coded as %d, want no repetition", len(once), n)
	}
	d := predict(t, toy(dictionary), Look{Horizon: 1, Window: 2048}, once)
	d.sumsToOne(t)
	d.is(t, 'q', 1, 256)

	// By hand: strings of four bytes cost two, an unknown byte and a string of three bytes cost three. Of these strings of three
	// bytes, one more than there are of four, four are drawn. Before each there is one byte with which it is known as a string of four, but before the
	// first, of which we cannot tell whether it is drawn.
	d = predict(t, toy(dictionary), Look{Horizon: 4, Window: 2048}, once)
	d.sumsToOne(t)
	const known = int64(len(once) - 3)
	const short, long = 4 << 8, known + 1 // weights of a candidate of each sort
	unknown := func(p int64, drawn int64) bool {
		return d.weights['!'].Int64()*(known*short+(4*256-drawn)*long) == p*d.total.Int64()
	}
	if p := int64(4 * long); !unknown(p, 3) && !unknown(p, 4) {
		t.Errorf("rho(!) = %v of %v", &d.weights['!'], &d.total)
	}
	if p := d.share(once); p < 0.5 {
		t.Errorf("the text's own bytes have probability %.3f", p)
	}

	// In the midst of a repetition what goes on costs nothing.
	d = predict(t, toy(dictionary), Look{Horizon: 4, Window: 2048}, once+"leaps")
	if p := d.share(" "); p < 0.99 {
		t.Errorf("what goes on has probability %.3f", p)
	}
}

// TestHorizonOfGzip has gzip in the midst of a repetition. One byte ahead, what goes on costs no less than what
// else fits into the bits that are left of the last byte: how many they are changes from place to place.
func TestHorizonOfGzip(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const repeated = "fox leaps over"
	var near, far float64
	for n := 4; n < len(repeated); n += 2 {
		x, next := once+repeated[:n], repeated[n:n+1]
		near += predict(t, &gzipped{}, Look{Horizon: 1, Window: 2048}, x).share(next)
		far += predict(t, &gzipped{}, Look{Horizon: 4, Window: 2048}, x).share(next)
	}
	near, far = near/5, far/5
	if near < 0.1 || near > 0.7 || far < 0.9 {
		t.Errorf("what goes on has mean probability %.3f with horizon 1 and %.3f with 4, want 0.1 to 0.7, and 0.9 or more", near, far)
	}
}

// TestRepeats generates with a horizon what was seen before, and without one what was not.
func TestRepeats(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, test := range []struct {
		name       string
		compressor Compressor
		horizon    int
		length     int
	}{{"toy", toy(dictionary), 4, 20}, {"gzip", &gzipped{}, 8, 6}} {
		seen := func(horizon int) (n int) {
			g := FromCompressor(test.compressor, Look{Horizon: horizon, Window: 2048})
			list, err := g.Continue(t.Context(), [][]byte{[]byte(once)}, test.length, Options{Seed: 1, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			b := list[0].Bytes
			for i := range len(b) - 2 {
				if strings.Contains(once, string(b[i:i+3])) {
					n++
				}
			}
			t.Logf("%s, horizon %d: %q, %.1f bits", test.name, horizon, b, list[0].CodeLength)
			return n
		}
		if near, far := seen(1), seen(test.horizon); near > 1 || far < test.length/2 {
			t.Errorf("%s: of %d strings of 3 bytes %d repeat with horizon 1 and %d with %d; want one at most, and half at least",
				test.name, test.length-2, near, far, test.horizon)
		}
	}
}

// TestCandidates counts by hand what may follow "banana cat", whose strings of two bytes are ba an na a_ _c ca at.
func TestCandidates(t *testing.T) {
	source := rand.NewPCG(1, 2)
	for _, test := range []struct{ h, known, after, drawn int }{{1, 6, 1, 1}, {2, 7, 6, 4}, {3, 7, 7, 4}, {4, 7, 7, 4}} {
		list := candidates([]byte("banana cat"), test.h, source)
		seen := map[string]bool{}
		known, stands := 0, uint64(0) // for strings of the second sort
		for _, c := range list {
			if len(c.bytes) != test.h || seen[string(c.bytes)] {
				t.Fatalf("h = %d: %q is too short or comes twice", test.h, c.bytes)
			}
			seen[string(c.bytes)] = true
			switch inside := strings.Contains("banana cat", string(c.bytes)); {
			case inside && c.count == uint64(test.drawn):
				known++
			case !inside && c.count == uint64(test.after):
				stands += c.count
			default:
				t.Errorf("h = %d: %q counts %d", test.h, c.bytes, c.count)
			}
		}
		if known != test.known {
			t.Errorf("h = %d: %d strings of the text, want %d", test.h, known, test.known)
		}
		// The two sorts together stand for 256 times after strings, drawn times over, but for what is both.
		if all := uint64(256 * test.after * test.drawn); stands > all || stands < all-uint64(8*test.after*test.drawn) {
			t.Errorf("h = %d: the others stand for %d, want %d but for those of the text", test.h, stands, all)
		}
		for b := range 256 {
			if !slices.ContainsFunc(list, func(c candidate) bool { return c.bytes[0] == byte(b) }) {
				t.Errorf("h = %d: no candidate begins with %q", test.h, byte(b))
			}
		}
	}
	if list := candidates(nil, 1, source); len(list) != 256 {
		t.Errorf("%d candidates after nothing, want 256", len(list))
	}
	predict(t, toy(dictionary), Look{Horizon: 9, Window: 9}, "").sumsToOne(t)
	predict(t, toy(dictionary), Look{Horizon: 9, Window: 0}, "abc").sumsToOne(t)
}

// TestWindow wants the window to begin where rows do.
func TestWindow(t *testing.T) {
	for _, test := range []struct{ n, window, align, want int }{
		{0, 10, 0, 0}, {5, 10, 0, 0}, {10, 10, 0, 0}, {11, 10, 0, 1},
		{11, 10, 4, 0}, {13, 10, 4, 0}, {14, 10, 4, 4}, {100, 0, 0, 100}, {101, 0, 2, 100},
	} {
		g := &inverse{look: Look{Horizon: 1, Window: test.window, Align: test.align}}
		if got := g.begin(test.n); got != test.want {
			t.Errorf("%d bytes, window %d, rows of %d: begins at %d, want %d", test.n, test.window, test.align, got, test.want)
		}
	}
}

// TestSeed pins what a seed draws, whatever the threads and the other prompts.
func TestSeed(t *testing.T) {
	run := func(seed uint64, threads, horizon int, prompts ...string) string {
		var list [][]byte
		for _, p := range prompts {
			list = append(list, []byte(p))
		}
		emitted := make([][]byte, len(list))
		o := Options{Seed: seed, Threads: threads, Emit: func(i int, b []byte) error {
			emitted[i] = append(emitted[i], b...)
			return nil
		}}
		out, err := FromCompressor(toy(dictionary), Look{Horizon: horizon, Window: 30}).Continue(t.Context(), list, 8, o)
		if err != nil {
			t.Fatal(err)
		}
		last := out[len(out)-1].Bytes
		if !bytes.Equal(last, emitted[len(out)-1]) {
			t.Errorf("emitted %q, returned %q", emitted[len(out)-1], last)
		}
		return fmt.Sprintf("%q", last)
	}
	const near, far = `"\x89\x99;U\xe8n3\xb8"`, `"\xda judge "`
	for threads := 1; threads <= 3; threads++ {
		if got := run(7, threads, 1, once); got != near {
			t.Errorf("seed 7, horizon 1, %d threads: %s, want %s", threads, got, near)
		}
		if got := run(7, threads, 4, once); got != far {
			t.Errorf("seed 7, horizon 4, %d threads: %s, want %s", threads, got, far)
		}
	}
	if run(8, 1, 4, once) == far {
		t.Error("seeds 7 and 8 draw the same")
	}
	if a, b := run(7, 1, 4, "x", once), run(7, 1, 4, "another", once); a != b || a == far {
		t.Errorf("prompt 1 draws %s or %s after other prompts 0, and prompt 0 %s", a, b, far)
	}
}
