package train

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"sync"

	"lmz/internal/tokenizer"
)

// symbols is a text as symbols of a tokenizer, each in as many bytes as the vocabulary needs: 1, 2 or 4.
type symbols struct {
	width  int
	packed []byte
}

// newSymbols is empty, for symbols 0..count-1.
func newSymbols(count int) *symbols {
	switch {
	case count <= 1<<8:
		return &symbols{width: 1}
	case count <= 1<<16:
		return &symbols{width: 2}
	}
	return &symbols{width: 4}
}

func (s *symbols) len() int { return len(s.packed) / s.width }

func (s *symbols) append(list []int32) {
	s.packed = slices.Grow(s.packed, s.width*len(list))
	for _, x := range list {
		switch s.width {
		case 1:
			s.packed = append(s.packed, byte(x))
		case 2:
			s.packed = binary.LittleEndian.AppendUint16(s.packed, uint16(x))
		default:
			s.packed = binary.LittleEndian.AppendUint32(s.packed, uint32(x))
		}
	}
}

// copyTo writes the symbols from place on to list.
func (s *symbols) copyTo(list []int32, place int) {
	at := s.packed[place*s.width:]
	for i := range list {
		switch s.width {
		case 1:
			list[i] = int32(at[i])
		case 2:
			list[i] = int32(binary.LittleEndian.Uint16(at[2*i:]))
		default:
			list[i] = int32(binary.LittleEndian.Uint32(at[4*i:]))
		}
	}
}

// pieceBytes is how much text is encoded at once.
const pieceBytes = 1 << 20

// encode appends the symbols of a text to s and returns how many bytes it has. The text is encoded in pieces of
// up to pieceBytes, which end with a line where they have one, on a number of threads.
func (s *symbols) encode(t tokenizer.Tokenizer, r io.Reader, threads int) (rawBytes int64, err error) {
	p := pieces{r: r, size: pieceBytes}
	for err == nil {
		var texts [][]byte
		for len(texts) < max(1, threads) && err == nil {
			var text []byte
			text, err = p.next()
			texts = append(texts, text)
		}
		encoded := make([][]int32, len(texts))
		var wg sync.WaitGroup
		for i, text := range texts {
			wg.Go(func() { encoded[i] = t.Encode(nil, text) })
		}
		wg.Wait()
		for i, list := range encoded {
			s.append(list)
			rawBytes += int64(len(texts[i]))
		}
	}
	if err == io.EOF {
		err = nil
	}
	return rawBytes, err
}

// pieces cuts a text.
type pieces struct {
	r    io.Reader
	size int    // of a piece at most
	left []byte // what was read and not given
}

// next is the next piece; with the last one, which may be empty, comes io.EOF.
func (p *pieces) next() ([]byte, error) {
	block := make([]byte, p.size)
	kept := copy(block, p.left)
	n, err := io.ReadFull(p.r, block[kept:])
	block = block[:kept+n]
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		return block, io.EOF
	}
	if err != nil {
		return nil, err
	}
	end := bytes.LastIndexByte(block, '\n') + 1
	if end == 0 {
		end = len(block)
	}
	p.left = block[end:]
	return block[:end], nil
}
