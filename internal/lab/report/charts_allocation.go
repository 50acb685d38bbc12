package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
)

// bytesPerParam is what a parameter of a model that is sent with its data costs, as Bharadwaj 2025 and Deletang et al. 2023 have it: float16.
const bytesPerParam = 2

// wanted is what the charts of an account's allocations need: sizes round those measured, budgets and amounts of data for which they are best.
// What cannot be told of these data is left out.
func wanted(d *law.Data) law.Wanted {
	w := law.Wanted{BytesPerParam: bytesPerParam}
	low, high, steps := math.Inf(1), 0.0, 0.0
	for _, g := range d.Groups {
		for _, x := range g.Points {
			low, high, steps = min(low, x.Params), max(high, x.Params), max(steps, x.Steps)
		}
	}
	if d.Tokens > 0 {
		const flops = 6 // a parameter and token
		w.FLOPs = decades(flops*low*d.Tokens*steps/1e4, flops*high*d.Tokens*steps*10)
	}
	if d.Rate == "ratio" || d.Rate == "bits_per_byte" {
		const most = 1e12 // what the suites of small models are extrapolated to
		w.Bytes = decades(low, max(high*1e5, most))
		const octave = 3 // points of it
		from, to := low/16, high*16
		w.Params = geometric(from, to, int(math.Ceil(octave*math.Log2(to/from))))
	}
	return w
}

// decades are the powers of 10, and the values half way between, that reach from low to high.
func decades(low, high float64) (list []float64) {
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e += 0.5 {
		list = append(list, math.Pow(10, e))
	}
	return list
}

// allocationFigures are the charts of how large a model should be by a law: the adjusted ratio over its size, the best size for
// so much data, and the best for so much training. unit is that of the rates, of a ratio.
func allocationFigures(v *scaling, a *law.Allocation, unit float64) (list []figure.Figure) {
	add := func(f *figure.Figure) {
		if f != nil {
			list = append(list, *f)
		}
	}
	add(v.adjustedCurves(a, unit))
	add(v.leastAdjusted(a, unit))
	var data, training []best
	for _, x := range a.Adjusted {
		data = append(data, best{float64(x.Bytes), size(float64(x.Bytes)) + " bytes of data", float64(x.Params), x.ParamsRange})
	}
	for _, x := range a.Compute {
		training = append(training, best{float64(x.FLOPs), fmt.Sprintf("%.3g FLOPs", float64(x.FLOPs)), float64(x.Params), x.ParamsRange})
	}
	add(v.bestSizes("optimum", "N*(D), the size of least adjusted ratio: "+v.title, "size of the data D (bytes)", data,
		fmt.Sprintf("The size of model that makes ratio + %d P / D least, by the law after %s steps.", bytesPerParam, grouped(int64(v.law.Steps.High)))))
	add(v.bestSizes("compute", "The size of least ratio for so much training: "+v.title, "training 6 P D (FLOPs)", training,
		"The size of model that the law gives the least ratio on a budget. Checkpoints of one schedule of learning rates make it too small."))
	return list
}

// best is the best size for an amount of something, with its interval.
type best struct {
	amount   float64
	name     string // of the amount, with its unit
	params   float64
	interval law.Interval
}

// bestSizes is the best size against an amount, within the sizes that mean something.
func (v *scaling) bestSizes(id, title, label string, list []best, text string) *figure.Figure {
	if len(list) < 2 {
		return nil
	}
	low, high := float64(v.law.Params.Low), float64(v.law.Params.High)
	const beyond = 1e3 // times the sizes measured
	f := &figure.Figure{ID: id + " " + v.id, Title: title, X: figure.Axis{Label: label, Log: true},
		Y: figure.Axis{Label: v.paramsLabel(), Log: true, Low: number(low / beyond), High: number(high * beyond)}}
	const series = "by the law, with its 95% interval"
	line, interval := figure.Layer{Mark: figure.Line, Series: series}, figure.Layer{Mark: figure.Band, Series: series}
	for _, b := range list {
		line.Data = append(line.Data, figure.Datum{X: b.amount, Y: b.params, Label: fmt.Sprintf("%s: %s (%s)", b.name, size(b.params), sizesText(b.interval))})
		from, to := bandEnds(b.interval, *f.Y.Low, *f.Y.High)
		interval.Data = append(interval.Data, figure.Datum{X: b.amount, Y: b.params, Low: &from, High: &to})
	}
	measured := figure.Layer{Mark: figure.Rule, Dashed: true, Data: []figure.Datum{{Y: low, Label: "smallest measured"}, {Y: high, Label: "largest measured"}}}
	f.Layers = []figure.Layer{finite(interval), measured, finite(line)}
	f.Text = text
	inside := slices.DeleteFunc(slices.Clone(list), func(b best) bool { return b.params < low || b.params > high })
	for i, b := range inside {
		if i == 0 {
			f.Text += " Within the sizes measured:"
		} else {
			f.Text += ";"
		}
		f.Text += fmt.Sprintf(" %s for %s (%s)", size(b.params), b.name, sizesText(b.interval))
	}
	if len(inside) > 0 {
		f.Text += "."
	}
	f.Text += " Outside of the dashed lines it is extrapolated. The band reaches the edge where the data do not bound it."
	return f
}

