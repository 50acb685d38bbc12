package dataset

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"testing"
)

// Patches stand where they should, gaps between them.
func TestContactSheet(t *testing.T) {
	var patches [][]byte
	for i := range 5 {
		patches = append(patches, bytes.Repeat([]byte{byte(50 * i)}, DefaultChunk))
	}
	patches[4][0], patches[4][len(patches[4])-1] = 7, 9 // corners
	sheet := ContactSheet(patches, 3)
	if got, want := sheet.Bounds(), image.Rect(0, 0, 4+3*132, 4+2*68); got != want {
		t.Fatalf("%v, want %v", got, want)
	}
	for at, want := range map[image.Point]color.Color{
		{0, 0}: sheetPaper, {3, 3}: sheetPaper, {4, 4}: color.Gray{Y: 0}, {131, 67}: color.Gray{Y: 0}, {132, 67}: sheetPaper,
		{136, 4}: color.Gray{Y: 50}, {268, 4}: color.Gray{Y: 100}, {4, 72}: color.Gray{Y: 150},
		{136, 72}: color.Gray{Y: 7}, {137, 73}: color.Gray{Y: 7}, {138, 72}: color.Gray{Y: 200}, {263, 135}: color.Gray{Y: 9},
		{268, 72}: sheetPaper, // a place without a patch
	} {
		if got := sheet.At(at.X, at.Y); got != color.RGBAModel.Convert(want) {
			t.Errorf("%v is %v, want %v", at, got, want)
		}
	}
	if wide := ContactSheet(patches, 100).Bounds().Dx(); wide != 4+5*132 {
		t.Errorf("5 patches in at most 100 columns are %d pixels wide", wide)
	}
	if got, want := ContactSheet([][]byte{make([]byte, 512)}, 8).Bounds(), image.Rect(0, 0, 4+68, 4+36); got != want {
		t.Errorf("a small patch has a sheet of %v, want %v", got, want)
	}
	ContactSheet(nil, 8)
}

// A wave is drawn at its heights, without gaps, the same in 8 as in 16 bits.
func TestWaveform(t *testing.T) {
	var wide, narrow []byte
	for i := range 1024 {
		s := int16(32512 * math.Sin(2*math.Pi*float64(i)/1024))
		wide = binary.LittleEndian.AppendUint16(wide, uint16(s))
		narrow = append(narrow, byte(s>>8)+128)
	}
	for name, plot := range map[string]image.Image{
		"16 bits": Waveform([][]byte{wide, make([]byte, 2048)}, 2),
		"8 bits":  Waveform([][]byte{narrow, bytes.Repeat([]byte{128}, 1024)}, 1),
	} {
		if got, want := plot.Bounds(), image.Rect(0, 0, 1042, 285); got != want {
			t.Fatalf("%s: %v, want %v", name, got, want)
		}
		ink := color.RGBAModel.Convert(color.RGBA{R: 16, G: 64, B: 160, A: 255})
		column := func(x, from, to int) (top, bottom int) {
			top, bottom = -1, -1
			for y := from; y < to; y++ {
				if plot.At(waveGap+x, y) == ink {
					if top < 0 {
						top = y
					}
					bottom = y
				}
			}
			return top, bottom
		}
		zero := waveGap + waveHeight/2
		for x, want := range map[int]int{0: zero, 256: zero - 64, 512: zero, 768: zero + 64} {
			if top, bottom := column(x, waveGap, waveGap+waveHeight+1); top > want+1 || bottom < want-1 || bottom-top > 2 {
				t.Errorf("%s: at %d drawn from %d to %d, want about %d", name, x, top, bottom, want)
			}
		}
		second := zero + waveHeight + 1 + waveGap
		for x := range waveWidth {
			if top, bottom := column(x, second-waveHeight/2, second+waveHeight/2+1); top != second || bottom != second {
				t.Fatalf("%s: silence at %d drawn from %d to %d, want %d", name, x, top, bottom, second)
			}
		}
	}
	Waveform([][]byte{{}, {1}, {1, 2, 3}}, 2) // less than a sample
}
