package surprisal_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz"
	"lmz/internal/codec"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/surprisal"
	"lmz/internal/lm"
)

// bytewise is the model that lmz carries, subword one whose tokens have several bytes and a lead.
func bytewise(t testing.TB) *lm.Model {
	t.Helper()
	m, err := lm.Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func subword(t testing.TB) *lm.Model {
	t.Helper()
	m, err := lm.Open("../../lm/testdata/llama", lm.Int8)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const prose = "It was a bright cold day in April, and the clocks were striking thirteen. \u201cÄpfel\u201d, 日本語 and \xff\x00 are in it too.\n"

// compress is what lmz makes of raw.
func compress(t testing.TB, m *lm.Model, raw []byte, p lmz.Policy) (file []byte, bits float64, tokens int64) {
	t.Helper()
	var b bytes.Buffer
	w, err := lmz.NewWriter(&b, lmz.Options{Model: lmz.ModelOf(m), RawSize: int64(len(raw)), Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	bits, tokens = w.CodeLength()
	return b.Bytes(), bits, tokens
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// check wants a Lens to be of one piece, and to have the figures of a Writer.
func check(t *testing.T, l *surprisal.Lens, raw []byte, size int, bits float64, tokens int64) {
	t.Helper()
	if !bytes.Equal(l.Raw, raw) {
		t.Errorf("%d raw bytes, want %d, or others", len(l.Raw), len(raw))
	}
	if got := l.CodedSize(); got != int64(size) {
		t.Errorf("coded size %d, the file has %d", got, size)
	}
	if got := l.CodeLength(); got != bits {
		t.Errorf("code length %v, the Writer has %v", got, bits)
	}
	if got := int64(l.CodedTokens()); got != tokens {
		t.Errorf("%d tokens, the Writer has %d", got, tokens)
	}
	var sum float64
	bytes, segments, ofSegments := 0, 0, 0
	for _, k := range l.Tokens {
		sum += k.Bits
		bytes += k.Size
	}
	for _, s := range l.Segments {
		segments += s.Size
		ofSegments += s.Tokens
	}
	if math.Abs(sum-bits) > 1e-9*(bits+1) {
		t.Errorf("tokens of %v bits, want %v", sum, bits)
	}
	if bytes != len(raw) || segments != len(raw) || ofSegments != len(l.Tokens) {
		t.Errorf("tokens of %d bytes and segments of %d, want %d; segments of %d tokens, want %d", bytes, segments, len(raw), ofSegments, len(l.Tokens))
	}
}

// TestFile: the profile is that of what lmz writes, whatever the data and the model.
func TestFile(t *testing.T) {
	text := []byte(strings.Repeat(prose, 300)[:33<<10]) // two segments
	for name, c := range map[string]struct {
		model *lm.Model
		raw   []byte
		carry bool
	}{
		"nothing": {bytewise(t), nil, false}, "a byte": {bytewise(t), []byte("x"), false},
		"two segments": {subword(t), text, false}, "window": {bytewise(t), text[:600], false}, "carry": {bytewise(t), text[:900], true},
		"fill": {bytewise(t), make([]byte, 5000), false}, "noise": {bytewise(t), noise(1000), false},
		"subword": {subword(t), text[:3000], false}, "subword, carry": {subword(t), text[:3000], true},
	} {
		t.Run(name, func(t *testing.T) {
			policy := lmz.Fresh
			if c.carry {
				policy = lmz.Carry
			}
			file, bits, tokens := compress(t, c.model, c.raw, policy)
			done := 0
			l, err := surprisal.File(t.Context(), c.raw, dataset.Text, int64(len(c.raw)), surprisal.Options{Model: c.model, Carry: c.carry, Threads: 1,
				Progress: func(n int) { done += n }})
			if err != nil {
				t.Fatal(err)
			}
			check(t, l, c.raw, len(file), bits, tokens)
			if lead := 2; done < len(c.raw)-lead || done > len(c.raw)+lead {
				t.Errorf("progress of %d bytes, want %d", done, len(c.raw))
			}

			// The same from the file.
			read := bytes.NewReader(file)
			l, err = surprisal.Decode(t.Context(), read, int64(len(file)), 1<<20, surprisal.Options{Model: c.model})
			if err != nil {
				t.Fatal(err)
			}
			check(t, l, c.raw, len(file), bits, tokens)
		})
	}
}

// TestDecodeLimited: of a file's content, the first segments only, whose bytes in the file are told.
func TestDecodeLimited(t *testing.T) {
	raw := []byte(strings.Repeat(prose, 300)[:33<<10])
	file, _, _ := compress(t, subword(t), raw, lmz.Fresh)
	whole, err := surprisal.Decode(t.Context(), bytes.NewReader(file), int64(len(file)), int64(len(raw)), surprisal.Options{Model: subword(t)})
	if err != nil {
		t.Fatal(err)
	}
	part, err := surprisal.Decode(t.Context(), bytes.NewReader(file), int64(len(file)), 100, surprisal.Options{Model: subword(t)})
	if err != nil {
		t.Fatal(err)
	}
	n := whole.Segments[0].Size
	if len(part.Segments) != 1 || part.Segments[0] != whole.Segments[0] || !bytes.Equal(part.Raw, raw[:n]) || part.LeftOut() != int64(len(raw)-n) {
		t.Errorf("segments %+v of %d bytes, %d left out; want %+v", part.Segments, len(part.Raw), part.LeftOut(), whole.Segments[:1])
	}
	const end = 1 + 1 + 3 + 3 + 8 + 8 // of a member of one frame: docs/format.md
	if got, want := part.CodedSize()+int64(whole.Segments[1].Payload)+end, int64(len(file)); got != want {
		t.Errorf("with what was left out %d bytes, the file has %d", got, want)
	}
	_, err = surprisal.Decode(t.Context(), bytes.NewReader(file), int64(len(file)), 100, surprisal.Options{Model: bytewise(t)})
	if wrong := (*lmz.ModelError)(nil); !errors.As(err, &wrong) {
		t.Errorf("with another model: %v", err)
	}
}

// TestPositions: what stands before a token in its context, against docs/format.md, section 5.
func TestPositions(t *testing.T) {
	raw := []byte(strings.Repeat(prose, 8))
	for _, carry := range []bool{false, true} {
		l, err := surprisal.File(t.Context(), raw, dataset.Text, -1, surprisal.Options{Model: bytewise(t), Carry: carry})
		if err != nil {
			t.Fatal(err)
		}
		w := l.Window
		context := []byte{} // symbols beside start-of-text
		for i, token := range l.Tokens {
			if token.Position != len(context) {
				t.Fatalf("carry %v: token %d at position %d, want %d", carry, i, token.Position, len(context))
			}
			if len(context)+1 == w {
				context = context[:0:0]
				if carry {
					context = slices.Clone(raw[i-(w/2-1) : i])
				}
			}
			context = append(context, raw[i])
		}
		stretches := l.ByPosition()
		if last := stretches[len(stretches)-1]; last.High != w-1 {
			t.Errorf("carry %v: the last positions are %+v, want them to end with %d", carry, last, w-1)
		}
	}
}

// TestCostliest: the order, and that what the model expected is of the very prediction by which the token was coded, or, where
// predictions are mixed, would have been coded without.
func TestCostliest(t *testing.T) {
	for name, m := range map[string]*lm.Model{"bytes": bytewise(t), "subword": subword(t)} {
		raw := []byte(strings.Repeat("the cat sat on the mat, and ", 25) + "THE DOG " + strings.Repeat("sat on the mat, and the cat ", 5))
		for _, carry := range []bool{false, true} {
			o := surprisal.Options{Model: m, Carry: carry}
			l, err := surprisal.File(t.Context(), raw, dataset.Text, int64(len(raw)), o)
			if err != nil {
				t.Fatal(err)
			}
			all, err := l.Costliest(t.Context(), o, len(l.Tokens))
			if err != nil {
				t.Fatal(err)
			}
			top, err := l.Costliest(t.Context(), o, 7)
			if err != nil {
				t.Fatal(err)
			}
			alone := make([]float64, len(l.Tokens)) // code lengths by the model
			_, _, err = codec.Encode(t.Context(), m.Predictor(lm.Policy(policyOf(carry))), [][]int32{m.Tokenizer().Encode(nil, raw)},
				codec.Options{Profile: func(_ int, bits []float64) { copy(alone, bits) }})
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, c := range all {
				if name == "subword" && c.Bits != alone[c.Index] {
					t.Errorf("token %d was coded in %v bits, by the model it takes %v", c.Index, c.Bits, alone[c.Index])
				}
				if i > 0 && c.Bits > all[i-1].Bits {
					t.Fatalf("%s: %v bits after %v", name, c.Bits, all[i-1].Bits)
				}
				if i < len(top) && (top[i].Index != c.Index || top[i].Expected[0].Probability != c.Expected[0].Probability) {
					t.Errorf("%s: of 7 number %d is %+v, of all it is %+v", name, i, top[i], c)
				}
				// A token that the model expected has the model's probability.
				for _, g := range c.Expected {
					if g.Text == surprisal.Visible(raw[c.Begin:c.Begin+c.Size]) && c.Position > 0 {
						right++
						if bits := -math.Log2(g.Probability); math.Abs(bits-alone[c.Index]) > 0.01 {
							t.Errorf("%s: token %d takes %v bits by the model, the prediction gives it %v", name, c.Index, alone[c.Index], bits)
						}
					}
				}
			}
			if name == "bytes" && right < len(l.Tokens)/2 {
				t.Errorf("%s: %d of %d tokens were expected, want most", name, right, len(l.Tokens))
			}
		}
	}
}

func policyOf(carry bool) lmz.Policy {
	if carry {
		return lmz.Carry
	}
	return lmz.Fresh
}

// TestSums: what is summed up in different ways is the same.
func TestSums(t *testing.T) {
	for _, m := range []*lm.Model{bytewise(t), subword(t)} {
		l, err := surprisal.File(t.Context(), []byte(strings.Repeat(prose, 8)), dataset.Bytes, -1, surprisal.Options{Model: m})
		if err != nil {
			t.Fatal(err)
		}
		want := l.CodeLength()
		sums := map[string]float64{}
		tokens := map[string]int{"classes": len(l.Tokens)}
		for _, b := range l.Histogram() {
			sums["histogram"] += b.Bits
			tokens["histogram"] += b.Tokens
		}
		for _, s := range l.ByPosition() {
			sums["positions"] += s.Bits
			tokens["positions"] += s.Tokens
		}
		raw := 0
		for _, c := range l.ByClass() {
			sums["classes"] += c.Bits
			raw += c.Bytes
		}
		end := 0
		for p := range l.Pieces() {
			sums["pieces"] += p.Bits
			tokens["pieces"] += p.Tokens
			if p.Begin != end {
				t.Fatalf("a piece at %d, want it at %d", p.Begin, end)
			}
			end += p.Size
		}
		for name, sum := range sums {
			if math.Abs(sum-want) > 1e-6 {
				t.Errorf("%s: %v bits, want %v", name, sum, want)
			}
		}
		for name, n := range tokens {
			if n != len(l.Tokens) {
				t.Errorf("%s: %d tokens, want %d", name, n, len(l.Tokens))
			}
		}
		if raw != len(l.Raw) || end != len(l.Raw) {
			t.Errorf("classes of %d bytes and pieces of %d, want %d", raw, end, len(l.Raw))
		}
	}
}

// TestPieces: none cuts a character.
func TestPieces(t *testing.T) {
	text := "aä日\xff\xe6\x97b"
	l := &surprisal.Lens{Raw: []byte(text)}
	for range len(text) {
		l.Tokens = append(l.Tokens, surprisal.Token{Size: 1, Bits: 1})
	}
	pieces := func() (list []string) {
		for p := range l.Pieces() {
			list = append(list, text[p.Begin:p.Begin+p.Size])
		}
		return list
	}
	if got, want := pieces(), []string{"a", "ä", "日", "\xff", "\xe6", "\x97", "b"}; !slices.Equal(got, want) {
		t.Errorf("pieces %q, want %q", got, want)
	}
	l.Tokens = []surprisal.Token{{Size: 2}, {Size: 2}, {Size: 2}, {Size: 3}, {Size: 1}} // a and half of ä
	if got, want := pieces(), []string{"aä日", "\xff\xe6\x97", "b"}; !slices.Equal(got, want) {
		t.Errorf("pieces %q, want %q", got, want)
	}
}

// TestGlyphs: nothing that acts is shown as it is.
func TestGlyphs(t *testing.T) {
	for text, want := range map[string]string{
		"a": "a", " ": " ", "\u65e5": "\u65e5", "\u0301": "\u0301", "<": "<", "\ufffd": "\ufffd",
		"\x00": "\u2400", "\x1b": "\u241b", "\n": "\u21b5", "\t": "\u21e5", "\r": "\u240d", "\x7f": "\u2421",
		"\u0085": "\u27e8U+0085\u27e9", "\u009b": "\u27e8U+009B\u27e9", "\u202e": "\u27e8U+202E\u27e9", "\u2066": "\u27e8U+2066\u27e9", "\u200b": "\u27e8U+200B\u27e9",
		"\u2028": "\u27e8U+2028\u27e9", "\ufeff": "\u27e8U+FEFF\u27e9", "\u00a0": "\u27e8U+00A0\u27e9", "\U000e0001": "\u27e8U+E0001\u27e9",
		"\xff": "\u27e8FF\u27e9", "\xc2\x1b": "\u27e8C2\u27e9\u241b", "\x9b": "\u27e89B\u27e9",
	} {
		if got := surprisal.Visible([]byte(text)); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
		for g := range surprisal.Glyphs([]byte(text)) {
			if g.Plain != (text == want) {
				t.Errorf("%q: plain %v", text, g.Plain)
			}
		}
	}
}

// gradient is an image of which every pixel is known.
func gradient(width, height int) []byte {
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = byte(i%width + 3*(i/width))
	}
	var b bytes.Buffer
	png.Encode(&b, m)
	return b.Bytes()
}

// TestImage: every pixel is in one tile and where it belongs, and a tile of full size is the patch that dataset makes.
func TestImage(t *testing.T) {
	file := gradient(100, 40)
	l, err := surprisal.Image(t.Context(), bytes.NewReader(file), 1<<20, surprisal.Options{Model: bytewise(t)})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Segments) != 4 || l.RawSize != 4000 || l.LeftOut() != 0 || l.Headers != 0 {
		t.Errorf("%d tiles of %d pixels, %d left out", len(l.Segments), l.RawSize, l.LeftOut())
	}
	pixels, bits := l.Pictures()
	var sum float64
	for i, b := range bits {
		x, y := i%100, i/100
		if g := byte(x + 3*y); pixels.RGBAAt(x, y) != (color.RGBA{g, g, g, 255}) || b < 0 {
			t.Fatalf("pixel %d, %d is %v of %v bits", x, y, pixels.RGBAAt(x, y), b)
		}
		sum += b
	}
	if math.Abs(sum-l.CodeLength()) > 1e-6 {
		t.Errorf("pixels of %v bits, want %v", sum, l.CodeLength())
	}

	part, err := surprisal.Image(t.Context(), bytes.NewReader(file), 2100, surprisal.Options{Model: bytewise(t)})
	if err != nil {
		t.Fatal(err)
	}
	if len(part.Segments) != 1 || part.LeftOut() != 4000-2048 || part.Segments[0] != l.Segments[0] {
		t.Errorf("of 2100 pixels %+v, %d left out", part.Segments, part.LeftOut())
	}
	if pixels, bits := part.Pictures(); pixels.Rect.Dx() != 100 || pixels.Rect.Dy() != 32 || len(bits) != 3200 || bits[63] < 0 || bits[64] != -1 {
		t.Errorf("a picture of %v and %d pixels, want the 32 rows of which there are tiles", pixels.Rect, len(bits))
	}

	name := filepath.Join(t.TempDir(), "patch.png")
	if err := os.WriteFile(name, gradient(64, 32), 0o666); err != nil {
		t.Fatal(err)
	}
	set, err := dataset.Open(t.Context(), dataset.Spec{Source: name, Kind: dataset.Image})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	patch, err := set.Next()
	if err != nil {
		t.Fatal(err)
	}
	one, err := surprisal.Image(t.Context(), bytes.NewReader(gradient(64, 32)), 1<<20, surprisal.Options{Model: bytewise(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Raw, patch) {
		t.Error("a tile is not the patch of dataset")
	}
}

func TestImageRefused(t *testing.T) {
	file := gradient(100, 40)
	for name, b := range map[string][]byte{"none": nil, "text": []byte(prose), "cut": file[:len(file)/2]} {
		if _, err := surprisal.Image(t.Context(), bytes.NewReader(b), 1<<20, surprisal.Options{Model: bytewise(t)}); err == nil || !strings.HasPrefix(err.Error(), "surprisal: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestKindOf(t *testing.T) {
	lmzFile, _, _ := compress(t, bytewise(t), []byte("x"), lmz.Fresh)
	for _, c := range []struct {
		begin string
		want  dataset.Kind
	}{
		{string(lmzFile), surprisal.Archive}, {string(gradient(3, 3)), dataset.Image}, {"fLaC", dataset.Speech},
		{"RIFF\x00\x00\x00\x00WAVEfmt ", dataset.Speech}, {"RIFF\x00\x00\x00\x00AVI ", dataset.Bytes},
		{"plain", dataset.Text}, {"cut \xe6\x97", dataset.Text}, {"", dataset.Text}, {"\xff\xfe", dataset.Bytes}, {"a\x00b", dataset.Bytes},
	} {
		if got := surprisal.KindOf([]byte(c.begin)); got != c.want {
			t.Errorf("%q is %s, want %s", c.begin, got, c.want)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := surprisal.Options{Model: bytewise(t), Progress: func(int) { cancel() }}
	if _, err := surprisal.File(ctx, []byte(strings.Repeat(prose, 20)), dataset.Text, -1, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
