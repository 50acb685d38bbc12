package baseline

import (
	"bytes"
	"fmt"
)

// shape is the width and height in pixels of a picture of rawBytes bytes, in rows of width of them if
// that is not 0: see Signal. It has one pixel at least, and may have more than there are bytes.
func shape(rawBytes, width int) (w, h int) {
	switch {
	case rawBytes == 0:
		return 1, 1
	case width == 0:
		return closestFactors(rawBytes)
	}
	w = min(width, rawBytes)
	return w, (rawBytes + w - 1) / w
}

// closestFactors are a <= b with a b = n and b-a as small as can be.
func closestFactors(n int) (a, b int) {
	a = 1
	for f := 1; f <= n/f; f++ {
		if n%f == 0 {
			a = f
		}
	}
	return a, n / a
}

// pgm is raw as a grey picture in PGM, which image programs read, as far as one with sides of at most limit
// pixels holds it.
func pgm(raw []byte, width, limit int) ([]byte, error) {
	w, h := shape(len(raw), width)
	if max(w, h) > limit {
		return nil, fmt.Errorf("a picture of %d columns and %d rows, at most %d of each: measure it in chunks", w, h, limit)
	}
	p := fmt.Appendf(make([]byte, 0, w*h+32), "P5\n%d %d\n255\n", w, h)
	p = append(p, raw...)
	return append(p, make([]byte, w*h-len(raw))...), nil
}

// fromPNM is the raw bytes of a grey picture in PGM or PPM, of the shape that pgm gives it.
func fromPNM(p []byte, rawSize, width int) ([]byte, error) {
	var kind byte
	var columns, rows, most int
	r := bytes.NewReader(p)
	if _, err := fmt.Fscanf(r, "P%c\n%d %d\n%d\n", &kind, &columns, &rows, &most); err != nil || kind != '5' && kind != '6' || most != 255 {
		return nil, fmt.Errorf("no PGM or PPM of 8 bits: %q", p[:min(len(p), 20)])
	}
	channels := 1
	if kind == '6' {
		channels = 3
	}
	pixels := p[len(p)-r.Len():]
	if w, h := shape(rawSize, width); columns != w || rows != h || len(pixels) != channels*w*h {
		return nil, fmt.Errorf("a picture of %dx%d pixels in %d bytes, want %dx%d", columns, rows, len(pixels), w, h)
	}
	raw := make([]byte, rawSize)
	for i := range raw {
		pixel := pixels[i*channels : (i+1)*channels]
		raw[i] = pixel[0]
		if pixel[channels-1] != raw[i] || pixel[channels/2] != raw[i] {
			return nil, fmt.Errorf("pixel %d is not grey", i)
		}
	}
	return raw, nil
}
