package report

import (
	"fmt"
	"io"

	"lmz/internal/lab/figure"
)

// WriteFigure writes the report's i-th figure for a paper, in the format of a file's suffix: .svg or .png.
func (r *Report) WriteFigure(w io.Writer, i int, suffix string) error {
	switch suffix {
	case ".svg":
		return figure.SVG(w, r.Figures[i])
	case ".png":
		return figure.PNG(w, r.Figures[i], figure.Print)
	}
	return fmt.Errorf("report: figures are written as .svg and .png, not %q", suffix)
}
