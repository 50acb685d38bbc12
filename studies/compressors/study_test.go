package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestMain lets the tests' own binary be a compressor, which is called "fake".
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		if err := fake(os.Args[1], os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// fake packs a file with a given number of bytes more, and unpacks.
func fake(verb string, args []string) error {
	switch verb {
	case "version":
		fmt.Println("fake", args[0])
		return nil
	case "nothing":
		return nil
	case "pack": // N, by pipes
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(slices.Concat([]byte{byte(n)}, make([]byte, n-1), raw))
		return err
	case "unpack", "spoil": // files
		coded, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		raw := coded[coded[0]:]
		if verb == "spoil" {
			raw[len(raw)/2] ^= 1
		}
		return os.WriteFile(args[1], raw, 0o600)
	}
	return errors.New("no such verb")
}

// ours are small files and a fake program.
func ours() ([]file, program) {
	var files []file
	for _, content := range []string{"the first file", strings.Repeat("the second file, ", 100)} {
		files = append(files, file{content[:10], fmt.Sprintf("%x", sha256.Sum256([]byte(content))), func(_ context.Context, _ string, to io.Writer) error {
			_, err := io.WriteString(to, content)
			return err
		}})
	}
	return files, program{
		name: "fake", version: "fake version 1.2.3",
		encode: []string{"fake pack 9 <raw >coded", "fake pack 5 <raw >coded"}, decode: "fake unpack coded out",
	}
}

// newStudy has a store of its own. Names other than fake are no programs.
func newStudy(t *testing.T, stderr io.Writer) *study {
	return &study{data: t.TempDir(), work: t.TempDir(), path: filepath.Join(t.TempDir(), "results.csv"), stderr: stderr,
		find: func(name string) (string, error) {
			if name != "fake" {
				return "", exec.ErrNotFound
			}
			return os.Executable()
		}}
}

func TestStudy(t *testing.T) {
	files, p := ours()
	var said bytes.Buffer
	s := newStudy(t, &said)
	missing := program{name: "missing", version: "missing --version", install: "apt-get install missing"}
	if err := s.run(t.Context(), files, []program{missing, p}); err != nil {
		t.Fatal(err)
	}
	if len(s.results) != 4 || strings.Count(said.String(), ": fake pack") != 4 {
		t.Fatalf("%d results, want 4: %s", len(s.results), &said)
	}
	if want := "missing is left out: executable file not found in $PATH: apt-get install missing"; !strings.Contains(said.String(), want) {
		t.Errorf("said %q, want %q", &said, want)
	}
	r := s.results[3]
	if r.File != "the second" || r.RawBytes != 1700 || r.CodedBytes != 1705 || r.Version != "1.2.3" || r.Encode.Seconds <= 0 || r.Decode.Seconds <= 0 || r.Machine == "" {
		t.Errorf("%+v", r)
	}
	if left, err := os.ReadDir(filepath.Join(s.work, "files")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	table := sizes(s.results, files, []program{missing, p}).Markdown()
	if !strings.Contains(table, "| the second | 1,700 |  | **100.29%** |") {
		t.Errorf("%s", table)
	}

	// What the results have is not measured again, also not by the next process; what is of another version is, and
	// takes its place.
	said.Reset()
	read, err := readResults(s.path)
	if err != nil {
		t.Fatal(err)
	}
	s.results = read
	if err := s.run(t.Context(), files, []program{p}); err != nil || said.Len() > 0 {
		t.Errorf("%v, said %q", err, &said)
	}
	p.version = "fake version 1.2.4"
	if err := s.run(t.Context(), files[:1], []program{p}); err != nil || strings.Count(said.String(), ": fake pack") != 2 || len(s.results) != 4 || s.results[0].Version != "1.2.4" {
		t.Errorf("%v, %d results, said %q", err, len(s.results), &said)
	}
	said.Reset()
	s.again = true
	if err := s.run(t.Context(), files, []program{p}); err != nil || strings.Count(said.String(), ": fake pack") != 4 || len(s.results) != 4 {
		t.Errorf("%v, %d results, said %q", err, len(s.results), &said)
	}
}

// What does not come back, fails or makes nothing is an error and no result; the others are measured.
func TestFailures(t *testing.T) {
	files, good := ours()
	good.encode = good.encode[1:]
	change := func(change func(p *program)) program {
		_, p := ours()
		p.encode = p.encode[1:]
		change(&p)
		return p
	}
	for _, test := range []struct {
		p    program
		want string
	}{
		{change(func(p *program) { p.decode = "fake spoil coded out" }), "14 bytes came back with SHA-256"},
		{change(func(p *program) { p.encode = []string{"fake fail"} }), "fake fail: exit status 1: no such verb"},
		{change(func(p *program) { p.encode = []string{"fake nothing"} }), "made 0 files coded*, want 1"},
		{change(func(p *program) { p.decode = "fake nothing" }), "no such file"},
	} {
		s := newStudy(t, io.Discard)
		err := s.run(t.Context(), files[:1], []program{test.p, good})
		if err == nil || !strings.Contains(err.Error(), test.want) || len(s.results) != 1 {
			t.Errorf("%v, %d results, want 1 and %q", err, len(s.results), test.want)
		}
	}

	absent := file{"absent", "", plain("absent")}
	other := files[0]
	other.sha256 = files[1].sha256
	var said bytes.Buffer
	s := newStudy(t, &said)
	err := s.run(t.Context(), []file{absent, other}, []program{good})
	if err == nil || !strings.Contains(err.Error(), "these are other data") || !strings.Contains(said.String(), "absent is left out") || len(s.results) != 0 {
		t.Errorf("%v, said %q", err, &said)
	}
}

// Each program of the list that is installed gives back what it was given. lmz, which is built, has its own tests.
func TestInstalled(t *testing.T) {
	text := message
	f := file{"message", fmt.Sprintf("%x", sha256.Sum256(text)), own}
	for _, p := range programs {
		if strings.HasPrefix(p.name, "lmz") {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			name, _, _, _ := words(p.version, 0)
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("%s is not installed: %s", name, p.install)
			}
			p.encode = p.encode[len(p.encode)-1:]
			s := newStudy(t, io.Discard)
			s.find = exec.LookPath
			if err := s.run(t.Context(), []file{f}, []program{p}); err != nil {
				t.Fatal(err)
			}
			if n := s.results[0].CodedBytes; n < 500 || n >= int64(len(text)) {
				t.Errorf("%d bytes of %d", n, len(text))
			}
		})
	}
}

func TestResultsOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.csv")
	for _, content := range []string{"", "file,size\na,1\n", strings.Join(head, ",") + "\n" + strings.Repeat("x,", len(head)-1) + "x\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readResults(path); err == nil {
			t.Errorf("%q gives %v", content, got)
		}
	}
}

func TestWords(t *testing.T) {
	name, args, in, out := words("bzip3 -e -b BLOCK -c <raw >coded", 3<<20)
	if name != "bzip3" || !slices.Equal(args, []string{"-e", "-b", "4", "-c"}) || in != "raw" || out != "coded" {
		t.Errorf("%s %q <%s >%s", name, args, in, out)
	}
}

// The printed memory of a program that is hidden behind this one's is a bound.
func TestMemory(t *testing.T) {
	for c, want := range map[cost]string{{}: "", {MemoryBytes: 12_400_000}: "12 MB", {MemoryBytes: 12_400_000, MemoryHidden: true}: "≤ 12 MB"} {
		if got := c.memory(); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}
