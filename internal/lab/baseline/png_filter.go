package baseline

import "math"

// filtering says how the rows of a picture are filtered before deflate (PNG, section 9).
type filtering int

// The first five are one filter for all rows.
const (
	unfiltered   filtering = iota
	sub                    // less the pixel to the left
	up                     // less the pixel above
	average                // less the mean of both
	paeth                  // less the one of left, above, and above left that is closest to left + above - above left
	leastSum               // for each row the filter whose result has the least sum of magnitudes, as libpng chooses
	leastEntropy           // for each row the one whose result has the least entropy
)

var filterings = []filtering{unfiltered, sub, up, average, paeth, leastSum, leastEntropy}

// filter is pixels, rows of width bytes, as rows of a filter's number and the filtered pixels.
func filter(pixels []byte, width int, f filtering) []byte {
	rows := make([]byte, 0, len(pixels)+len(pixels)/width)
	above := make([]byte, width)
	candidates := make([][]byte, paeth+1)
	for i := range candidates {
		candidates[i] = make([]byte, width)
	}
	for ; len(pixels) > 0; pixels = pixels[width:] {
		row := pixels[:width]
		best := f
		switch f {
		case leastSum, leastEntropy:
			cost := sumOfMagnitudes
			if f == leastEntropy {
				cost = entropy
			}
			least := math.MaxInt
			for c := unfiltered; c <= paeth; c++ {
				filterRow(candidates[c], row, above, c)
				if n := cost(candidates[c]); n < least {
					best, least = c, n
				}
			}
		default:
			filterRow(candidates[f], row, above, f)
		}
		rows = append(append(rows, byte(best)), candidates[best]...)
		above = row
	}
	return rows
}

// filterRow sets dst to row filtered by one of the five filters.
func filterRow(dst, row, above []byte, f filtering) {
	var left, aboveLeft byte
	for i, v := range row {
		switch f {
		case unfiltered:
			dst[i] = v
		case sub:
			dst[i] = v - left
		case up:
			dst[i] = v - above[i]
		case average:
			dst[i] = v - byte((int(left)+int(above[i]))/2)
		case paeth:
			dst[i] = v - paethPredictor(left, above[i], aboveLeft)
		}
		left, aboveLeft = v, above[i]
	}
}

// paethPredictor is a, b, or c, whichever is closest to a + b - c, in that order where they are equally close.
func paethPredictor(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	toA, toB, toC := magnitude(p-int(a)), magnitude(p-int(b)), magnitude(p-int(c))
	switch {
	case toA <= toB && toA <= toC:
		return a
	case toB <= toC:
		return b
	}
	return c
}

func magnitude(v int) int { return max(v, -v) }

// sumOfMagnitudes takes the bytes for signed ones.
func sumOfMagnitudes(row []byte) (sum int) {
	for _, v := range row {
		sum += magnitude(int(int8(v)))
	}
	return sum
}

// entropy is that of the bytes of a row in 1/1024 bits, but for a constant: rounded, so that all
// machines choose the same filter.
func entropy(row []byte) (sum int) {
	var count [256]int
	for _, v := range row {
		count[v]++
	}
	for _, n := range count {
		if n > 1 {
			sum -= int(math.Round(float64(n) * math.Log2(float64(n)) * 1024))
		}
	}
	return sum
}
