package dataset

import (
	"fmt"
	"image"
	"math/bits"
	"math/rand/v2"
)

// Patches are what Deletang et al. 2023 cut of ImageNet: 2048 bytes.
const (
	patchWidth  = 64 // pixels of a row
	patchHeight = 32 // rows
)

// patchesOf returns how many of count patches the image of this index gives, if they are spread evenly
// over n images: any m images that follow each other give m count/n, rounded up or down.
func patchesOf(index, n, count int) int {
	return share(index+1, n, count) - share(index, n, count)
}

// share is floor(index count/n) for 0 <= index <= n, without overflow.
func share(index, n, count int) int {
	high, low := bits.Mul64(uint64(index), uint64(count))
	quotient, _ := bits.Div64(high, low, uint64(n))
	return int(quotient)
}

// patchPlaces draws the upper left corners of k patches within an image of the given size. They depend on
// the seed and the image's index alone. No two are the same, patches may overlap; where there are
// fewer places than k, it returns each of them once.
func patchPlaces(seed uint64, index, k int, size image.Point) []image.Point {
	columns, rows := size.X-patchWidth+1, size.Y-patchHeight+1
	k = min(k, columns*rows)
	random := rand.NewPCG(seed, uint64(index))
	taken := make(map[int]bool, k)
	places := make([]image.Point, 0, k)
	for i := columns*rows - k; i < columns*rows; i++ { // Floyd's sample without replacement
		place, _ := bits.Mul64(random.Uint64(), uint64(i+1)) // below i+1
		p := int(place)
		if taken[p] {
			p = i
		}
		taken[p] = true
		places = append(places, image.Pt(p%columns, p/columns))
	}
	return places
}

// tooSmall is the reason to skip an image of this size, "" if it holds a patch.
func tooSmall(size image.Point) string {
	if size.X >= patchWidth && size.Y >= patchHeight {
		return ""
	}
	return fmt.Sprintf("an image of %d x %d pixels is smaller than a patch of %d x %d", size.X, size.Y, patchWidth, patchHeight)
}
