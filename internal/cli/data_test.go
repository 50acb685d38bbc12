package cli

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz/internal/lab/dataset"
)

// lmzData runs lmz data inspect.
func lmzData(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, said bytes.Buffer
	status = Main(append([]string{"data", "inspect"}, args...), nil, &out, &said)
	return status, out.String(), said.String()
}

// Patches and waves are drawn, into a file that was not there.
func TestDataPictures(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		source, kind, says string
		width, height      int
	}{
		{"images", "image", "sample      20 chunks in ", 8*132 + 4, 3*68 + 4},
		{"audio/speech.flac", "speech", "sample      6 chunks in ", 1042, 6*138 + 9},
		{"audio/speech.flac", "speech8", "sample      3 chunks in ", 1042, 3*138 + 9},
	} {
		source := filepath.Join("..", "lab", "dataset", "testdata", filepath.FromSlash(test.source))
		picture := filepath.Join(dir, test.kind+".png")
		status, out, said := lmzData(t, "--kind", test.kind, "--count", "20", "-o", picture, source)
		if status != 0 || said != "" || !strings.Contains(out, test.says+picture) {
			t.Errorf("%s: status %d, %s%s", test.kind, status, out, said)
			continue
		}
		b, err := os.ReadFile(picture)
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil || config.Width != test.width || config.Height != test.height {
			t.Errorf("%s: a picture of %d x %d pixels, %v, want %d x %d", test.kind, config.Width, config.Height, err, test.width, test.height)
		}
		if status, _, said := lmzData(t, "--kind", test.kind, "-o", picture, source); status != 1 || !strings.Contains(said, "exists already") {
			t.Errorf("%s: drawn over a file: status %d, %s", test.kind, status, said)
		}
		if status, _, said := lmzData(t, "--kind", test.kind, "--count", "1", "-f", "-o", picture, source); status != 0 {
			t.Errorf("%s: not drawn over a file with -f: %s", test.kind, said)
		}
		if status, out, _ := lmzData(t, "--kind", test.kind, source); status != 0 || !strings.Contains(out, "-o FILE.png draws") {
			t.Errorf("%s without -o: status %d, %s", test.kind, status, out)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 3 {
		t.Errorf("%q are left", left)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
}

// What is told is what dataset.Identify says.
func TestDataJSON(t *testing.T) {
	source := filepath.Join("..", "lab", "dataset", "testdata", "images")
	id, err := dataset.Identify(t.Context(), dataset.Spec{Source: source, Kind: dataset.Image, Count: 7, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	status, out, said := lmzData(t, "--json", "--count", "7", "--seed", "3", source)
	var n inspection
	if err := json.Unmarshal([]byte(out), &n); status != 0 || err != nil {
		t.Fatalf("status %d, %v, %s", status, err, said)
	}
	if n.Kind != id.Kind || n.Chunks != 7 || n.Bytes != 7*2048 || n.Width != 64 || !slices.Equal(n.Sources, id.Sources) || !slices.Equal(n.Skipped, id.Skipped) {
		t.Errorf("%s\nwant %+v", out, id)
	}
}

// Neither data nor names of files command a terminal.
func TestDataControls(t *testing.T) {
	dir := t.TempDir()
	name := "a\x1b[31m\n.txt"
	for name, content := range map[string]string{name: "\x1b]0;title\a\x9b31m\r\u202egnp.exe\ttab\nnext line\x00", "b\x07.txt": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Skip("this system has no such names:", err)
		}
	}
	for _, args := range [][]string{{"--kind", "text"}, {"--kind", "bytes"}, {}, {"--json"}, {"--kind", "image"}} {
		_, out, said := lmzData(t, append(args, dir)...)
		for _, r := range strings.ReplaceAll(out+said, "\n", "") {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' || r == '\ufffd' {
				t.Errorf("%q: %q is told as it is", args, r)
			}
		}
	}
	if _, out, _ := lmzData(t, "--kind", "text", dir); !strings.Contains(out, `| \x1b]0;title\a\x9b31m\r\u202egnp.exe\ttab`+"\n| next line") || !strings.Contains(out, `a\x1b[31m\n.txt`) {
		t.Errorf("the sample is told as %s", out)
	}
}

// A sample is evenly spread over any number of chunks.
func TestSampler(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 15, 16, 17, 1000, 4096} {
		s := sampler{most: 8}
		for i := range n {
			s.add([]byte{byte(i), byte(i >> 8)})
		}
		if len(s.chunks) < min(n, 8) || len(s.chunks) >= 16 {
			t.Fatalf("%d of %d chunks kept, want 8 to 15", len(s.chunks), n)
		}
		for i, c := range s.chunks {
			if c.index != i*s.stride || int(c.data[0])+int(c.data[1])<<8 != c.index {
				t.Errorf("of %d: chunk %d kept as %d, % x", n, c.index, i, c.data)
			}
		}
		if n > 0 && s.chunks[len(s.chunks)-1].index+s.stride < n {
			t.Errorf("of %d: nothing kept after %d", n, s.chunks[len(s.chunks)-1].index)
		}
		if got := pick(s.chunks, 3); len(got) != min(n, 3) {
			t.Errorf("%d picked", len(got))
		}
	}
}

func TestEntropy(t *testing.T) {
	var all [256]int64
	for i := range all {
		all[i] = 5
	}
	for _, test := range []struct {
		counts [256]int64
		want   float64
	}{{all, 8}, {[256]int64{7: 9}, 0}, {[256]int64{1, 1}, 1}, {[256]int64{3, 1}, 0.8112781244591328}} {
		if got := entropy(test.counts); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%g bits/byte, want %g", got, test.want)
		}
	}
}

// Each kind has its line, in the order of dataset.Kinds.
func TestKindHelp(t *testing.T) {
	var told []dataset.Kind
	for _, k := range kindHelp {
		told = append(told, k.kind)
	}
	if !slices.Equal(told, dataset.Kinds) {
		t.Errorf("lmz data tells of %v, there are %v", told, dataset.Kinds)
	}
}
