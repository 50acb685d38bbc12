package mix

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// hash is of numbers as 32 bits each, little-endian.
func hash[T int16 | int32](list []T) string {
	h := sha256.New()
	for _, x := range list {
		binary.Write(h, binary.LittleEndian, int32(x))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func TestTables(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"logarithms":    {hash(logarithms[:]), "06bc18abc97be56f"},
		"log odds":      {hash(logOdds[:]), "3ebaddedc187c1b9"},
		"probabilities": {hash(probabilities[:]), "44c311d541e43561"},
	} {
		if c.got != c.want {
			t.Errorf("%s hash to %s, want %s", name, c.got, c.want)
		}
	}
	for m, got := range logarithms {
		if want := unit * math.Log2(1+float64(m)/unit); float64(got) > want || float64(got) < want-1.01 {
			t.Errorf("logarithm %d is %d, want %v rounded down", m, got, want)
		}
	}
	for k, got := range roots {
		if want := math.Round(math.Exp2(float64(k)/16) * (1 << 24)); float64(got) != want {
			t.Errorf("root %d is %d, want %v", k, got, want)
		}
	}
	for i, got := range probabilities {
		want := One / (1 + math.Exp2(-float64(i-256)/16))
		if math.Abs(float64(got)-want) > 1 || got < 16 || got > One-16 || i > 0 && got < probabilities[i-1] {
			t.Errorf("probability %d is %d, want %v", i, got, want)
		}
	}
}

// TestLogOdds: what LogOdds says is so, and squash gives the probability back.
func TestLogOdds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 10000 {
		zero, one := 1+r.Uint64()>>(36+r.IntN(28)), 1+r.Uint64()>>(36+r.IntN(28))
		x := LogOdds(zero, one)
		exact := unit * math.Log2(float64(one)/float64(zero))
		if math.Abs(float64(x)-max(-16*unit, min(16*unit, exact))) > 3 {
			t.Fatalf("%d against %d: log odds %d, want %v", one, zero, x, exact)
		}
		if x != -LogOdds(one, zero) {
			t.Fatalf("%d against %d: log odds %d, and %d the other way", one, zero, x, LogOdds(one, zero))
		}
		if x > most || x < -most {
			continue
		}
		if p, want := float64(squash(x)), One*float64(one)/float64(zero+one); math.Abs(p-want) > 0.003*want+1 {
			t.Fatalf("%d against %d: probability %v, want %v", one, zero, p, want)
		}
	}
	if x := LogOdds(1, 1<<28-1); x != 16*unit {
		t.Errorf("log odds of near one are %d, want %d", x, 16*unit)
	}
}

// TestExamples: the numbers that docs/format.md gives of each table, and its example of a decision.
func TestExamples(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want int
	}{
		{"T(0)", int(logarithms[0]), 0}, {"T(1)", int(logarithms[1]), 1}, {"T(100)", int(logarithms[100]), 137},
		{"T(512)", int(logarithms[512]), 599}, {"T(1023)", int(logarithms[1023]), 1023},
		{"S(0)", int(probabilities[256]), 524288}, {"S(1)", int(probabilities[256+1]), 535642},
		{"S(16)", int(probabilities[256+16]), 699050}, {"S(256)", int(probabilities[256+256]), 1048560},
		{"log odds", LogOdds(235731093, 1<<28-235731093), -2917}, {"p", begun(300).Predict(-2917), 127845},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d, want %d", c.name, c.got, c.want)
		}
	}
	m := begun(300)
	m.Predict(-2917)
	m.Update(0)
	for _, w := range []int64{m.byMatch[0][0] - 1<<16, m.byPrefix[1][0], m.byLast[0][0]} {
		if w != 44 {
			t.Errorf("a weight became %d more, want 44", w)
		}
	}
}

