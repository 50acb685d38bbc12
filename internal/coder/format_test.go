package coder

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDocument: the example of docs/format.md, section 4, is what an Encoder does.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	e := NewEncoder(nil)
	steps := 0
	row := regexp.MustCompile(`(?m)^\| (\d+)-(\d+) \| (\d+) \| ([0-9a-f ]+) \| (0x\w+) \| (0x\w+) \|$`)
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		number := func(s string) uint64 {
			x, err := strconv.ParseUint(s, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		e.Encode(number(m[1]), number(m[2]), number(m[3]))
		got := fmt.Sprintf("% x | %#016x | %#016x", e.bytes, e.low, e.width)
		if want := strings.Join(m[4:], " | "); got != want {
			t.Errorf("after %s of %s: %s, want %s", m[1], m[3], want, got)
		}
		steps++
	}
	flush := regexp.MustCompile(`(?m)^\| flush \| \| ([0-9a-f ]+) \|`).FindStringSubmatch(string(text))
	if steps != 5 || flush == nil {
		t.Fatalf("example of %d intervals, and its end: %v, want 5", steps, flush)
	}
	if got := fmt.Sprintf("% x", e.Close()); got != flush[1] {
		t.Errorf("payload %s, want %s", flush[1], got)
	}
}
