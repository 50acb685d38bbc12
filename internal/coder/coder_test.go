package coder_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lmz/internal/coder"
)

// interval is [lo, hi) of total.
type interval struct{ lo, hi, total uint64 }

// encode is the payload of a message.
func encode(message []interval) []byte {
	e := coder.NewEncoder(nil)
	for _, i := range message {
		e.Encode(i.lo, i.hi, i.total)
	}
	return e.Close()
}

// codeLength is the sum of -log2 of the intervals' shares, in bits.
func codeLength(message []interval) float64 {
	var bits float64
	for _, i := range message {
		bits += math.Log2(float64(i.total)) - math.Log2(float64(i.hi-i.lo))
	}
	return bits
}

// decode checks that payload decodes to message and is the only one that does, as far as Finish tells.
func decode(payload []byte, message []interval) error {
	d := coder.NewDecoder(payload)
	for n, i := range message {
		target := d.Target(i.total)
		if err := d.Err(); err != nil {
			return fmt.Errorf("interval %d: %w", n, err)
		}
		if target < i.lo || target >= i.hi {
			return fmt.Errorf("interval %d: target %d, want it in [%d, %d)", n, target, i.lo, i.hi)
		}
		d.Advance(i.lo, i.hi, i.total)
	}
	return d.Finish()
}

// totals are those at which a coder might stumble.
var totals = []uint64{1, 2, 3, 255, 256, 257, 1 << 16, 1<<28 - 1, 1 << 28, 1<<32 - 1, 1 << 32}

// messages are named messages: random ones, and those that code what is rare, what is common, or what
// sits at a carry, for ever.
func messages() map[string][]interval {
	m := map[string][]interval{"empty": nil}
	const n = 3000
	for _, total := range totals {
		r := rand.New(rand.NewPCG(total, 1))
		var wide, narrow, mixed []interval
		for range n {
			lo := r.Uint64N(total)
			wide = append(wide, interval{lo, lo + 1 + r.Uint64N(total-lo), total})
			narrow = append(narrow, interval{lo, lo + 1, total})
			t := totals[r.IntN(len(totals))]
			lo = r.Uint64N(t)
			mixed = append(mixed, interval{lo, min(t, lo+1+uint64(r.ExpFloat64()*10)), t})
		}
		name := func(s string) string { return fmt.Sprintf("%s of %d", s, total) }
		m[name("wide")] = wide
		m[name("narrow")] = narrow
		m[name("mixed")] = mixed
		m[name("first")] = slices.Repeat([]interval{{0, 1, total}}, n)
		m[name("last")] = slices.Repeat([]interval{{total - 1, total, total}}, n)
		m[name("all")] = slices.Repeat([]interval{{0, total, total}}, n)
		if total > 2 {
			m[name("all but the first")] = slices.Repeat([]interval{{1, total, total}}, n)
			m[name("all but the last")] = slices.Repeat([]interval{{0, total - 1, total}}, n)
			m[name("last, then first")] = slices.Repeat([]interval{{total - 1, total, total}, {0, 1, total}}, n/2)
			m[name("just below the middle")] = slices.Repeat([]interval{{(total - 1) / 2, (total-1)/2 + 1, total}}, n)
		}
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	for name, message := range messages() {
		payload := encode(message)
		if err := decode(payload, message); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(payload); n > 0 && payload[n-1] == 0 {
			t.Errorf("%s: payload ends in a zero byte", name)
		}
	}
}

// TestCost: a payload is at most eight bits longer than the code length and what division rounds away, less
// than 2^-23 bits an interval.
func TestCost(t *testing.T) {
	for name, message := range messages() {
		limit := codeLength(message) + 8 + float64(len(message))*0x1p-23
		if bits := float64(8 * len(encode(message))); bits > limit {
			t.Errorf("%s: %v bits, want at most %v", name, bits, limit)
		}
	}
}

// TestShortest: of all numbers of a message's last range, the payload is that of the fewest bytes, and
// of these the least. The other numbers of up to two bytes are tried.
func TestShortest(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		var message []interval
		for range r.IntN(4) {
			total := 1 + r.Uint64N(12)
			lo := r.Uint64N(total)
			message = append(message, interval{lo, lo + 1 + r.Uint64N(total-lo), total})
		}
		payload := encode(message)
		if len(payload) > 2 {
			t.Fatalf("%v: payload %x, want at most two bytes", message, payload)
		}
		want := payload
		for n := range 1 + 256 + 65536 {
			var other []byte
			switch {
			case n > 256:
				other = []byte{byte((n - 257) >> 8), byte(n - 257)}
			case n > 0:
				other = []byte{byte(n - 1)}
			}
			if falls(other, message) {
				want = other // the first: in order of length, then of value
				break
			}
		}
		if !bytes.Equal(payload, want) {
			t.Errorf("%v: payload %x, want %x", message, payload, want)
		}
	}
}

