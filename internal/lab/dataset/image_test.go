package dataset

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// projectData is the directory of the project's data; it need not exist.
func projectData() string {
	return filepath.Join(cmp.Or(os.Getenv("LMZ_SHARED"), filepath.Join("..", "..", "..", "..", "shared")), "data")
}

// decoded is an image of a file in testdata/images.
func decoded(t *testing.T, name string) image.Image {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "images", name))
	if err != nil {
		t.Fatal(err)
	}
	return decodedBytes(t, b)
}

func decodedBytes(t *testing.T, b []byte) image.Image {
	t.Helper()
	size, err := imageSize(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	m, err := decodeImage(bytes.NewReader(b), size)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func near(a, b byte, most int) bool { return max(int(a)-int(b), int(b)-int(a)) <= most }

// JPEGs that Go does not write have the greys that libjpeg makes of them (testdata/images/make.py).
func TestJPEGsOfAllKinds(t *testing.T) {
	places := []image.Point{{0, 0}, {10, 20}, {63, 31}, {71, 39}, {40, 7}}
	for name, want := range map[string][]byte{
		"cmyk.jpg":        {255, 177, 78, 49, 173},
		"ycck.jpg":        {79, 54, 158, 168, 112},
		"progressive.jpg": {1, 73, 162, 195, 63},
		"grey.jpg":        {0, 73, 162, 195, 63},
	} {
		t.Run(name, func(t *testing.T) {
			m := decoded(t, name)
			for i, at := range places {
				corner := image.Pt(min(at.X, m.Bounds().Dx()-patch.X), min(at.Y, m.Bounds().Dy()-patch.Y))
				inside := at.Sub(corner)
				if got := greyPatch(m, corner, patch)[inside.Y*patch.X+inside.X]; !near(got, want[i], 4) { // chroma is interpolated differently
					t.Errorf("pixel %v is %d, want about %d", at, got, want[i])
				}
			}
		})
	}
}

// Every type of PNG gives the luma of its colours, exactly.
func TestPNGsOfAllKinds(t *testing.T) {
	bounds := image.Rectangle{Max: patch}
	random := rand.New(rand.NewPCG(1, 2))
	luma := func(r, g, b uint32) byte { return byte((19595*r + 38470*g + 7471*b + 1<<15) >> 24) } // of 16 bits
	palette := color.Palette{color.Black, color.White, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}}
	for name, test := range map[string]struct {
		m    interface{ Set(int, int, color.Color) }
		draw func() (color.Color, byte)
	}{
		"grey":    {image.NewGray(bounds), func() (color.Color, byte) { y := byte(random.Uint32()); return color.Gray{Y: y}, y }},
		"grey16":  {image.NewGray16(bounds), func() (color.Color, byte) { y := uint16(random.Uint32()); return color.Gray16{Y: y}, byte(y >> 8) }},
		"palette": {image.NewPaletted(bounds, palette), func() (color.Color, byte) { i := random.IntN(4); return palette[i], []byte{0, 255, 76, 29}[i] }},
		"colour": {image.NewNRGBA(bounds), func() (color.Color, byte) {
			v := random.Uint32()
			c := color.NRGBA{byte(v), byte(v >> 8), byte(v >> 16), 255}
			return c, luma(uint32(c.R)*257, uint32(c.G)*257, uint32(c.B)*257)
		}},
		"colour16": {image.NewNRGBA64(bounds), func() (color.Color, byte) {
			v := random.Uint64()
			c := color.NRGBA64{uint16(v), uint16(v >> 16), uint16(v >> 32), 0xffff}
			return c, luma(uint32(c.R), uint32(c.G), uint32(c.B))
		}},
		"transparent": {image.NewNRGBA(bounds), func() (color.Color, byte) { return color.NRGBA{255, 255, 255, 0}, 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			var want []byte
			for y := range bounds.Dy() {
				for x := range bounds.Dx() {
					c, grey := test.draw()
					test.m.Set(x, y, c)
					want = append(want, grey)
				}
			}
			var file bytes.Buffer
			if err := png.Encode(&file, test.m.(image.Image)); err != nil {
				t.Fatal(err)
			}
			if got := greyPatch(decodedBytes(t, file.Bytes()), image.Point{}, bounds.Max); !bytes.Equal(got, want) {
				t.Errorf("% x...\nwant % x...", got[:16], want[:16])
			}
		})
	}
}

// A patch is the pixels from its place on, whatever an image's bounds begin with.
func TestPatchPlace(t *testing.T) {
	whole := image.NewGray(image.Rect(-7, 5, 100, 90))
	for i := range whole.Pix {
		whole.Pix[i] = byte(i % 251)
	}
	for _, shape := range patchShapes {
		got := greyPatch(whole, image.Pt(3, 2), shape)
		for y := range shape.Y {
			for x := range shape.X {
				if want := whole.GrayAt(-7+3+x, 5+2+y).Y; got[y*shape.X+x] != want {
					t.Fatalf("%v: row %d, column %d is %d, want %d", shape, y, x, got[y*shape.X+x], want)
				}
			}
		}
	}
}

func TestGIF(t *testing.T) {
	full := image.NewPaletted(image.Rect(0, 0, 80, 40), color.Palette{color.Black, color.White})
	part := image.NewPaletted(image.Rect(8, 4, 76, 40), full.Palette)
	encode := func(m *image.Paletted) []byte {
		var b bytes.Buffer
		err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{m}, Delay: []int{0}, Config: image.Config{ColorModel: full.Palette, Width: 80, Height: 40}})
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	decodedBytes(t, encode(full))
	_, err := decodeImage(bytes.NewReader(encode(part)), image.Pt(80, 40))
	if err == nil || !strings.Contains(err.Error(), "68 x 36 pixels, the header says 80 x 40") {
		t.Errorf("a picture of a part of the screen: %v", err)
	}
}

