package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"lmz/internal/lab/cluster"
)

// natsFlags say how the servers of a cluster are reached.
type natsFlags struct {
	cluster.Server
}

func (f *natsFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.URLs, "nats", "", "servers of NATS, comma-separated: nats://, tls:// or wss://HOST[:PORT]")
	fs.StringVar(&f.Creds, "creds", "", "file of NATS credentials")
	fs.StringVar(&f.CA, "tls-ca", "", "file of the certificates that sign the servers' (default the system's)")
	fs.StringVar(&f.Cert, "tls-cert", "", "file of our certificate")
	fs.StringVar(&f.Key, "tls-key", "", "file of its key")
	fs.BoolVar(&f.Insecure, "insecure", false, "allow a plain connection to another machine")
	fs.IntVar(&f.Replicas, "replicas", 0, "copies that the servers keep (default 3 in a cluster of servers, else 1)")
}

// check finds what makes no sense.
func (f *natsFlags) check() error {
	switch {
	case f.URLs == "" && (f.Creds != "" || f.CA != "" || f.Cert != "" || f.Key != "" || f.Insecure || f.Replicas != 0):
		return usagef("--creds, --tls-ca, --tls-cert, --tls-key, --insecure and --replicas go with --nats")
	case f.Replicas < 0 || f.Replicas > 5:
		return usagef("--replicas %d, want 1 to 5", f.Replicas)
	}
	return nil
}

// dial connects to the servers. patient waits for servers that are not there yet.
func (f *natsFlags) dial(ctx context.Context, name string, patient bool, log *slog.Logger) (*cluster.Conn, error) {
	s := f.Server
	s.Name, s.Patient, s.Log = name, patient, log
	c, err := cluster.Dial(ctx, s)
	if errors.Is(err, cluster.ErrInsecure) {
		return nil, hint(err, "use tls://, or give --insecure if the network is your own")
	}
	return c, err
}

// natsLog tells people what they should know of the connection.
func natsLog(stderr io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// logger is what --log and --log-level say.
func logger(stderr io.Writer, format, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usagef("--log-level %q, want debug, info, warn or error", level)
	}
	o := &slog.HandlerOptions{Level: l}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(stderr, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(stderr, o)), nil
	}
	return nil, usagef("--log %q, want text or json", format)
}

// hostProcess names this process for the servers' logs.
func hostProcess(what string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf("lmz %s, %s, process %d", what, host, os.Getpid())
}
