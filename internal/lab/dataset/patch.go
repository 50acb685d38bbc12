package dataset

import (
	"context"
	"fmt"
	"image"
	"math/bits"
	"math/rand/v2"
)

// patchShapes are a patch's pixels across and down, by the bytes of a chunk. The first is what Deletang et al. 2023 cut of ImageNet; the second
// fits the window of a small model.
var patchShapes = map[int]image.Point{2048: {X: 64, Y: 32}, 512: {X: 32, Y: 16}}

// makeImages makes chunks of patches of JPEG, PNG and GIF files, whatever they are called. Spec.Count patches are spread
// evenly over the images, Spec.PerFile of one at most; with a Spec.Count of -1 each gives Spec.PerFile, or one.
// Images that are smaller than a patch are skipped, and so is what is no image, unless it is called one.
//
// It reads the images' headers first, which say how many there are, then those that give patches.
func makeImages(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	shape := patchShapes[spec.Chunk]
	signal := Signal{Width: shape.X, SampleBytes: 1}
	sizes, images, err := sizesOf(ctx, from, shape)
	if err != nil || images == 0 {
		return signal, err
	}
	index := 0
	return signal, from.walk(ctx, func(f *file) error {
		if len(sizes) == 0 {
			return f.errorf("was not there before: the source changes while it is read")
		}
		size := sizes[0]
		sizes = sizes[1:]
		if size.X == 0 {
			return nil
		}
		k := max(spec.PerFile, 1)
		if spec.Count > 0 {
			k = patchesOf(index, images, spec.Count)
		}
		if spec.PerFile > 0 {
			k = min(k, spec.PerFile)
		}
		places := patchPlaces(spec.Seed, index, k, size, shape)
		index++
		if k == 0 {
			return nil
		}
		m, err := decodeImage(f, size)
		if err != nil {
			return (&checked{ctx: ctx, path: f.path}).wrap(err)
		}
		for _, place := range places {
			if err := emit(greyPatch(m, place, shape)); err != nil {
				return err
			}
		}
		return nil
	})
}

// sizesOf returns the sizes in pixels of a source's files, in the order of a walk, and how many hold a patch. The
// size of those that hold none is zero: they are skipped.
func sizesOf(ctx context.Context, from *source, patch image.Point) (sizes []image.Point, images int, err error) {
	err = from.look(ctx, func(f *file) error {
		size, err := imageSize(f)
		if err == errNotImage && !isCalled(f, ".jpg", ".jpeg", ".jpe", ".png", ".gif") {
			f.skip(err.Error())
			sizes = append(sizes, image.Point{})
			return nil
		}
		if err != nil {
			return (&checked{ctx: ctx, path: f.path}).wrap(err)
		}
		if reason := tooSmall(size, patch); reason != "" {
			f.skip(reason)
			size = image.Point{}
		} else {
			images++
		}
		sizes = append(sizes, size)
		return nil
	})
	return sizes, images, err
}

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
func patchPlaces(seed uint64, index, k int, size, patch image.Point) []image.Point {
	columns, rows := size.X-patch.X+1, size.Y-patch.Y+1
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
func tooSmall(size, patch image.Point) string {
	if size.X >= patch.X && size.Y >= patch.Y {
		return ""
	}
	return fmt.Sprintf("an image of %d x %d pixels is smaller than a patch of %d x %d", size.X, size.Y, patch.X, patch.Y)
}
