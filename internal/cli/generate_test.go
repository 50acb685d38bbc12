package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/lab/generate"
)

// TestLegible wants no byte that a terminal obeys, and characters whole however they are cut.
func TestLegible(t *testing.T) {
	for text, want := range map[string]string{
		"plain\ntext":          "plain\ntext",
		"\x1b[2J\x07\r\x00":    `\x1b[2J\a\r\x00`,
		"déjà vu, 漢字, 🙂":       "déjà vu, 漢字, 🙂",
		"\xff\xfe":             `\xff\xfe`,
		"\xe6\xbc\x1b[31m":     `\xe6\xbc\x1b[31m`,
		"\u009b31m":            `\u009b31m`,
		"\x9b31m":              `\x9b31m`,
		"right-to-left \u202e": `right-to-left \u202e`,
	} {
		for size := 1; size <= 5; size++ {
			var out bytes.Buffer
			l := &legible{out: &out}
			for b := []byte(text); len(b) > 0; {
				n := min(size, len(b))
				if _, err := l.Write(b[:n]); err != nil {
					t.Fatal(err)
				}
				b = b[n:]
			}
			if out.String() != want {
				t.Errorf("%q by %d bytes: %q, want %q", text, size, out.String(), want)
			}
		}
	}
}

// TestGenerateAudio continues sound that is silent.
func TestGenerateAudio(t *testing.T) {
	dir := t.TempDir()
	given, out := filepath.Join(dir, "given.wav"), filepath.Join(dir, "out.wav")
	header := "RIFF\x44\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x20\x00\x00\x00"
	if err := os.WriteFile(given, []byte(header+strings.Repeat("\x00", 32)), 0o666); err != nil {
		t.Fatal(err)
	}
	lmz := func(args ...string) (status int, said string) {
		var stdout, stderr bytes.Buffer
		status = Main(append([]string{"generate", "--kind", "audio", "--from", "gzip", "--context", given}, args...), strings.NewReader(""), &stdout, &stderr)
		return status, stderr.String()
	}
	if status, said := lmz("--length", "6", "-o", out); status != exitOK || said != "" {
		t.Fatalf("status %d, said %q", status, said)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := generate.ReadSound(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Samples) != 38 || s.SampleBytes != 2 || s.SampleRate != 8000 || string(s.Samples[:32]) != strings.Repeat("\x00", 32) {
		t.Errorf("%d bytes of samples of %d, %d a second", len(s.Samples), s.SampleBytes, s.SampleRate)
	}
	if status, said := lmz("--length", "7", "-f", "-o", out); status != exitFailed || !strings.Contains(said, "7 bytes of samples of 2") {
		t.Errorf("half a sample: status %d, said %q", status, said)
	}
}
