package cli

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"io"
	"math"
	"strings"

	"lmz/internal/lab/dataset"
)

const (
	maxSample    = 96  // chunks that a sample has at most: patches of a sheet
	sheetColumns = 8   // patches side by side
	shownWaves   = 6   // chunks of speech
	shownTexts   = 3   // chunks of text
	shownBytes   = 400 // of a chunk of text
	shownNumbers = 16  // of a chunk of a series
	shownSources = 5   // and skipped files
)

// sampleChunk is a chunk of a sample.
type sampleChunk struct {
	index int // of the chunk, from 0
	data  []byte
}

// sampler keeps most or more, but fewer than 2*most of any number of chunks, evenly spread over them.
type sampler struct {
	most   int
	chunks []sampleChunk
	stride int // one of so many is kept
	seen   int
}

func (s *sampler) add(chunk []byte) {
	s.stride = max(s.stride, 1)
	if s.seen%s.stride == 0 {
		s.chunks = append(s.chunks, sampleChunk{s.seen, chunk})
	}
	s.seen++
	if len(s.chunks) == 2*s.most {
		for i := range s.most {
			s.chunks[i] = s.chunks[2*i]
		}
		clear(s.chunks[s.most:])
		s.chunks = s.chunks[:s.most]
		s.stride *= 2
	}
}

// pick takes n chunks of a sample, or all if there are fewer, evenly spread over it.
func pick(sample []sampleChunk, n int) []sampleChunk {
	n = min(n, len(sample))
	picked := make([]sampleChunk, n)
	for i := range picked {
		picked[i] = sample[i*len(sample)/n]
	}
	return picked
}

func (n *inspection) isSpeech() bool { return n.Kind == dataset.Speech || n.Kind == dataset.Speech8 }

// picture draws the sample.
func (n *inspection) picture() (image.Image, error) {
	shown := maxSample
	if n.isSpeech() {
		shown = shownWaves
	}
	var chunks [][]byte
	for _, c := range pick(n.sample, shown) {
		chunks = append(chunks, c.data)
	}
	switch {
	case n.Kind == dataset.Image:
		return dataset.ContactSheet(chunks, sheetColumns), nil
	case n.isSpeech():
		return dataset.Waveform(chunks, n.SampleBytes), nil
	}
	return nil, noPicture(n.Kind)
}

// drawable reports whether chunks of a kind are shown as a picture.
func drawable(kind dataset.Kind) bool {
	return kind == dataset.Image || kind == dataset.Speech || kind == dataset.Speech8
}

func noPicture(kind dataset.Kind) error {
	err := fmt.Errorf("-o draws %s, %s and %s, the kind is %s", dataset.Image, dataset.Speech, dataset.Speech8, kind)
	return hint(err, "leave out -o: the sample is shown as text")
}

// print prints an inspection for people. Nothing of the data or of a file's name commands the terminal.
func (n *inspection) print(out io.Writer, picture string) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s  %s\n", name, oneLine(fmt.Sprintf(format, args...)))
	}
	line("source", "%s", n.Source)
	line("kind", "%s", n.Kind)
	line("identity", "%s", n.Identity)
	line("chunks", "%s", n.chunks())
	line("bytes", "%d", n.Bytes)
	if n.Kind == dataset.Image || n.Kind == dataset.Random {
		line("seed", "%d", n.Seed)
	}
	line("entropy", "%.3f bits/byte, of single bytes", n.Entropy)
	if len(n.Sources) > 0 {
		size := int64(0)
		for _, s := range n.Sources {
			size += s.Bytes
		}
		line("read", "%s, %d bytes", files(len(n.Sources)), size)
	}
	for i, s := range n.Sources {
		if i == shownSources {
			line("", "and %d more, which --json tells", len(n.Sources)-i)
			break
		}
		line("", "%s  %d  %s", s.SHA256, s.Bytes, s.Name)
	}
	if len(n.Skipped) > 0 {
		line("left out", "%s", files(len(n.Skipped)))
	}
	for i, s := range n.Skipped {
		if i == shownSources {
			line("", "and %d more, which --json tells", len(n.Skipped)-i)
			break
		}
		line("", "%s: %s", s.Name, s.Reason)
	}
	n.printSample(&b, picture)
	_, err := io.WriteString(out, b.String())
	return err
}

// chunks tells how many chunks there are, and what was asked for if they are fewer.
func (n *inspection) chunks() string {
	s := fmt.Sprintf("%d, of %d bytes each", n.Chunks, n.ChunkBytes)
	if last := n.Bytes - int64(n.Chunks-1)*int64(n.ChunkBytes); last != int64(n.ChunkBytes) {
		s += fmt.Sprintf(", the last %d", last)
	}
	if n.AskedChunks > n.Chunks {
		s += fmt.Sprintf("; there are no more, %d were asked for", n.AskedChunks)
	}
	return s
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

// printSample prints some chunks in the form that suits their kind.
func (n *inspection) printSample(b *strings.Builder, picture string) {
	switch drawn := min(len(n.sample), maxSample); {
	case n.isSpeech():
		drawn = min(drawn, shownWaves)
		fallthrough
	case n.Kind == dataset.Image:
		if picture == "" {
			fmt.Fprintf(b, "sample      -o FILE.png draws %d chunks\n", drawn)
		} else {
			fmt.Fprintf(b, "sample      %d chunks in %s\n", drawn, oneLine(picture))
		}
	case n.Kind == dataset.Text || n.Kind == dataset.DNA:
		for _, c := range pick(n.sample, shownTexts) {
			fmt.Fprintf(b, "\nchunk %d begins:\n", c.index)
			text := printable(string(c.data[:min(len(c.data), shownBytes)]))
			for line := range strings.Lines(text) {
				fmt.Fprintf(b, "| %s\n", strings.TrimSuffix(line, "\n"))
			}
		}
	default:
		first := n.sample[0]
		fmt.Fprintf(b, "\nchunk %d begins:\n", first.index)
		switch n.Kind {
		case dataset.Float32:
			values := make([]float32, min(len(first.data)/4, shownNumbers))
			for i := range values {
				values[i] = math.Float32frombits(binary.LittleEndian.Uint32(first.data[4*i:]))
			}
			fmt.Fprintln(b, values)
		case dataset.Int16:
			values := make([]int16, min(len(first.data)/2, shownNumbers))
			for i := range values {
				values[i] = int16(binary.LittleEndian.Uint16(first.data[2*i:]))
			}
			fmt.Fprintln(b, values)
		default:
			b.WriteString(hex.Dump(first.data[:min(len(first.data), 128)]))
		}
	}
}

// oneLine is printable text without line ends.
func oneLine(s string) string { return strings.ReplaceAll(printable(s), "\n", `\n`) }
