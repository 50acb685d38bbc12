package surprisal

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Place says where a token is in the data: its first byte, or its pixel or sample.
func (l *Lens) Place(c Costly) string {
	at := c.Begin
	switch {
	case l.Picture != nil:
		tile := l.Picture.Tiles[c.Segment]
		in := at - l.Segments[c.Segment].Begin
		return fmt.Sprintf("%d, %d", tile.Min.X+in%tile.Dx(), tile.Min.Y+in/tile.Dx())
	case l.Rate > 0:
		return fmt.Sprintf("%.3f s", float64(at/SampleBytes)/float64(l.Rate))
	}
	return Thousands(at)
}

// Thousands is n with a comma between each three digits.
func Thousands[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Values are bytes of Raw as numbers.
func (l *Lens) Values(begin, end int) string { return values(l.Raw[begin:end]) }

func values(b []byte) string {
	list := make([]string, len(b))
	for i, x := range b {
		list[i] = strconv.Itoa(int(x))
	}
	return strings.Join(list, " ")
}

// Quote is a guess as it is listed: a space must be seen, and pixels and samples are numbers.
func (l *Lens) Quote(g Guess) string {
	if !l.IsText() {
		return values(g.Bytes)
	}
	return strings.ReplaceAll(g.Text, " ", "\u2423")
}

// Envelope is the least and the greatest sample in count equal parts of speech, or fewer of a shorter one.
func (l *Lens) Envelope(count int) [][2]int {
	samples := len(l.Raw) / SampleBytes
	list := make([][2]int, min(count, samples))
	for i := range list {
		from, to := i*samples/len(list), (i+1)*samples/len(list)
		for s := from; s < to; s++ {
			v := int(int16(binary.LittleEndian.Uint16(l.Raw[SampleBytes*s:])))
			if s == from {
				list[i] = [2]int{v, v}
			}
			list[i] = [2]int{min(list[i][0], v), max(list[i][1], v)}
		}
	}
	return list
}

// Rate is the bits a byte of a class.
func (c Class) Rate() float64 { return c.Bits / float64(c.Bytes) }
