package generate

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // image.Decode knows it
	"image/png"
	"io"
)

// Picture is an image of 8-bit grey.
type Picture struct {
	Width, Height int
	Pixels        []byte // (Height, Width)
}

// maxPixels bounds a picture: a generator would take days for far less.
const maxPixels = 1 << 26

// ReadPicture reads a PNG, JPEG or PGM file. Colours become grey.
func ReadPicture(r io.Reader) (*Picture, error) {
	in := bufio.NewReader(r)
	p, err := readPicture(in)
	if err != nil {
		return nil, fmt.Errorf("generate: picture: %w", err)
	}
	return p, nil
}

func readPicture(in *bufio.Reader) (*Picture, error) {
	if magic, err := in.Peek(2); err == nil && string(magic) == "P5" {
		return readPGM(in)
	}
	var head bytes.Buffer // what DecodeConfig reads, for Decode to read again
	c, _, err := image.DecodeConfig(io.TeeReader(in, &head))
	if err != nil {
		return nil, fmt.Errorf("want PNG, JPEG or PGM of type P5: %w", noEOF(err))
	}
	if err := checkSize(c.Width, c.Height); err != nil {
		return nil, err
	}
	decoded, _, err := image.Decode(io.MultiReader(&head, in))
	if err != nil {
		return nil, noEOF(err)
	}
	bounds := decoded.Bounds()
	p := &Picture{Width: bounds.Dx(), Height: bounds.Dy()}
	p.Pixels = make([]byte, 0, p.Width*p.Height)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			p.Pixels = append(p.Pixels, color.GrayModel.Convert(decoded.At(x, y)).(color.Gray).Y)
		}
	}
	return p, nil
}

func checkSize(width, height int) error {
	if width < 1 || height < 1 || width > maxPixels/height {
		return fmt.Errorf("%d x %d pixels, want at least one and at most %d", width, height, maxPixels)
	}
	return nil
}

// readPGM reads a PGM file of type P5: width, height and greatest value in decimal, white space, the pixels.
func readPGM(in *bufio.Reader) (*Picture, error) {
	in.Discard(2)
	var numbers [3]int
	for i := range numbers {
		var err error
		if numbers[i], err = readNumber(in); err != nil {
			return nil, fmt.Errorf("the header of a PGM file: %w", err)
		}
	}
	p := &Picture{Width: numbers[0], Height: numbers[1]}
	if err := checkSize(p.Width, p.Height); err != nil {
		return nil, err
	}
	if greatest := numbers[2]; greatest != 255 {
		return nil, fmt.Errorf("a greatest grey of %d, want 255", greatest)
	}
	var err error
	p.Pixels, err = io.ReadAll(io.LimitReader(in, int64(p.Width)*int64(p.Height))) // allocates what is there
	if err == nil && len(p.Pixels) < p.Width*p.Height {
		err = fmt.Errorf("%d of %d x %d pixels: %w", len(p.Pixels), p.Width, p.Height, io.ErrUnexpectedEOF)
	}
	return p, err
}

// readNumber reads a decimal number after white space and comments, and the one white space after it.
func readNumber(in *bufio.Reader) (n int, err error) {
	digits, comment := 0, false
	for {
		b, err := in.ReadByte()
		space := b == ' ' || b >= '\t' && b <= '\r'
		switch {
		case err != nil:
			return 0, noEOF(err)
		case comment:
			comment = b != '\n'
		case digits > 0 && space:
			return n, nil
		case digits == 0 && b == '#':
			comment = true
		case digits == 0 && space:
		case b >= '0' && b <= '9' && digits < 9:
			n, digits = 10*n+int(b-'0'), digits+1
		default:
			return 0, fmt.Errorf("%q, want a number of at most nine digits", b)
		}
	}
}

func (p *Picture) writePNG(w io.Writer) error {
	return png.Encode(w, &image.Gray{Pix: p.Pixels, Stride: p.Width, Rect: image.Rect(0, 0, p.Width, p.Height)})
}

// noEOF says of the end of a file, where it is not wanted, that it is unexpected.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
