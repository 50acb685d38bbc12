package law

import (
	"context"
	"math"
	"slices"

	"lmz/internal/lab/fit"
)

// HeldOut is points that laws were to predict without having been fitted to them, and how well copying the nearest measured point does: what
// a law has to beat.
type HeldOut struct {
	Held      string `json:"held"` // in words
	Fitted    int    `json:"fitted"`
	Predicted int    `json:"predicted"`
	Nearest   Number `json:"nearest_rmse"`

	split *fit.Split // nil where each point is left out once
}

// Prediction is how well a form predicts what was held out.
type Prediction struct {
	Held      string `json:"held"`
	RMSE      Number `json:"rmse"`
	Bias      Number `json:"bias"`       // mean of predicted - measured
	ToNearest Number `json:"to_nearest"` // RMSE / that of copying the nearest: below 1 where the law is worth having
	Problem   string `json:"problem,omitempty"`

	of *fit.Prediction
}

// Comparison is of the first form with another: which predicts better, left out one by one.
type Comparison struct {
	Forms      [2]string `json:"forms"`
	AICc       [2]Number `json:"aicc"`
	Weights    [2]Number `json:"weights"` // Akaike weights, of these two
	RMSE       [2]Number `json:"rmse"`
	Difference Number    `json:"difference"` // of the RMSE; below 0 where the first predicts better
	Interval   Interval  `json:"interval"`
	Better     string    `json:"better"` // "" where these points do not tell
}

// hold decides what is held out: each point once, the largest model, the last checkpoint, the last two. What cannot be held out is left out.
func (l *Law) hold() {
	if p, err := fit.LeaveOneOut(fit.Forms[len(fit.Forms)-1], l.points, fit.LeastSquares); err == nil { // the constant
		l.HeldOut = append(l.HeldOut, HeldOut{Held: p.Held, Fitted: p.Fitted, Predicted: len(p.Test), Nearest: Number(p.NaiveRMSE)})
	}
	var splits []fit.Split
	if s, err := fit.LargestModel(l.points); err == nil {
		splits = append(splits, s)
	}
	for last := 1; last <= 2; last++ {
		if s, err := fit.LastCheckpoints(l.points, last); err == nil {
			splits = append(splits, s)
		}
	}
	for _, s := range splits {
		squares := 0.0
		for _, x := range s.Test {
			e := fit.CopyNearest(s.Fit, x.Params, x.Steps) - x.Ratio
			squares += e * e
		}
		l.HeldOut = append(l.HeldOut, HeldOut{s.Held, len(s.Fit), len(s.Test), Number(math.Sqrt(squares / float64(len(s.Test)))), &s})
	}
}

// predict has a form predict all that is held out.
func (l *Law) predict(ctx context.Context, form *fit.Form, loss fit.Loss) (list []Prediction, err error) {
	for _, h := range l.HeldOut {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var p *fit.Prediction
		if h.split == nil {
			p, err = fit.LeaveOneOut(form, l.in(form), loss)
		} else {
			split := *h.split
			split.Fit, split.Test = l.tokened(form, split.Fit), l.tokened(form, split.Test)
			p, err = fit.HoldOut(form, split, loss)
		}
		if err != nil {
			list = append(list, Prediction{h.Held, unknown, unknown, unknown, plain(err), nil})
			continue
		}
		list = append(list, Prediction{h.Held, Number(p.RMSE), Number(p.Bias), Number(p.ToNaive), "", p})
	}
	return list, nil
}

// compare compares the first form with another.
func (l *Law) compare(a, b *fit.Form) {
	find := func(form *fit.Form) *Candidate {
		return &l.Forms[slices.IndexFunc(l.Forms, func(c Candidate) bool { return c.Form == form.Name })]
	}
	x, y := find(a), find(b)
	if x.law == nil || y.law == nil || len(x.Predictions) == 0 || x.Predictions[0].of == nil || y.Predictions[0].of == nil {
		l.Warnings = append(l.Warnings, a.Name+" and "+b.Name+" cannot be compared: one of them cannot be fitted with each point left out.")
		return
	}
	left := [2]*fit.Prediction{x.Predictions[0].of, y.Predictions[0].of}
	if a.Tokens != b.Tokens { // the same points, in one unit
		second := *left[1]
		second.Test = left[0].Test
		left[1] = &second
	}
	c, err := fit.Compare(x.law, y.law, left)
	if err != nil {
		l.Warnings = append(l.Warnings, a.Name+" and "+b.Name+" cannot be compared: "+plain(err)+".")
		return
	}
	l.Comparison = &Comparison{Forms: c.Forms, Difference: Number(c.Difference), Interval: interval(c.Interval)}
	for i := range c.AICc {
		l.Comparison.AICc[i], l.Comparison.Weights[i], l.Comparison.RMSE[i] = Number(c.AICc[i]), Number(c.Weights[i]), Number(c.RMSE[i])
	}
	switch c.Better {
	case -1:
		l.Comparison.Better = c.Forms[0]
	case 1:
		l.Comparison.Better = c.Forms[1]
	}
}
