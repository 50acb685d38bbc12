package figure

import (
	"encoding/binary"
	"fmt"
)

// trueType reads the outlines of a TrueType font (Microsoft's OpenType specification 1.9, whose tables it names) that is known to be
// whole: those in golang.org/x/image/font/gofont. The reader in golang.org/x/image/font/sfnt would bring golang.org/x/text with it.
type trueType struct {
	em                  float64 // units of the em
	long                bool    // loca has 32-bit offsets
	metrics             int     // advances in hmtx; later glyphs have the last one's
	cmap                []byte  // subtable of format 4
	glyf, loca, advance []byte
}

// parseTrueType panics where a font lacks what is used here.
func parseTrueType(ttf []byte) *trueType {
	tables := map[string][]byte{}
	for i := range int(u16(ttf, 4)) {
		record := ttf[12+16*i:]
		tables[string(record[:4])] = ttf[u32(record, 8):][:u32(record, 12)]
	}
	f := &trueType{
		em: float64(u16(tables["head"], 18)), long: u16(tables["head"], 50) != 0, metrics: int(u16(tables["hhea"], 34)),
		glyf: tables["glyf"], loca: tables["loca"], advance: tables["hmtx"],
	}
	cmap := tables["cmap"]
	for i := range int(u16(cmap, 2)) {
		if sub := cmap[u32(cmap, 4+8*i+4):]; u16(sub, 0) == 4 {
			f.cmap = sub
		}
	}
	if f.cmap == nil {
		panic(fmt.Sprintf("figure: a font without a character map of format 4; tables %d", len(tables)))
	}
	return f
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
func s16(b []byte, at int) int    { return int(int16(u16(b, at))) }

// glyph is the number of a character's glyph; 0, an empty box, for one that the font lacks.
func (f *trueType) glyph(r rune) int {
	if r > 0xffff {
		return 0
	}
	twice := int(u16(f.cmap, 6)) // of the number of segments
	ends, starts, deltas, offsets := 14, 16+twice, 16+2*twice, 16+3*twice
	for i := 0; i < twice; i += 2 {
		if rune(u16(f.cmap, ends+i)) < r {
			continue
		}
		first := rune(u16(f.cmap, starts+i))
		if first > r {
			return 0
		}
		g, offset := uint16(r), int(u16(f.cmap, offsets+i))
		if offset != 0 {
			if g = u16(f.cmap, offsets+i+offset+2*int(r-first)); g == 0 {
				return 0
			}
		}
		return int(g + u16(f.cmap, deltas+i))
	}
	return 0
}

// width is how far a glyph moves the pen, in ems.
func (f *trueType) width(glyph int) float64 {
	return float64(u16(f.advance, 4*min(glyph, f.metrics-1))) / f.em
}

// outline is a glyph's, in ems about its origin on the base line, y downward.
func (f *trueType) outline(glyph int) outline {
	at, end := f.place(glyph), f.place(glyph+1)
	if at == end {
		return nil
	}
	b := f.glyf[at:end]
	if n := s16(b, 0); n >= 0 {
		return f.simple(b, n)
	}
	return f.composite(b)
}

func (f *trueType) place(glyph int) int {
	if f.long {
		return int(u32(f.loca, 4*glyph))
	}
	return 2 * int(u16(f.loca, 2*glyph))
}

// vertex is a point of a contour: on the curve, or the control point of a quadratic one.
type vertex struct {
	point
	on bool
}

// simple reads a glyph of n contours.
func (f *trueType) simple(b []byte, n int) (o outline) {
	if n == 0 {
		return nil
	}
	count := int(u16(b, 10+2*(n-1))) + 1
	at := 10 + 2*n
	at += 2 + int(u16(b, at)) // instructions
	const (
		onCurve, shortX, shortY, repeat, sameX, sameY = 1, 2, 4, 8, 16, 32
	)
	flags := make([]byte, 0, count)
	for len(flags) < count {
		flag := b[at]
		at++
		flags = append(flags, flag)
		if flag&repeat != 0 {
			for range b[at] {
				flags = append(flags, flag)
			}
			at++
		}
	}
	coordinates := func(short, same byte) []float64 {
		list, value := make([]float64, count), 0
		for i, flag := range flags {
			switch {
			case flag&short != 0:
				d := int(b[at])
				at++
				if flag&same == 0 {
					d = -d
				}
				value += d
			case flag&same == 0:
				value += s16(b, at)
				at += 2
			}
			list[i] = float64(value) / f.em
		}
		return list
	}
	x := coordinates(shortX, sameX)
	y := coordinates(shortY, sameY)
	first := 0
	for i := range n {
		last := int(u16(b, 10+2*i))
		contour := make([]vertex, 0, last+1-first)
		for j := first; j <= last; j++ {
			contour = append(contour, vertex{point{x[j], -y[j]}, flags[j]&onCurve != 0})
		}
		o.contour(contour)
		first = last + 1
	}
	return o
}

// contour adds a closed contour. Between two control points in a row lies a point of the curve, half way.
func (o *outline) contour(v []vertex) {
	if len(v) == 0 {
		return
	}
	half := func(a, b point) point { return point{(a.x + b.x) / 2, (a.y + b.y) / 2} }
	last := v[len(v)-1]
	k := contour{begin: v[0].point}
	switch {
	case !v[0].on && last.on:
		k.begin = last.point
	case !v[0].on:
		k.begin = half(v[0].point, last.point)
	}
	for i, p := range v {
		next := v[(i+1)%len(v)]
		switch {
		case !p.on && next.on:
			k.quadTo(p.point, next.point)
		case !p.on:
			k.quadTo(p.point, half(p.point, next.point))
		case next.on:
			k.lineTo(next.point)
		}
	}
	*o = append(*o, k)
}

// composite reads a glyph that is others, moved.
func (f *trueType) composite(b []byte) (o outline) {
	const (
		words, offsets, scaled, more, scaledXY, matrix = 1, 2, 8, 32, 64, 128
	)
	for at, flags := 10, uint16(more); flags&more != 0; {
		flags = u16(b, at)
		part := f.outline(int(u16(b, at+2)))
		at += 4
		var dx, dy float64
		if flags&words != 0 {
			dx, dy = float64(s16(b, at)), float64(s16(b, at+2))
			at += 4
		} else {
			dx, dy = float64(int8(b[at])), float64(int8(b[at+1]))
			at += 2
		}
		if flags&offsets == 0 || flags&(scaled|scaledXY|matrix) != 0 {
			panic("figure: a font with glyphs that are scaled or aligned by points")
		}
		o = append(o, part.moved(func(p point) point { return point{p.x + dx/f.em, p.y - dy/f.em} })...)
	}
	return o
}
