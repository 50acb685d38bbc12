package dataset

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the first picture of one
	_ "image/jpeg"
	_ "image/png"
	"io"
	"strings"
)

// maxPixels of an image: more is refused before anything is allocated. The largest of ImageNet have
// some 30 million. A decoder needs up to 16 bytes a pixel.
const maxPixels = 1 << 26

// errNotImage is of bytes that are no JPEG, PNG or GIF.
var errNotImage = errors.New("no JPEG, PNG or GIF")

// imageSize reads an image's header and returns its size in pixels. What the file is called is of no
// concern: its content says what it is.
func imageSize(r io.Reader) (image.Point, error) {
	config, format, err := image.DecodeConfig(r)
	switch {
	case errors.Is(err, image.ErrFormat):
		return image.Point{}, errNotImage
	case err != nil:
		return image.Point{}, unreadable(format, err)
	case config.Width < 1 || config.Height < 1:
		return image.Point{}, fmt.Errorf("an image of %d x %d pixels", config.Width, config.Height)
	case config.Width > maxPixels/config.Height:
		return image.Point{}, fmt.Errorf("an image of %d x %d pixels, want %d pixels at most", config.Width, config.Height, maxPixels)
	}
	return image.Pt(config.Width, config.Height), nil
}

// decodeImage reads an image whose size imageSize returned.
func decodeImage(r io.Reader, size image.Point) (image.Image, error) {
	m, format, err := image.Decode(r)
	switch {
	case errors.Is(err, image.ErrFormat):
		return nil, errNotImage
	case err != nil:
		return nil, unreadable(format, err)
	case m.Bounds().Size() != size: // of a GIF, the first picture need not fill the screen
		return nil, fmt.Errorf("a picture of %d x %d pixels, the header says %d x %d", m.Bounds().Dx(), m.Bounds().Dy(), size.X, size.Y)
	}
	return m, nil
}

// unreadable is an error of the decoder of a format: the file is damaged, or of a kind that it does not know.
func unreadable(format string, err error) error {
	return fmt.Errorf("unreadable %s: %w", strings.ToUpper(format), noEOF(err))
}

// greyPatch returns the pixels of an image from the point at on, counted from its upper left corner:
// shape.Y rows of shape.X bytes. A pixel's grey is its luma by ITU-R BT.601 in 8 bits, as
// color.GrayModel has it: (19595 R + 38470 G + 7471 B + 2^15) / 2^24 of 16-bit channels, what is
// transparent being black. Deletang et al. 2023 take the mean of the channels, truncated, instead.
func greyPatch(m image.Image, at, shape image.Point) []byte {
	origin := m.Bounds().Min.Add(at)
	patch := make([]byte, 0, shape.X*shape.Y)
	for y := range shape.Y {
		for x := range shape.X {
			grey := color.GrayModel.Convert(m.At(origin.X+x, origin.Y+y)).(color.Gray)
			patch = append(patch, grey.Y)
		}
	}
	return patch
}
