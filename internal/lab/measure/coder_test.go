package measure

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lmz/internal/codec"
	"lmz/internal/codec/codectest"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/store"
	"lmz/internal/tokenizer"
)

// byteTokenizer is that of lmz's own models.
func byteTokenizer(t *testing.T) tokenizer.Tokenizer {
	t.Helper()
	b, err := tokenizer.Parse(tokenizer.BytesJSON(), 257)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// text makes n bytes of which a predictor that counts learns something; some of them are not ASCII.
func text(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcd\xe9\xff"[r.IntN(6)]
	}
	return b
}

func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// code is what a coder makes of chunks.
func code(t *testing.T, c coder, chunks ...[]byte) []store.Chunk {
	t.Helper()
	var sum atomic.Int64
	rows, err := c.code(t.Context(), chunks, 5, func(n int) { sum.Add(int64(n)) })
	if err != nil {
		t.Fatal(err)
	}
	raw := 0
	for _, row := range rows {
		raw += int(row.RawBytes)
	}
	if told := int(sum.Load()); told < raw-len(chunks) || told > raw {
		t.Errorf("progress told %d of %d bytes", told, raw)
	}
	return rows
}

func TestModelCoder(t *testing.T) {
	chunks := [][]byte{text(1, 300), text(2, 300), noise(3, 300), {7}, text(4, 44)}
	for _, m := range []mapping{identity, shifted, asciiOnly} {
		c := &modelCoder{predictor: codectest.Counts(256, 0), tokenizer: byteTokenizer(t), mapping: m, options: options{threads: 1, profile: true, verified: true}}
		rows := code(t, c, chunks...)
		for i, row := range rows {
			mapped, lost := m.apply(chunks[i])
			if row.Index != 5+i || row.RawBytes != int64(len(chunks[i])) || row.CoveredBytes != row.RawBytes || row.Tokens != row.RawBytes || row.LostBits != lost {
				t.Errorf("mapping %d, chunk %d: %+v", m, i, row)
			}
			if bits := float64(8 * row.CodedBytes); bits < row.CodeLength-8 || bits > row.CodeLength+9 {
				t.Errorf("mapping %d, chunk %d: %v bits coded, code length %v, want at most 8 more", m, i, bits, row.CodeLength)
			}
			if row.CountedBits != float64(8*row.CodedBytes+lost) {
				t.Errorf("mapping %d, chunk %d: %v bits counted, %d bytes coded and %d bits lost", m, i, row.CountedBits, row.CodedBytes, lost)
			}
			var bits float64
			for _, token := range row.Profile {
				bits += float64(token.Bits)
			}
			if len(row.Profile) != len(mapped) || math.Abs(bits-row.CodeLength) > 1e-3 {
				t.Errorf("mapping %d, chunk %d: a profile of %d tokens, %v bits, want %d, %v", m, i, len(row.Profile), bits, len(mapped), row.CodeLength)
			}
		}
	}
}

// TestContexts: the second half costs least after the true context, which the model has learned from, and is the same bytes each time.
func TestContexts(t *testing.T) {
	chunk := bytes.Repeat([]byte("abac"), 64)
	var bits []float64
	for _, p := range []contextPolicy{secondAlone, secondShuffled, secondInContext} {
		c := &modelCoder{predictor: codectest.Counts(256, 0), tokenizer: byteTokenizer(t), context: p, options: options{threads: 1, verified: true}}
		row := code(t, c, chunk)[0]
		if row.RawBytes != 128 || row.Tokens != 128 {
			t.Errorf("policy %d: %d raw bytes, want 128", p, row.RawBytes)
		}
		bits = append(bits, row.CodeLength)
	}
	if !(bits[2] < bits[0]) || bits[1] == bits[0] || bits[1] == bits[2] {
		t.Errorf("no, shuffled, true context: %v bits", bits)
	}
}

func TestTokenizeDividesAtTokens(t *testing.T) {
	b := byteTokenizer(t)
	for n := range 10 {
		chunk := text(9, n)
		for _, p := range []contextPolicy{secondAlone, secondShuffled, secondInContext} {
			k := tokenize(b, p, chunk, 1, 2)
			if k.bytes != n-n/2 || len(k.coded) != n-n/2 {
				t.Errorf("%d bytes: %d to code, want %d", n, k.bytes, n-n/2)
			}
		}
		if k := tokenize(b, secondInContext, chunk, 1, 2); !slices.Equal(append(k.given, k.coded...), b.Encode(nil, chunk)) {
			t.Errorf("%d bytes: other tokens", n)
		}
	}
}

// TestUniformIsACanary: what knows nothing codes random bytes in 8 bits each, and a chunk's payload takes no less.
func TestUniformIsACanary(t *testing.T) {
	b := byteTokenizer(t)
	for _, m := range []mapping{identity, shifted} {
		c := &modelCoder{predictor: uniform{b}, tokenizer: b, mapping: m, options: options{threads: 2, verified: true}}
		var chunks [][]byte
		for i := range 64 {
			chunks = append(chunks, noise(uint64(i), 2048))
		}
		var counted, raw float64
		for _, row := range code(t, c, chunks...) {
			counted += row.CountedBits
			raw += float64(row.RawBytes)
			if row.CodeLength != 8*2048 {
				t.Fatalf("code length %v, want %d", row.CodeLength, 8*2048)
			}
		}
		if counted < 8*raw {
			t.Errorf("mapping %d: %v bits for %v random bytes: Kraft's inequality is violated", m, counted, raw)
		}
	}
}

