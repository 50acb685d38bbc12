package surprisal

import (
	"image"
	"image/color"
)

// HeatBits is the cost of a pixel or a byte that has the last colour of a heat map.
const HeatBits = 10.0

// heat is the scale of heat maps, from no bits to HeatBits: the colours of matplotlib's inferno, which grow in lightness throughout and
// so can be read in grey, and by the colour-blind.
var heat = []color.RGBA{
	{0, 0, 4, 255}, {22, 11, 57, 255}, {66, 10, 104, 255}, {106, 23, 110, 255}, {147, 38, 103, 255}, {188, 55, 84, 255},
	{221, 81, 58, 255}, {243, 120, 25, 255}, {252, 165, 10, 255}, {246, 215, 70, 255}, {252, 255, 164, 255},
}

// Heat is the colour of so many bits.
func Heat(bits float64) color.RGBA {
	x := max(0, min(bits/HeatBits, 1)) * float64(len(heat)-1)
	i := min(int(x), len(heat)-2)
	a, b, part := heat[i], heat[i+1], x-float64(i)
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + part*(float64(b)-float64(a)) + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// Pictures are, of a Lens of kind Image, the grey pixels that were coded and beside it the bits of each, -1 of those that were not. Both end
// with the last row of tiles that has any.
func (l *Lens) Pictures() (pixels *image.RGBA, bits []float64) {
	p := l.Picture
	height := 0
	for _, tile := range p.Tiles {
		height = max(height, tile.Max.Y)
	}
	pixels = image.NewRGBA(image.Rect(0, 0, p.Width, height))
	bits = make([]float64, p.Width*height)
	for i := range bits {
		bits[i] = -1
	}
	costs := l.ByteBits()
	at := 0
	for _, tile := range p.Tiles {
		for y := tile.Min.Y; y < tile.Max.Y; y++ {
			for x := tile.Min.X; x < tile.Max.X; x++ {
				g := l.Raw[at]
				pixels.SetRGBA(x, y, color.RGBA{g, g, g, 255})
				bits[y*p.Width+x] = costs[at]
				at++
			}
		}
	}
	return pixels, bits
}

// ByteBits is the cost of each byte of Raw. The bits of a token are shared evenly by its bytes.
func (l *Lens) ByteBits() []float64 {
	costs := make([]float64, 0, len(l.Raw))
	for _, t := range l.Tokens {
		for range t.Size {
			costs = append(costs, t.Bits/float64(t.Size))
		}
	}
	return costs
}

// HeatMap draws bits as Pictures returns them, of so many a row; what was not coded is transparent.
func HeatMap(bits []float64, width int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, len(bits)/max(width, 1)))
	for i, b := range bits {
		if b >= 0 {
			m.SetRGBA(i%width, i/width, Heat(b))
		}
	}
	return m
}