// sizesText is an interval of sizes.
func sizesText(i law.Interval) string {
	end := func(x law.Number, open bool) string {
		if v := float64(x); open || math.IsNaN(v) || math.IsInf(v, 0) {
			return "open"
		}
		return size(float64(x))
	}
	return end(i.Low, i.OpenLow) + " to " + end(i.High, i.OpenHigh)
}

// bandEnds are an interval's within an axis from low to high, at whose end an open one is.
func bandEnds(i law.Interval, low, high float64) (from, to float64) {
	from, to = float64(i.Low), float64(i.High)
	if i.OpenLow || math.IsNaN(from) {
		from = low
	}
	if i.OpenHigh || math.IsNaN(to) {
		to = high
	}
	return min(max(from, low), high), min(max(to, low), high)
}

// adjustedCurves is the U curve of Deletang et al. 2023, section 3.3, for some sizes of the data: the ratio with the model counted over the
// model's size, with the law's interval, and the models measured at their last step. unit is that of the rates, of a ratio.
func (v *scaling) adjustedCurves(a *law.Allocation, unit float64) *figure.Figure {
	if len(a.Sizes) < 2 || len(a.Adjusted) == 0 {
		return nil
	}
	first, last := a.Sizes[0], a.Sizes[len(a.Sizes)-1]
	steps := float64(first.Steps)
	top := 0.0
	for _, p := range v.points {
		top = max(top, 1.6*p.ratio/unit)
	}
	f := &figure.Figure{ID: "u " + v.id, Title: "Ratio with the model counted: " + v.title, Ordered: true,
		X: figure.Axis{Label: v.paramsLabel(), Log: true},
		Y: figure.Axis{Label: fmt.Sprintf("ratio + %d P / D", bytesPerParam), Low: number(0), High: &top}}
	f.Text = fmt.Sprintf("The law after %s steps, each parameter counting %d bytes of the data D; bands are 95%% intervals, if the form is right and its exponents are within the bounds of the search. Points are the models measured.", grouped(int64(steps)), bytesPerParam)
	shown := slices.DeleteFunc(slices.Clone(a.Adjusted), func(x law.Adjusted) bool { // whole decades whose best size is in the chart
		e := math.Log10(float64(x.Bytes))
		return math.Abs(e-math.Round(e)) > 1e-9 || x.Params < first.Params || x.Params > last.Params
	})
	const most = 3 // bands that can be told apart
	shown = spaced(shown, most)
	if len(shown) == 0 {
		return nil
	}
	for i, x := range shown {
		bytes := float64(x.Bytes)
		name := "D = " + size(bytes) + " bytes"
		line, band := figure.Layer{Mark: figure.Line, Series: name}, figure.Layer{Mark: figure.Band, Series: name}
		for _, s := range a.Sizes {
			cost := bytesPerParam * float64(s.Params) / bytes
			from, to := max(float64(s.Range.Low), -top-cost), min(float64(s.Range.High), 2*top) // beyond, nothing is seen
			d := figure.Datum{X: float64(s.Params), Y: float64(s.Ratio) + cost, Low: number(from + cost), High: number(to + cost)}
			if !math.IsNaN(from-from) && !math.IsNaN(to-to) {
				band.Data = append(band.Data, d)
			}
			line.Data = append(line.Data, figure.Datum{X: d.X, Y: d.Y})
		}
		points := figure.Layer{Mark: figure.Points, Series: name}
		for _, p := range v.points {
			if p.steps == steps {
				y := p.ratio/unit + bytesPerParam*p.params/bytes
				points.Data = append(points.Data, figure.Datum{X: p.params, Y: y, Label: fmt.Sprintf("%s on %s bytes: %.4f", p.name, size(bytes), y)})
			}
		}
		slices.SortStableFunc(points.Data, func(a, b figure.Datum) int { return cmp.Compare(a.X, b.X) })
		f.Layers = append(f.Layers, finite(band), finite(line), points)
		if i == 0 {
			f.Text += " The least is at:"
		} else {
			f.Text += ";"
		}
		f.Text += fmt.Sprintf(" %s (%s) for %s bytes", size(float64(x.Params)), sizesText(x.ParamsRange), size(bytes))
	}
	f.Text += "."
	return f
}
