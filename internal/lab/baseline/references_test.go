package baseline_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lmz/internal/lab/baseline"
)

// These tests hold what is written here to the programs of others, where they are installed, on the
// project's data, where they are.

// shared opens a file of the project's data; the test is skipped where there is none.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	dir := filepath.Join(cmp.Or(os.Getenv("LMZ_SHARED"), filepath.Join("..", "..", "..", "..", "shared")), "data")
	file, err := os.Open(filepath.Join(dir, name))
	if os.IsNotExist(err) {
		t.Skipf("%s is not in %s: LMZ_SHARED names the directory of the project's data", name, dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// enwik is the first n bytes of enwik8.
func enwik(t testing.TB, n int) []byte {
	t.Helper()
	r, err := gzip.NewReader(shared(t, "text/enwik7.gz"))
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(r, raw); err != nil {
		t.Fatal(err)
	}
	return raw
}

// patches are n patches of 64 by 32 grey pixels of photographs, 2048 bytes each.
func patches(t testing.TB, n int) (raw []byte) {
	t.Helper()
	for i := range n {
		picture, err := png.Decode(shared(t, filepath.Join("images/kodak", []string{"01.png", "08.png", "15.png", "23.png"}[i%4])))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 32 {
			for x := range 64 {
				raw = append(raw, color.GrayModel.Convert(picture.At(37*i+x, 23*i+y)).(color.Gray).Y)
			}
		}
	}
	return raw
}

// program is what a program makes of bytes; the test is skipped if it is not installed.
func program(t testing.TB, in []byte, name string, arguments ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(name, arguments...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// size is how many bytes a compressor makes of raw.
func size(t testing.TB, name string, s baseline.Signal, raw []byte) int {
	t.Helper()
	coded, err := open(t, name, s).Compress(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return len(coded)
}

// TestGzipProgram: no chunk is larger than by gzip -9, nor a file 0.2%.
func TestGzipProgram(t *testing.T) {
	for _, raw := range [][]byte{enwik(t, 500_000), patches(t, 20)} {
		for i := 0; i < 20; i++ {
			chunk := raw[i*2048:][:2048]
			ours, theirs := size(t, "gzip", none, chunk), len(program(t, chunk, "gzip", "-9nc"))
			if ours > theirs {
				t.Errorf("chunk %d: %d bytes, gzip -9 makes %d", i, ours, theirs)
			}
		}
		ours, theirs := size(t, "gzip", none, raw), len(program(t, raw, "gzip", "-9nc"))
		if t.Logf("%d bytes: %d, gzip -9 %d", len(raw), ours, theirs); ours*1000 > theirs*1002 {
			t.Errorf("%d bytes become %d, by gzip -9 %d", len(raw), ours, theirs)
		}
	}
}

// TestBrotliProgram: the streams are no larger than those of the program.
func TestBrotliProgram(t *testing.T) {
	raw := enwik(t, 70_000)
	for _, raw := range [][]byte{raw, raw[:2048], raw[5000:7048], patches(t, 1)} {
		ours, theirs := size(t, "brotli", none, raw), len(program(t, raw, "brotli", "-q", "11", "-c"))
		if t.Logf("%d bytes: %d, brotli -q 11 %d", len(raw), ours, theirs); ours > theirs {
			t.Errorf("%d bytes become %d, by brotli -q 11 %d", len(raw), ours, theirs)
		}
	}
}

// TestXZProgram: the dictionary that fits gives the sizes of xz -9e.
func TestXZProgram(t *testing.T) {
	raw := enwik(t, 500_000)
	for _, raw := range [][]byte{raw, raw[:2048], raw[2048:4096], raw[:100_001], patches(t, 1), nil} {
		if ours, theirs := size(t, "xz", none, raw), len(program(t, raw, "xz", "-9e", "-c", "-T1")); ours != theirs {
			t.Errorf("%d bytes become %d, by xz -9e %d", len(raw), ours, theirs)
		}
	}
}

// TestOptiPNG: patches in PNG are together not larger than by optipng -o7, nor one of them 1%.
func TestOptiPNG(t *testing.T) {
	if _, err := exec.LookPath("optipng"); err != nil {
		t.Skip(err)
	}
	raw := patches(t, 12)
	ours, theirs := 0, 0
	for i := 0; i < len(raw); i += 2048 {
		path := filepath.Join(t.TempDir(), "patch.png")
		var file bytes.Buffer
		picture := &image.Gray{Pix: raw[i : i+2048], Stride: 64, Rect: image.Rect(0, 0, 64, 32)}
		if err := png.Encode(&file, picture); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		program(t, nil, "optipng", "-quiet", "-o7", path)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		n := size(t, "png", image64, raw[i:i+2048])
		if n*100 > int(info.Size())*101 {
			t.Errorf("patch %d: %d bytes, by optipng -o7 %d", i/2048, n, info.Size())
		}
		ours, theirs = ours+n, theirs+int(info.Size())
	}
	if t.Logf("12 patches: %d bytes, optipng -o7 %d", ours, theirs); ours > theirs {
		t.Errorf("%d bytes, by optipng -o7 %d", ours, theirs)
	}
}

// TestBrotliVersion: the version that records carry is that of the module.
func TestBrotliVersion(t *testing.T) {
	c, err := baseline.Open("brotli", none)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := os.ReadFile(filepath.Join("..", "..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(modules, []byte("github.com/"+c.Version()+"\n")) && !bytes.Contains(modules, []byte("github.com/"+c.Version()+" //")) {
		t.Errorf("version %q is not that of go.mod", c.Version())
	}
}
