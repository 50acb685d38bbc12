package surprisal_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"lmz/internal/lab/surprisal"
)

// wave is a WAV file of 16 bits, mono.
func wave(samples []byte, rate uint32) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	put := func(x any) { binary.Write(&b, binary.LittleEndian, x) }
	put(uint32(36 + len(samples)))
	b.WriteString("WAVEfmt ")
	put(uint32(16))
	put([2]uint16{1, 1})
	put([2]uint32{rate, 2 * rate})
	put([2]uint16{2, 16})
	b.WriteString("data")
	put(uint32(len(samples)))
	b.Write(samples)
	return b.Bytes()
}

// TestSpeech: the samples in chunks of 2048 bytes, each by itself; of more than is asked for, the first chunks.
func TestSpeech(t *testing.T) {
	samples := make([]byte, 5000)
	for i := range samples {
		samples[i] = byte(i * i / 7)
	}
	name := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(name, wave(samples, 16000), 0o666); err != nil {
		t.Fatal(err)
	}
	o := surprisal.Options{Model: bytewise(t)}
	l, err := surprisal.Speech(t.Context(), name, 1<<20, o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.Raw, samples) || len(l.Segments) != 3 || l.Segments[2].Size != 5000-4096 || l.LeftOut() != 0 || l.Headers != 0 {
		t.Errorf("%d bytes in %+v, %d left out", len(l.Raw), l.Segments, l.LeftOut())
	}
	part, err := surprisal.Speech(t.Context(), name, 3000, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(part.Segments) != 1 || part.Segments[0] != l.Segments[0] || part.LeftOut() != 5000-2048 {
		t.Errorf("of 3000 bytes %+v, %d left out", part.Segments, part.LeftOut())
	}
	if err := os.WriteFile(name, wave(samples, 44100), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := surprisal.Speech(t.Context(), name, 3000, o); err == nil {
		t.Error("44,100 samples a second: no error, want what dataset says")
	}
}
