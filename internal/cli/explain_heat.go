package cli

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"strings"

	"lmz/internal/lab/surprisal"
)

// maxHeatRows is how many lines of a terminal a picture takes at most.
const maxHeatRows = 36

// explainPicture shows an image and beside it its heat map, in half blocks; without colours the heat map alone, in letters.
func (x *explanation) explainPicture(out *bufio.Writer, l *surprisal.Lens) {
	pixels, bits := l.Pictures()
	w, h := pixels.Rect.Dx(), pixels.Rect.Dy()
	if h == 0 {
		return
	}
	room := x.ink.width
	if x.ink.on {
		room = (room - 2) / 2
	}
	columns := min(room, w)
	rows := max(1, (columns*h/w+1)/2) // lines of two pixels
	if rows > maxHeatRows {
		rows = maxHeatRows
		columns = max(1, min(room, 2*rows*w/h))
	}
	grid := image.Rect(0, 0, columns, 2*rows)
	grey, heat := make([]color.RGBA, columns*2*rows), make([]float64, columns*2*rows)
	for i := range heat {
		x0, y0 := i%columns*w/columns, i/columns*h/(2*rows)
		x1, y1 := max(x0+1, (i%columns+1)*w/columns), max(y0+1, (i/columns+1)*h/(2*rows))
		var sum, light float64
		n := 0
		for y := y0; y < y1; y++ {
			for px := x0; px < x1; px++ {
				if b := bits[y*w+px]; b >= 0 {
					sum += b
					light += float64(pixels.RGBAAt(px, y).R)
					n++
				}
			}
		}
		heat[i] = -1
		if n > 0 {
			g := uint8(light / float64(n))
			heat[i], grey[i] = sum/float64(n), color.RGBA{g, g, g, 255}
		}
	}
	if !x.ink.on {
		x.letters(out, heat, columns)
		return
	}
	hot := make([]color.RGBA, len(heat))
	for i, b := range heat {
		if b >= 0 {
			hot[i] = surprisal.Heat(b)
		}
	}
	for row := range rows {
		for _, picture := range [][]color.RGBA{grey, hot} {
			for c := range grid.Dx() {
				above, below := picture[2*row*columns+c], picture[(2*row+1)*columns+c]
				if above.A == 0 && below.A == 0 {
					out.WriteByte(' ')
					continue
				}
				out.WriteString(x.ink.halves(above, below))
			}
			out.WriteString("  ")
		}
		out.WriteByte('\n')
	}
	x.scale(out, "bits a pixel")
}

// letters draws a heat map in letters, a line for two rows.
func (x *explanation) letters(out *bufio.Writer, heat []float64, columns int) {
	const ramp = ".:-=+*#%@"
	fmt.Fprintf(out, "Bits a pixel:")
	for i := range surprisal.Levels {
		fmt.Fprintf(out, " %c %s", ramp[i], levelName(i))
	}
	fmt.Fprint(out, "\n\n")
	for row := 0; row < len(heat)/columns; row += 2 {
		var line strings.Builder
		for c := range columns {
			a, b := heat[row*columns+c], heat[(row+1)*columns+c]
			switch {
			case a < 0 && b < 0:
				line.WriteByte(' ')
			case a < 0 || b < 0:
				line.WriteByte(ramp[surprisal.Level(max(a, b))])
			default:
				line.WriteByte(ramp[surprisal.Level((a+b)/2)])
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
}

// scale is what the colours of a heat map mean.
func (x *explanation) scale(out *bufio.Writer, unit string) {
	out.WriteString("\n0 ")
	for i := range 30 {
		c := surprisal.Heat(surprisal.HeatBits * float64(i) / 29)
		out.WriteString(x.ink.halves(c, c))
	}
	fmt.Fprintf(out, " %g+ %s\n\n", surprisal.HeatBits, unit)
}

// soundRows is the height of each of the two curves of sound.
const soundRows = 4

// explainSound shows how loud samples are and, below it, what they cost, from left to right in time.
func (x *explanation) explainSound(out *bufio.Writer, l *surprisal.Lens) {
	samples := len(l.Raw) / surprisal.SampleBytes
	count := min(x.ink.width-14, samples)
	if count < 1 {
		return
	}
	costs := l.ByteBits()
	loud, bits := make([]float64, count), make([]float64, count)
	for i := range count {
		from, to := i*samples/count, (i+1)*samples/count
		for s := from; s < to; s++ {
			v := float64(int16(binary.LittleEndian.Uint16(l.Raw[surprisal.SampleBytes*s:])))
			loud[i] = max(loud[i], v, -v)
			bits[i] += (costs[surprisal.SampleBytes*s] + costs[surprisal.SampleBytes*s+1]) / float64(to-from)
		}
	}
	curve(out, "loudest", loud, "%.0f")
	curve(out, "bits/sample", bits, "%.1f")
	seconds := float64(samples) / float64(l.Rate)
	end := fmt.Sprintf("%.2f s", seconds)
	fmt.Fprintf(out, "%13s0%*s\n\n", "", count-1, end)
}

// curve draws values as columns from zero, with their greatest at the upper left.
func curve(out *bufio.Writer, name string, values []float64, format string) {
	var most float64
	for _, v := range values {
		most = max(most, v)
	}
	for row := range soundRows {
		label := ""
		switch row {
		case 0:
			label = fmt.Sprintf(format, most)
		case soundRows - 1:
			label = name
		}
		fmt.Fprintf(out, "%12s ", label)
		var line strings.Builder
		for _, v := range values {
			eighths := int(share(v, most)*8*soundRows+0.5) - 8*(soundRows-1-row)
			block := " "
			if eighths > 0 {
				block = string(rune(0x2580 + min(eighths, 8)))
			}
			line.WriteString(block)
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		out.WriteByte('\n')
	}
}
