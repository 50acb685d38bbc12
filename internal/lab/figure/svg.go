package figure

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"
)

// SVG writes a figure as a scalable drawing on white that stands alone, with its title and text for those who cannot see it.
func SVG(w io.Writer, f Figure) error {
	var c svgCanvas
	p := newPlan(f)
	p.draw(&c)
	width, height := p.width, p.height
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="img" font-family="sans-serif">`+"\n",
		decimal(width), decimal(height))
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n", escape(f.Title), escape(f.Text))
	fmt.Fprintf(&b, `<rect width="%s" height="%s" fill="#ffffff"/>`+"\n", decimal(width), decimal(height))
	b.Write(c.body.Bytes())
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

type svgCanvas struct{ body bytes.Buffer }

func (c *svgCanvas) path(points []point, closed bool, p pen, label string) {
	if len(points) == 0 {
		return
	}
	c.body.WriteString(`<path d="`)
	for i, at := range points {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		c.body.WriteString(letter + decimal(at.x) + " " + decimal(at.y))
	}
	if closed {
		c.body.WriteString("Z")
	}
	c.body.WriteString(`"`)
	c.pen(p)
	c.end("path", label)
}

func (c *svgCanvas) circle(at point, radius float64, p pen, label string) {
	fmt.Fprintf(&c.body, `<circle cx="%s" cy="%s" r="%s"`, decimal(at.x), decimal(at.y), decimal(radius))
	c.pen(p)
	c.end("circle", label)
}

func (c *svgCanvas) text(at point, s string, t letters) {
	fmt.Fprintf(&c.body, `<text x="%s" y="%s" font-size="%s"`, decimal(at.x), decimal(at.y), decimal(t.size))
	if t.bold {
		c.body.WriteString(` font-weight="bold"`)
	}
	if t.anchor != start {
		fmt.Fprintf(&c.body, ` text-anchor="%s"`, []string{"start", "middle", "end"}[t.anchor])
	}
	if t.angle != 0 {
		fmt.Fprintf(&c.body, ` transform="rotate(%s %s %s)"`, decimal(t.angle), decimal(at.x), decimal(at.y))
	}
	c.colour("fill", t.colour)
	fmt.Fprintf(&c.body, ">%s</text>\n", escape(s))
}

func (c *svgCanvas) pen(p pen) {
	c.colour("fill", p.fill)
	if p.line.A == 0 {
		return
	}
	c.colour("stroke", p.line)
	fmt.Fprintf(&c.body, ` stroke-width="%s"`, decimal(p.width))
	if p.dash != nil {
		lengths := make([]string, len(p.dash))
		for i, d := range p.dash {
			lengths[i] = decimal(d)
		}
		fmt.Fprintf(&c.body, ` stroke-dasharray="%s"`, strings.Join(lengths, " "))
	}
}

func (c *svgCanvas) colour(attribute string, of color.NRGBA) {
	if of.A == 0 {
		fmt.Fprintf(&c.body, ` %s="none"`, attribute)
		return
	}
	fmt.Fprintf(&c.body, ` %s="%s"`, attribute, hex(of))
	if of.A < 0xff {
		fmt.Fprintf(&c.body, ` %s-opacity="%s"`, attribute, decimal(float64(of.A)/0xff))
	}
}

func (c *svgCanvas) end(element, label string) {
	if label == "" {
		c.body.WriteString("/>\n")
		return
	}
	fmt.Fprintf(&c.body, "><title>%s</title></%s>\n", escape(label), element)
}

// decimal writes a length with two decimals at most.
func decimal(x float64) string {
	x = math.Round(100*x) / 100
	if x == 0 {
		return "0" // not -0
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// escape makes any text fit for XML, which has no place for most control characters.
func escape(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return 0xfffd
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd")))
}
