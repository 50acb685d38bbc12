// Package cli is the lmz command: one file a subcommand, and everything that is said to the user.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"lmz"
	"lmz/internal/container"
	"lmz/internal/kernels"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1   // a file could not be done, the others were
	exitUsage       = 2   // the command line makes no sense, nothing was done
	exitInterrupted = 130 // as a shell says of SIGINT; SIGTERM and SIGHUP end lmz in the same way
)

// Main runs the command with the given arguments and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "lmz: interrupted")
		return exitInterrupted
	case errors.Is(err, errReported):
		return exitFailed
	}
	report(stderr, err)
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// errReported is the error of a command that has said already what went wrong.
var errReported = errors.New("reported")

// usageError is an error of the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// arguments wants from low to high arguments of a command, as its Use says.
func arguments(low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if n := len(args); n < low || n > high {
			return badUsage(cmd, fmt.Errorf("%s: %d arguments, want %s", cmd.CommandPath(), n, strings.TrimPrefix(cmd.Use, cmd.Name()+" ")))
		}
		return nil
	}
}

// badUsage says where to read how a command is used.
func badUsage(cmd *cobra.Command, err error) error {
	return hint(&usageError{err}, "%s --help shows how it is used", cmd.CommandPath())
}

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

func hint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// report says what went wrong and what to do about it.
func report(stderr io.Writer, err error) {
	fmt.Fprintf(stderr, "lmz: error: %s\n", printable(err.Error()))
	if advice := advise(err); advice != "" {
		fmt.Fprintf(stderr, "lmz: hint: %s\n", advice)
	}
}

// printable is s without what would command a terminal instead of being shown.
func printable(s string) string {
	clean := func(r rune) bool { return r == '\n' || r != utf8.RuneError && unicode.IsPrint(r) }
	if !strings.ContainsFunc(s, func(r rune) bool { return !clean(r) }) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if clean(r) {
			b.WriteRune(r)
		} else {
			_, size := utf8.DecodeRuneInString(s[i:])
			quoted := strconv.QuoteToASCII(s[i : i+size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// advise is what the user can do about an error, or "".
func advise(err error) string {
	var (
		given       *hinted
		model       *lmz.ModelError
		unsupported *lmz.UnsupportedError
		format      *lmz.FormatError
		usage       *usageError
		broken      kernels.NotFinite
	)
	switch {
	case errors.As(err, &given):
		return given.hint
	case errors.As(err, &model):
		if carried, err := lmz.DefaultModel(); err == nil && carried.ID() == model.Need {
			return "leave out -m: lmz carries that model"
		}
		return "give that model with -m, and the --precision that it had if that was not int8; lmz models inspect shows the identity of a model"
	case errors.As(err, &unsupported):
		return "use the release of lmz that made the file"
	case errors.As(err, &format) && strings.Contains(format.Msg, "not an lmz file"):
		return "to compress it, leave out -d, -t and -l"
	case errors.As(err, &format):
		return "the file is damaged: get another copy of it"
	case errors.As(err, &broken):
		return "use another model with -m: no file can be made or read with this one"
	case errors.Is(err, container.ErrNoEnd):
		return "the file is cut short, or something follows it: -t says which"
	case errors.Is(err, container.ErrRawSize):
		return "the file changed meanwhile, or is one whose size says nothing: pipe it in"
	case errors.Is(err, container.ErrEmpty):
		return "what lmz makes of nothing has 46 bytes: see where these were lost"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the file is cut short: get all of it"
	case errors.Is(err, syscall.ENOSPC):
		return "make room, or write elsewhere with -o"
	case errors.Is(err, fs.ErrNotExist):
		return "check the name; lmz --help lists the commands"
	case errors.Is(err, fs.ErrPermission):
		return "check who may read the file and write its directory"
	case errors.As(err, &usage):
		return "lmz --help shows how it is used"
	}
	return ""
}
