package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/md5"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mewkiz/flac"

	"lmz/internal/lab/dataset"
)

// put writes a file of a directory by a function.
func put(t *testing.T, dir, name string, write func(to io.Writer) error) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err == nil {
		err = errors.Join(write(f), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// bytesOf are what a source makes.
func bytesOf(t *testing.T, s source, data string) string {
	t.Helper()
	var b bytes.Buffer
	if err := s(t.Context(), data, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSources(t *testing.T) {
	data := t.TempDir()
	members := map[string]string{"b.go": "second", "a.go": "first ", "a_test.go": "third"}
	put(t, data, "x.gz", func(to io.Writer) error {
		z := gzip.NewWriter(to)
		_, err := io.WriteString(z, "0123456789")
		return errors.Join(err, z.Close())
	})
	put(t, data, "x.zip", func(to io.Writer) error {
		z := zip.NewWriter(to)
		for name, content := range members {
			w, err := z.Create(name)
			if err == nil {
				_, err = io.WriteString(w, content)
			}
			if err != nil {
				return err
			}
		}
		return z.Close()
	})
	put(t, data, "x.tar.gz", func(to io.Writer) error {
		z := gzip.NewWriter(to)
		a := tar.NewWriter(z)
		for name, content := range members {
			if err := a.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600}); err != nil {
				return err
			}
			if _, err := io.WriteString(a, content); err != nil {
				return err
			}
		}
		return errors.Join(a.Close(), z.Close())
	})
	img := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(i)
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	put(t, data, "x.png", func(to io.Writer) error { return png.Encode(to, img) })
	put(t, data, "grey.png", func(to io.Writer) error {
		g := image.NewGray(image.Rect(0, 0, 1, 1))
		g.Set(0, 0, color.Gray{7})
		return png.Encode(to, g)
	})

	for name, test := range map[string]struct {
		s    source
		want string
	}{
		"gzipped":     {gzipped("x.gz"), "0123456789"},
		"first":       {first(4, gzipped("x.gz")), "0123"},
		"first, all":  {first(10, gzipped("x.gz")), "0123456789"},
		"first, less": {first(11, gzipped("x.gz")), "0123456789"},
		"zipped":      {zipped("x.zip", "b.go"), "second"},
		"tarred":      {tarred("x.tar.gz", "b.go"), "second"},
		"pixels":      {pixels("x.png"), "P6\n3 2\n255\n\x00\x01\x02\x04\x05\x06\x08\x09\x0a\x0c\x0d\x0e\x10\x11\x12\x14\x15\x16"},
	} {
		if got := bytesOf(t, test.s, data); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	for name, s := range map[string]source{"a grey image": pixels("grey.png"), "no member": tarred("x.tar.gz", "c.go"), "no gzip": gzipped("x.png")} {
		if err := s(t.Context(), data, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := plain("y")(t.Context(), data, io.Discard); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that there is no such file", err)
	}
}

// The samples of a WAV file are those whose MD5 stands in the FLAC file.
func TestWave(t *testing.T) {
	const dir = "../../internal/lab/dataset/testdata/audio"
	files, err := filepath.Glob(dir + "/*.flac")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	checked := 0
	for _, path := range files {
		stream, err := flac.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		info := stream.Info
		stream.Close()
		if info.NChannels != 1 || info.BitsPerSample != 16 {
			continue
		}
		got := bytesOf(t, wave(filepath.Base(path)), dir)
		samples, format, err := dataset.OpenWAV(strings.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(samples)
		if err != nil || len(b) != 2*int(info.NSamples) || md5.Sum(b) != info.MD5sum || format.Rate != int(info.SampleRate) || format.Channels != 1 || format.Bits != 16 {
			t.Errorf("%s: %d bytes, %v, %v", path, len(b), format, err)
		}
		checked++
	}
	if checked == 0 {
		t.Error("no file of one channel of 16 bits")
	}
}

// The files of the list are those that were measured, where the project's data are at hand.
func TestFiles(t *testing.T) {
	data := filepath.Join(cmp.Or(os.Getenv("LMZ_SHARED"), "../../../shared"), "data")
	_, absent := os.Stat(data)
	names := map[string]bool{}
	for _, f := range files {
		if names[f.name] {
			t.Errorf("%s stands twice", f.name)
		}
		names[f.name] = true
		if absent != nil && f.name != files[0].name { // the message needs no data
			continue
		}
		if err := f.write(t.Context(), data, filepath.Join(t.TempDir(), "raw")); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	if !names[spoken] {
		t.Errorf("%s is no file", spoken)
	}
}

func TestOverlap(t *testing.T) {
	files, _ := ours()
	dir, training := t.TempDir(), t.TempDir()
	half := strings.Repeat("What was read before. ", 100)[:1000]
	rest := strings.Repeat("And what was not, of another hand; ", 100)[:1000]
	files[0] = file{"half", "", plain("text")}
	put(t, dir, "text", func(to io.Writer) error { _, err := io.WriteString(to, half+rest); return err })
	files[0].sha256, _, _ = hashFile(filepath.Join(dir, "text"))
	put(t, training, "other", func(to io.Writer) error {
		_, err := io.WriteString(to, "\xff\x00 before "+strings.ReplaceAll(half, " ", "\r\n  "))
		return err
	})
	var out bytes.Buffer
	if err := overlaps(t.Context(), dir, files[:1], []string{training}, t.TempDir(), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "| half | 40 | 20 | 50.00% |") {
		t.Errorf("%s", &out)
	}
}