func TestHistory(t *testing.T) {
	for _, c := range []struct {
		before history
		bit    int
		after  history
	}{
		{0x00, 0, 0x10}, {0x00, 1, 0x01}, {0x12, 1, 0x13}, {0xf0, 0, 0xf0}, {0x0f, 1, 0x0f},
		{0x30, 1, 0x21}, {0xf0, 1, 0x81}, {0x2f, 0, 0x38}, {0x02, 0, 0x12},
	} {
		if got := next[c.bit][c.before]; got != c.after {
			t.Errorf("history %02x and a %d: %02x, want %02x", c.before, c.bit, got, c.after)
		}
	}
}

// TestEstimate: an estimate is in its range whatever it is told, and near what it is told often.
func TestEstimate(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, often := range []float64{0, 0.001, 0.5, 0.9, 1} {
		e := begin(1, 2)
		for range 3000 {
			bit := 0
			if r.Float64() < often {
				bit = 1
			}
			e.update(bit)
			if e.p < 0 || e.p >= estimateOne {
				t.Fatalf("an estimate of %d", e.p)
			}
		}
		if p := float64(e.p) / estimateOne; math.Abs(p-often) > 0.1 {
			t.Errorf("an estimate of %v after bits of which %v are ones", p, often)
		}
	}
}

// passage is bytes with all that a Mixer looks at: words, repetition, records, noise.
func passage(n int) []byte {
	r := rand.New(rand.NewPCG(3, 3))
	b := []byte("the cat sat on the mat, the cat sat on the hat; THE CAT\n")
	for len(b) < n {
		switch r.IntN(4) {
		case 0:
			b = append(b, b[r.IntN(len(b)):]...)
		case 1:
			b = binary.LittleEndian.AppendUint32(b, uint32(len(b)))
		case 2:
			b = append(b, byte(r.Uint32()), byte(r.Uint32()))
		case 3:
			b = append(b, "word and word "...)
		}
	}
	return b[:n]
}

// begun is a Mixer of a segment of n bytes.
func begun(n int) *Mixer {
	m := new(Mixer)
	m.Reset(n)
	return m
}

// predictions feeds bytes to a Mixer, and returns what it predicted of each bit and the code length in bits.
func predictions(t *testing.T, m *Mixer, b []byte, model func() int) (list []int32, codeLength float64) {
	for _, x := range b {
		chances := 1.0
		for i := 7; i >= 0; i-- {
			p, bit := m.Predict(model()), int(x>>i)&1
			if p < 16 || p > One-16 {
				t.Fatalf("a probability of %d", p)
			}
			list = append(list, int32(p))
			if m.Update(bit); bit == 0 {
				p = One - p
			}
			chances *= float64(p)
		}
		codeLength += CodeLength(chances)
	}
	return list, codeLength
}

// opinions are log odds of a model that knows nothing, often surely.
func opinions() func() int {
	r := rand.New(rand.NewPCG(4, 4))
	return func() int { return (r.IntN(32*unit+1) - 16*unit) >> r.IntN(15) }
}

// TestGolden: the same predictions on every machine.
func TestGolden(t *testing.T) {
	for n, want := range map[int]string{
		20000:     "688e82a304643270",
		1<<16 + 1: "3eddea57a0974055",
		1 << 18:   "17fa5f908b92f918",
	} {
		list, _ := predictions(t, begun(n), passage(n), opinions())
		if got := hash(list); got != want {
			t.Errorf("%d bytes: predictions hash to %s, want %s", n, got, want)
		}
	}
}

// TestReset: after Reset, a Mixer is as a new one, whatever the length of the segment before.
func TestReset(t *testing.T) {
	m := new(Mixer)
	for _, n := range []int{1 << 18, 100, 1 << 17, 0} {
		m.Reset(n)
		predictions(t, m, bytes.Repeat([]byte("other"), 100), func() int { return 0 })
		m.Predict(5) // and some bits of a byte
		m.Update(1)
		for _, length := range []int{3000, 1 << 17} {
			m.Reset(length)
			got, _ := predictions(t, m, passage(3000), opinions())
			if want, _ := predictions(t, begun(length), passage(3000), opinions()); hash(got) != hash(want) {
				t.Errorf("a segment of %d bytes after one of %d: other predictions", length, n)
			}
		}
	}
}

