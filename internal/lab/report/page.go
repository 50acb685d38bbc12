package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"lmz/internal/lab/figure"
)

//go:embed *.html *.css *.js assets/*.js assets/*.LICENSE
var files embed.FS

// page is a kind of page: the frame, and within it a template of its own.
type page struct {
	template *template.Template
	styles   []inline
	first    inline   // a script that is run before anything is shown: it knows whether the page is light or dark
	scripts  []inline // run in this order, at the end of the body
	licences []string // of those that others wrote: every copy has to have them
}

// chartScripts are what a page with charts needs.
var chartScripts = []string{"assets/d3.min.js", "assets/plot.umd.min.js", "chart.js"}

// functions are those that templates call.
var functions = template.FuncMap{
	"thousands": func(n any) string { return grouped(reflect.ValueOf(n).Int()) },
}

// kind is a kind of page of the file that defines the template "content", its own style sheets (*.css) and its scripts, made when it is first
// asked for: a program that shows no page does not parse templates.
func kind(content string, with ...string) func() *page {
	return sync.OnceValue(func() *page { return newPage(content, with...) })
}

func newPage(content string, with ...string) *page {
	p := &page{template: template.Must(template.New("").Funcs(functions).ParseFS(files, "page.html", "figures.html", "tables.html", content)),
		styles: []inline{inlineElement("style", "style.css")}, first: inlineScript("page.js")}
	for _, name := range with {
		if strings.HasSuffix(name, ".css") {
			p.styles = append(p.styles, inlineElement("style", name))
			continue
		}
		p.scripts = append(p.scripts, inlineScript(name))
		if others, ok := strings.CutPrefix(name, "assets/"); ok {
			library, _, _ := strings.Cut(others, ".")
			p.licences = append(p.licences, library+"\n\n"+embedded("assets/"+library+".LICENSE"))
		}
	}
	return p
}

// view is what one page says.
type view struct {
	Title   string
	Live    bool   // it is served, and asks the server whether there is something new
	Version string // of what is served
	Content any    // of the template "content"
}

// write writes a page.
func (p *page) write(w io.Writer, v view) error {
	var style template.HTML
	for _, s := range p.styles {
		style += s.element
	}
	return p.template.ExecuteTemplate(w, "page", struct {
		view
		Policy      string
		Style, Head template.HTML
		Scripts     []inline
		Licences    []string
	}{v, p.policy(v.Live), style, p.first.element, p.scripts, p.licences})
}

// policy is the page's content security policy: its own scripts and styles, images that are within it, and nothing else.
func (p *page) policy(live bool) string {
	scripts := p.first.source
	for _, s := range p.scripts {
		scripts += " " + s.source
	}
	styles := hashSource(plotStyle)
	for _, s := range p.styles {
		styles += " " + s.source
	}
	connect := "'none'"
	if live {
		connect = "'self'"
	}
	return fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; img-src data:; connect-src %s; base-uri 'none'; form-action 'none'",
		scripts, styles, connect)
}

// inline is a script or a style within a page.
type inline struct {
	element template.HTML
	source  string // by which a content security policy knows it
}

// Element is for templates.
func (i inline) Element() template.HTML { return i.element }

// plotStyle is the style sheet that Observable Plot 0.6.17 puts into each chart of the class "plot".
const plotStyle = `:where(.plot) {
  --plot-background: white;
  display: block;
  height: auto;
  height: intrinsic;
  max-width: 100%;
}
:where(.plot text),
:where(.plot tspan) {
  white-space: pre;
}`

func inlineScript(name string) inline { return inlineElement("script", name) }

// inlineElement is an embedded file as an element of HTML. The file is ours, so it is not escaped.
func inlineElement(tag, name string) inline {
	text := embedded(name)
	if strings.Contains(text, "</"+tag) {
		panic("report: " + name + " has an end tag")
	}
	return inline{template.HTML("<" + tag + ">" + text + "</" + tag + ">"), hashSource(text)}
}

// embedded is a file of this package.
func embedded(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic("report: " + err.Error())
	}
	return string(text)
}

func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// data is x as JSON for an element <script type="application/json">, which a browser does not run. encoding/json writes <, > and & as
// \u003c and so on, so that no text of x ends the element.
func data(x any) (template.JS, error) {
	text, err := json.Marshal(x)
	return template.JS(text), err
}

// chart is a figure in a page, for the template "figures".
type chart struct {
	figure.Figure
	JSON template.JS
}

// onScreen is a figure whose numbers have the digits that a page can show: more would be a third of it.
func onScreen(f figure.Figure) figure.Figure {
	const digits = 6
	short := func(x float64) float64 {
		y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
		return y
	}
	ends := func(low, high **float64) {
		for _, end := range []**float64{low, high} {
			if *end != nil {
				*end = number(short(**end))
			}
		}
	}
	ends(&f.X.Low, &f.X.High)
	ends(&f.Y.Low, &f.Y.High)
	layers := make([]figure.Layer, len(f.Layers))
	for i, l := range f.Layers {
		layers[i] = l
		layers[i].Data = make([]figure.Datum, len(l.Data))
		for j, d := range l.Data {
			d.X, d.Y, d.X2, d.Y2, d.Z = short(d.X), short(d.Y), short(d.X2), short(d.Y2), short(d.Z)
			ends(&d.Low, &d.High)
			layers[i].Data[j] = d
		}
	}
	f.Layers = layers
	return f
}

// charts are figures for the template "figures".
func charts(figures []figure.Figure) ([]chart, error) {
	list := make([]chart, len(figures))
	for i, f := range figures {
		text, err := data(onScreen(f))
		if err != nil {
			return nil, fmt.Errorf("report: figure %s: %w", f.ID, err)
		}
		list[i] = chart{f, text}
	}
	return list, nil
}
