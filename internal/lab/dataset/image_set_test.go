package dataset

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// directoryOf makes a directory of the given files.
func directoryOf(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, content, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// allChunks are those of a source.
func allChunks(t *testing.T, spec Spec) [][]byte {
	t.Helper()
	chunks, err := readAll(t, spec)
	if err != nil {
		t.Fatal(err)
	}
	return chunks
}

func readAll(t *testing.T, spec Spec) (chunks [][]byte, err error) {
	set, err := Open(t.Context(), spec)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	for {
		chunk, err := set.Next()
		if err == io.EOF {
			return chunks, nil
		}
		if err != nil {
			return chunks, err
		}
		chunks = append(chunks, chunk)
	}
}

// numbered is a PNG in which each pixel says where it is: the value of column x and row y is x + 3y + n, mod 256.
func numbered(t *testing.T, width, height, n int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = byte(i%width + 3*(i/width) + n)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func testImage(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "images", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Patches are those of the images' pixels, spread over the images, and images that are too small, and files that are none, are
// left out before they are spread.
func TestImages(t *testing.T) {
	dir := directoryOf(t, map[string][]byte{
		"a.png":        numbered(t, 200, 100, 0),
		"b/wrong.jpeg": numbered(t, 64, 32, 50), // content decides
		"c":            numbered(t, 100, 90, 100),
		"d.png":        numbered(t, 63, 32, 0),
		"notes.txt":    []byte("not an image"),
	})
	spec := Spec{Source: dir, Kind: Image, Count: 5, Seed: 1}
	chunks := allChunks(t, spec)
	if len(chunks) != 4 { // 1, 2 and 2, of which b holds one
		t.Fatalf("%d patches, want 4", len(chunks))
	}
	for i, patch := range chunks {
		if len(patch) != 2048 {
			t.Fatalf("patch %d has %d bytes", i, len(patch))
		}
		for p, v := range patch {
			if want := patch[0] + byte(p%64+3*(p/64)); v != want {
				t.Fatalf("patch %d, byte %d is %d, want %d", i, p, v, want)
			}
		}
	}
	small := spec
	small.Chunk = 512
	list := allChunks(t, small)
	if len(list) != 5 { // d holds one too
		t.Errorf("%d patches of 512 bytes, want 5", len(list))
	}
	for i, patch := range list {
		for p, v := range patch {
			if want := patch[0] + byte(p%32+3*(p/32)); len(patch) != 512 || v != want {
				t.Fatalf("small patch %d, of %d bytes, byte %d is %d, want %d", i, len(patch), p, v, want)
			}
		}
	}
	if chunks[1][0] != 50 {
		t.Errorf("the second patch begins with %d, want the 50 of the second image", chunks[1][0])
	}
	id, err := Identify(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Signal{Width: 64, SampleBytes: 1}); id.Signal != want {
		t.Errorf("signal %+v, want %+v", id.Signal, want)
	}
	want := []Skipped{{"d.png", "an image of 63 x 32 pixels is smaller than a patch of 64 x 32"}, {"notes.txt", "no JPEG, PNG or GIF"}}
	if !slices.Equal(id.Skipped, want) {
		t.Errorf("skipped %q, want %q", id.Skipped, want)
	}
	if len(id.Sources) != 3 || id.Sources[1].Name != "b/wrong.jpeg" {
		t.Errorf("sources %v, want those three that gave patches", id.Sources)
	}
}

// A patch is the same however many are drawn, but for those of the same image.
func TestImagesNumber(t *testing.T) {
	files := map[string][]byte{}
	for i := range 6 {
		files[string(rune('a'+i))+".png"] = numbered(t, 300, 200, 7*i)
	}
	dir := directoryOf(t, files)
	one := allChunks(t, Spec{Source: dir, Kind: Image, Count: -1, Seed: 3})
	if len(one) != 6 {
		t.Fatalf("%d patches of all 6 images, want one of each", len(one))
	}
	for name, test := range map[string]struct {
		spec Spec
		want int
	}{
		"two of each":       {Spec{Count: -1, PerFile: 2}, 12},
		"as many as images": {Spec{Count: 6}, 6},
		"at most one":       {Spec{Count: 100, PerFile: 1}, 6},
		"at most four":      {Spec{Count: 1000, PerFile: 4}, 24},
		"fewer than images": {Spec{Count: 3}, 3},
		"one more":          {Spec{Count: 7}, 7},
	} {
		test.spec.Source, test.spec.Kind, test.spec.Seed = dir, Image, 3
		if got := allChunks(t, test.spec); len(got) != test.want {
			t.Errorf("%s: %d patches, want %d", name, len(got), test.want)
		}
	}
	if got := allChunks(t, Spec{Source: dir, Kind: Image, Count: 6, Seed: 3}); !slices.EqualFunc(got, one, bytes.Equal) {
		t.Error("six patches of six images are not one of each")
	}
	third := allChunks(t, Spec{Source: dir, Kind: Image, Count: 3, Seed: 3}) // of images 1, 3 and 5
	if !slices.EqualFunc(third, [][]byte{one[1], one[3], one[5]}, bytes.Equal) {
		t.Error("patches depend on how many images are read before")
	}
	if other := allChunks(t, Spec{Source: dir, Kind: Image, Count: 6, Seed: 4}); slices.EqualFunc(other, one, bytes.Equal) {
		t.Error("seeds 3 and 4 give the same patches")
	}
}

// The patches of a source and a seed are what they were, on every machine. Those of JPEGs also depend on the decoder,
// which Go changed in 1.26: if that changes again, so do the identities of data sets made of JPEGs, and this test
// says so.
func TestImagesGolden(t *testing.T) {
	photos := map[string][]byte{}
	for _, name := range []string{"cmyk.jpg", "ycck.jpg", "progressive.jpg", "grey.jpg"} {
		photos[name] = testImage(t, name)
	}
	for name, test := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"PNG":  {map[string][]byte{"1.png": numbered(t, 300, 200, 1), "2.png": numbered(t, 90, 333, 2)}, "e07d81d54cbacdfa2af77b85bbcae3a61749e0fe08c5d9c1c3cf97bb10f388fb"},
		"JPEG": {photos, "4c25efba26cb5e8f725bb6339a9e46231eb9b6df99d8f9a361058aef0e2ef331"},
	} {
		id, err := Identify(t.Context(), Spec{Source: directoryOf(t, test.files), Kind: Image, Count: 100, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(id.ID[:]); got != test.want {
			t.Errorf("%s: identity %s, want %s", name, got, test.want)
		}
	}
}

// An archive gives the patches of the directory that it was made of.
func TestImagesOfTar(t *testing.T) {
	files := map[string][]byte{"1.png": numbered(t, 100, 50, 1), "2.JPEG": testImage(t, "progressive.jpg"), "3.txt": []byte("no")}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, name := range []string{"1.png", "2.JPEG", "3.txt"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o666, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(directoryOf(t, map[string][]byte{"images.tar": archive.Bytes()}), "images.tar")
	a := allChunks(t, Spec{Source: packed, Kind: Image, Count: 20})
	b := allChunks(t, Spec{Source: directoryOf(t, files), Kind: Image, Count: 20})
	if !slices.EqualFunc(a, b, bytes.Equal) || len(a) != 20 {
		t.Errorf("%d patches of the archive differ from %d of the directory", len(a), len(b))
	}
}

// Damage is an error that names the file; nothing stands in for it.
func TestImagesRefused(t *testing.T) {
	good, photo := numbered(t, 100, 50, 1), testImage(t, "progressive.jpg")
	for name, test := range map[string]struct {
		file    string
		content []byte
		want    string
	}{
		"truncated JPEG":  {"x/photo.JPEG", photo[:len(photo)/2], "unreadable JPEG"},
		"truncated early": {"x/photo.JPEG", photo[:10], "unreadable JPEG: unexpected EOF"},
		"truncated PNG":   {"x/photo.png", good[:len(good)-15], "unreadable PNG"},
		"empty":           {"x/photo.jpg", nil, "no JPEG, PNG or GIF"},
		"HTML":            {"x/photo.jpg", []byte("<html>404"), "no JPEG, PNG or GIF"},
		"huge":            {"x/photo.png", claimed(100000, 100000), "100000 x 100000 pixels, want 67108864 pixels at most"},
		"damaged, unnamed": {"x/photo", func() []byte {
			b := bytes.Clone(good)
			b[len(b)/2] ^= 4
			return b
		}(), "unreadable PNG"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := directoryOf(t, map[string][]byte{"a.png": good, test.file: test.content})
			_, err := readAll(t, Spec{Source: dir, Kind: Image})
			var named *FileError
			if !errors.As(err, &named) || named.Name != filepath.Join(dir, filepath.FromSlash(test.file)) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s of %s", err, test.want, test.file)
			}
			if n := strings.Count(err.Error(), "dataset:"); n != 1 {
				t.Errorf("%v: says dataset %d times", err, n)
			}
		})
	}
	_, err := readAll(t, Spec{Source: directoryOf(t, map[string][]byte{"a.png": numbered(t, 10, 10, 0)}), Kind: Image})
	if err == nil || !strings.Contains(err.Error(), "10 x 10 pixels is smaller than a patch") {
		t.Errorf("only small images: %v", err)
	}
	if _, err := readAll(t, Spec{Source: directoryOf(t, map[string][]byte{"a.png": good}), Kind: Image, Chunk: 4096}); err == nil {
		t.Error("chunks of 4096 bytes were made")
	}
}