// TestSlots: tables have a slot for 16 bytes, and four ends of matches for a slot, within bounds.
func TestSlots(t *testing.T) {
	for _, c := range []struct{ n, slots int }{
		{0, 1 << 12}, {1 << 16, 1 << 12}, {1<<16 + 1, 1 << 13}, {1 << 17, 1 << 13}, {1<<17 + 1, 1 << 14}, {1 << 18, 1 << 14}, {math.MaxInt32, 1 << 14},
	} {
		m := begun(c.n)
		if got, ends := len(m.tables[0].slots), len(m.match.ends); got != c.slots || ends != 4*c.slots {
			t.Errorf("%d bytes: %d slots and %d ends, want %d and %d", c.n, got, ends, c.slots, 4*c.slots)
		}
	}
}

// TestExtremes: weights are learned without overflow, to the end of the longest segment, from a model that is as sure and as wrong as
// can be; and if each bit had changed one by as much as a bit can.
func TestExtremes(t *testing.T) {
	const (
		n            = 1 << 18
		change int64 = 1 << 11
		all          = 1<<16 + 8*n*change
	)
	for name, bit := range map[string]func(i int) int{
		"by turns":  func(i int) int { return i & 1 },
		"by halves": func(i int) int { return i / (4 * n) },
	} {
		m := begun(n)
		for i := range 8 * n {
			if p := m.Predict((1 - 2*bit(i)) * 16 * unit); p < 16 || p > One-16 {
				t.Fatalf("%s: bit %d: a probability of %d", name, i, p)
			}
			m.Update(bit(i))
		}
	}
	for _, bit := range []int{0, 1} {
		m := begun(n)
		for k := range inputs {
			m.byMatch[0][k], m.byPrefix[1][k], m.byLast[0][k] = all, all, all
		}
		model := (1 - 2*bit) * 16 * unit
		if p, want := m.Predict(model), squash(max(-16*unit+1, min(model, 16*unit-1))); p != want {
			t.Errorf("weights of %d: a probability of %d, want %d", all, p, want)
		}
		if m.Update(bit); m.byMatch[0][0] < all-change || m.byMatch[0][0] > all-change+1 {
			t.Errorf("a weight of %d, want %d less %d", m.byMatch[0][0], all, change)
		}
	}
}

// TestModelAlone: a good model's predictions, of bytes that show nothing else, are hardly changed.
func TestModelAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	m := begun(2000)
	var mixed, alone float64
	for range 2000 {
		product := 1.0
		for range 8 {
			x := r.IntN(8*unit) - 4*unit
			p := 1 / (1 + math.Exp2(-float64(x)/unit))
			q, bit := float64(m.Predict(x))/One, 0
			if r.Float64() < p {
				bit = 1
			} else {
				p, q = 1-p, 1-q
			}
			m.Update(bit)
			alone -= math.Log2(p)
			product *= q
		}
		mixed -= math.Log2(product)
	}
	if mixed > 1.02*alone {
		t.Errorf("%v bits, of the model alone %v: want at most 2%% more", mixed, alone)
	}
}

// TestLearns: what comes again is expected, by the match, by contexts of bytes, by the word, by the place in a record.
func TestLearns(t *testing.T) {
	noise := make([]byte, 1000)
	r := rand.New(rand.NewPCG(6, 6))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	records := make([]byte, 0, 4000)
	for range 1000 {
		records = append(records, byte(r.Uint32()), 7, byte(r.Uint32()), 9)
	}
	for name, c := range map[string]struct {
		b    []byte
		most float64 // bits a byte
	}{
		"noise":         {noise, 8.3},
		"noise twice":   {append(noise, noise...), 4.6},
		"one byte":      {make([]byte, 2000), 0.1},
		"records":       {records, 5},
		"two sentences": {bytes.Repeat([]byte("The quick brown fox jumps. "), 40), 0.6},
	} {
		if _, bits := predictions(t, begun(len(c.b)), c.b, func() int { return 0 }); bits > c.most*float64(len(c.b)) {
			t.Errorf("%s: %v bits a byte, want at most %v", name, bits/float64(len(c.b)), c.most)
		}
	}
}

