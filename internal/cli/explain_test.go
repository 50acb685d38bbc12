package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lmz/internal/lab/surprisal"
)

func init() {
	// coded ACCOUNT FILE wants the coded size of an account to be that of a file.
	scriptCommands["coded"] = func(ts *testscript.TestScript, _ bool, args []string) {
		var a struct{ Content struct{ CodedSize int64 } }
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &a))
		if got, want := a.Content.CodedSize, int64(len(ts.ReadFile(args[1]))); got != want {
			ts.Fatalf("coded size %d, %s has %d bytes", got, args[1], want)
		}
	}
}

// explained is what lmz explain says of a file.
func explained(t *testing.T, content []byte, args ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	if status := Main(append([]string{"explain", name}, args...), strings.NewReader(""), &out, &said); status != 0 {
		t.Fatalf("exit status %d: %s", status, &said)
	}
	return out.String()
}

// TestExplainMarks: below each token stands what it cost, also where characters take two columns, or none.
func TestExplainMarks(t *testing.T) {
	x := &explanation{explainFlags: explainFlags{show: -1}, ink: ink{width: 20}}
	l := &surprisal.Lens{Raw: []byte("a日\u0301b\x1bxy")}
	l.Tokens = []surprisal.Token{{Size: 1, Bits: 2}, {Size: 3, Bits: 3}, {Size: 2, Bits: 4}, {Size: 1, Bits: 0.1}, {Size: 1, Bits: 11}, {Size: 2, Bits: 5}}
	got := shownText(x, l)
	if want := "a日\u0301b␛xy\n23  +5-\n"; !strings.Contains(got, want) {
		t.Errorf("%q, want it to have %q", got, want)
	}
}

// TestExplainColours: no escape sequence stands within a character, and each is ended.
func TestExplainColours(t *testing.T) {
	x := &explanation{explainFlags: explainFlags{show: -1}, ink: ink{width: 20, on: true}}
	l := &surprisal.Lens{Raw: []byte("日日\n")}
	for i := range len(l.Raw) {
		l.Tokens = append(l.Tokens, surprisal.Token{Size: 1, Bits: float64(i)})
	}
	got := shownText(x, l)
	if want := "\x1b[" + levelInk[surprisal.Level(3)] + "m日\x1b[0m\x1b[" + levelInk[surprisal.Level(12)] + "m日\x1b[0m"; !strings.Contains(got, want) {
		t.Errorf("%q, want it to have %q", got, want)
	}
}

// TestExplainFold: lines are no wider than the terminal and end between words where that leaves half a line or more.
func TestExplainFold(t *testing.T) {
	x := &explanation{explainFlags: explainFlags{show: -1}, ink: ink{width: 20, on: true}}
	l := &surprisal.Lens{Raw: []byte("some words of a text and " + strings.Repeat("x", 30))}
	for range l.Raw {
		l.Tokens = append(l.Tokens, surprisal.Token{Size: 1, Bits: 0.7})
	}
	_, got, _ := strings.Cut(shownText(x, l), "\n\n")
	if want := "some words of a \ntext and " + strings.Repeat("x", 11) + "\n" + strings.Repeat("x", 19) + "\n\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestExplainPicture(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	plain := explained(t, b.Bytes(), "--color=never", "--top", "3")
	for _, want := range []string{"Bits a pixel:", "800 bytes", "grey pixels of an image of 40 x 20"} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q does not say %q", plain, want)
		}
	}
	if strings.Contains(plain, "\x1b") {
		t.Error("colours, want none")
	}
	if coloured := explained(t, b.Bytes(), "--color=always"); !strings.Contains(coloured, "\u2580") {
		t.Errorf("%q has no blocks", coloured)
	}
	if own := explained(t, b.Bytes(), "--kind", "bytes"); !strings.Contains(own, "The bytes of the file") {
		t.Errorf("%q is not of the file's bytes", own)
	}
}

func TestBar(t *testing.T) {
	for part, want := range map[float64]string{0: "    ", 1: "████", 0.5: "██  ", 0.001: "▏   ", 0.53: "██▏ "} {
		if got := bar(part, 4); got != want {
			t.Errorf("%v: %q, want %q", part, got, want)
		}
	}
}

// shownText is a text as the terminal gets it.
func shownText(x *explanation, l *surprisal.Lens) string {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	x.explainText(w, l)
	w.Flush()
	return b.String()
}
