package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"io"
	"math"
	"strings"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/surprisal"
)

// lensText is how many bytes of text a page shows: each token is an element of its own, and costs some 10 bytes.
const lensText = 128 << 10

var lensPage = kind("lens.html", append([]string{"lens.css", "lens.js"}, chartScripts...)...)

// lensView is what the page of lmz explain says.
type lensView struct {
	File   string // as surprisal.Visible shows it
	Parts  *surprisal.Parts
	Shares []partShare
	*surprisal.Content

	Totals  []total
	Levels  []string // their names, of surprisal.Levels
	Shown   int      // bytes of text
	Text    template.JS
	Hidden  int // bytes of text that the page leaves out
	Picture *lensPicture
	Charts  []chart
	Dear    []dearToken
}

// WriteLens writes the page of lmz explain: an account of a file, with the text coloured by bits a token, or the picture's heat map. Of more
// text than 128 KiB it shows the beginning.
func WriteLens(w io.Writer, a *surprisal.Account) error {
	v := lensView{File: surprisal.Visible([]byte(a.File)), Parts: a.Parts, Content: a.Content}
	if a.Parts != nil {
		v.Shares = partShares(a.Parts)
	}
	if a.Content != nil {
		if err := v.content(); err != nil {
			return err
		}
	}
	return lensPage().write(w, view{Title: v.File + ": where the bits go", Content: v})
}

// total is a figure of all.
type total struct{ Name, Figure, Note string }

func lensTotals(c *surprisal.Content) []total {
	left := "all of it"
	switch {
	case c.LeftOut < 0:
		left = "the beginning"
	case c.LeftOut > 0:
		left = surprisal.Thousands(c.LeftOut) + " more were left out"
	}
	headers := "payloads, without headers"
	if c.Headers > 0 {
		headers = surprisal.Thousands(c.Headers) + " of them headers, lengths and checksums"
	}
	list := []total{
		{"explained", surprisal.Thousands(c.RawBytes) + " bytes", left}, {"tokens", surprisal.Thousands(int64(c.Tokens)), ""},
		{"code length", surprisal.Thousands(int64(math.Round(c.CodeLength))) + " bits", ""}, {"coded size", surprisal.Thousands(c.CodedSize) + " bytes", headers},
	}
	if c.Ratio != nil {
		list = append(list, total{"rate", fmt.Sprintf("%.3f bits/byte", *c.BitsPerByte), ""}, total{"ratio", fmt.Sprintf("%.2f%%", 100**c.Ratio), "coded size of raw bytes: lower is better"})
	}
	return list
}

// content makes what is drawn of the content.
func (v *lensView) content() (err error) {
	l := v.Lens
	v.Totals = lensTotals(v.Content)
	for i, low := range surprisal.Levels {
		name := fmt.Sprintf("%g or more", low)
		if i+1 < len(surprisal.Levels) {
			name = fmt.Sprintf("%g to %g", low, surprisal.Levels[i+1])
		}
		v.Levels = append(v.Levels, name)
	}
	switch {
	case len(l.Raw) == 0:
		return nil
	case l.Picture != nil:
		if v.Picture, err = newLensPicture(l); err != nil {
			return err
		}
	case l.IsText():
		text := newLensText(l)
		v.Shown, v.Hidden = text.shown, len(l.Raw)-text.shown
		if v.Text, err = data(text); err != nil {
			return err
		}
	}
	if v.Charts, err = charts(lensFigures(v.Content)); err != nil {
		return err
	}
	v.Dear = dearTokens(v.Content)
	return nil
}

// spans is the text as lens.js reads it, by pieces: tokens, or characters of several tokens.
type spans struct {
	Text     []string  `json:"text"`     // of each piece, as surprisal.Visible shows it
	Bits     []bits    `json:"bits"`     // of each piece
	Sizes    []int     `json:"sizes"`    // bytes of each piece
	Tokens   [][2]int  `json:"tokens"`   // piece and its number of tokens, where that is not 1
	Contexts [][2]int  `json:"contexts"` // piece and the tokens before it in its context, where that is not one more than before
	Levels   []float64 `json:"levels"`
	shown    int       // bytes
}

// bits are written to two places.
type bits float64

func (b bits) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%g", math.Round(float64(b)*100)/100), nil
}

