package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

// figures are the charts of a store's finished cells, and of the laws that were fitted to them: only those for which there are data.
// Data sets whose names are in order come first, in this order. account may be nil.
func figures(ctx context.Context, s *store.Store, cells []store.Cell, order []string, account *law.Account, splits []study.InContext) ([]figure.Figure, error) {
	var list []figure.Figure
	add := func(f *figure.Figure) {
		if f != nil {
			list = append(list, *f)
		}
	}
	all := groupsOf(cells, order)
	groups := slices.DeleteFunc(slices.Clone(all), func(g *group) bool { return contextKind(g.protocol) >= 0 }) // those have a figure together
	for _, g := range groups {
		add(ratioFigure(g))
	}
	for _, g := range groups {
		for _, v := range scalingsOf(g, account) {
			list = append(list, v.figures()...)
		}
	}
	if account != nil {
		list = append(list, coefficientFigures(account)...)
	}
	for _, g := range groups {
		curves, err := positionFigures(ctx, s, g)
		if err != nil {
			return nil, err
		}
		list = append(list, curves...)
	}
	list = append(list, contextFigures(all)...)
	list = append(list, splitFigures(splits)...)
	for _, g := range groups {
		add(tokenFigure(g))
		add(adjustedFigure(g))
		add(sizeFigure(g))
	}
	identify(list)
	return list, nil
}

// identify makes the figures' IDs what files and anchors may be called, each once.
func identify(list []figure.Figure) {
	taken := map[string]bool{}
	for i := range list {
		name := slug(list[i].ID)
		id := name
		for n := 2; taken[id]; n++ {
			id = name + "-" + strconv.Itoa(n)
		}
		taken[id] = true
		list[i].ID = id
	}
}

// longestSlug leaves room for a number, a suffix and what temporary names add: a file's name has 255 bytes at most.
const longestSlug = 160

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

func slug(s string) string {
	s = strings.TrimLeft(notSlug.ReplaceAllString(strings.ToLower(s), "-"), "-")
	return strings.TrimRight(s[:min(len(s), longestSlug)], "-")
}

// group is the finished cells that may stand beside each other: of the same chunks under the same protocol, each subject once. Classical
// compressors take part under every option of a protocol that they do not know.
type group struct {
	protocol string // without the options that change no figure
	dataset  string
	models   []store.Cell // by size and step
	chunked  []store.Cell // classical compressors on each chunk, the best first
	whole    []store.Cell // those on all chunks as one
}

func groupsOf(cells []store.Cell, order []string) []*group {
	type key struct{ protocol, data string }
	var keys []key
	groups := map[key]*group{}
	names := map[string]map[string]bool{} // identities of data, by name
	for _, c := range cells {
		if c.Status != store.Done || c.RawBytes == 0 {
			continue
		}
		if names[c.Dataset] == nil {
			names[c.Dataset] = map[string]bool{}
		}
		names[c.Dataset][c.Data] = true
		k := key{c.Counting(), c.Data}
		if groups[k] == nil {
			groups[k] = &group{protocol: k.protocol, dataset: c.Dataset}
			keys = append(keys, k)
		}
	}
	for k, g := range groups {
		if len(names[g.dataset]) > 1 {
			g.dataset = fmt.Sprintf("%s (%.8s)", g.dataset, k.data)
		}
	}
	for _, c := range cells {
		if c.Status != store.Done || c.RawBytes == 0 {
			continue
		}
		for _, k := range keys {
			if c.Data != k.data {
				continue
			}
			g := groups[k]
			base, _, _ := strings.Cut(k.protocol, "+")
			switch own := c.Counting(); {
			case c.Kind == "model" && own == k.protocol:
				g.models = addOnce(g.models, c)
			case c.Kind == "model" || own != k.protocol && own != base:
			case c.Whole:
				g.whole = addOnce(g.whole, c)
			default:
				g.chunked = addOnce(g.chunked, c)
			}
		}
	}
	place := func(k key) int {
		name := groups[k].dataset
		for i, n := range order {
			if name == n || strings.HasPrefix(name, n+" (") {
				return i
			}
		}
		return len(order)
	}
	slices.SortStableFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(place(a), place(b)))
	})
	var list []*group
	for _, k := range keys {
		g := groups[k]
		slices.SortStableFunc(g.models, func(a, b store.Cell) int {
			return cmp.Or(cmp.Compare(a.Params, b.Params), cmp.Compare(a.Run(), b.Run()), cmp.Compare(a.Step, b.Step))
		})
		byRatio := func(a, b store.Cell) int { return cmp.Or(cmp.Compare(a.Ratio, b.Ratio), cmp.Compare(a.Name, b.Name)) }
		slices.SortStableFunc(g.chunked, byRatio)
		slices.SortStableFunc(g.whole, byRatio)
		list = append(list, g)
	}
	return list
}

// addOnce adds a cell unless its subject is there: it was measured under two names of one protocol.
func addOnce(list []store.Cell, c store.Cell) []store.Cell {
	if slices.ContainsFunc(list, func(o store.Cell) bool { return o.Subject == c.Subject && o.Whole == c.Whole }) {
		return list
	}
	return append(list, c)
}

// title is what a group's figures are of.
func (g *group) title() string { return g.dataset + " (" + g.protocol + ")" }

// id is a figure's, of a kind.
func (g *group) id(kind string) string { return kind + " " + g.dataset + " " + g.protocol }

// last are the models at their last steps.
func (g *group) last() []store.Cell {
	var list []store.Cell
	for i, c := range g.models {
		later := func(o store.Cell) bool {
			return o.Params == c.Params && o.Run() == c.Run() && o.Step > c.Step
		}
		if !slices.ContainsFunc(g.models[i:], later) {
			list = append(list, c)
		}
	}
	return list
}

// label is a subject's name, with what tells it apart from the others in a list.
func label(c store.Cell, among []store.Cell) string {
	name := c.Name
	if c.Precision != "" && c.Precision != "int8" {
		name += " " + c.Precision
	}
	if slices.ContainsFunc(among, func(o store.Cell) bool {
		return o.Name == c.Name && o.Precision == c.Precision && o.Subject != c.Subject
	}) {
		name += fmt.Sprintf(" (%.8s)", c.Subject)
	}
	return name
}

// interval is a cell's 95% interval of bits/byte times a factor; nil where it has none.
func interval(c store.Cell, factor float64) (low, high *float64) {
	if math.IsNaN(c.Low) || math.IsNaN(c.High) || c.High <= 0 {
		return nil, nil
	}
	return number(c.Low * factor), number(c.High * factor)
}

func number(x float64) *float64 { return &x }

// ratioInWords is a ratio with its interval, for people.
func ratioInWords(c store.Cell) string {
	s := fmt.Sprintf("%.1f%%", 100*c.Ratio)
	if low, high := interval(c, 100.0/8); low != nil {
		s += fmt.Sprintf(" (95%% interval %.1f to %.1f)", *low, *high)
	}
	return s
}

// spaced are at most n of some values, the first and the last among them.
func spaced[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	var some []T
	for i := range n {
		some = append(some, list[i*(len(list)-1)/(n-1)])
	}
	return some
}

// size is a number of parameters or bytes, short: 70M.
func size(x float64) string {
	for _, unit := range []struct {
		from   float64
		suffix string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= unit.from {
			return strconv.FormatFloat(x/unit.from, 'g', 3, 64) + unit.suffix
		}
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
