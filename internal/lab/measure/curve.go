package measure

import (
	"iter"

	"lmz/internal/lab/store"
)

// Point is how a subject does at one place of the chunks: what it learns from what came before within the chunk.
type Point struct {
	Position int     `json:"position"`      // of a byte in its chunk, from 0
	Chunks   int     `json:"chunks"`        // that have this position
	Bits     float64 `json:"bits"`          // mean cost of the byte there
	Rate     float64 `json:"bits_per_byte"` // of all bytes up to it: the rate against sequence length (Deletang et al., figure 3)
}

// Curve is the code length by position, from the profiles of a cell's chunks. The cost of a token is shared evenly by its bytes.
func Curve(profiles iter.Seq2[store.Profile, error]) ([]Point, error) {
	var points []Point
	for profile, err := range profiles {
		if err != nil {
			return nil, err
		}
		at := 0
		for _, t := range profile.Tokens {
			for range t.Size {
				if at == len(points) {
					points = append(points, Point{Position: at})
				}
				points[at].Chunks++
				points[at].Bits += float64(t.Bits) / float64(t.Size)
				at++
			}
		}
	}
	var bits float64
	bytes := 0
	for i := range points {
		p := &points[i]
		bits += p.Bits
		bytes += p.Chunks
		p.Bits /= float64(p.Chunks)
		p.Rate = bits / float64(bytes)
	}
	return points, nil
}
