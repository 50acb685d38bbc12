package report

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"lmz/internal/lab/bootstrap"
	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
)

// binned is the code length of a cell's chunks by places within them.
type binned struct {
	edges []int       // bin i is the bytes at edges[i] to edges[i+1]-1
	bits  [][]float64 // (bin, chunk)
	bytes [][]float64 // (bin, chunk)
}

// binEdges are those of bins whose widths grow with their place: two for each doubling, and single bytes where that would be less than one.
func binEdges(length int) []int {
	edges := []int{0}
	for at := 1.0; edges[len(edges)-1] < length; at *= math.Sqrt2 {
		if e := min(int(math.Round(at)), length); e > edges[len(edges)-1] {
			edges = append(edges, e)
		}
	}
	return edges
}

// binProfiles reads the profiles of a cell; nil if there are none. The cost of a token is shared evenly by its bytes.
func binProfiles(ctx context.Context, s *store.Store, c store.Cell) (*binned, error) {
	b := &binned{edges: binEdges(c.ChunkSize)}
	for range len(b.edges) - 1 {
		b.bits, b.bytes = append(b.bits, nil), append(b.bytes, nil)
	}
	chunks := 0
	for profile, err := range s.Profile(ctx, c.ID) {
		if err != nil {
			return nil, err
		}
		for i := range b.bits {
			b.bits[i], b.bytes[i] = append(b.bits[i], 0), append(b.bytes[i], 0)
		}
		at, bin := 0, 0
		for _, t := range profile.Tokens {
			for range t.Size {
				for bin < len(b.bits) && at >= b.edges[bin+1] {
					bin++
				}
				if bin == len(b.bits) {
					break
				}
				b.bits[bin][chunks] += float64(t.Bits) / float64(t.Size)
				b.bytes[bin][chunks]++
				at++
			}
		}
		chunks++
	}
	if chunks == 0 {
		return nil, nil
	}
	return b, nil
}

// rate is bits/byte of bin i, or of all bins up to it, with its 95% interval over chunks; false where no chunk has such bytes.
func (b *binned) rate(i int, cumulative bool) (rate float64, low, high *float64, ok bool) {
	first := i
	if cumulative {
		first = 0
	}
	var bits, bytes []float64 // a chunk that reaches so far
	var sumBits, sumBytes float64
	for chunk := range b.bits[i] {
		var x, n float64
		for bin := first; bin <= i; bin++ {
			x, n = x+b.bits[bin][chunk], n+b.bytes[bin][chunk]
		}
		if n > 0 {
			bits, bytes = append(bits, x), append(bytes, n)
			sumBits, sumBytes = sumBits+x, sumBytes+n
		}
	}
	if sumBytes == 0 {
		return 0, nil, nil, false
	}
	if l, h := bootstrap.Interval(bits, bytes); !math.IsNaN(l) && !math.IsNaN(h) {
		low, high = &l, &h
	}
	return sumBits / sumBytes, low, high, true
}

// positionFigures are the rate by position and against the length of the sequence, of the models at their last steps, and by position
// for the largest model at its steps, as far as token profiles were kept.
func positionFigures(ctx context.Context, s *store.Store, g *group) ([]figure.Figure, error) {
	const most = 6 // lines with bands that can be told apart
	models, err := readProfiles(ctx, s, spaced(g.last(), most))
	if err != nil || len(models) == 0 {
		return nil, err
	}
	for i, m := range models {
		models[i].series = label(m.cell, g.models)
	}
	list := []figure.Figure{
		curves(models, figure.Figure{ID: g.id("position"), Title: "Rate by position in the chunk: " + g.title(),
			X: figure.Axis{Label: "position of the byte in its chunk, from 1", Log: true}}, false),
		curves(models, figure.Figure{ID: g.id("length"), Title: "Rate against sequence length: " + g.title(),
			X: figure.Axis{Label: "sequence length (bytes)", Low: number(0)}}, true),
	}
	largest := models[len(models)-1].cell
	var steps []store.Cell
	for _, c := range g.models {
		if c.Step >= 0 && c.Params == largest.Params && c.Run() == largest.Run() {
			steps = append(steps, c)
		}
	}
	if len(steps) < 3 {
		return list, nil
	}
	models, err = readProfiles(ctx, s, spaced(steps, most))
	if err != nil || len(models) < 3 {
		return list, err
	}
	for i, m := range models {
		models[i].series = stepsName(float64(m.cell.Step))
	}
	return append(list, curves(models, figure.Figure{ID: g.id("position steps"), Title: "Rate by position, as " + largest.Run() + " is trained: " + g.title(),
		X: figure.Axis{Label: "position of the byte in its chunk, from 1", Log: true}, Ordered: true}, false)), nil
}

// profiled is a cell and its profiles as a series.
type profiled struct {
	cell   store.Cell
	series string
	*binned
}

func readProfiles(ctx context.Context, s *store.Store, cells []store.Cell) (list []profiled, err error) {
	for _, c := range cells {
		b, err := binProfiles(ctx, s, c)
		if err != nil {
			return nil, err
		}
		if b != nil {
			list = append(list, profiled{c, "", b})
		}
	}
	return list, nil
}

// curves draws a line and the band of its 95% intervals for each model.
func curves(models []profiled, f figure.Figure, cumulative bool) figure.Figure {
	f.Y.Label = "bits/byte of the bytes there"
	f.Text = "Bits/byte at the beginning of a chunk, and at its end:"
	if cumulative {
		f.Y.Label = "bits/byte of all bytes so far"
		f.Text = "Bits/byte of a sequence of one byte, and of a whole chunk:"
	}
	var bands, lines []figure.Layer
	for _, m := range models {
		line, band := figure.Layer{Mark: figure.Line, Series: m.series}, figure.Layer{Mark: figure.Band, Series: m.series}
		for _, d := range m.curve(cumulative) {
			line.Data = append(line.Data, figure.Datum{X: d.X, Y: d.Y})
			if d.Low != nil {
				band.Data = append(band.Data, d)
			}
		}
		if len(line.Data) == 0 {
			continue
		}
		lines = append(lines, line)
		if len(band.Data) > 0 {
			bands = append(bands, band)
		}
		if len(lines) > 1 {
			f.Text += ";"
		}
		f.Text += fmt.Sprintf(" %s %.3f and %.3f", m.series, line.Data[0].Y, line.Data[len(line.Data)-1].Y)
	}
	f.Text += ". What a line falls by is learned in context: within the chunk, or within the model's window where that is shorter. Positions are taken together, more of them the further they are; a token's cost is shared by its bytes. Bands are 95% intervals over chunks."
	f.Layers = slices.Concat(bands, lines)
	return f
}

// curve is the rate at each bin, or of all up to it, computed on all cores: the intervals take long.
func (b *binned) curve(cumulative bool) []figure.Datum {
	list := make([]figure.Datum, len(b.bits))
	var wait sync.WaitGroup
	for bin := range b.bits {
		wait.Go(func() {
			d := &list[bin]
			d.X = float64(b.edges[bin]+1+b.edges[bin+1]) / 2 // the middle byte, from 1
			if cumulative {
				d.X = float64(b.edges[bin+1])
			}
			ok := false
			if d.Y, d.Low, d.High, ok = b.rate(bin, cumulative); !ok {
				d.Y = math.NaN()
			}
		})
	}
	wait.Wait()
	return slices.DeleteFunc(list, func(d figure.Datum) bool { return math.IsNaN(d.Y) })
}
