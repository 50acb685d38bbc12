package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	labreport "lmz/internal/lab/report"
	"lmz/internal/lab/store"
)

func serveReportCommand() *cobra.Command {
	var f reportSource
	var port int
	cmd := &cobra.Command{
		Use:   "serve STORE|STUDY",
		Short: "Show the page in a browser, and renew it while a study runs",
		Long: `Show the page of a STORE, or of that of a STUDY file, at an address of this machine, which
it prints: open it in a browser. The page is renewed when a measurement is finished. No
other machine reaches it. Ctrl-C ends it.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return serveReport(cmd.Context(), cmd.OutOrStdout(), f, port, args[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.IntVar(&port, "port", 0, "port to listen at (default one that is free)")
	f.add(cmd, 200) // the page is made again after each measurement
	return cmd
}

func serveReport(ctx context.Context, stdout io.Writer, f reportSource, port int, name string) error {
	if port < 0 || port > 65535 {
		return usagef("--port %d, want 1 to 65535, or 0 for one that is free", port)
	}
	open := func(ctx context.Context) (*store.Store, labreport.Options, error) { return f.open(ctx, name) }
	if !isStudy(name) { // of a study the store may come later
		s, _, err := open(ctx)
		if err != nil {
			return err
		}
		s.Close()
	}
	l, err := labreport.Listen(ctx, port)
	if err != nil {
		return hint(err, "choose another port with --port, or leave it out for one that is free")
	}
	fmt.Fprintf(stdout, "http://%s/\n", l.Addr())
	return (&labreport.Server{Open: open}).Serve(ctx, l)
}