// claimed is a PNG's beginning that claims a size.
func claimed(width, height uint32) []byte {
	header := []byte("IHDR")
	header = binary.BigEndian.AppendUint32(header, width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 16, 6, 0, 0, 0) // 8 bytes a pixel
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, header...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(header))
}

// Sizes are refused before anything is allocated.
func TestHugeImage(t *testing.T) {
	for _, size := range [][2]uint32{{100000, 100000}, {maxPixels + 1, 1}, {1 << 30, 1 << 30}, {8193, 8192}} {
		if _, err := imageSize(bytes.NewReader(claimed(size[0], size[1]))); err == nil {
			t.Errorf("%d x %d pixels were accepted", size[0], size[1])
		}
	}
	if _, err := imageSize(bytes.NewReader(claimed(8192, 8192))); err != nil {
		t.Errorf("%v, and the size is the limit", err)
	}
}

func TestDamagedImage(t *testing.T) {
	gradient := image.NewGray(image.Rect(0, 0, 80, 40))
	for i := range gradient.Pix {
		gradient.Pix[i] = byte(i * 7)
	}
	var asJPEG, asPNG bytes.Buffer
	if err := errors.Join(jpeg.Encode(&asJPEG, gradient, nil), png.Encode(&asPNG, gradient)); err != nil {
		t.Fatal(err)
	}
	size := image.Pt(80, 40)
	for name, file := range map[string][]byte{"JPEG": asJPEG.Bytes(), "PNG": asPNG.Bytes()} {
		for _, n := range []int{8, 20, len(file) / 2, len(file) - 20} {
			if _, err := decodeImage(bytes.NewReader(file[:n]), size); err == nil || !strings.Contains(err.Error(), "unreadable "+name) {
				t.Errorf("%d bytes of %d of a %s: %v", n, len(file), name, err)
			}
		}
	}
	flipped := bytes.Clone(asPNG.Bytes())
	flipped[len(flipped)/2] ^= 1
	if _, err := decodeImage(bytes.NewReader(flipped), size); err == nil {
		t.Error("a PNG with a flipped bit was accepted")
	}
	for _, text := range []string{"", "x", "no picture at all"} {
		if _, err := imageSize(strings.NewReader(text)); err != errNotImage {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzImage(f *testing.F) {
	for _, name := range []string{"cmyk.jpg", "ycck.jpg", "progressive.jpg", "grey.jpg"} {
		b, err := os.ReadFile(filepath.Join("testdata", "images", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(claimed(100000, 100000))
	f.Fuzz(func(t *testing.T, b []byte) {
		size, err := imageSize(bytes.NewReader(b))
		if err != nil || size.X*size.Y > 1<<20 { // more takes long, and is no other matter
			return
		}
		m, err := decodeImage(bytes.NewReader(b), size)
		if err == nil && tooSmall(size, patch) == "" && len(greyPatch(m, size.Sub(patch), patch)) != 2048 {
			t.Error("a patch has no 2048 bytes")
		}
	})
}