func newLensText(l *surprisal.Lens) *spans {
	s := &spans{Levels: surprisal.Levels, Tokens: [][2]int{}, Contexts: [][2]int{}}
	position := -1
	for p := range l.Pieces() {
		if p.Begin >= lensText {
			break
		}
		i := len(s.Text)
		var text strings.Builder
		for g := range surprisal.Glyphs(l.Raw[p.Begin : p.Begin+p.Size]) {
			text.WriteString(g.Text)
			if g.Rune == '\n' {
				text.WriteByte('\n')
			}
		}
		s.Text = append(s.Text, text.String())
		s.Bits = append(s.Bits, bits(p.Bits))
		s.Sizes = append(s.Sizes, p.Size)
		if p.Tokens != 1 {
			s.Tokens = append(s.Tokens, [2]int{i, p.Tokens})
		}
		if at := l.Tokens[p.First].Position; at != position {
			s.Contexts = append(s.Contexts, [2]int{i, at})
			position = at
		}
		position += p.Tokens
		s.shown = p.Begin + p.Size
	}
	return s
}

// lensPicture is an image and its heat map.
type lensPicture struct {
	Width, Height int
	Pixels, Heat  template.URL // data: URIs of PNG files
	Scale         template.URL
	Most          float64     // bits of the last colour
	Bits          template.JS // a string: base64 of a byte a pixel, in eighths of a bit, 255 for none
}

func newLensPicture(l *surprisal.Lens) (*lensPicture, error) {
	pixels, costs := l.Pictures()
	p := &lensPicture{Width: l.Picture.Width, Height: pixels.Rect.Dy(), Most: surprisal.HeatBits}
	ramp := make([]float64, 256)
	for i := range ramp {
		ramp[i] = surprisal.HeatBits * float64(i) / 255
	}
	for uri, m := range map[*template.URL]image.Image{&p.Pixels: pixels, &p.Heat: surprisal.HeatMap(costs, p.Width), &p.Scale: surprisal.HeatMap(ramp, 256)} {
		var err error
		if *uri, err = pngURI(m); err != nil {
			return nil, err
		}
	}
	eighths := make([]byte, len(costs))
	for i, b := range costs {
		eighths[i] = 255
		if b >= 0 {
			eighths[i] = byte(min(254, math.Round(8*b)))
		}
	}
	var err error
	p.Bits, err = data(eighths)
	return p, err
}

