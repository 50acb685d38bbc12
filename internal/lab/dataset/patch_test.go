package dataset

import (
	"image"
	"math"
	"slices"
	"testing"
)

// patch is the shape of most.
var patch = patchShapes[DefaultChunk]

// Patches are spread evenly, and all are given.
func TestPatchesOf(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 24, 1000} {
		for _, count := range []int{0, 1, 6, 7, 8, 24, 2048} {
			sum := 0
			for j := range n {
				k := patchesOf(j, n, count)
				if k < count/n || k > (count+n-1)/n {
					t.Errorf("%d patches of %d images: %d of image %d", count, n, k, j)
				}
				sum += k
			}
			if sum != count {
				t.Errorf("%d patches of %d images: %d in all", count, n, sum)
			}
		}
	}
	if got := patchesOf(49999, 50000, math.MaxInt); got != (math.MaxInt+49999)/50000 {
		t.Errorf("%d, a product overflowed", got)
	}
}

// Places are within the image, none twice, and depend on seed and index.
func TestPatchPlaces(t *testing.T) {
	size := image.Pt(70, 35) // 7 x 4 places
	for index := range 50 {
		places := patchPlaces(1, index, 28, size, patch)
		seen := map[image.Point]bool{}
		for _, p := range places {
			seen[p] = true
			if !p.In(image.Rect(0, 0, 7, 4)) {
				t.Fatalf("place %v of an image of 7 x 4 places", p)
			}
		}
		if len(places) != 28 || len(seen) != 28 {
			t.Fatalf("%d places, %d different ones, want all 28", len(places), len(seen))
		}
	}
	large := image.Pt(500, 375)
	first := patchPlaces(1, 0, 3, large, patch)
	for name, places := range map[string][]image.Point{"another image": patchPlaces(1, 1, 3, large, patch), "another seed": patchPlaces(2, 0, 3, large, patch)} {
		if slices.Equal(places, first) {
			t.Errorf("%s has the same places", name)
		}
	}
	if got := patchPlaces(1, 0, 100, size, patch); len(got) != 28 {
		t.Errorf("%d of 28 places", len(got))
	}
	if got := patchPlaces(9, 9, 2, patch, patch); !slices.Equal(got, []image.Point{{}}) {
		t.Errorf("an image of the size of a patch gives %v", got)
	}
}

// All places are equally likely: chi-square of 27 degrees of freedom below its 99.99% quantile.
func TestPatchPlacesUniform(t *testing.T) {
	counts := map[image.Point]float64{}
	const n = 28000
	for index := range n / 2 {
		for _, p := range patchPlaces(3, index, 2, image.Pt(70, 35), patch) {
			counts[p]++
		}
	}
	chi := 0.0
	for _, c := range counts {
		chi += (c - n/28) * (c - n/28) / (n / 28)
	}
	if len(counts) != 28 || chi > 63 {
		t.Errorf("%d places, chi-square %.1f", len(counts), chi)
	}
}

// The places of a seed are what they were, on every machine.
func TestPatchPlacesGolden(t *testing.T) {
	got := patchPlaces(1, 7, 4, image.Pt(500, 375), patch)
	want := []image.Point{{152, 189}, {360, 62}, {383, 167}, {7, 130}}
	if !slices.Equal(got, want) {
		t.Errorf("places %v, want %v", got, want)
	}
}

func TestTooSmall(t *testing.T) {
	for _, size := range []image.Point{{63, 100}, {100, 31}, {1, 1}} {
		if tooSmall(size, patch) == "" {
			t.Errorf("%v holds no patch", size)
		}
	}
	if reason := tooSmall(image.Pt(64, 32), patch); reason != "" {
		t.Error(reason)
	}
	if reason := tooSmall(image.Pt(32, 16), patchShapes[512]); reason != "" {
		t.Error(reason)
	}
}

// No number of patches asked for is too large.
func TestAllPlaces(t *testing.T) {
	dir := directoryOf(t, map[string][]byte{"a.png": numbered(t, 66, 33, 0), "b.png": numbered(t, 64, 32, 0)})
	for _, spec := range []Spec{{Count: -1, PerFile: math.MaxInt}, {Count: math.MaxInt}} {
		spec.Source, spec.Kind = dir, Image
		if got := allChunks(t, spec); len(got) != 3*2+1 {
			t.Errorf("%d patches of %d asked for, want all 7", len(got), spec.Count)
		}
	}
}
