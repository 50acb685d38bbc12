package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"lmz/internal/lab/figure"
)

//go:embed *.html *.css *.js assets/*.js
var files embed.FS

// page is a kind of page: the frame, and within it a template of its own.
type page struct {
	template *template.Template
	scripts  []inline // run in this order, at the end of the body
}

// chartScripts are what a page with charts needs.
var chartScripts = []string{"assets/d3.min.js", "assets/plot.umd.min.js", "chart.js"}

// newPage makes a kind of page of the file that defines the template "content", and its scripts.
func newPage(content string, scripts ...string) *page {
	p := &page{template: template.Must(template.ParseFS(files, "page.html", "figures.html", content))}
	for _, name := range scripts {
		p.scripts = append(p.scripts, inlineScript(name))
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
	return p.template.ExecuteTemplate(w, "page", struct {
		view
		Policy      string
		Style, Head template.HTML
		Scripts     []inline
	}{v, p.policy(v.Live), pageStyle.element, pageScript.element, p.scripts})
}

// policy is the page's content security policy: its own scripts and styles, images that are within it, and nothing else.
func (p *page) policy(live bool) string {
	scripts := pageScript.source
	for _, s := range p.scripts {
		scripts += " " + s.source
	}
	connect := "'none'"
	if live {
		connect = "'self'"
	}
	return fmt.Sprintf("default-src 'none'; script-src %s; style-src %s %s; img-src data:; connect-src %s; base-uri 'none'; form-action 'none'",
		scripts, pageStyle.source, hashSource(plotStyle), connect)
}

// inline is a script or a style within a page.
type inline struct {
	element template.HTML
	source  string // by which a content security policy knows it
}

// Element is for templates.
func (i inline) Element() template.HTML { return i.element }

var (
	pageStyle  = inlineElement("style", "style.css")
	pageScript = inlineScript("page.js") // first of all: it knows whether the page is light or dark
)

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
	text, err := files.ReadFile(name)
	if err != nil {
		panic("report: " + err.Error())
	}
	if strings.Contains(string(text), "</"+tag) {
		panic("report: " + name + " has an end tag")
	}
	return inline{template.HTML("<" + tag + ">" + string(text) + "</" + tag + ">"), hashSource(string(text))}
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

// charts are figures for the template "figures".
func charts(figures []figure.Figure) ([]chart, error) {
	list := make([]chart, len(figures))
	for i, f := range figures {
		text, err := data(f)
		if err != nil {
			return nil, fmt.Errorf("report: figure %s: %w", f.ID, err)
		}
		list[i] = chart{f, text}
	}
	return list, nil
}
