package surprisal

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"

	"lmz/internal/lab/dataset"
)

// Tiles are of the size of the patches that dataset cuts of images.
const (
	tileWidth  = 64 // pixels
	tileHeight = 32
)

// maxPixels of an image: more is refused before it is decoded, which may take 16 bytes a pixel.
const maxPixels = 1 << 26

// Image codes the grey pixels of a JPEG, PNG or GIF file in tiles, each by itself and row by row, as lmz measure codes patches: tiles of
// 64 x 32 pixels from the upper left, smaller at the right and lower edges, and as many as most pixels hold.
func Image(ctx context.Context, file io.ReadSeeker, most int64, o Options) (*Lens, error) {
	grey, err := decodeImage(file)
	if err != nil {
		return nil, err
	}
	size := grey.Rect.Size()
	l := o.begin()
	l.Kind, l.RawSize, l.Picture = dataset.Image, int64(len(grey.Pix)), &Picture{Width: size.X, Height: size.Y}
	var chunks [][]byte
	for y := 0; y < size.Y; y += tileHeight {
		for x := 0; x < size.X; x += tileWidth {
			tile := image.Rect(x, y, min(x+tileWidth, size.X), min(y+tileHeight, size.Y))
			if most -= int64(tile.Dx() * tile.Dy()); most < 0 {
				return l, l.chunks(ctx, o, chunks)
			}
			var pixels []byte
			for row := tile.Min.Y; row < tile.Max.Y; row++ {
				at := grey.PixOffset(tile.Min.X, row)
				pixels = append(pixels, grey.Pix[at:at+tile.Dx()]...)
			}
			chunks = append(chunks, pixels)
			l.Picture.Tiles = append(l.Picture.Tiles, tile)
		}
	}
	return l, l.chunks(ctx, o, chunks)
}

// decodeImage reads an image and makes it grey: luma by ITU-R BT.601 in 8 bits, as dataset's.
func decodeImage(file io.ReadSeeker) (*image.Gray, error) {
	config, _, err := image.DecodeConfig(file)
	if err != nil {
		return nil, fmt.Errorf("surprisal: image: %w", noEOF(err))
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return nil, fmt.Errorf("surprisal: an image of %d x %d pixels, want 1 to %d pixels", config.Width, config.Height, maxPixels)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	m, _, err := image.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("surprisal: image: %w", noEOF(err))
	}
	grey := image.NewGray(image.Rectangle{Max: m.Bounds().Size()})
	for y := range grey.Rect.Max.Y {
		for x := range grey.Rect.Max.X {
			at := m.Bounds().Min.Add(image.Pt(x, y))
			grey.SetGray(x, y, color.GrayModel.Convert(m.At(at.X, at.Y)).(color.Gray))
		}
	}
	return grey, nil
}

// noEOF is err, or io.ErrUnexpectedEOF for the end of a file.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// chunks codes chunks of bytes, each by itself, without headers.
func (l *Lens) chunks(ctx context.Context, o Options, chunks [][]byte) error {
	symbols := make([][]int32, len(chunks))
	for i, chunk := range chunks {
		symbols[i] = o.Model.Tokenizer().Encode(nil, chunk)
	}
	progress := o.Progress
	if progress == nil {
		progress = func(int) {}
	}
	_, err := l.code(ctx, o, symbols, progress)
	return err
}
