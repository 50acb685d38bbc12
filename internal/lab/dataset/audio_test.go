package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// audioFile is a file of testdata/audio.
func audioFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "audio", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// samplesOf are those of a FLAC or WAV file.
func samplesOf(file []byte, kind Kind) ([]byte, error) {
	r, err := openSpeech(bufio.NewReader(bytes.NewReader(file)), kind)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func mustSamples(t *testing.T, file []byte, kind Kind) []byte {
	t.Helper()
	b, err := samplesOf(file, kind)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The samples of a FLAC file are those that the reference encoder was given (testdata/audio/make.py).
func TestFLAC(t *testing.T) {
	b := mustSamples(t, audioFile(t, "speech.flac"), Speech)
	var samples [6000]int16
	if len(b) != 2*len(samples) {
		t.Fatalf("%d bytes, want %d", len(b), 2*len(samples))
	}
	if _, err := binary.Decode(b, binary.LittleEndian, &samples); err != nil {
		t.Fatal(err)
	}
	if got, want := [8]int16(samples[:]), [8]int16{84, 96, 8, -42, -58, 24, -36, -53}; got != want {
		t.Errorf("begins with %d, want %d", got, want)
	}
	if got, want := [8]int16(samples[5992:]), [8]int16{-74, -43, 91, 55, -14, 6, -94, 126}; got != want {
		t.Errorf("ends with %d, want %d", got, want)
	}
}

// Speech8 is the high byte plus 128: (s + 32768) / 256, rounded down.
func TestSpeech8(t *testing.T) {
	b := mustSamples(t, audioFile(t, "speech.flac"), Speech)
	var want []byte
	for i := 0; i < len(b); i += 2 {
		s := int(int16(binary.LittleEndian.Uint16(b[i:])))
		want = append(want, byte((s+32768)/256))
	}
	if got := mustSamples(t, audioFile(t, "speech.flac"), Speech8); !bytes.Equal(got, want) {
		t.Errorf("% x...\nwant % x...", got[:16], want[:16])
	}
	for _, reader := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		got, err := io.ReadAll(iotest.OneByteReader(&highBytes{r: reader(bytes.NewReader(b))}))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("read in pieces: %d bytes, %v", len(got), err)
		}
	}
}

// What the kinds do not mean is an error that says what was found and what is meant.
func TestOtherAudio(t *testing.T) {
	for name, found := range map[string]string{
		"stereo.flac": "16000 Hz, stereo, 16 bits",
		"44100.flac":  "44100 Hz, mono, 16 bits",
		"24bit.flac":  "16000 Hz, mono, 24 bits",
	} {
		for _, kind := range []Kind{Speech, Speech8} {
			_, err := samplesOf(audioFile(t, name), kind)
			if err == nil || !strings.Contains(err.Error(), found) || !strings.Contains(err.Error(), "want 16000 Hz, mono, 16 bits") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, text := range []string{"", "fL", "RIFF....AVI ", "a transcript"} {
		if _, err := samplesOf([]byte(text), Speech); err != errNotAudio {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := openSpeech(bufio.NewReader(iotest.ErrReader(os.ErrClosed)), Speech); !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v, want the reader's error", err)
	}
}
