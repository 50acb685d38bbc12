package container_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"lmz/internal/container"
)

// example is the bytes of the worked example in docs/format.md. Their offsets are checked.
func example(t *testing.T) (file []byte) {
	text, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^([0-9a-f]{2})(?:-([0-9a-f]{2}))?: ((?:[0-9a-f]{2} )+) *#`)
	for _, m := range line.FindAllStringSubmatch(string(text), -1) {
		b, err := hex.DecodeString(strings.ReplaceAll(m[3], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%02x", len(file))
		if len(b) > 1 {
			want += fmt.Sprintf("-%02x", len(file)+len(b)-1)
		}
		if got, _, _ := strings.Cut(m[0], ":"); got != want {
			t.Errorf("example: %q, want it at %s", m[0], want)
		}
		file = append(file, b...)
	}
	return file
}

func TestDocument(t *testing.T) {
	var b bytes.Buffer
	h := container.Header{Numerics: 2, Policy: container.Carry, RawSize: 332}
	for i := range h.Model {
		h.Model[i] = byte(i)
	}
	w := container.NewWriter(&b, h)
	w.WriteStored([]byte("lmz\n"))
	w.WriteCoded([]byte("to be or not to be, that is "), [][]byte{{0x1a, 0x2b, 0x3c}, {0x4d}})
	w.WriteFill(bytes.Repeat([]byte(" "), 300))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if file := example(t); !bytes.Equal(file, b.Bytes()) {
		t.Errorf("example\n% x, want\n% x", file, b.Bytes())
	}
}

// TestDocumentNumbers: the checksums are those that docs/format.md names, and its sizes are right.
func TestDocumentNumbers(t *testing.T) {
	text, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	sized := header
	sized.RawSize = 1
	one := []content{{container.Stored, []byte{1}, 0}}
	digits := []byte("123456789")
	for _, want := range []string{
		fmt.Sprintf("`123456789` it is 0x%X", crc32.Checksum(digits, table)),
		fmt.Sprintf("`123456789` it is 0x%X", crc64.Checksum(digits, crc64.MakeTable(crc64.ECMA))),
		"1 to " + strconv.Itoa(container.MaxSegments) + ", at most n and at least n / 2^16, or, mixed, n / 2^18",
		fmt.Sprintf("without frames has %d bytes, one with a single stored byte %d, or %d if",
			len(write(t, header, nil)), len(write(t, header, one)), len(write(t, sized, one))),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/format.md does not say %q", want)
		}
	}
}
