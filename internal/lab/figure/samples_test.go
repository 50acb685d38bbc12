package figure

import (
	"fmt"
	"math"
)

func at(x float64) *float64 { return &x }

// samples are small figures that together have every kind of mark, of axis and of trouble.
func samples() []Figure {
	law := func(p, s float64) float64 { return 0.1 + 60*math.Pow(p, -0.38) + 14*math.Pow(s, -0.75) }
	scaling := Figure{ID: "scaling", Title: "enwik8: compression ratio against model size", Text: "Larger models compress better.",
		X: Axis{Label: "parameters P", Log: true}, Y: Axis{Label: "compression ratio (coded / raw)"}, Ordered: true}
	for i, step := range []float64{1000, 2000, 8000, 143000} {
		name := fmt.Sprintf("step %g", step)
		points, fitted := Layer{Mark: Points, Series: name}, Layer{Mark: Line, Series: name}
		for j, p := range []float64{70e6, 160e6, 410e6, 1e9, 1.4e9} {
			y := law(p, step) + 0.003*math.Sin(float64(i*5+j))
			points.Data = append(points.Data, Datum{X: p, Y: y, Low: at(y - 0.004), High: at(y + 0.004), Label: "pythia"})
		}
		for p := 5e7; p < 2e9; p *= 1.1 {
			fitted.Data = append(fitted.Data, Datum{X: p, Y: law(p, step)})
		}
		scaling.Layers = append(scaling.Layers, fitted, points)
	}
	scaling.Layers = append(scaling.Layers, Layer{Mark: Rule, Dashed: true, Data: []Datum{{Y: 0.231, Label: "xz -9e"}, {Y: 0.2325, Label: "zstd --ultra -22"}, {Y: 0.205, Label: "brotli 11"}}})

	surface := Figure{ID: "surface", Title: "imagenet: the fitted surface and the measured points", Text: "Darker is better.",
		X: Axis{Label: "parameters P", Log: true}, Y: Axis{Label: "steps S", Log: true}, Z: &Axis{Label: "compression ratio"}}
	var cells Layer
	cells.Mark = Cells
	for i := range 24 {
		for j := range 20 {
			x, y := math.Pow(10, 7.5+float64(i)/12), math.Pow(10, 2.8+float64(j)/8)
			cells.Data = append(cells.Data, Datum{X: x, X2: x * math.Pow(10, 1.0/12), Y: y, Y2: y * math.Pow(10, 1.0/8), Z: law(x, y)})
		}
	}
	points := Layer{Mark: Points}
	for _, p := range []float64{70e6, 160e6, 410e6, 1e9} {
		for _, s := range []float64{1000, 8000, 64000} {
			points.Data = append(points.Data, Datum{X: p, Y: s, Z: law(p, s) + 0.002})
		}
	}
	surface.Layers = []Layer{cells, points}

	forest := Figure{ID: "forest", Title: "The exponents and their 95% intervals, by data set and by the way of finding them", Text: "They overlap.",
		X: Axis{Label: "exponent"}, Y: Axis{Names: []string{"alpha: enwik8", "alpha: imagenet", "alpha: librispeech_train-clean-100 16 kHz <b>", "beta: enwik8", "beta: imagenet"}},
		Layers: []Layer{
			{Mark: RuleX, Data: []Datum{{X: 0, Label: "no effect"}}},
			{Mark: Points, Series: "bootstrap of pairs", Data: []Datum{
				{Y: -0.2, X: 0.38, Low: at(0.2), High: at(0.6)}, {Y: 0.8, X: 0.15, Low: at(0.02)}, {Y: 1.8, X: 0.68, Low: at(0.3), High: at(1.2)}, {Y: 2.8, X: 0.75, Low: at(0.6), High: at(0.9)}, {Y: 3.8, X: 0.86, High: at(1.0)}}},
			{Mark: Points, Series: "profile likelihood", Data: []Datum{
				{Y: 0.2, X: 0.38, Low: at(0.25), High: at(0.55)}, {Y: 1.2, X: 0.15, Low: at(0.1), High: at(math.Inf(1))}, {Y: 2.2, X: 0.68, Low: at(0.4), High: at(1.1)}, {Y: 3.2, X: 0.75, Low: at(0.65), High: at(0.85)}, {Y: 4.2, X: 0.86, Low: at(0.8), High: at(0.95)}}},
		}}

	curves := Figure{ID: "curves", Title: "Bits a byte by position", Text: "It falls.", X: Axis{Label: "position in the chunk (bytes)", Log: true}, Y: Axis{Label: "bits/byte"}}
	for i, name := range []string{"50K", "200K", "800K"} {
		band, mean := Layer{Mark: Band, Series: name}, Layer{Mark: Line, Series: name}
		for x := 1.0; x <= 2048; x *= 1.4 {
			y := 2 + 3/(1+math.Log(x)) - 0.3*float64(i)
			band.Data = append(band.Data, Datum{X: x, Low: at(y - 0.1), High: at(y + 0.15)})
			mean.Data = append(mean.Data, Datum{X: x, Y: y})
		}
		curves.Layers = append(curves.Layers, band, mean)
	}

	histogram := Figure{ID: "histogram", Title: "Tokens by their code length", Text: "Most cost little.", X: Axis{Label: "bits"}, Y: Axis{Label: "tokens"}}
	bars := Layer{Mark: Bars, Series: "tokens"}
	for i := range 20 {
		bars.Data = append(bars.Data, Datum{X: float64(i), X2: float64(i + 1), Y: 40000 * math.Exp(-float64(i)/5)})
	}
	histogram.Layers = []Layer{bars}

	lines := Figure{ID: "lines", Title: "Adjusted rate against the size of the data", Text: "Each model has its size.", X: Axis{Label: "data (bytes)", Log: true},
		Y: Axis{Label: "adjusted rate (%)", Low: at(0), High: at(120)}}
	for i, name := range []string{"lmz-text-1", "pythia-70m", "pythia-160m", "pythia-410m", "pythia-1b", "pythia-1.4b", "xz"} {
		l := Layer{Mark: Line, Series: name}
		for x := 1e3; x <= 1.01e13; x *= 2 {
			l.Data = append(l.Data, Datum{X: x, Y: 100 * (0.3 - 0.03*float64(i) + 2*math.Pow(8, float64(i))*1e5/x)})
		}
		lines.Layers = append(lines.Layers, l)
	}

	names := Figure{ID: "names", Title: "By kind", Text: "Two of them.", X: Axis{Names: []string{"no context", "shuffled context", "true context of the chunk's first half", "a"}}, Y: Axis{Label: "bits/byte"},
		Layers: []Layer{{Mark: Points, Series: "lmz-text-1", Data: []Datum{{X: 0, Y: 1.65, Low: at(1.6), High: at(1.7)}, {X: 1, Y: 1.69}, {X: 2, Y: 1.52}}}}}
	return []Figure{scaling, surface, forest, curves, histogram, lines, names}
}
