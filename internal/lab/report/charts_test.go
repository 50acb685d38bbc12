package report

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/fit"
	"lmz/internal/lab/law"
	"lmz/internal/lab/store"
)

// chartsOf are the figures of the sample store's cells and more, with the published law fitted if law is true.
func chartsOf(t *testing.T, fitted bool) []figure.Figure {
	t.Helper()
	return chartsSince(t, fitted, 0)
}

// chartsSince are those with a law that leaves out what was measured before so many steps.
func chartsSince(t *testing.T, fitted bool, since float64) []figure.Figure {
	t.Helper()
	s, _ := sampleStore(t)
	cells, err := s.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var account *law.Account
	if fitted {
		account = accountOf(t, cells, since)
	}
	list, err := figures(t.Context(), s, cells, []string{"tales"}, account, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func accountOf(t *testing.T, cells []store.Cell, since float64) *law.Account {
	t.Helper()
	d, err := law.FromCells(cells, "sample", "")
	if err != nil {
		t.Fatal(err)
	}
	if since > 0 {
		if err := d.Since(since); err != nil {
			t.Fatal(err)
		}
	}
	form, err := fit.FormNamed("published")
	if err != nil {
		t.Fatal(err)
	}
	a, err := law.Make(t.Context(), d, law.Options{Forms: []*fit.Form{form}, Draws: 20, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ids(list []figure.Figure) (ids []string) {
	for _, f := range list {
		ids = append(ids, f.ID)
	}
	return ids
}

func named(t *testing.T, list []figure.Figure, id string) figure.Figure {
	t.Helper()
	i := slices.IndexFunc(list, func(f figure.Figure) bool { return f.ID == id })
	if i < 0 {
		t.Fatalf("no figure %s among %s", id, strings.Join(ids(list), ", "))
	}
	return list[i]
}

// layer is a figure's of a mark and a series.
func layer(t *testing.T, f figure.Figure, mark figure.Mark, series string) figure.Layer {
	t.Helper()
	i := slices.IndexFunc(f.Layers, func(l figure.Layer) bool { return l.Mark == mark && l.Series == series })
	if i < 0 {
		t.Fatalf("%s: no %s of %q", f.ID, mark, series)
	}
	return f.Layers[i]
}

func TestFiguresOfAStore(t *testing.T) {
	list := chartsOf(t, false)
	var want []string
	for _, kind := range []string{"ratio", "params steps", "adjusted size"} {
		for _, data := range []string{"tales", "noises"} {
			for _, k := range strings.Fields(kind) {
				want = append(want, k+"-"+data+"-lossless-1")
			}
		}
	}
	if got := ids(list); !slices.Equal(got, want) {
		t.Errorf("figures %v, want %v", got, want)
	}
	if got, err := figures(t.Context(), nil, nil, nil, nil, nil); err != nil || len(got) != 0 {
		t.Errorf("figures of nothing: %v, %v", ids(got), err)
	}
}

// Each figure can be drawn and sent to a page, says what there is to see, and has a name of its own for files and anchors.
func TestFiguresAreWhole(t *testing.T) {
	list := chartsOf(t, true)
	seen := map[string]bool{}
	for _, f := range list {
		if seen[f.ID] || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(f.ID) {
			t.Errorf("ID %q is no file's name, or is there twice", f.ID)
		}
		seen[f.ID] = true
		if _, err := json.Marshal(f); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
		if f.Title == "" || f.X.Label == "" || f.Y.Label == "" && f.Y.Names == nil || !regexp.MustCompile(`[0-9].*\.$`).MatchString(f.Text) {
			t.Errorf("%s: title %q, axes %q and %q, text %q", f.ID, f.Title, f.X.Label, f.Y.Label, f.Text)
		}
		data := 0
		for _, l := range f.Layers {
			data += len(l.Data)
		}
		if data == 0 {
			t.Errorf("%s: nothing to see", f.ID)
		}
		var b bytes.Buffer
		if err := figure.SVG(&b, f); err != nil || bytes.Contains(b.Bytes(), []byte("NaN")) {
			t.Errorf("%s: %v, or NaN in the drawing", f.ID, err)
		}
	}
	for _, id := range []string{"surface-tales-lossless-1", "residuals-noises-lossless-1", "exponents", "terms"} {
		named(t, list, id)
	}
}

func TestRatioFigure(t *testing.T) {
	f := named(t, chartsOf(t, false), "ratio-tales-lossless-1")
	// Of each model the last step, then classical compressors: the best is on top.
	if got := f.Y.Names[:5]; !slices.Equal(got, []string{"toy-800k@step6400", "toy-200k@step6400", "gzip -9", "xz -9e", "toy-50k@step6400"}) && len(f.Y.Names) != 3+2+len(hostile) {
		t.Errorf("names %q", got)
	}
	last := math.Inf(-1)
	rows := make([]float64, len(f.Y.Names))
	for _, l := range f.Layers {
		if l.Mark == figure.Points {
			for _, d := range l.Data {
				rows[int(d.Y)] = d.X
			}
		}
	}
	for i, x := range rows {
		if x < last || x <= 0 {
			t.Errorf("row %d, %.20s: %v%% below %v%%", i, f.Y.Names[i], x, last)
		}
		last = x
	}
	models := layer(t, f, figure.Points, "models").Data
	c := sampleCell(800_000, 6400, "tales")
	if got := models[0]; math.Abs(got.X-100*c.Ratio) > 1e-9 || math.Abs(*got.Low-100*c.Low/8) > 1e-9 || math.Abs(*got.High-100*c.High/8) > 1e-9 {
		t.Errorf("%v, low %v, high %v, want %v%%", got.X, *got.Low, *got.High, 100*c.Ratio)
	}
	if classical := layer(t, f, figure.Points, "classical, each chunk by itself").Data[0]; classical.Low != nil || classical.High != nil {
		t.Error("an interval of a compressor that has none")
	}
}

// Lines of the scaling figures are the law that was fitted, at each series' step or size.
func TestScalingFiguresShowTheLaw(t *testing.T) {
	list := chartsOf(t, true)
	value := func(p, s float64) float64 { return 0.2 + 3*math.Pow(p, -0.2) + 1.5*math.Pow(s, -0.5) }
	for _, d := range layer(t, named(t, list, "params-tales-lossless-1"), figure.Line, "step 1,600").Data {
		if want := value(d.X, 1600); math.Abs(d.Y-want) > 1e-6 {
			t.Errorf("%v parameters: %v, want %v", d.X, d.Y, want)
		}
	}
	for _, d := range layer(t, named(t, list, "steps-noises-lossless-1"), figure.Line, "200k parameters").Data {
		if want := value(200_000, d.X); math.Abs(d.Y-want) > 1e-6 {
			t.Errorf("%v steps: %v, want %v", d.X, d.Y, want)
		}
	}
	surface := named(t, list, "surface-tales-lossless-1")
	for _, d := range layer(t, surface, figure.Cells, "").Data {
		if want := value(math.Sqrt(d.X*d.X2), math.Sqrt(d.Y*d.Y2)); math.Abs(d.Z-want) > 1e-6 {
			t.Fatalf("cell at %v, %v: %v, want %v", d.X, d.Y, d.Z, want)
		}
	}
	if points := layer(t, surface, figure.Points, "").Data; len(points) != 12 {
		t.Errorf("%d points on the surface, want 12", len(points))
	}
	residuals := named(t, list, "residuals-tales-lossless-1")
	for _, series := range residuals.Series() {
		for _, d := range layer(t, residuals, figure.Points, series).Data {
			if math.Abs(d.Y) > 1e-6 || math.Abs(*d.High-d.Y-0.01) > 1e-9 || math.Abs(d.Y-*d.Low-0.01) > 1e-9 {
				t.Errorf("%s at %v: residual %v from %v to %v, want 0 and 0.01 to each side", series, d.X, d.Y, *d.Low, *d.High)
			}
		}
	}
	if rules := layer(t, named(t, list, "params-tales-lossless-1"), figure.Rule, "").Data; len(rules) != 3 || rules[0].Label != "xz -9e" || rules[0].Y != 0.55 {
		t.Errorf("rules %v, want the three best compressors", rules)
	}
}

// TestScalingFiguresOfAPart: a law that leaves out early steps is drawn where it was fitted alone, beside all points.
func TestScalingFiguresOfAPart(t *testing.T) {
	list := chartsSince(t, true, 400)
	params := named(t, list, "params-tales-lossless-1")
	if early := layer(t, params, figure.Points, "step 100").Data; len(early) != 3 {
		t.Errorf("%d points of step 100, want 3", len(early))
	}
	if i := slices.IndexFunc(params.Layers, func(l figure.Layer) bool { return l.Mark == figure.Line && l.Series == "step 100" }); i >= 0 {
		t.Error("the law is drawn at step 100, which it was not fitted to")
	}
	layer(t, params, figure.Line, "step 400")
	if !strings.Contains(params.Text, "fitted to 9 of the 12 points") {
		t.Errorf("text %q does not say to which points the law was fitted", params.Text)
	}
	for _, d := range layer(t, named(t, list, "steps-tales-lossless-1"), figure.Line, "200k parameters").Data {
		if d.X < 400/1.11 {
			t.Fatalf("the law is drawn at step %v, which it was not fitted to", d.X)
		}
	}
	if points := layer(t, named(t, list, "surface-tales-lossless-1"), figure.Points, "").Data; len(points) != 9 {
		t.Errorf("%d points on the surface, want 9", len(points))
	}
}

// Without a law the lines join the points.
func TestScalingFiguresWithoutALaw(t *testing.T) {
	list := chartsOf(t, false)
	f := named(t, list, "params-tales-lossless-1")
	points, line := layer(t, f, figure.Points, "step 100"), layer(t, f, figure.Line, "step 100")
	if len(points.Data) != 3 || len(line.Data) != 3 || line.Data[1].Y != points.Data[1].Y {
		t.Errorf("points %v, line %v", points.Data, line.Data)
	}
	if strings.Contains(f.Text, "law") {
		t.Errorf("text %q of no law", f.Text)
	}
}

func TestGroups(t *testing.T) {
	done := func(c store.Cell, change func(*store.Cell)) store.Cell {
		c.Status = store.Done
		change(&c)
		return c
	}
	plain := func(*store.Cell) {}
	a := sampleCell(50_000, 100, "tales")
	cells := []store.Cell{
		done(a, func(c *store.Cell) { c.Protocol = "lossless/1+profile" }),
		done(a, plain),
		done(sampleCell(50_000, 400, "tales"), func(c *store.Cell) { c.Protocol = "lossless/1+unverified" }),
		done(a, func(c *store.Cell) { c.Protocol = "lossless/1+carry" }),
		done(baselineCell("gzip", "tales", 0.5), plain),
		done(baselineCell("xz", "tales", 0.4), plain),
		done(baselineCell("xz", "tales", 0.3), func(c *store.Cell) { c.Whole = true }),
		done(baselineCell("xz", "tales", 0.3), func(c *store.Cell) { c.Data = "other" }),
		baselineCell("failed", "tales", 0.1),
	}
	groups := groupsOf(cells, nil)
	if len(groups) != 3 {
		t.Fatalf("%d groups, want 3: two data sets of one name, and the protocol with another context", len(groups))
	}
	g := groups[0]
	if len(g.models) != 2 || len(g.chunked) != 2 || g.chunked[0].Name != "xz" || len(g.whole) != 1 {
		t.Errorf("%d models, %d compressors, %d whole: want 2, 2 with xz first, 1", len(g.models), len(g.chunked), len(g.whole))
	}
	if g.dataset == groups[1].dataset || !strings.HasPrefix(g.dataset, "tales (") {
		t.Errorf("data sets %q and %q: want names that differ", g.dataset, groups[1].dataset)
	}
	if carry := groups[2]; carry.protocol != "lossless/1+carry" || len(carry.models) != 1 || len(carry.chunked) != 2 {
		t.Errorf("%s has %d models and %d compressors, want 1 and 2: compressors know no context", carry.protocol, len(carry.models), len(carry.chunked))
	}
	if last := g.last(); len(last) != 1 || last[0].Step != 400 {
		t.Errorf("last steps %v", last)
	}
}

func TestSmallFunctions(t *testing.T) {
	if got := spaced([]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3); !slices.Equal(got, []int{1, 5, 9}) {
		t.Errorf("spaced %v", got)
	}
	if got := spaced([]int{1, 2}, 3); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("spaced %v", got)
	}
	for x, want := range map[float64]string{7: "7", 1500: "1.5k", 70e6: "70M", 1.4e9: "1.4G", 1e13: "10T"} {
		if got := size(x); got != want {
			t.Errorf("size %v is %s, want %s", x, got, want)
		}
	}
	open := func(low, high float64, openLow, openHigh bool) [2]float64 {
		from, to := whiskerEnds(&law.Interval{Low: law.Number(low), High: law.Number(high), OpenLow: openLow, OpenHigh: openHigh}, -1, 2)
		ends := [2]float64{99, 99}
		for i, end := range []*float64{from, to} {
			if end != nil {
				ends[i] = *end
			}
		}
		return ends
	}
	const none = 99
	nan := math.NaN()
	for _, c := range []struct{ got, want [2]float64 }{
		{open(0, 1, false, false), [2]float64{0, 1}},
		{open(0, 1, true, false), [2]float64{none, 1}},
		{open(0, 1, false, true), [2]float64{0, none}},
		{open(0, 1, true, true), [2]float64{-1, 2}},
		{open(-5, 50, false, false), [2]float64{-1, 2}},
		{open(nan, nan, true, true), [2]float64{-1, 2}},
		{open(nan, nan, false, false), [2]float64{-1, 2}},
	} {
		if c.got != c.want {
			t.Errorf("ends %v, want %v", c.got, c.want)
		}
	}
}

// TestIdentify: every figure has a name of its own that a file can have, however long or alike those of its data are.
func TestIdentify(t *testing.T) {
	long := strings.Repeat("../long ", 1000)
	list := []figure.Figure{{ID: "ratio a"}, {ID: "ratio A!"}, {ID: "ratio a 2"}, {ID: "ratio " + long + "1"}, {ID: "ratio " + long + "2"}}
	identify(list)
	seen := map[string]bool{}
	for _, f := range list {
		if seen[f.ID] || len(f.ID) > 180 || strings.Trim(f.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%d bytes %q, want another, short one", len(f.ID), f.ID)
		}
		seen[f.ID] = true
	}
	if list[0].ID != "ratio-a" || list[1].ID != "ratio-a-2" {
		t.Errorf("%q and %q, want ratio-a and ratio-a-2", list[0].ID, list[1].ID)
	}
}
