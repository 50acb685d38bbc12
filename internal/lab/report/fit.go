package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
)

// Fit is the laws of some data, ready to be shown.
type Fit struct {
	Account *law.Account
	Made    Made
	Figures []figure.Figure // all of them
	Groups  []FitGroup
	Across  []figure.Figure // those that set the groups beside each other
	Problem string          // why nothing is said of how large a model should be
}

// Made is how a fit was made.
type Made struct {
	Command string
	Sources []File // that were read
}

// FitGroup is the law of one group.
type FitGroup struct {
	ID, Title string
	Law       *law.Law
	Allocated *law.Allocation // nil where nothing is said
	Figures   []figure.Figure
}

// BuildFit fits laws to data. Charts of how large a model should be are made where there are resamples, as their intervals need.
func BuildFit(ctx context.Context, d *law.Data, o law.Options, made Made) (*Fit, error) {
	a, err := law.Make(ctx, d, o)
	if err != nil {
		return nil, err
	}
	f := &Fit{Account: a, Made: made}
	allocations, err := allocations(ctx, d, o)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		f.Problem = err.Error()
	}
	unit := 1.0
	if a.Rate == "bits_per_byte" {
		unit = 8
	}
	for i := range a.Laws {
		v := scalingOf(a, &a.Laws[i])
		g := FitGroup{ID: fmt.Sprintf("law-%d", i+1), Title: v.title, Law: v.law, Figures: v.figures()}
		if j := slices.IndexFunc(allocations, func(of law.Allocation) bool { return of.Group == v.law.Group }); j >= 0 {
			g.Allocated = &allocations[j]
			g.Figures = append(g.Figures, allocationFigures(v, g.Allocated, unit)...)
		}
		f.Figures = append(f.Figures, g.Figures...)
		f.Groups = append(f.Groups, g)
	}
	f.Across = coefficientFigures(a)
	f.Figures = append(f.Figures, f.Across...)
	identify(f.Figures)
	rest := f.Figures
	for i := range f.Groups { // the same figures, with the names that they now have
		n := len(f.Groups[i].Figures)
		f.Groups[i].Figures, rest = rest[:n:n], rest[n:]
	}
	f.Across = rest
	return f, nil
}

// allocations say how large a model should be, by the laws of the groups that have one.
func allocations(ctx context.Context, d *law.Data, o law.Options) ([]law.Allocation, error) {
	if o.Draws == 0 {
		return nil, errors.New("there are no resamples")
	}
	fitted, _ := d.Fitted(o.Forms[0], o.Loss) // of the others the account says why
	return law.Allocate(ctx, fitted, o, wanted(fitted))
}

var fitPage = kind("fit.html", chartScripts...)

// WriteHTML writes the fit as one page that needs nothing else.
func (f *Fit) WriteHTML(w io.Writer) error {
	c := fitContent{Fit: f}
	var err error
	if c.Across, err = charts(f.Across); err != nil {
		return err
	}
	if t := lawTable(f.Account); t != nil {
		c.Tables = append(c.Tables, tableView{"laws-table", t})
	}
	if t := f.Account.SharedTable(); t != nil {
		c.Tables = append(c.Tables, tableView{"shared-table", t})
	}
	for _, g := range f.Groups {
		group := fitGroupContent{FitGroup: g}
		if group.Charts, err = charts(g.Figures); err != nil {
			return err
		}
		for i, t := range g.Law.Tables() {
			group.Tables = append(group.Tables, tableView{fmt.Sprintf("%s-table-%d", g.ID, i+1), t})
		}
		c.Groups = append(c.Groups, group)
	}
	return fitPage().write(w, view{Title: "Scaling laws of " + f.Account.Source, Content: c})
}

// fitContent is what fit.html shows.
type fitContent struct {
	*Fit
	Tables []tableView
	Across []chart
	Groups []fitGroupContent
}

// fitGroupContent is a group in the page.
type fitGroupContent struct {
	FitGroup
	Tables []tableView
	Charts []chart
}

// Warnings are what a reader must know of a group: of its points, and of its fits.
func (g fitGroupContent) Warnings() []string {
	list := slices.Clone(g.Law.Warnings)
	for _, f := range g.Law.Fits {
		for _, text := range f.Unknown {
			list = append(list, "Not known: "+text)
		}
		list = append(list, f.Warnings...)
	}
	if g.Allocated != nil {
		for _, text := range g.Allocated.Warnings {
			if !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	return list
}
