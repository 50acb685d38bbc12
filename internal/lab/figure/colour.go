package figure

import (
	"fmt"
	"image/color"
)

// Palette is the colours of series, as #rrggbb: those of Okabe and Ito (2008), which people who confuse red and green tell apart, with
// a darker yellow and without the black of the axes. Series have different markers and dashes too.
var Palette = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f", "#6a51a3"}

// viridis is matplotlib's colour map at ten even steps: lightness grows evenly, for eyes of all kinds and in grey.
var viridis = []color.NRGBA{
	{0x44, 0x01, 0x54, 0xff}, {0x48, 0x28, 0x78, 0xff}, {0x3e, 0x4a, 0x89, 0xff}, {0x31, 0x68, 0x8e, 0xff}, {0x26, 0x82, 0x8e, 0xff},
	{0x1f, 0x9e, 0x89, 0xff}, {0x35, 0xb7, 0x79, 0xff}, {0x6d, 0xcd, 0x59, 0xff}, {0xb4, 0xde, 0x2c, 0xff}, {0xfd, 0xe7, 0x25, 0xff},
}

// orderedEnd is how far up viridis the colours of ordered series go: its yellow cannot be seen on white.
const orderedEnd = 0.82

// Colours are those of the figure's series, as #rrggbb.
func (f *Figure) Colours() []string {
	colours := make([]string, len(f.Series()))
	for i := range colours {
		colours[i] = Palette[i%len(Palette)]
		if f.Ordered {
			colours[i] = hex(gradient(orderedEnd * float64(i) / float64(max(1, len(colours)-1))))
		}
	}
	return colours
}

// gradient is viridis at t from 0 to 1.
func gradient(t float64) color.NRGBA {
	at := min(max(t, 0), 1) * float64(len(viridis)-1)
	i := min(int(at), len(viridis)-2)
	a, b, t := viridis[i], viridis[i+1], at-float64(i)
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a)) + 0.5) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// parseColour reads what hex writes.
func parseColour(s string) color.NRGBA {
	c := color.NRGBA{A: 0xff}
	if n, err := fmt.Sscanf(s, "#%02x%02x%02x", &c.R, &c.G, &c.B); n != 3 || err != nil {
		panic("figure: colour " + s)
	}
	return c
}
