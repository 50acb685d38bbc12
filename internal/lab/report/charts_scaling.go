package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
	"lmz/internal/lab/store"
)

// scaling is the ratios of models of several sizes or steps on the same data, and the law fitted to them if there is one.
type scaling struct {
	id, title string
	rate      string // what is measured, for axes
	params    string // how P is counted, or ""
	points    []measured
	rules     []store.Cell // classical compressors to stand beside
	law       *law.Law     // nil for none
	form      *law.Fit     // its first fit
	caveat    string
}

// measured is one model at one step.
type measured struct {
	name          string
	params, steps float64 // steps not above 0: not known
	ratio         float64
	low, high     *float64 // 95% interval
	fitted        bool     // the law is of it too
}

const ratioLabel = "compression ratio (counted / raw), lower is better"

// scalingsOf are those of a group: one for each precision that has two models.
func scalingsOf(g *group, account *law.Account) []*scaling {
	byPrecision := map[string][]store.Cell{}
	var precisions []string
	for _, c := range alike(g.models) {
		if c.Params <= 0 || c.Whole {
			continue
		}
		if byPrecision[c.Precision] == nil {
			precisions = append(precisions, c.Precision)
		}
		byPrecision[c.Precision] = append(byPrecision[c.Precision], c)
	}
	var list []*scaling
	for _, precision := range precisions {
		v := &scaling{id: g.dataset + " " + g.protocol, title: g.title(), rate: ratioLabel, caveat: caveat(g)}
		if len(precisions) > 1 {
			v.id, v.title = v.id+" "+precision, v.title+", "+precision
		}
		const few = 3 // rules that do not hide the points
		v.rules = g.chunked[:min(few, len(g.chunked))]
		cells := byPrecision[precision]
		for _, c := range cells {
			low, high := interval(c, 1.0/8)
			v.points = append(v.points, measured{name: c.Name, params: float64(c.Params), steps: float64(c.Step), ratio: c.Ratio, low: low, high: high})
		}
		v.attach(account)
		list = append(list, v)
	}
	return list
}

// attach finds the law of these points: that with most points, all of which are among them.
func (v *scaling) attach(account *law.Account) {
	if account == nil {
		return
	}
	at := func(m law.Measurement) int {
		return slices.IndexFunc(v.points, func(p measured) bool {
			return p.name == m.Model && p.steps == float64(m.Steps) && p.ratio == float64(m.Rate)
		})
	}
	for i := range account.Laws {
		l := &account.Laws[i]
		among := !slices.ContainsFunc(l.Measurements, func(m law.Measurement) bool { return at(m) < 0 })
		if among && len(l.Fits) > 0 && (v.law == nil || l.Points > v.law.Points) {
			v.law, v.form, v.params = l, &l.Fits[0], string(account.Params)
		}
	}
	if v.law == nil {
		return
	}
	for _, m := range v.law.Measurements {
		p := &v.points[at(m)]
		p.params, p.fitted = float64(m.Params), true // the law's own P, which may be counted otherwise
	}
}

// scalingOf is that of a law alone.
func scalingOf(a *law.Account, l *law.Law) *scaling {
	v := &scaling{id: l.Group, title: cmp.Or(l.Group, a.Source), rate: rateLabel(a) + ", lower is better", params: string(a.Params), law: l}
	if len(l.Fits) > 0 {
		v.form = &l.Fits[0]
	}
	for _, m := range l.Measurements {
		p := measured{name: fmt.Sprintf("%s, %s", m.Model, stepsName(float64(m.Steps))), params: float64(m.Params), steps: float64(m.Steps), ratio: float64(m.Rate), fitted: true}
		if se := float64(m.SE); se > 0 {
			p.low, p.high = number(p.ratio-normal*se), number(p.ratio+normal*se)
		}
		v.points = append(v.points, p)
	}
	return v
}

// rateLabel is what an account's law is of.
func rateLabel(a *law.Account) string {
	if a.Rate == "ratio" {
		return "compression ratio"
	}
	return a.Rate
}

const normal = 1.959964 // standard errors from the middle of a 95% interval to its end

// figures are the charts that the points are enough for.
func (v *scaling) figures() []figure.Figure {
	var list []figure.Figure
	if len(v.values(paramsOf)) > 1 {
		list = append(list, v.against("params", "model size", paramsOf, stepsOf))
	}
	if len(v.values(stepsOf)) > 1 {
		list = append(list, v.against("steps", "steps of training", stepsOf, paramsOf))
	}
	if v.form != nil {
		sizes, steps := v.fitted(paramsOf), v.fitted(stepsOf)
		if len(sizes) > 1 && len(steps) > 1 {
			list = append(list, v.surface(sizes, steps))
		}
		list = append(list, v.residuals(sizes))
	}
	return list
}

func paramsOf(p measured) float64 { return p.params }
func stepsOf(p measured) float64  { return p.steps }

// values are those above 0 that points have of something, each once, in order; fitted are those of the points that the law is of.
func (v *scaling) values(of func(measured) float64) []float64 { return values(v.points, of) }

