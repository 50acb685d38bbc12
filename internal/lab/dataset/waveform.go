package dataset

import (
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
)

const (
	waveWidth  = 1024 // pixels: one a sample of 2048 bytes of Speech
	waveHeight = 128  // pixels of a chunk, from the loudest sample to its negative
	waveGap    = 9    // pixels round a chunk
)

// Waveform draws chunks of Speech (sampleBytes 2) or Speech8 (sampleBytes 1) one below the other: time to
// the right, and at each place all values between the least and the greatest there. The line in the
// middle is zero. All have one scale, by the loudest sample of all.
func Waveform(chunks [][]byte, sampleBytes int) image.Image {
	const cell = waveHeight + 1 + waveGap
	plot := image.NewPaletted(image.Rect(0, 0, waveWidth+2*waveGap, len(chunks)*cell+waveGap), color.Palette{
		color.White,
		color.Gray{Y: 176},                         // the line of zero
		color.RGBA{R: 16, G: 64, B: 160, A: 255},   // the wave
		color.RGBA{R: 240, G: 240, B: 240, A: 255}, // the place of a chunk
	})
	waves := make([][]int, len(chunks))
	loudest := 1
	for i, chunk := range chunks {
		waves[i] = amplitudes(chunk, sampleBytes)
		for _, s := range waves[i] {
			loudest = max(loudest, s, -s)
		}
	}
	for i, wave := range waves {
		left, zero := waveGap, waveGap+i*cell+waveHeight/2
		bar := func(x, low, high, colour int) {
			r := image.Rect(left+x, zero-high, left+x+1, zero-low+1)
			draw.Draw(plot, r, image.NewUniform(plot.Palette[colour]), image.Point{}, draw.Src)
		}
		for x := range waveWidth {
			bar(x, -waveHeight/2, waveHeight/2, 3)
			bar(x, 0, 0, 1)
		}
		for x := range waveWidth {
			from, to := x*len(wave)/waveWidth, (x+1)*len(wave)/waveWidth
			if from >= len(wave) {
				break
			}
			low, high := wave[from], wave[from]
			for _, s := range wave[from:min(to+1, len(wave))] { // to too: the wave has no gaps
				low, high = min(low, s), max(high, s)
			}
			bar(x, low*waveHeight/2/loudest, high*waveHeight/2/loudest, 2)
		}
	}
	return plot
}

// amplitudes returns samples of 1 or 2 bytes round zero.
func amplitudes(chunk []byte, sampleBytes int) []int {
	samples := make([]int, len(chunk)/sampleBytes)
	for i := range samples {
		if sampleBytes == 1 {
			samples[i] = int(chunk[i]) - 128
		} else {
			samples[i] = int(int16(binary.LittleEndian.Uint16(chunk[2*i:])))
		}
	}
	return samples
}
