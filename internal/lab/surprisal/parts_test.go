package surprisal_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"lmz"
	"lmz/internal/container"
	"lmz/internal/lab/surprisal"
)

// members is a file of several members with frames of every kind.
func members(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	write := func(h container.Header, frames func(w *container.Writer) error) {
		w := container.NewWriter(&b, h)
		if err := errors.Join(frames(w), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write(container.Header{RawSize: -1, Policy: container.Carry}, func(*container.Writer) error { return nil })
	write(container.Header{RawSize: 5 + 28 + 300}, func(w *container.Writer) error { // docs/format.md, section 8
		return errors.Join(w.WriteStored([]byte("lmz\n!")), w.WriteCoded([]byte("to be or not to be, that is "), [][]byte{{1, 2, 3}, {4}}),
			w.WriteFill(bytes.Repeat([]byte{' '}, 300)))
	})
	write(container.Header{RawSize: -1}, func(w *container.Writer) error {
		return w.WriteCoded(bytes.Repeat([]byte("text"), 1000), [][]byte{make([]byte, 200), nil, make([]byte, 7)})
	})
	return b.Bytes()
}

// TestParts: the parts are those of docs/format.md and add up to the file, to the byte.
func TestParts(t *testing.T) {
	file := members(t)
	p, err := surprisal.ReadParts(t.Context(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	got := map[string]int64{}
	for _, part := range p.Parts {
		sum += part.Bytes
		got[part.Name] = part.Bytes
	}
	if sum != int64(len(file)) || p.Size != sum {
		t.Errorf("parts of %d bytes, the file has %d", sum, len(file))
	}
	for name, want := range map[string]int64{
		"magic": 12, "settings": 12, "model identity": 48, "raw size": 2, "header checksum": 12,
		"frame heads": 2 + 3 + 3 + 4, "payload lengths": 2 + 4, "frame checksums": 16, "payload": 4 + 207, "stored": 5, "fills": 1,
		"end": 3 * 6, "index": 2 + 2 + 3 + 4, "raw checksum": 24, "end checksum": 12,
	} {
		if got[name] != want {
			t.Errorf("%s has %d bytes, want %d", name, got[name], want)
		}
	}
	var kinds []string
	for _, f := range p.Frames {
		kinds = append(kinds, f.Kind)
	}
	if !slices.Equal(kinds, []string{"stored", "coded", "fill", "coded"}) || p.RawSize != 333+4000 || len(p.Members) != 3 || p.Members[0].Policy != "carry" {
		t.Errorf("frames %v of %d members, %d raw bytes", kinds, len(p.Members), p.RawSize)
	}
}

// TestPartsRefused: what is damaged is said to be, at its offset.
func TestPartsRefused(t *testing.T) {
	file := members(t)
	for name, damage := range map[string]func([]byte) []byte{
		"nothing": func([]byte) []byte { return nil }, "text": func([]byte) []byte { return []byte(strings.Repeat("text", 50)) },
		"cut": func(b []byte) []byte { return b[:len(b)-1] }, "more": func(b []byte) []byte { return append(b, 0) },
		"no frame": func(b []byte) []byte { b[46+30] = 0; return b }, "a kind": func(b []byte) []byte { b[46+30] = 9; return b },
		"a length": func(b []byte) []byte { b[46+31]++; return b },
	} {
		b := damage(bytes.Clone(file))
		_, err := surprisal.ReadParts(t.Context(), bytes.NewReader(b), int64(len(b)))
		format := (*lmz.FormatError)(nil)
		switch errors.As(err, &format); {
		case format == nil && !errors.Is(err, io.ErrUnexpectedEOF):
			t.Errorf("%s: error %v", name, err)
		case strings.HasPrefix(name, "no f") || strings.HasPrefix(name, "a k"):
			if format == nil || format.Offset != 46+30 {
				t.Errorf("%s: error %v, want it at offset %d", name, err, 46+30)
			}
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add(members(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := surprisal.ReadParts(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		var sum int64
		for _, part := range p.Parts {
			sum += part.Bytes
		}
		if sum != int64(len(b)) {
			t.Errorf("parts of %d bytes of %d", sum, len(b))
		}
	})
}