func pngURI(m image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// partShare is a part of an .lmz file as it is drawn.
type partShare struct {
	surprisal.Part
	Percent string
	Group   int // of colours: header, frames' heads and checksums, data, end
	From    float64
	Width   float64 // of the bar, in percent
}

func partShares(p *surprisal.Parts) []partShare {
	groups := map[string]int{"payload": 1, "stored": 1, "fills": 1, "frame heads": 2, "payload lengths": 2, "frame checksums": 2,
		"end": 3, "index": 3, "raw checksum": 3, "end checksum": 3}
	var list []partShare
	from := 0.0
	for _, part := range p.Parts {
		width := 100 * float64(part.Bytes) / float64(p.Size)
		list = append(list, partShare{part, fmt.Sprintf("%.2f%%", width), groups[part.Name], from, width})
		from += width
	}
	return list
}

// dearToken is a costly token as the page lists it.
type dearToken struct {
	Bits, Place          string
	Before, Token, After string
	Expected             []string
	Begin                int
	Shown                bool // it is in the text of the page
}

// aroundToken is how many bytes of context are shown on each side of a token.
const aroundToken = 24

func dearTokens(c *surprisal.Content) []dearToken {
	l := c.Lens
	var list []dearToken
	for _, k := range c.Costliest {
		d := dearToken{Bits: fmt.Sprintf("%.2f", k.Bits), Place: l.Place(k), Token: k.Text, Begin: k.Begin, Shown: l.IsText() && k.Begin < lensText}
		if l.IsText() {
			d.Before = surprisal.Visible(l.Raw[max(0, k.Begin-aroundToken):k.Begin])
			d.After = surprisal.Visible(l.Raw[k.Begin+k.Size : min(len(l.Raw), k.Begin+k.Size+aroundToken)])
		} else {
			d.Token = l.Values(k.Begin, k.Begin+k.Size)
			d.Before = l.Values(max(0, k.Begin-4), k.Begin) + " "
		}
		for _, g := range k.Expected {
			d.Expected = append(d.Expected, fmt.Sprintf("%s %.0f%%", l.Quote(g), 100*g.Probability))
		}
		list = append(list, d)
	}
	return list
}

// lensFigures are the charts of a content.
func lensFigures(c *surprisal.Content) []figure.Figure {
	return append([]figure.Figure{histogramFigure(c), positionFigure(c)}, courseFigures(c)...)
}

func histogramFigure(c *surprisal.Content) figure.Figure {
	most := surprisal.Levels[len(surprisal.Levels)-1]
	counts := map[int]int{} // by half bits
	for _, t := range c.Lens.Tokens {
		counts[int(min(t.Bits, 30)*2)]++
		most = max(most, min(t.Bits, 30))
	}
	layer := figure.Layer{Mark: figure.Bars, Series: "tokens"}
	for i := range int(most*2) + 1 {
		layer.Data = append(layer.Data, figure.Datum{X: float64(i) / 2, X2: float64(i+1) / 2, Y: 100 * float64(counts[i]) / float64(len(c.Lens.Tokens))})
	}
	return figure.Figure{ID: "bits", Title: "Bits a token", Text: fmt.Sprintf("How many tokens cost how much. The costliest %.0f%% of the tokens hold half of the bits.", 100*c.HalfOfBits),
		X: figure.Axis{Label: "bits"}, Y: figure.Axis{Label: "share of tokens (%)"}, Layers: []figure.Layer{layer}}
}

func positionFigure(c *surprisal.Content) figure.Figure {
	layer := figure.Layer{Mark: figure.Line, Series: "mean cost"}
	points := figure.Layer{Mark: figure.Points, Series: "mean cost"}
	for _, s := range c.Positions {
		d := figure.Datum{X: math.Sqrt(float64(s.Low+1) * float64(s.High+1)), Y: s.Bits / float64(max(s.Bytes, 1)),
			Label: fmt.Sprintf("%d to %d tokens before, %d tokens", s.Low, s.High, s.Tokens)}
		layer.Data, points.Data = append(layer.Data, d), append(points.Data, d)
	}
	return figure.Figure{ID: "positions", Title: "Cost by how much of the context is known",
		Text: fmt.Sprintf("The mean cost of a byte by how many tokens stand before it in its context. Each segment begins an empty one, and a context ends after %d positions: the left is what that costs.", c.Window),
		X:    figure.Axis{Label: "tokens before, and one", Log: true}, Y: figure.Axis{Label: "bits/byte", Low: new(float64)}, Layers: []figure.Layer{layer, points}}
}

// coursePoints is into how many parts the data are cut for a curve along them.
const coursePoints = 500

// courseFigures are the cost along the data, and beside that of sound its samples.
func courseFigures(c *surprisal.Content) []figure.Figure {
	l := c.Lens
	label, scale, unit := "byte", float64(len(l.Raw)), 1.0
	rate := "bits/byte"
	if l.Rate > 0 {
		label, scale = "seconds", float64(len(l.Raw))/surprisal.SampleBytes/float64(l.Rate)
		rate, unit = "bits/sample", surprisal.SampleBytes
	}
	means := l.Smooth(coursePoints)
	cost := figure.Layer{Mark: figure.Line, Series: "cost"}
	for i, b := range means {
		cost.Data = append(cost.Data, figure.Datum{X: scale * (float64(i) + 0.5) / float64(len(means)), Y: unit * b})
	}
	list := []figure.Figure{{ID: "course", Title: "Cost along the data", Text: "The mean cost in equal parts of the data, from its beginning to its end.",
		X: figure.Axis{Label: label}, Y: figure.Axis{Label: rate, Low: new(float64)}, Layers: []figure.Layer{cost}}}
	if l.Rate > 0 {
		wave := figure.Layer{Mark: figure.Band, Series: "samples"}
		for i, s := range l.Envelope(coursePoints) {
			low, high := float64(s[0]), float64(s[1])
			wave.Data = append(wave.Data, figure.Datum{X: scale * (float64(i) + 0.5) / float64(len(means)), Y: (low + high) / 2, Low: &low, High: &high})
		}
		list = append([]figure.Figure{{ID: "wave", Title: "The samples", Text: "The least and the greatest sample in equal parts of the sound, on the same time axis as their cost.",
			X: figure.Axis{Label: label}, Y: figure.Axis{Label: "sample"}, Layers: []figure.Layer{wave}}}, list...)
	}
	return list
}