// falls is whether payload lies in message's intervals, whether or not an encoder would write it.
func falls(payload []byte, message []interval) bool {
	d := coder.NewDecoder(payload)
	for _, i := range message {
		if target := d.Target(i.total); d.Err() != nil || target < i.lo || target >= i.hi {
			return false
		}
		d.Advance(i.lo, i.hi, i.total)
	}
	return true
}

// TestOnlyPayload: a payload with a bit flipped, cut short, or with bytes after it never decodes to the same
// message.
func TestOnlyPayload(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for n := range 60 {
		var message []interval
		for range n {
			total := totals[r.IntN(len(totals))]
			lo := r.Uint64N(total)
			message = append(message, interval{lo, lo + 1 + r.Uint64N(total-lo), total})
		}
		good := encode(message)
		refused := func(what string, payload []byte) {
			if decode(payload, message) == nil {
				t.Errorf("%d intervals: %s: payload %x is accepted, want only %x", n, what, payload, good)
			}
		}
		for i := range good {
			for bit := range 8 {
				payload := slices.Clone(good)
				payload[i] ^= 1 << bit
				refused("bit flipped", payload)
			}
			refused("cut short", good[:i])
		}
		for _, extra := range [][]byte{{0}, {1}, {0x80}, {0xff}, make([]byte, 20), {0, 0, 0, 0, 0, 0, 0, 0, 1}} {
			refused("longer", append(slices.Clone(good), extra...))
		}
	}
}

func TestFinish(t *testing.T) {
	tenth := []interval{{1, 2, 10}} // [0.1, 0.2): 1a, the 26th of 256 parts, begins at 0.102
	for _, test := range []struct {
		payload []byte
		offset  int64 // -1: no error
	}{
		{[]byte{0x1a}, -1},
		{[]byte{0x1b}, 1},
		{[]byte{0x1a, 0}, 1},
		{[]byte{0x1a, 1}, 1},
	} {
		err := decode(test.payload, tenth)
		var format *coder.FormatError
		switch {
		case test.offset < 0 && err != nil:
			t.Errorf("payload %x: %v", test.payload, err)
		case test.offset >= 0 && !errors.As(err, &format):
			t.Errorf("payload %x: error %v, want a *FormatError", test.payload, err)
		case test.offset >= 0 && format.Offset != test.offset:
			t.Errorf("payload %x: error %v, want offset %d", test.payload, err, test.offset)
		}
	}
}

// TestBeyond: the number 1-2^-64 is in no range.
func TestBeyond(t *testing.T) {
	d := coder.NewDecoder(bytes.Repeat([]byte{0xff}, 9))
	if d.Err() == nil {
		t.Error("no error, want one about the payload's beginning")
	}
	for range 10 {
		if target := d.Target(7); target != 0 {
			t.Errorf("target %d, want 0", target)
		}
		d.Advance(0, 1, 7)
	}
	if err := d.Finish(); err == nil || err != d.Err() {
		t.Errorf("Finish: %v, want %v", err, d.Err())
	}
}

