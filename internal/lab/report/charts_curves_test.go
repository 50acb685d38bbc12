package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
)

// profiledStore has a model at three steps whose byte at position i, from 0, costs 8/(1+i)^0.3 bits, the more the earlier the step.
func profiledStore(t *testing.T) (*store.Store, []store.Cell) {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir()+"/profiles.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for k, step := range []int64{1, 10, 100} {
		c := sampleCell(50_000, step, "tales")
		c.Protocol, c.ChunkSize, c.Chunks = "lossless/1+profile", 100, 10
		c = identified(c)
		claim, err := s.Claim(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		var rows []store.Chunk
		for i := range c.Chunks {
			row := store.Chunk{Index: i, RawBytes: 100, CoveredBytes: 100, Tokens: 34, CountedBits: 1}
			for at := 0; at < 100; at += 3 { // tokens of three bytes, and one of one byte
				size := min(3, 100-at)
				row.Profile = append(row.Profile, store.Token{Size: size, Bits: float32(costs(at, size, k))})
			}
			rows = append(rows, row)
		}
		if err := claim.Put(t.Context(), "", rows); err != nil {
			t.Fatal(err)
		}
		if err := claim.Finish(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	cells, err := s.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, cells
}

// costs is the bits of some bytes of a chunk.
func costs(at, size, k int) (bits float64) {
	for i := range size {
		bits += 8 * math.Pow(float64(1+at+i), -0.3) * float64(3-k)
	}
	return bits
}

func TestPositionFigures(t *testing.T) {
	s, cells := profiledStore(t)
	list, err := figures(t.Context(), s, cells, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	const series = "toy-50k@step100"
	position := layer(t, named(t, list, "position-tales-lossless-1"), figure.Line, series).Data
	// The first three bytes are one token, whose cost they share.
	for i, x := range []float64{1, 2, 3} {
		if d := position[i]; d.X != x || math.Abs(d.Y-costs(0, 3, 2)/3) > 1e-5 {
			t.Errorf("position %v: %v bits, want %v at %v", d.X, d.Y, costs(0, 3, 2)/3, x)
		}
	}
	for i := 4; i < len(position); i++ {
		if position[i].X <= position[i-1].X || position[i].Y >= position[i-4].Y {
			t.Errorf("position %v: %v bits, after %v", position[i].X, position[i].Y, position[i-1])
		}
	}
	length := layer(t, named(t, list, "length-tales-lossless-1"), figure.Line, series).Data
	if first := length[0]; first.X != 1 || math.Abs(first.Y-position[0].Y) > 1e-9 {
		t.Errorf("length %v: %v bits/byte, want the first byte's %v", first.X, first.Y, position[0].Y)
	}
	if last := length[len(length)-1]; last.X != 100 || math.Abs(last.Y-costs(0, 100, 2)/100) > 1e-5 {
		t.Errorf("length %v: %v bits/byte, want the whole chunk's %v", last.X, last.Y, costs(0, 100, 2)/100)
	}
	// Equal chunks leave no doubt: the intervals have no width.
	for _, d := range layer(t, named(t, list, "length-tales-lossless-1"), figure.Band, series).Data {
		if math.Abs(*d.High-*d.Low) > 1e-9 || math.Abs(*d.Low-d.Y) > 1e-9 {
			t.Errorf("length %v: %v to %v, want %v", d.X, *d.Low, *d.High, d.Y)
		}
	}
	if got, want := named(t, list, "position-steps-tales-lossless-1"), []string{"step 1", "step 10", "step 100"}; !slices.Equal(got.Series(), want) || !got.Ordered {
		t.Errorf("series %v, want %v in order", got.Series(), want)
	}
}

// A chunk that ends early, or goes beyond the size of chunks, is counted where it has bytes.
func TestBinsOfChunksOfOtherSizes(t *testing.T) {
	b := &binned{edges: binEdges(8)}
	if want := []int{0, 1, 2, 3, 4, 6, 8}; !slices.Equal(b.edges, want) {
		t.Fatalf("edges %v, want %v", b.edges, want)
	}
	for _, length := range []int{1, 2, 3, 7, 2048, 100_000} {
		e := binEdges(length)
		if e[0] != 0 || e[len(e)-1] != length || !slices.IsSorted(e) || len(slices.Compact(slices.Clone(e))) != len(e) {
			t.Errorf("edges of %d: %v", length, e)
		}
	}
	if e := binEdges(0); len(e) != 1 {
		t.Errorf("edges of nothing: %v", e)
	}
	b.bits = [][]float64{{3}, {0}, {0}, {0}, {0}, {0}}
	b.bytes = [][]float64{{1}, {0}, {0}, {0}, {0}, {0}}
	if got := b.curve(false); len(got) != 1 || got[0].Y != 3 || got[0].Low != nil {
		t.Errorf("curve %v, want one place of 3 bits and no interval", got)
	}
}

func TestContextFigure(t *testing.T) {
	var cells []store.Cell
	for i, protocol := range []string{"no-context/1", "shuffled-context/1", "true-context/1+unverified"} {
		for _, params := range []int64{50_000, 200_000} {
			c := sampleCell(params, 100, "tales")
			c.Protocol, c.Status, c.BitsPerByte = protocol, store.Done, 3-float64(i)/10
			cells = append(cells, c)
		}
	}
	list, err := figures(t.Context(), nil, cells, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(list); !slices.Equal(got, []string{"context-tales"}) {
		t.Fatalf("figures %v, want that of contexts alone", got)
	}
	f := list[0]
	if want := []string{"no context", "shuffled context", "true context"}; !slices.Equal(f.Series(), want) || len(f.Y.Names) != 2 {
		t.Errorf("series %v of %v, want %v", f.Series(), f.Y.Names, want)
	}
	if d := layer(t, f, figure.Points, "true context").Data[1]; d.X != 2.8 || math.Round(d.Y) != 1 || d.Y <= 1 {
		t.Errorf("the second model's true context is at %v, %v, want 2.8, below 1", d.X, d.Y)
	}
	if !strings.Contains(f.Text, "toy-50k@step100 3.0000 without context, 2.9000 with shuffled context, 2.8000 with true context") {
		t.Errorf("text %q", f.Text)
	}
	if list := contextFigures(groupsOf(cells[:2], nil)); len(list) != 0 {
		t.Errorf("%d figures of one protocol", len(list))
	}
}

func TestAdjustedFigures(t *testing.T) {
	list := chartsOf(t, false)
	f := named(t, list, "adjusted-tales-lossless-1")
	small, large := sampleCell(50_000, 6400, "tales"), sampleCell(800_000, 6400, "tales")
	line := layer(t, f, figure.Line, large.Name).Data
	for _, d := range line {
		if want := 100 * (large.Ratio + 2*800_000/d.X); math.Abs(d.Y-want) > 1e-9*want {
			t.Errorf("%v bytes: %v%%, want %v%%", d.X, d.Y, want)
		}
	}
	if math.Abs(line[0].X-1e3) > 1e-6 || math.Abs(line[len(line)-1].X-1e13) > 1e3 {
		t.Errorf("from %v to %v bytes, want 1e3 to 1e13", line[0].X, line[len(line)-1].X)
	}
	best := layer(t, f, figure.Band, "least of all").Data
	if first, last := best[0], best[len(best)-1]; math.Abs(first.Y-55) > 1e-9 || math.Abs(last.Y-100*large.Ratio) > 0.01 {
		t.Errorf("the least is %v%% of little data and %v%% of much, want xz's 55%% and the largest model's %v%%", first.Y, last.Y, 100*large.Ratio)
	}
	if got, want := breakEven(large, baselineCell("xz", "tales", 0.55)), size(2*800_000/(0.55-large.Ratio))+" bytes"; got != want || !strings.Contains(f.Text, "toy-800k@step6400 "+want) {
		t.Errorf("breaks even at %s, want %s; text %q", got, want, f.Text)
	}
	if got := breakEven(small, baselineCell("xz", "tales", small.Ratio)); got != "never" {
		t.Errorf("breaks even at %s, want never", got)
	}
	u := named(t, list, "size-tales-lossless-1")
	for _, series := range u.Series() {
		if n := len(layer(t, u, figure.Points, series).Data); n != 3 {
			t.Errorf("%s: %d points, want one for each size", series, n)
		}
	}
	if got, want := u.Series(), []string{"D = 1M", "D = 10M", "D = 100M", "D = 1G"}; !slices.Equal(got, want) {
		t.Errorf("sizes of data %v, want %v", got, want)
	}
}
