package law

import (
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/fit"
)

// Data is measurements in groups, each of which has a law of its own.
type Data struct {
	Source  string     `json:"source"`          // name of the file
	Params  Convention `json:"params_counted"`  // how P is counted
	From    string     `json:"params_from"`     // where P was taken from
	Steps   string     `json:"steps_unit"`      // what S counts: steps or tokens
	Rate    string     `json:"rate"`            // what was measured: ratio, bits_per_byte, or the name of a column
	Tokens  float64    `json:"tokens_per_step"` // 0 where it is not known
	Groups  []Group    `json:"-"`               // in the order of the source
	Remarks []string   `json:"remarks"`         // what a reader must know of how they were read
}

// Group is the points of one law.
type Group struct {
	Name    string
	Models  []string // of each point
	Points  []fit.Point
	Remarks []string // what a reader must know of these points

	// While they are read:
	seen   map[fit.Point]bool
	places map[place]bool
	copies int
}

type place struct{ params, steps float64 }

// Convention is how a model's parameters are counted.
type Convention string

// The conventions. AsGiven are numbers of which nobody said what they count.
const (
	AsGiven      Convention = "as given"
	Nominal      Convention = "nominal"       // the size in the model's name
	Total        Convention = "total"         // all
	NonEmbedding Convention = "non-embedding" // without the input and output embeddings
)

// Conventions are those that a user may ask for.
func Conventions() []Convention { return []Convention{Nominal, Total, NonEmbedding} }

// Limits of what is read: a law has tens or hundreds of points, and each is fitted thousands of times.
const (
	maxBytes  = 1 << 28 // of a file
	maxRows   = 1 << 22
	maxGroups = 64
	maxPoints = 5000 // of a group, copies aside
)

// add adds a point to the group of a name. A copy of one that is there is only counted.
func (d *Data) add(name, model string, x fit.Point) error {
	i := slices.IndexFunc(d.Groups, func(g Group) bool { return g.Name == name })
	if i < 0 {
		if i = len(d.Groups); i == maxGroups {
			return fmt.Errorf("more than %d groups, %q and before: name the column of the groups with --by", maxGroups, name)
		}
		d.Groups = append(d.Groups, Group{Name: strings.Clone(name), seen: map[fit.Point]bool{}, places: map[place]bool{}})
	}
	g := &d.Groups[i]
	if g.seen[x] {
		g.copies++
		return nil
	}
	if len(g.Points) == maxPoints {
		return fmt.Errorf("more than %d points of %s: average those of one model and step, or name the column of the groups with --by", maxPoints, g.title())
	}
	g.seen[x] = true
	g.places[place{x.Params, x.Steps}] = true
	g.Points, g.Models = append(g.Points, x), append(g.Models, strings.Clone(model))
	return nil
}

// settle remarks on points that are the same, once all have been read: copies are used once, repeats are kept.
func (d *Data) settle() {
	for i := range d.Groups {
		g := &d.Groups[i]
		if g.copies > 0 {
			g.Remarks = append(g.Remarks, fmt.Sprintf("%s of another to the last digit, and left out.", count(g.copies, "row is a copy", "rows are copies")))
		}
		if repeats := len(g.Points) - len(g.places); repeats > 0 {
			g.Remarks = append(g.Remarks, fmt.Sprintf("%s a model size and a step that another has. They are kept as repeated measurements, as if independent.", count(repeats, "point has", "points have")))
		}
		g.seen, g.places = nil, nil
	}
}

// Since leaves out what was measured before a step (or token): while the learning rate warms up, training follows no power law.
func (d *Data) Since(steps float64) error {
	left := 0
	for i := range d.Groups {
		g := &d.Groups[i]
		models, points := g.Models, g.Points
		g.Models, g.Points = nil, nil
		for j, x := range points {
			if x.Steps >= steps {
				g.Models, g.Points = append(g.Models, models[j]), append(g.Points, x)
			}
		}
		if n := len(points) - len(g.Points); n > 0 {
			g.Remarks = append(g.Remarks, fmt.Sprintf("%s left out, of before %s %s, as was asked for.", count(n, "point is", "points are"), thousands(steps), d.Steps))
		}
		left += len(g.Points)
	}
	d.Groups = slices.DeleteFunc(d.Groups, func(g Group) bool { return len(g.Points) == 0 })
	if left == 0 {
		return fmt.Errorf("law: %s: no point has %s %s or more: ask for earlier ones", d.Source, thousands(steps), d.Steps)
	}
	return nil
}

// names are the groups'.
func (d *Data) names() (list []string) {
	for _, g := range d.Groups {
		list = append(list, g.title())
	}
	return list
}

// title is what a group is called in text.
func (g Group) title() string {
	if g.Name == "" {
		return "all points"
	}
	return g.Name
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Fitted is the data without the groups that a form cannot be fitted to, and why not to each of those; all of them where it can be to none.
func (d *Data) Fitted(form *fit.Form, loss fit.Loss) (of *Data, without []string) {
	kept := *d
	kept.Groups = nil
	for i := range d.Groups {
		if _, err := fit.Optimum(form, newLaw(d, &d.Groups[i]).in(form), loss); err != nil {
			without = append(without, d.Groups[i].title()+" is left out: "+plain(err))
			continue
		}
		kept.Groups = append(kept.Groups, d.Groups[i])
	}
	if kept.Groups == nil {
		return d, nil
	}
	return &kept, without
}
