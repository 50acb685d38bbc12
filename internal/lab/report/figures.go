package report

import (
	"fmt"
	"io"

	"lmz/internal/lab/figure"
)

// WriteFigure writes a figure for a paper, in the format of a file's suffix: .svg or .png.
func WriteFigure(w io.Writer, f figure.Figure, suffix string) error {
	switch suffix {
	case ".svg":
		return figure.SVG(w, f)
	case ".png":
		return figure.PNG(w, f, figure.Print)
	}
	return fmt.Errorf("report: figures are written as .svg and .png, not %q", suffix)
}
