package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lmz/internal/lab/figure"
	labreport "lmz/internal/lab/report"
)

// figureFlags say where charts go as files.
type figureFlags struct{ png, svg string }

// add adds the flags; instead says what is then not done.
func (f *figureFlags) add(cmd *cobra.Command, instead string) {
	cmd.Flags().StringVar(&f.png, "png", "", "write the charts to this directory as PNG, and "+instead)
	cmd.Flags().StringVar(&f.svg, "svg", "", "write the charts to this directory as SVG, and "+instead)
	directories(cmd, "png", "svg")
}

// asked says whether charts are to be files.
func (f figureFlags) asked() bool { return f != figureFlags{} }

// write writes charts to the directories that were asked for.
func (f figureFlags) write(figures []figure.Figure, stderr io.Writer) error {
	for _, to := range []struct {
		directory, suffix string
	}{{f.png, ".png"}, {f.svg, ".svg"}} {
		if to.directory == "" {
			continue
		}
		if err := os.MkdirAll(to.directory, 0o777); err != nil {
			return err
		}
		for _, chart := range figures {
			if err := writeWhole(filepath.Join(to.directory, chart.ID+to.suffix), func(w io.Writer) error { return labreport.WriteFigure(w, chart, to.suffix) }); err != nil {
				return err
			}
		}
		fmt.Fprintf(stderr, "%s: %d charts\n", printable(to.directory), len(figures))
	}
	return nil
}