// TestAppends: the payload follows what dst held, and no carry reaches it.
func TestAppends(t *testing.T) {
	before := []byte{1, 2, 0xff, 0xff}
	for name, message := range messages() {
		e := coder.NewEncoder(slices.Clone(before))
		for _, i := range message {
			e.Encode(i.lo, i.hi, i.total)
		}
		if got, want := e.Close(), append(slices.Clone(before), encode(message)...); !bytes.Equal(got, want) {
			t.Errorf("%s: other bytes than without dst", name)
		}
	}
	e := coder.NewEncoder([]byte{1, 0})
	if got := e.Close(); !bytes.Equal(got, []byte{1, 0}) || !bytes.Equal(e.Close(), got) {
		t.Errorf("empty message after 0100: %x, want 0100", got)
	}
}

func TestPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"empty interval":   func() { coder.NewEncoder(nil).Encode(3, 3, 5) },
		"beyond the total": func() { coder.NewEncoder(nil).Encode(3, 6, 5) },
		"total of 2^32+1":  func() { coder.NewEncoder(nil).Encode(0, 1, 1<<32+1) },
		"after Close": func() {
			e := coder.NewEncoder(nil)
			e.Close()
			e.Encode(0, 1, 2)
		},
		"target of 0":          func() { coder.NewDecoder(nil).Target(0) },
		"target of 2^32+1":     func() { coder.NewDecoder(nil).Target(1<<32 + 1) },
		"advance, no target":   func() { coder.NewDecoder(nil).Advance(0, 1, 2) },
		"advance, other total": func() { d := coder.NewDecoder(nil); d.Target(3); d.Advance(0, 1, 2) },
		"advance beside it":    func() { d := coder.NewDecoder(nil); d.Target(3); d.Advance(1, 2, 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// FuzzDecode: no payload makes a Decoder panic, and one that Finish accepts is what an Encoder writes.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{}, uint64(1), uint8(0))
	f.Add([]byte{0x1a}, uint64(9), uint8(1))
	f.Add(bytes.Repeat([]byte{0xff}, 9), uint64(1<<32-1), uint8(20))
	f.Fuzz(func(t *testing.T, payload []byte, seed uint64, length uint8) {
		r := rand.New(rand.NewPCG(seed, 4))
		d := coder.NewDecoder(payload)
		var message []interval
		for range length {
			total := 1 + r.Uint64N(coder.MaxTotal)>>r.IntN(33)
			target := d.Target(total)
			if target >= total {
				t.Fatalf("target %d of %d", target, total)
			}
			i := interval{target - r.Uint64N(target+1), target + 1 + r.Uint64N(total-target), total}
			d.Advance(i.lo, i.hi, i.total)
			message = append(message, i)
		}
		again := encode(message)
		if accepted := d.Finish() == nil; accepted != bytes.Equal(again, payload) {
			t.Errorf("payload %x accepted: %v, encoded again: %x", payload, accepted, again)
		}
		if err := decode(again, message); err != nil {
			t.Errorf("payload %x: %v", again, err)
		}
	})
}

func BenchmarkCode(b *testing.B) {
	for _, total := range []uint64{1 << 16, 1 << 28} {
		r := rand.New(rand.NewPCG(5, 5))
		var message []interval
		for range 1 << 16 {
			lo := uint64(float64(total) * 0.99 * r.Float64())
			message = append(message, interval{lo, lo + total/100, total})
		}
		payload := encode(message)
		b.Run(fmt.Sprintf("encode/total=%d", total), func(b *testing.B) {
			b.SetBytes(int64(len(message))) // a symbol is a byte
			var buffer []byte
			for b.Loop() {
				e := coder.NewEncoder(buffer[:0])
				for _, i := range message {
					e.Encode(i.lo, i.hi, i.total)
				}
				buffer = e.Close()
			}
		})
		b.Run(fmt.Sprintf("decode/total=%d", total), func(b *testing.B) {
			b.SetBytes(int64(len(message)))
			for b.Loop() {
				if err := decode(payload, message); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
