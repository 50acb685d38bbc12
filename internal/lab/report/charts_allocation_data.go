package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
)

// leastAdjusted is the least ratio with the model counted, against the size of the data: by the law, of the size N*(D) that is best for
// each, with its interval; and of the best of the models measured at the last step. unit is that of the rates, of a ratio.
func (v *scaling) leastAdjusted(a *law.Allocation, unit float64) *figure.Figure {
	var last []measured
	for _, p := range v.points {
		if p.steps == float64(v.law.Steps.High) {
			last = append(last, p)
		}
	}
	if len(a.Adjusted) < 2 || len(last) == 0 {
		return nil
	}
	const top = 1.2 // sending data as they are costs 1
	f := &figure.Figure{ID: "least " + v.id, Title: "The least ratio with the model counted: " + v.title,
		X: figure.Axis{Label: "size of the data D (bytes)", Log: true},
		Y: figure.Axis{Label: fmt.Sprintf("ratio + %d P / D", bytesPerParam), Low: number(0), High: number(top)}}
	const byLaw = "of the best size by the law, with its 95% interval"
	band, line := figure.Layer{Mark: figure.Band, Series: byLaw}, figure.Layer{Mark: figure.Line, Series: byLaw}
	points := figure.Layer{Mark: figure.Points, Series: "of the best model measured"}
	var words []string
	for _, x := range a.Adjusted {
		bytes := float64(x.Bytes)
		label := func(adjusted float64, model string) string {
			return fmt.Sprintf("%s bytes: %.4f with %s", size(bytes), adjusted, model)
		}
		at := figure.Datum{X: bytes, Y: float64(x.Adjusted), Label: label(float64(x.Adjusted), size(float64(x.Params)))}
		line.Data = append(line.Data, at)
		// An open end is drawn too: ratios are finite where exponents are at their bounds.
		if low, high := float64(x.Range.Low), float64(x.Range.High); !math.IsNaN(low) && !math.IsNaN(high) {
			at.Low, at.High = number(max(low, 0)), number(min(high, top))
			band.Data = append(band.Data, at)
		}
		adjusted := func(p measured) float64 { return p.ratio/unit + bytesPerParam*p.params/bytes }
		best := slices.MinFunc(last, func(p, q measured) int { return cmp.Compare(adjusted(p), adjusted(q)) })
		points.Data = append(points.Data, figure.Datum{X: bytes, Y: adjusted(best), Label: label(adjusted(best), best.name)})
		if e := math.Log10(bytes); math.Abs(e-math.Round(e)) < 1e-9 && int(math.Round(e))%3 == 0 { // 1 MB, 1 GB, 1 TB
			words = append(words, fmt.Sprintf("%.4f (%s) for %s bytes, with %s parameters",
				float64(x.Adjusted), intervalText(x.Range), size(bytes), size(float64(x.Params))))
		}
	}
	extrapolated := figure.Layer{Mark: figure.RuleX, Dashed: true}
	for _, x := range a.Adjusted { // where the best size leaves those measured
		if x.Params > v.law.Params.High {
			extrapolated.Data = append(extrapolated.Data, figure.Datum{X: float64(x.Bytes), Label: "extrapolated"})
			break
		}
	}
	f.Layers = []figure.Layer{finite(band), extrapolated, finite(line), points}
	f.Text = "By the law the least is: " + strings.Join(words, "; ") +
		fmt.Sprintf(". All after %s steps. The ratio is taken to be the same whatever the size of the data;", grouped(int64(v.law.Steps.High))) +
		" beyond the dashed line the best size is larger than those measured," +
		" and the interval holds if the form is right there and its exponents are within the bounds of the search."
	return f
}
