package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Samples of all files are one after another in the order of paths, and cut into chunks; transcripts are left out.
func TestSpeech(t *testing.T) {
	flac := audioFile(t, "speech.flac")
	samples := mustSamples(t, flac, Speech)
	wav := riff("fmt ", wavFormat(wavPCM, 1, 16000, 16), "data", string(samples[:5000]))
	dir := directoryOf(t, map[string][]byte{
		"LibriSpeech/dev/84/121/84-121-0000.flac":  flac,
		"LibriSpeech/dev/84/121/84-121.trans.txt":  []byte("84-121-0000 GO\n"),
		"LibriSpeech/dev/99/5/wave without ending": wav,
		"LibriSpeech/README.TXT":                   []byte("read me"),
		"z.flac":                                   wav, // content decides
	})
	all := slices.Concat(samples, samples[:5000], samples[:5000])
	eight := func(b []byte) (high []byte) {
		for i := 1; i < len(b); i += 2 {
			high = append(high, b[i]+128)
		}
		return high
	}
	for name, test := range map[string]struct {
		spec Spec
		want [][]byte
	}{
		"all":          {Spec{Kind: Speech, Count: -1}, slices.Collect(slices.Chunk(all, 2048))},
		"three":        {Spec{Kind: Speech, Count: 3, Chunk: 1000}, slices.Collect(slices.Chunk(all[:3000], 1000))},
		"two of each":  {Spec{Kind: Speech, Count: -1, PerFile: 2}, [][]byte{all[:2048], all[2048:4096], all[:2048], all[2048:4096], all[:2048], all[2048:4096]}},
		"8 bits":       {Spec{Kind: Speech8, Count: -1}, slices.Collect(slices.Chunk(eight(all), 2048))},
		"8 bits, some": {Spec{Kind: Speech8, Count: 2, Chunk: 77}, slices.Collect(slices.Chunk(eight(all)[:154], 77))},
	} {
		test.spec.Source = dir
		if got := allChunks(t, test.spec); !slices.EqualFunc(got, test.want, bytes.Equal) {
			t.Errorf("%s: %d chunks, want %d, or their bytes differ", name, len(got), len(test.want))
		}
	}
	id, err := Identify(t.Context(), Spec{Source: dir, Count: -1})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Signal{SampleBytes: 2, SampleRate: 16000}); id.Kind != Speech || id.Signal != want || len(id.Sources) != 3 {
		t.Errorf("kind %s, signal %+v, %d sources", id.Kind, id.Signal, len(id.Sources))
	}
	skipped := []Skipped{{"LibriSpeech/README.TXT", "no FLAC or WAV"}, {"LibriSpeech/dev/84/121/84-121.trans.txt", "no FLAC or WAV"}}
	if !slices.Equal(id.Skipped, skipped) {
		t.Errorf("skipped %q, want %q", id.Skipped, skipped)
	}
	id, err = Identify(t.Context(), Spec{Source: dir, Kind: Speech8})
	if want := (Signal{SampleBytes: 1, SampleRate: 16000}); err != nil || id.Signal != want {
		t.Errorf("signal in 8 bits %+v, %v", id.Signal, err)
	}
}

// Damage, and what the kinds do not mean, is an error that names the file.
func TestSpeechRefused(t *testing.T) {
	flac := audioFile(t, "speech.flac")
	wrong := bytes.Clone(flac)
	wrong[flacMD5] ^= 1
	for name, test := range map[string]struct {
		file    string
		content []byte
		want    string
	}{
		"truncated FLAC":   {"b.flac", flac[:len(flac)/2], "damaged FLAC"},
		"wrong MD5":        {"b.flac", wrong, "damaged FLAC: MD5"},
		"stereo":           {"b.flac", audioFile(t, "stereo.flac"), "16000 Hz, stereo, 16 bits, want 16000 Hz, mono, 16 bits"},
		"another rate":     {"b.flac", audioFile(t, "44100.flac"), "44100 Hz"},
		"truncated WAV":    {"b.wav", riff("fmt ", wavFormat(wavPCM, 1, 16000, 16), "data", "abcdef")[:47], "3 bytes of samples, its header says 6"},
		"empty":            {"b.FLAC", nil, "no FLAC or WAV"},
		"HTML":             {"b.wav", []byte("<html>404"), "no FLAC or WAV"},
		"within truncated": {"b.flac.gz", nil, "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(test.file, ".gz") {
				var b bytes.Buffer
				w := gzip.NewWriter(&b)
				if _, err := w.Write(flac); err != nil || w.Close() != nil {
					t.Fatal(err)
				}
				test.content = b.Bytes()[:b.Len()/2]
			}
			dir := directoryOf(t, map[string][]byte{"a.flac": flac, test.file: test.content})
			for _, kind := range []Kind{Speech, Speech8} {
				_, err := readAll(t, Spec{Source: dir, Kind: kind})
				var named *FileError
				if !errors.As(err, &named) || !strings.HasPrefix(named.Name, filepath.Join(dir, test.file)) || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v, want %s of %s", err, test.want, test.file)
				}
				if n := strings.Count(err.Error(), "dataset:"); n != 1 {
					t.Errorf("%v: says dataset %d times", err, n)
				}
			}
		})
	}
}
