package dataset

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The header of a FLAC file: "fLaC", 4 bytes of the block's own, and 34 bytes of STREAMINFO.
const (
	flacTotal = 22 // the low 32 bits of the number of samples
	flacMD5   = 26
)

func TestDamagedFLAC(t *testing.T) {
	file := audioFile(t, "speech.flac")
	change := func(at int) []byte { b := bytes.Clone(file); b[at] ^= 1; return b }
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"md5":             {change(flacMD5), "MD5 of the samples"},
		"number":          {change(flacTotal + 3), "6000 samples, its header says 6001"},
		"a flipped bit":   {change(len(file) / 2), "damaged FLAC"},
		"in a header":     {change(len(file) - 1), "damaged FLAC"},
		"what follows it": {append(bytes.Clone(file), "TAG of a song"...), "damaged FLAC"},
		"another rate":    {change(19), "damaged FLAC"}, // 16016 Hz, frames of 16000
	} {
		t.Run(name, func(t *testing.T) {
			r, _, err := openFLAC(bytes.NewReader(test.file))
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
	for n := 0; n < len(file); n += 61 {
		if _, err := samplesOf(file[:n], Speech); err == nil {
			t.Fatalf("%d bytes of %d were accepted", n, len(file))
		}
	}
	if _, err := samplesOf(file[:len(file)-10], Speech); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a truncated file: %v, want an unexpected end", err)
	}
}

// A header need not say how many samples there are, or their MD5.
func TestFLACOfUnknownLength(t *testing.T) {
	file := bytes.Clone(audioFile(t, "speech.flac"))
	clear(file[flacTotal : flacTotal+4])
	clear(file[flacMD5 : flacMD5+16])
	if b := mustSamples(t, file, Speech); len(b) != 12000 {
		t.Errorf("%d bytes, want 12000", len(b))
	}
}

// All of the project's speech decodes to the samples whose MD5 its files carry.
func TestLibriSpeech(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(projectData(), "speech", "librispeech_train-clean-100", "*.flac"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no LibriSpeech in the project's data: LMZ_SHARED names its directory")
	}
	for _, name := range files[:min(len(files), 12)] {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := samplesOf(file, Speech); err != nil || len(b) < len(file) {
			t.Errorf("%s: %d bytes, %v", filepath.Base(name), len(b), err)
		}
	}
}

// No bytes make the decoder panic, hang or return more than a frame's worth at once.
func FuzzFLAC(f *testing.F) {
	for _, name := range []string{"speech.flac", "stereo.flac", "44100.flac", "24bit.flac"} {
		f.Add(audioFile(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, format, err := openFLAC(bytes.NewReader(b))
		if err != nil || format.Bits > 16 {
			return
		}
		for {
			buffer := make([]byte, 1<<12)
			_, err := r.Read(buffer)
			if most := 2 * 65535 * format.Channels; cap(r.buffer) > 2*most {
				t.Fatalf("a buffer of %d bytes, want %d at most", cap(r.buffer), 2*most)
			}
			if err != nil {
				return
			}
		}
	})
}
