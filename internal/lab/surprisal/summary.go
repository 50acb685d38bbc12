package surprisal

import (
	"cmp"
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Levels are the lower bounds, in bits, of the classes by which tokens are coloured and counted: the last has no upper bound.
var Levels = []float64{0, 0.5, 1, 2, 3, 4, 6, 8, 12}

// Level is the class of so many bits.
func Level(bits float64) int {
	for i := len(Levels) - 1; i > 0; i-- {
		if bits >= Levels[i] {
			return i
		}
	}
	return 0
}

// Bin is a number of tokens.
type Bin struct {
	Low    float64  `json:"low"`            // bits
	High   *float64 `json:"high,omitempty"` // bits, not included; nil for no bound
	Tokens int      `json:"tokens"`
	Bits   float64  `json:"bits"` // of all of them
}

// Histogram counts tokens by the classes of Levels.
func (l *Lens) Histogram() []Bin {
	bins := make([]Bin, len(Levels))
	for i := range bins {
		bins[i].Low = Levels[i]
		if i+1 < len(Levels) {
			bins[i].High = &Levels[i+1]
		}
	}
	for _, t := range l.Tokens {
		b := &bins[Level(t.Bits)]
		b.Tokens++
		b.Bits += t.Bits
	}
	return bins
}

// HalfOfBits is the least share of all tokens that have half of the bits, 0 if there are none.
func (l *Lens) HalfOfBits() float64 {
	costs := make([]float64, len(l.Tokens))
	var all, sum float64
	for i, t := range l.Tokens {
		costs[i] = t.Bits
		all += t.Bits
	}
	slices.Sort(costs)
	for i := range costs {
		if sum >= all/2 {
			return float64(i) / float64(len(costs))
		}
		sum += costs[len(costs)-1-i]
	}
	return float64(min(len(costs), 1))
}

// Stretch is the tokens at like positions of their contexts.
type Stretch struct {
	Low    int     `json:"low"`  // symbols before the token
	High   int     `json:"high"` // the same, included
	Tokens int     `json:"tokens"`
	Bytes  int     `json:"bytes"`
	Bits   float64 `json:"bits"`
}

// ByPosition sums up the tokens that the model coded by how much of the context stood before them: 0, 1, 2 to 3, 4 to 7 and so on.
func (l *Lens) ByPosition() []Stretch {
	var list []Stretch
	at := 0
	for _, s := range l.Segments {
		for _, t := range l.Tokens[at : at+s.Tokens] {
			if s.Mode != Coded {
				break
			}
			i := bits.Len(uint(t.Position))
			for len(list) <= i {
				n := len(list)
				list = append(list, Stretch{Low: 1 << n >> 1, High: max(1<<n-1, 0)})
			}
			list[i].Tokens++
			list[i].Bytes += t.Size
			list[i].Bits += t.Bits
		}
		at += s.Tokens
	}
	return list
}

// Class is bytes of one kind.
type Class struct {
	Name  string  `json:"name"`
	Bytes int     `json:"bytes"`
	Bits  float64 `json:"bits"`
}

// ByClass sums up bytes by what they are, the costliest kind first, those that do not occur left out. The bits of a token are shared evenly
// by its bytes.
func (l *Lens) ByClass() []Class {
	index := map[string]int{}
	var list []Class
	at, whole := 0, 0 // byte, and where its character ends
	var name string
	for _, t := range l.Tokens {
		for range t.Size {
			if at == whole {
				r, size := utf8.DecodeRune(l.Raw[at:])
				name = className(r, size)
				whole += size
			}
			i, ok := index[name]
			if !ok {
				i = len(list)
				index[name] = i
				list = append(list, Class{Name: name})
			}
			list[i].Bytes++
			list[i].Bits += t.Bits / float64(t.Size)
			at++
		}
	}
	slices.SortStableFunc(list, func(a, b Class) int { return cmp.Compare(b.Bits, a.Bits) })
	return list
}

func className(r rune, size int) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return "no UTF-8"
	case r == '\n' || r == '\r':
		return "line ends"
	case unicode.IsSpace(r):
		return "spaces"
	case r >= 'a' && r <= 'z':
		return "small letters"
	case r >= 'A' && r <= 'Z':
		return "capital letters"
	case r >= '0' && r <= '9':
		return "digits"
	case r >= utf8.RuneSelf:
		return "beyond ASCII"
	case unicode.IsControl(r):
		return "control"
	}
	return "punctuation"
}

// Smooth is the mean cost of a byte in count equal parts of the data, or of each byte of shorter data.
func (l *Lens) Smooth(count int) []float64 {
	costs := l.ByteBits()
	count = min(count, len(costs))
	means := make([]float64, count)
	for i := range means {
		part := costs[i*len(costs)/count : (i+1)*len(costs)/count]
		for _, b := range part {
			means[i] += b / float64(len(part))
		}
	}
	return means
}
