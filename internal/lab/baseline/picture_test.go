package baseline

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
)

// TestShape: closest factors as Deletang et al. have them, or rows of a width with all bytes in them.
func TestShape(t *testing.T) {
	for _, test := range []struct{ raw, width, w, h int }{
		{2048, 0, 32, 64}, {1, 0, 1, 1}, {2039, 0, 1, 2039}, {36, 0, 6, 6}, {4194304, 0, 2048, 2048}, {0, 0, 1, 1},
		{2048, 64, 64, 32}, {2049, 64, 64, 33}, {2000, 64, 64, 32}, {63, 64, 63, 1}, {0, 64, 1, 1},
	} {
		if w, h := shape(test.raw, test.width); w != test.w || h != test.h {
			t.Errorf("%d bytes, width %d: %dx%d, want %dx%d", test.raw, test.width, w, h, test.w, test.h)
		}
	}
}

// TestPNM: a picture comes back from PGM, and from PPM if it is grey; damage is an error.
func TestPNM(t *testing.T) {
	raw := inputs["walk"](150)
	p, err := pgm(raw, 64, 64)
	if err != nil || !bytes.HasPrefix(p, []byte("P5\n64 3\n255\n")) {
		t.Fatalf("%q, %v", p[:12], err)
	}
	colour := []byte("P6\n64 3\n255\n")
	for _, v := range p[12:] {
		colour = append(colour, v, v, v)
	}
	for _, picture := range [][]byte{p, colour} {
		if got, err := fromPNM(picture, len(raw), 64); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%v", err)
		}
		for n := range picture {
			if _, err := fromPNM(picture[:n], len(raw), 64); err == nil {
				t.Errorf("a picture of the first %d bytes of %d", n, len(picture))
			}
		}
		if _, err := fromPNM(picture, 200, 64); err == nil {
			t.Error("a picture with a row too few")
		}
	}
	for i := 12; i < 15; i++ {
		colour[i]++
		if _, err := fromPNM(colour, len(raw), 64); err == nil || !strings.Contains(err.Error(), "pixel 0 is not grey") {
			t.Errorf("colour %d: %v", i-12, err)
		}
		colour[i]--
	}
	for _, header := range []string{"P5\n99999999999 99999999999\n255\n", "P5\n-1 -1\n255\n", "P5\n64 3\n65535\n", "P4\n64 3\n255\n", "P5\n3 64\n255\n"} {
		if _, err := fromPNM(append([]byte(header), p[12:]...), len(raw), 64); err == nil {
			t.Errorf("%q is accepted", header)
		}
	}
	if _, err := pgm(raw, 64, 63); err == nil || !strings.Contains(err.Error(), "64 columns and 3 rows, at most 63") {
		t.Error(err)
	}
}

// TestFilters: image/png undoes each filtering.
func TestFilters(t *testing.T) {
	for _, f := range filterings {
		for _, width := range []int{1, 2, 7, 64} {
			raw := inputs["walk"](width * 20)
			stream, err := deflate(t.Context(), filter(raw, width, f), anyMatch, 9)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(bytes.NewReader(pngFile(width, 20, stream, filter(raw, width, f))))
			if err != nil {
				t.Fatalf("filtering %d, width %d: %v", f, width, err)
			}
			if got := picture.(*image.Gray).Pix; !bytes.Equal(got, raw) {
				t.Errorf("filtering %d, width %d: the pixels do not come back", f, width)
			}
		}
	}
}

// TestFilterChoice: each way to filter is the smallest for some picture, and then PNG takes it.
func TestFilterChoice(t *testing.T) {
	row := inputs["noise"](64)
	var same, ramp, flat []byte
	for y := range 64 {
		same = append(same, row...)
		for x := range 64 {
			ramp = append(ramp, byte(x*x/7+y))
			flat = append(flat, byte(x)*17*byte(y%3))
		}
	}
	for name, raw := range map[string][]byte{"rows all the same": same, "ramps": ramp, "multiples": flat} {
		coded, err := pngCompressor{64}.Compress(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range filterings {
			for s := anyMatch; s <= previousByte; s++ {
				stream, err := deflate(t.Context(), filter(raw, 64, f), s, 9)
				if err != nil {
					t.Fatal(err)
				}
				if n := len(pngFile(64, 64, stream, nil)); n < len(coded) {
					t.Errorf("%s: %d bytes, filtering %d with strategy %d gives %d", name, len(coded), f, s, n)
				}
			}
		}
		var small bytes.Buffer
		picture := &image.Gray{Pix: raw, Stride: 64, Rect: image.Rect(0, 0, 64, 64)}
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, picture); err != nil {
			t.Fatal(err)
		}
		if len(coded) > small.Len() {
			t.Errorf("%s: %d bytes, image/png makes %d", name, len(coded), small.Len())
		}
	}
}

// TestPNGDamage: each bit that changes is noticed.
func TestPNGDamage(t *testing.T) {
	raw := inputs["walk"](640)
	c := pngCompressor{64}
	coded, err := c.Compress(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	for i := range coded {
		for _, bit := range []byte{1, 0x80} {
			coded[i] ^= bit
			if got, err := c.Decompress(t.Context(), coded, len(raw)); err == nil && !bytes.Equal(got, raw) {
				t.Errorf("byte %d of %d damaged, and other pixels without an error", i, len(coded))
			}
			coded[i] ^= bit
		}
	}
	if _, err := (pngCompressor{32}).Decompress(t.Context(), coded, len(raw)); err == nil || !strings.Contains(err.Error(), "64x10 pixels, want 32x20") {
		t.Error(err)
	}
	huge := pngFile(1<<30, 1<<30, nil, nil)
	if _, err := c.Decompress(t.Context(), huge, len(raw)); err == nil {
		t.Error("a picture of 2^60 pixels is accepted")
	}
}