func (v *scaling) fitted(of func(measured) float64) []float64 {
	unfitted := func(p measured) bool { return !p.fitted }
	return values(slices.DeleteFunc(slices.Clone(v.points), unfitted), of)
}

func values(points []measured, of func(measured) float64) []float64 {
	var list []float64
	for _, p := range points {
		if x := of(p); x > 0 {
			list = append(list, x)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (v *scaling) paramsLabel() string {
	if v.params == "" || v.params == string(law.AsGiven) {
		return "parameters P"
	}
	return "parameters P (" + v.params + ")"
}

// sizeName and stepsName are series'.
func sizeName(x float64) string { return size(x) + " parameters" }

func stepsName(x float64) string { return "step " + grouped(int64(x)) }

// against is the ratio against P with a series for each step, or against S with one for each size.
func (v *scaling) against(id, what string, x, series func(measured) float64) figure.Figure {
	byParams := id == "params"
	f := figure.Figure{ID: id + " " + v.id, Title: "Ratio against " + what + ": " + v.title, Ordered: true,
		X: figure.Axis{Label: "steps S", Log: true}, Y: figure.Axis{Label: v.rate}}
	name := sizeName
	if byParams {
		f.X.Label, name = v.paramsLabel(), stepsName
	}
	all := v.values(series)
	const most = 8 // series that can be told apart
	shown := spaced(all, most)
	among, xs := v.fitted(series), v.fitted(x)
	for _, of := range shown {
		points := figure.Layer{Mark: figure.Points, Series: name(of)}
		for _, p := range v.points {
			if series(p) == of && x(p) > 0 {
				points.Data = append(points.Data, figure.Datum{X: x(p), Y: p.ratio, Low: p.low, High: p.high, Label: fmt.Sprintf("%s: %.4f", p.name, p.ratio)})
			}
		}
		slices.SortStableFunc(points.Data, func(a, b figure.Datum) int { return cmp.Compare(a.X, b.X) })
		line := figure.Layer{Mark: figure.Line, Series: name(of)}
		switch {
		case v.form != nil && !slices.Contains(among, of): // the law says nothing of what it was not fitted to
		case v.form != nil:
			for _, at := range geometric(xs[0]/1.1, xs[len(xs)-1]*1.1, 60) {
				p, s := of, at
				if byParams {
					p, s = at, of
				}
				line.Data = append(line.Data, figure.Datum{X: at, Y: v.form.Value(p, s)})
			}
		default:
			for _, d := range points.Data {
				line.Data = append(line.Data, figure.Datum{X: d.X, Y: d.Y})
			}
		}
		if len(line.Data) > 0 {
			f.Layers = append(f.Layers, finite(line))
		}
		f.Layers = append(f.Layers, points)
	}
	if len(all) == 0 { // no step is known
		points := figure.Layer{Mark: figure.Points, Series: "step not known"}
		for _, p := range v.points {
			if x(p) > 0 {
				points.Data = append(points.Data, figure.Datum{X: x(p), Y: p.ratio, Low: p.low, High: p.high, Label: fmt.Sprintf("%s: %.4f", p.name, p.ratio)})
			}
		}
		f.Layers = append(f.Layers, points)
	}
	f.Layers = append(f.Layers, rules(v.rules, 1)...)
	f.Text = v.text(x, what) + fmt.Sprintf(" A series is a %s", map[bool]string{true: "step", false: "model size"}[byParams])
	if len(shown) < len(all) {
		f.Text += fmt.Sprintf("; %d of %d are shown", len(shown), len(all))
	}
	f.Text += ". Whiskers are 95% intervals."
	if v.form != nil {
		of := "all points"
		if n := len(v.points); v.law.Points < n {
			of = fmt.Sprintf("%d of the %d points, where it was fitted", v.law.Points, n)
		}
		f.Text += fmt.Sprintf(" Lines are the law %s fitted to %s (R2 %.4f).", v.form.Formula, of, float64(v.form.R2))
	}
	if len(v.rules) > 0 {
		f.Text += fmt.Sprintf(" Rules are classical compressors on the same chunks: %s.", ruleText(v.rules))
	}
	f.Text += v.caveat
	return f
}

// text says how the ratio changes from the least to the largest of something.
func (v *scaling) text(x func(measured) float64, what string) string {
	var known []measured
	for _, p := range v.points {
		if x(p) > 0 {
			known = append(known, p)
		}
	}
	least := slices.MinFunc(known, func(a, b measured) int { return cmp.Compare(a.ratio, b.ratio) })
	xs := v.values(x)
	return fmt.Sprintf("%s over %s from %s to %s. The least ratio is %.4f, of %s.", counted(len(known), "measurement"), what, size(xs[0]), size(xs[len(xs)-1]), least.ratio, least.name)
}

// rules are classical compressors' ratios times a factor.
func rules(cells []store.Cell, factor float64) []figure.Layer {
	if len(cells) == 0 {
		return nil
	}
	l := figure.Layer{Mark: figure.Rule, Dashed: true}
	for _, c := range cells {
		l.Data = append(l.Data, figure.Datum{Y: factor * c.Ratio, Label: subjectLabel(c)})
	}
	return []figure.Layer{l}
}

// subjectLabel is the name of a classical compressor, and whether it had all chunks as one.
func subjectLabel(c store.Cell) string {
	if c.Whole {
		return c.Name + ", whole"
	}
	return c.Name
}

func ruleText(cells []store.Cell) (text string) {
	for i, c := range cells {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s %.4f", c.Name, c.Ratio)
	}
	return text
}

// geometric are n+1 values from low to high with equal ratios.
func geometric(low, high float64, n int) []float64 {
	list := make([]float64, n+1)
	for i := range list {
		list[i] = math.Exp(math.Log(low) + float64(i)/float64(n)*(math.Log(high)-math.Log(low)))
	}
	return list
}

// finite drops what has no place: a law may be infinite where nothing was measured. JSON has no such numbers.
func finite(l figure.Layer) figure.Layer {
	l.Data = slices.DeleteFunc(l.Data, func(d figure.Datum) bool {
		for _, x := range []float64{d.X, d.Y, d.X2, d.Y2, d.Z} {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return true
			}
		}
		return false
	})
	return l
}

// surface is the law over P and S, and the points on it.
func (v *scaling) surface(sizes, steps []float64) figure.Figure {
	f := figure.Figure{ID: "surface " + v.id, Title: "The fitted law and the points: " + v.title,
		X: figure.Axis{Label: v.paramsLabel(), Log: true}, Y: figure.Axis{Label: "steps S", Log: true}, Z: &figure.Axis{Label: v.rate}}
	const across, up = 40, 30
	xs := geometric(sizes[0]/1.15, sizes[len(sizes)-1]*1.15, across)
	ys := geometric(steps[0]/1.15, steps[len(steps)-1]*1.15, up)
	cells := figure.Layer{Mark: figure.Cells}
	for i := range across {
		for j := range up {
			z := v.form.Value(math.Sqrt(xs[i]*xs[i+1]), math.Sqrt(ys[j]*ys[j+1]))
			cells.Data = append(cells.Data, figure.Datum{X: xs[i], X2: xs[i+1], Y: ys[j], Y2: ys[j+1], Z: z})
		}
	}
	points := figure.Layer{Mark: figure.Points}
	for _, p := range v.points {
		if p.fitted && p.steps > 0 {
			fitted := v.form.Value(p.params, p.steps)
			points.Data = append(points.Data, figure.Datum{X: p.params, Y: p.steps, Z: p.ratio, Label: fmt.Sprintf("%s: %.4f, fitted %.4f", p.name, p.ratio, fitted)})
		}
	}
	f.Layers = []figure.Layer{finite(cells), points}
	f.Text = fmt.Sprintf("The surface is %s, fitted to %s: R2 %.4f, root mean square of the residuals %.4f. A disc has the colour of what was measured there: where it stands out, the law is off.",
		v.form.Formula, counted(v.law.Points, "point"), float64(v.form.R2), float64(v.form.RMSE)) + v.caveat
	return f
}

// residuals are what is left of each point, a series for each size.
func (v *scaling) residuals(sizes []float64) figure.Figure {
	f := figure.Figure{ID: "residuals " + v.id, Title: "Residuals of the fitted law: " + v.title, Ordered: true,
		X: figure.Axis{Label: "fitted"}, Y: figure.Axis{Label: "measured - fitted"}}
	f.Layers = append(f.Layers, figure.Layer{Mark: figure.Rule, Data: []figure.Datum{{Y: 0}}})
	largest := measured{}
	worst, outside, known := 0.0, 0, 0
	for _, of := range sizes {
		l := figure.Layer{Mark: figure.Points, Series: sizeName(of)}
		for _, p := range v.points {
			if p.params != of || p.steps <= 0 || !p.fitted {
				continue
			}
			fitted := v.form.Value(p.params, p.steps)
			left := p.ratio - fitted
			d := figure.Datum{X: fitted, Y: left, Label: fmt.Sprintf("%s: %+.4f", p.name, left)}
			if p.low != nil {
				d.Low, d.High = number(*p.low-fitted), number(*p.high-fitted)
				known++
				if *d.Low > 0 || *d.High < 0 {
					outside++
				}
			}
			if math.Abs(left) > math.Abs(worst) {
				worst, largest = left, p
			}
			l.Data = append(l.Data, d)
		}
		if l = finite(l); len(l.Data) > 0 {
			f.Layers = append(f.Layers, l)
		}
	}
	f.Text = fmt.Sprintf("The largest residual of %s is %+.4f, of %s; the root of their mean square is %.4f.", v.form.Formula, worst, largest.name, float64(v.form.RMSE))
	if known > 0 {
		f.Text += fmt.Sprintf(" Of %d points with a 95%% interval, %d have one that the law is outside of.", known, outside)
	}
	f.Text += " A pattern, a curve or one size on one side, is what the form cannot say."
	return f
}