// TestMatch: the longest match is that of the latest place, and ends with the byte that differs.
func TestMatch(t *testing.T) {
	var m match
	m.reset(14)
	for _, b := range []byte("abcdefgX abcdefgY abcdef") {
		m.append(b)
	}
	if bit, length := m.expect(1, 0); length != 6+1 || bit != 0 { // " abcdef" was before a g
		t.Errorf("a match of %d bytes, bit %d; want 7, 0", length, bit)
	}
	if _, length := m.expect(3, 1); length != 0 {
		t.Errorf("a match of %d bytes for a byte that begins otherwise", length)
	}
	m.append('g')
	if bit, length := m.expect(1<<4|'Y'>>4, 4); length != 8 || bit != int('Y'>>3&1) {
		t.Errorf("a match of %d bytes, bit %d; want 8, that of Y", length, bit)
	}
	m.append('?')
	if _, length := m.expect(1, 0); length != 0 {
		t.Errorf("a match of %d bytes after a byte that differs", length)
	}
}

// TestMatchGoesOn: a match of 16 bytes is not lost by 8 that differ, and is by a ninth, unless 16 agreed again.
func TestMatchGoesOn(t *testing.T) {
	const record = "0123456789abcdefghijklmnopqrstuvwxyz"
	for _, c := range []struct {
		then string
		next byte // that is expected, 0 for none
		kind int
	}{
		{"0123456789abcde", 'f', 15}, {"0123456789abcde?", 0, 0},
		{"0123456789abcdef", 'g', 16}, {"0123456789abcdef?", 'h', 32}, {"0123456789abcdef?hi?", 'k', 32}, {"0123456789abcdef?hijk", 'l', 36},
		{"0123456789abcdef!#$%&*+-", 'o', 32}, {"0123456789abcdef!#$%&*+-=", 0, 0}, {"0123456789abcdef!#$%&*+-o=", 0, 0},
		{"0123456789abcdef?hijklmnopqrstuvw", 'x', 16}, {"0123456789abcdef?hijklmnopqrstuvw!#$%&*+-", 0, 32},
		{"0123456789abcdef?345678", '9', 6}, // a place where six agree is nearer
	} {
		var m match
		m.reset(14)
		for _, b := range []byte(record + c.then) {
			m.append(b)
		}
		_, kind := m.expect(1, 0)
		if next := m.bytes[min(m.at, len(m.bytes)-1)]; kind != c.kind || c.next != 0 && next != c.next {
			t.Errorf("after %s a match of kind %d, %q next; want %d, %q", c.then, kind, next, c.kind, c.next)
		}
	}
}

// BenchmarkMix is the cost of a byte's eight decisions, of segments of these KiB, so many of them abreast as a decoder steps them.
func BenchmarkMix(b *testing.B) {
	for _, c := range []struct{ size, lanes int }{{16, 1}, {64, 1}, {64, 4}, {256, 1}, {256, 4}} {
		b.Run(fmt.Sprintf("segment=%dKiB/lanes=%d", c.size, c.lanes), func(b *testing.B) {
			text, next := passage(c.size<<10), opinions()
			lanes := make([]Mixer, c.lanes)
			b.SetBytes(int64(len(text) * c.lanes))
			for b.Loop() {
				for i := range lanes {
					lanes[i].Reset(len(text))
				}
				for at := range text {
					for i := range lanes {
						x := text[(at+i*len(text)/c.lanes)%len(text)]
						for bit := 7; bit >= 0; bit-- {
							lanes[i].Predict(next())
							lanes[i].Update(int(x>>bit) & 1)
						}
					}
				}
			}
		})
	}
}