// TestPublished: 1,024 of 2,048 tokens, of which the first is free, and the top bit of every byte.
func TestPublished(t *testing.T) {
	b := byteTokenizer(t)
	c := &publishedCoder{predictor: uniform{b}, tokenizer: b, options: options{threads: 1, profile: true}}
	rows := code(t, c, noise(1, 2048), noise(2, 100), []byte{1}, nil)
	for i, want := range []struct{ tokens, covered, bits float64 }{{1023, 1024, 1023 * 8}, {99, 100, 99 * 8}, {0, 1, 0}, {0, 0, 0}} {
		if r := rows[i]; float64(r.Tokens) != want.tokens || float64(r.CoveredBytes) != want.covered || r.CountedBits != want.bits || r.CodedBytes != 0 {
			t.Errorf("chunk %d: %d tokens, %d bytes covered, %v bits, %d bytes coded; want %v and 0", i, r.Tokens, r.CoveredBytes, r.CountedBits, r.CodedBytes, want)
		}
	}
	// Unlike bytes that differ in the top bit only are the same to it.
	low := code(t, c, []byte("aaaa"))[0].CountedBits
	if high := code(t, c, []byte("\xe1\xe1\xe1\xe1"))[0].CountedBits; high != low {
		t.Errorf("%v bits with the top bit, %v without", high, low)
	}
}

// TestPublishedFloor: a probability that float16 makes 0 counts as 1e-10.
func TestPublishedFloor(t *testing.T) {
	c := &publishedCoder{predictor: certain{uniform{byteTokenizer(t)}}, tokenizer: byteTokenizer(t), options: options{threads: 1}}
	want := -99*math.Log2(publishedFloor) + 0 // each is a symbol that the model holds impossible
	if got := code(t, c, bytes.Repeat([]byte{1}, 100))[0].CountedBits; math.Abs(got-want) > 1e-6 {
		t.Errorf("%v bits, want %v", got, want)
	}
}

// certain expects symbol 0 always.
type certain struct{ uniform }

func (c certain) NewSession(lanes, threads int) codec.Session { return c }
func (c certain) Advance(rows []codec.Row, logits []float32) {
	clear(logits)
	for i := range rows {
		logits[i*c.Symbols()] = 40
	}
}

// TestAllDropped: the published mean of no chunk is none, and a number that the store keeps.
func TestAllDropped(t *testing.T) {
	var sum summary
	sum.add(store.Chunk{RawBytes: 100, CountedBits: 1})
	sum.add(store.Chunk{RawBytes: 100, CountedBits: 9000})
	sum.drop()
	if r := sum.resultOf(store.Cell{}, 2); r.MeanRatio != 0 || sum.dropped != 2 {
		t.Errorf("mean ratio %v, %d dropped, want 0 and 2", r.MeanRatio, sum.dropped)
	}
}

func TestHalf(t *testing.T) {
	for exponent := range 31 {
		for mantissa := range 1024 {
			exact := math.Ldexp(float64(mantissa), -24)
			if exponent > 0 {
				exact = math.Ldexp(float64(1024+mantissa), exponent-25)
			}
			if got := half(float32(exact)); float64(got) != exact {
				t.Fatalf("%v becomes %v", exact, got)
			}
		}
	}
	for _, c := range [][2]float64{{1.0 / (1 << 25), 0}, {3.0 / (1 << 25), 4.0 / (1 << 25)}, {1 + 1.0/2048, 1}, {1 + 3.0/2048, 1 + 4.0/2048}, {65519, 65504}, {65520, math.Inf(1)}} {
		if got := half(float32(c[0])); float64(got) != c[1] {
			t.Errorf("%v becomes %v, want %v", c[0], got, c[1])
		}
	}
}

func TestMapping(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, c := range []struct {
		mapping mapping
		lost    int64
		inverse bool
	}{{identity, 0, true}, {shifted, 256, true}, {asciiOnly, 128, false}, {moduloOnly, 0, false}} {
		mapped, lost := c.mapping.apply(all)
		if lost != c.lost {
			t.Errorf("mapping %d: %d bits lost, want %d", c.mapping, lost, c.lost)
		}
		if back, ok := c.mapping.invert(mapped, all); ok != c.inverse || ok && !bytes.Equal(back, all) {
			t.Errorf("mapping %d: inverse %v", c.mapping, ok)
		}
		if c.mapping != identity && slices.Max(mapped) > 127 {
			t.Errorf("mapping %d: byte %d", c.mapping, slices.Max(mapped))
		}
	}
	if got := sevenBits(dataset.Text); got != asciiOnly {
		t.Errorf("text is mapped by %d", got)
	}
	for _, k := range []dataset.Kind{dataset.Image, dataset.Speech, dataset.Speech8, dataset.Random, dataset.Bytes} {
		if got := sevenBits(k); got != shifted {
			t.Errorf("%s is mapped by %d", k, got)
		}
	}
}

func TestParseProtocol(t *testing.T) {
	for _, p := range Protocols {
		if got, err := ParseProtocol(p.Name); err != nil || got.String() != p.String() {
			t.Errorf("%s: %v, %v", p.Name, got, err)
		}
	}
	if _, err := ParseProtocol("loseless"); err == nil || !strings.Contains(err.Error(), "lossless, stream") {
		t.Errorf("error %v, want the names there are", err)
	}
}
