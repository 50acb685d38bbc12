package generate

import (
	"fmt"
	"io"
)

// Task is what is given, how much is to be generated, and what becomes of it.
type Task struct {
	Prompts [][]byte
	Length  int // bytes that follow each

	// What the bytes are, for compressors that ask, as Signal of package baseline: pixels of an image row, bytes and rate of a sample,
	// 0 for none.
	Width, SampleBytes, SampleRate int

	// Write writes the result, the continuations of the prompts in order.
	Write func(w io.Writer, list []Continuation) error
}

// Align is what a compressor's window keeps whole.
func (t *Task) Align() int { return max(t.Width, t.SampleBytes) }

// Bytes is the task of continuing any bytes, text say. The result is what was generated.
func Bytes(given []byte, length int) *Task {
	return &Task{
		Prompts: [][]byte{given},
		Length:  length,
		Write: func(w io.Writer, list []Continuation) error {
			_, err := w.Write(list[0].Bytes)
			return err
		},
	}
}

// LowerHalf is the task of generating the lower half of a picture after the upper one. The result is a PNG of both.
func LowerHalf(p *Picture) (*Task, error) {
	if p.Height < 2 {
		return nil, fmt.Errorf("generate: a picture of %d rows, want 2 or more to have an upper half", p.Height)
	}
	given := p.Pixels[:(p.Height+1)/2*p.Width]
	return &Task{
		Prompts: [][]byte{given},
		Length:  len(p.Pixels) - len(given),
		Width:   p.Width,
		Write: func(w io.Writer, list []Continuation) error {
			whole := Picture{p.Width, p.Height, append(append([]byte(nil), given...), list[0].Bytes...)}
			return whole.writePNG(w)
		},
	}, nil
}

// RightHalves is the task of Deletang et al.'s figure 3: each row's right half is generated after its left one, as if there were no other
// rows. The result is a PNG of all. A compressor is told nothing of a width: all that it sees of a picture is less than a row.
func RightHalves(p *Picture) (*Task, error) {
	if p.Width < 2 {
		return nil, fmt.Errorf("generate: a picture of %d columns, want 2 or more to have a left half", p.Width)
	}
	half := (p.Width + 1) / 2
	t := &Task{Length: p.Width - half}
	for row := range p.Height {
		t.Prompts = append(t.Prompts, p.Pixels[row*p.Width:row*p.Width+half])
	}
	t.Write = func(w io.Writer, list []Continuation) error {
		whole := Picture{p.Width, p.Height, make([]byte, 0, len(p.Pixels))}
		for row := range list {
			whole.Pixels = append(append(whole.Pixels, t.Prompts[row]...), list[row].Bytes...)
		}
		return whole.writePNG(w)
	}
	return t, nil
}

// Continued is the task of continuing sound by length bytes. The result is a WAV file of what was given and what was
// generated.
func Continued(s *Sound, length int) (*Task, error) {
	if length%s.SampleBytes != 0 {
		return nil, fmt.Errorf("generate: %d bytes of samples of %d bytes each, want whole ones", length, s.SampleBytes)
	}
	return &Task{
		Prompts:     [][]byte{s.Samples},
		Length:      length,
		SampleBytes: s.SampleBytes,
		SampleRate:  s.SampleRate,
		Write: func(w io.Writer, list []Continuation) error {
			whole := Sound{s.SampleBytes, s.SampleRate, append(append([]byte(nil), s.Samples...), list[0].Bytes...)}
			return whole.writeWAV(w)
		},
	}, nil
}
