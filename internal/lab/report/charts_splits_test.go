package report

import (
	"math"
	"strings"
	"testing"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/study"
)

func TestSplitFigures(t *testing.T) {
	split := func(params, step int64, data string, d *study.Difference) study.InContext {
		c := sampleCell(params, step, data)
		c.Protocol = "no-context/1"
		return study.InContext{None: c, TrueNone: d}
	}
	list := splitFigures([]study.InContext{ // as tables have them: by size, then by step; data sets among one another
		split(50_000, 10, "tales", &study.Difference{Value: 0.1, Low: 0.05, High: 0.2}),
		split(50_000, 10, "photos", &study.Difference{Value: 1, Low: math.NaN(), High: math.NaN()}),
		split(50_000, 100, "tales", &study.Difference{Value: -0.3, Low: -0.4, High: -0.2}),
		split(200_000, 10, "tales", nil),
		split(200_000, 100, "tales", &study.Difference{Value: -0.5, Low: -0.6, High: -0.4}),
	})
	if len(list) != 1 || list[0].ID != "saved tales" { // of photos there is one step, and nothing was shuffled
		t.Fatalf("figures %v, want one of tales", ids(list))
	}
	f := list[0]
	if got := f.Series(); len(got) != 1 {
		t.Errorf("series %v, want that of two steps alone", got)
	}
	d := layer(t, f, figure.Points, "toy-50k").Data
	if len(d) != 2 || d[0].Y != -0.1 || *d[0].Low != -0.2 || *d[0].High != -0.05 || d[1].X != 100 || d[1].Y != 0.3 {
		t.Errorf("points %+v, want what is saved: -0.1 and 0.3", d)
	}
	if !strings.Contains(f.Text, "toy-50k -0.1000 at step 10 and +0.3000 at step 100") {
		t.Errorf("text %q", f.Text)
	}
}
