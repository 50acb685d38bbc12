package baseline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own executable stand for a program: its first argument is fakeProgram, its
// second says what it does.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == fakeProgram {
		fake(os.Args[2], os.Args[3:])
	}
	os.Exit(m.Run())
}

const fakeProgram = "fake-program"

func fake(does string, files []string) {
	switch does {
	case "copy": // files, or pipes
		in, out := os.Stdin, os.Stdout
		if len(files) == 2 {
			in, _ = os.Open(files[0])
			out, _ = os.Create(files[1])
		}
		if _, err := io.Copy(out, in); err != nil {
			os.Exit(1)
		}
	case "fail":
		fmt.Fprintln(os.Stderr, "the disk\nis on fire")
		os.Exit(3)
	case "flood":
		for {
			if _, err := os.Stdout.Write(make([]byte, 1<<16)); err != nil {
				os.Exit(0) // even though it ends well
			}
		}
	case "hang":
		time.Sleep(time.Minute)
	case "environment":
		fmt.Print(os.Getenv("XZ_OPT"), os.Getenv("LC_ALL"))
	case "version":
		fmt.Print("*** Fake (64-bit), v1.22.3-rc by nobody\n")
	case "nothing":
	}
	os.Exit(0)
}

// fakeCompressor is one whose encoder and decoder do what is said.
func fakeCompressor(t *testing.T, encoder, decoder []string, edit func(*program)) Compressor {
	t.Helper()
	p := &program{
		name: "fake", setting: "fake -9", encoder: []string{os.Args[0]}, version: []string{fakeProgram, "version"},
		form:   plain,
		encode: always(append([]string{fakeProgram}, encoder...)...),
		decode: always(append([]string{fakeProgram}, decoder...)...),
	}
	if edit != nil {
		edit(p)
	}
	c, err := openProgram(p, Signal{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// temporary makes an empty directory that of temporary files.
func temporary(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // Windows
}

// TestPipesAndFiles: bytes go in and come out either way, and no file is left.
func TestPipesAndFiles(t *testing.T) {
	temporary(t)
	raw := bytes.Repeat([]byte("all work and no play "), 20000)
	for _, c := range []Compressor{
		fakeCompressor(t, []string{"copy"}, []string{"copy"}, nil),
		fakeCompressor(t, []string{"copy", "raw", "coded"}, []string{"copy", "coded", "out"}, func(p *program) {
			p.rawFile, p.codedFile, p.outFile = "raw", "coded", "out"
		}),
	} {
		coded, err := c.Compress(t.Context(), raw)
		if err != nil || !bytes.Equal(coded, raw) {
			t.Fatalf("%d bytes: %v", len(coded), err)
		}
		if got, err := c.Decompress(t.Context(), coded, len(raw)); err != nil || !bytes.Equal(got, raw) {
			t.Fatalf("%d bytes: %v", len(got), err)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestFailures: what a program does wrong is in the error.
func TestFailures(t *testing.T) {
	temporary(t)
	t.Setenv("XZ_OPT", "-0")
	toFile := func(p *program) { p.rawFile, p.codedFile = "raw", "coded" }
	for _, test := range []struct {
		does string
		edit func(*program)
		want string
	}{
		{"fail", nil, "baseline: fake: "},
		{"fail", nil, "fake-program fail: exit status 3: the disk is on fire"},
		{"flood", nil, "more output than can be right: 65546 bytes at most"},
		{"nothing", toFile, "wrote no file"},
		{"copy", func(p *program) { p.trim = trimFLAC }, "no FLAC"},
	} {
		_, err := fakeCompressor(t, []string{test.does}, nil, test.edit).Compress(t.Context(), []byte("short"))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.does, err, test.want)
		}
	}
	if _, err := fakeCompressor(t, nil, []string{"flood"}, nil).Decompress(t.Context(), []byte("short"), 100); !errors.Is(err, errTooLong) {
		t.Errorf("a decoder that does not end: %v", err)
	}
	if _, err := fakeCompressor(t, nil, []string{"copy"}, nil).Decompress(t.Context(), []byte("short"), 4); err == nil || !strings.Contains(err.Error(), "more than 4 bytes decoded") {
		t.Errorf("a byte too many: %v", err)
	}
	if got, err := fakeCompressor(t, []string{"environment"}, nil, nil).Compress(t.Context(), nil); string(got) != "C" || err != nil {
		t.Errorf("environment %q, %v: the user's options are in it", got, err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestKilled: the end of a context ends a program that is running.
func TestKilled(t *testing.T) {
	c := fakeCompressor(t, []string{"hang"}, nil, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := c.Compress(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 30*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

// TestFind: the version is found in what a program says, and what is missing is named with a way to get it.
func TestFind(t *testing.T) {
	if got := fakeCompressor(t, nil, nil, nil).Version(); !strings.HasSuffix(got, " 1.22.3") {
		t.Errorf("version %q", got)
	}
	for want, p := range map[string]program{
		"baseline: no: the program no-such-program is not in PATH: apt-get install no-package (Debian, Ubuntu), or build it": {
			encoder: []string{"no-such-program", "nor-this"}, debian: "no-package", install: "build it",
		},
		"baseline: no: the program no-decoder is not in PATH: build it": {
			encoder: []string{"no-such-program", os.Args[0]}, decoder: []string{"no-decoder"}, install: "build it",
		},
	} {
		p.name = "no"
		if _, err := openProgram(&p, Signal{}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	silent := program{name: "silent", encoder: []string{os.Args[0]}, version: []string{fakeProgram, "fail"}}
	if _, err := openProgram(&silent, Signal{}); err == nil || !strings.Contains(err.Error(), "says no version") {
		t.Error(err)
	}
	for _, p := range programs {
		if p.debian == "" && p.install == "" {
			t.Errorf("%s: no way to install it", p.name)
		}
	}
}

// TestTrimFLAC: metadata but STREAMINFO go, and metadata that do not end are an error.
func TestTrimFLAC(t *testing.T) {
	info := append([]byte{0, 0, 0, 34}, make([]byte, 34)...)
	file := append([]byte("fLaC"), info...)
	file = append(file, 4, 0, 0, 3, 'a', 'b', 'c', 0x81, 0, 0, 1, 0)
	frames := []byte{0xff, 0xf8, 1, 2, 3}
	got, err := trimFLAC(append(bytes.Clone(file), frames...))
	info[0] |= 0x80
	if want := append(append([]byte("fLaC"), info...), frames...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, %v, want %x", got, err, want)
	}
	for n := range file {
		if got, err := trimFLAC(file[:n]); err == nil {
			t.Errorf("of the first %d bytes: %x", n, got)
		}
	}
}

// TestXZDictionary: it holds the bytes, and is a power of two.
func TestXZDictionary(t *testing.T) {
	for raw, want := range map[int]int{0: 4096, 1: 4096, 2048: 4096, 4096: 4096, 4097: 8192, 1 << 20: 1 << 20, 1<<26 - 1: 1 << 26, 1 << 30: 1 << 26} {
		if got := xzDictionary(raw); got != want {
			t.Errorf("%d bytes: %d, want %d", raw, got, want)
		}
	}
}
