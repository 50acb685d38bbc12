package figure

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/vector"
)

// Print is the scale for papers: across a column of 3.5 inches, 320 dots an inch.
const Print = 2

// maxDots is what an image may have: more is a scale by mistake.
const maxDots = 1 << 27

// PNG writes a figure as an image on white, of scale dots for each pixel of SVG. A scale that is not above 0, or that makes an
// image of no dot or of more than 2^27, is an error.
func PNG(w io.Writer, f Figure, scale float64) error {
	p := newPlan(f)
	width, height := math.Ceil(p.width*scale), math.Ceil(p.height*scale)
	if !(scale > 0 && width*height >= 1 && width*height <= maxDots) {
		return fmt.Errorf("figure: scale %v makes an image of %v by %v dots, want 1 to %d in all", scale, width, height, maxDots)
	}
	c := &imageCanvas{image: image.NewRGBA(image.Rect(0, 0, int(width), int(height))), scale: scale}
	draw.Draw(c.image, c.image.Bounds(), image.White, image.Point{}, draw.Src)
	p.draw(c)
	return png.Encode(w, c.image)
}

// imageCanvas fills outlines. Lines are outlines too, and so are glyphs.
type imageCanvas struct {
	image  *image.RGBA
	scale  float64
	raster vector.Rasterizer
}

// fill draws an outline in pixels.
func (c *imageCanvas) fill(o outline, colour color.NRGBA) {
	low, high := o.bounds()
	size := c.image.Bounds().Size()
	box := image.Rectangle{
		image.Pt(int(max(0, math.Floor(low.x*c.scale))), int(max(0, math.Floor(low.y*c.scale)))),
		image.Pt(int(min(float64(size.X), math.Ceil(high.x*c.scale))), int(min(float64(size.Y), math.Ceil(high.y*c.scale)))),
	}
	if colour.A == 0 || len(o) == 0 || box.Empty() {
		return
	}
	dot := func(p point) (x, y float32) {
		return float32(p.x*c.scale - float64(box.Min.X)), float32(p.y*c.scale - float64(box.Min.Y))
	}
	c.raster.Reset(box.Dx(), box.Dy())
	for _, k := range o {
		c.raster.MoveTo(dot(k.begin))
		for _, s := range k.curves {
			ax, ay := dot(s.points[0])
			bx, by := dot(s.points[1])
			ex, ey := dot(s.points[2])
			switch s.n {
			case 1:
				c.raster.LineTo(ax, ay)
			case 2:
				c.raster.QuadTo(ax, ay, bx, by)
			case 3:
				c.raster.CubeTo(ax, ay, bx, by, ex, ey)
			}
		}
		c.raster.ClosePath()
	}
	c.raster.Draw(c.image, box, image.NewUniform(colour), image.Point{})
}

func (c *imageCanvas) path(points []point, closed bool, p pen, _ string) {
	if len(points) == 0 {
		return
	}
	if p.fill.A > 0 {
		var o outline
		o.polygon(points...)
		c.fill(o, p.fill)
	}
	if p.line.A == 0 {
		return
	}
	if closed {
		points = append(points[:len(points):len(points)], points[0], points[min(1, len(points)-1)]) // past the beginning, for a join there
	}
	var o outline
	for _, piece := range dashes(points, p.dash) {
		o.stroke(piece, p.width)
	}
	c.fill(o, p.line)
}

func (c *imageCanvas) circle(at point, radius float64, p pen, _ string) {
	half := p.width / 2
	if p.line.A == 0 {
		half = 0
	}
	for _, ring := range []struct {
		radius float64
		colour color.NRGBA
	}{{radius + half, p.line}, {radius - half, p.fill}} {
		var o outline
		o.disc(at, ring.radius)
		c.fill(o, ring.colour)
	}
}

func (c *imageCanvas) text(at point, s string, t letters) {
	sin, cos := math.Sincos(t.angle * math.Pi / 180)
	along := [...]float64{start: 0, middle: -0.5, end: -1}[t.anchor] * t.width(s)
	var o outline
	for _, r := range s {
		g := t.font().glyph(r)
		o = append(o, t.font().outline(g).moved(func(p point) point {
			x, y := along+p.x*t.size, p.y*t.size
			return point{at.x + x*cos - y*sin, at.y + x*sin + y*cos}
		})...)
		along += t.font().width(g) * t.size
	}
	c.fill(o, t.colour)
}
