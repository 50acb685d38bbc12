package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lmz/internal/codec"
	"lmz/internal/lab/baseline"
	"lmz/internal/lab/generate"
	"lmz/internal/lm"
)

// generateFlags are the flags of lmz generate.
type generateFlags struct {
	from, given, kind       string
	length, horizon, window int
	seed                    uint64
	threads                 int
	output                  string
	force, quiet, verbose   bool
}

// kinds are the values of --kind.
var kinds = []string{"text", "image", "rows", "audio"}

const (
	maxLength  = 1 << 30 // bytes to be generated: more than anyone waits for
	maxHorizon = 64      // bytes: far beyond what gains
	maxWindow  = 1 << 24 // bytes
)

func generateCommand() *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:   "generate [--from COMPRESSOR|MODEL] [--context FILE] [flags]",
		Short: "Generate text, images or sound with a compressor or a model",
		Long: `Generate what follows a context, by a compressor or a model (Deletang et al. 2023,
arXiv 2309.10668, section 3.4). What a compressor codes short it holds to be likely: after x
the byte b has a probability proportional to 2^(l(x) - l(xb)), l the coded length in
bits. A byte is drawn, appended, and so on. A model is asked for its own
probabilities, those that lmz codes with.

Coded lengths are whole bytes, so that most of the 256 bytes tie, and a dictionary coder
gains by the string. With --horizon H a byte has the probability of all strings of H
bytes that begin with it and which the window makes likely: those that occur in it, and a
byte followed by H-1 bytes that do (four such ends are drawn and stand for all).
H = 1 is the paper's.

--kind says what the bytes are, and what is generated:
  text   any bytes, --length of them after the context; the result is these
  image  the lower half of a picture (PNG, JPEG, PGM; made grey) after its upper half;
         the result is a PNG of both
  rows   the right half of each row after its left half, rows apart, as in the paper
  audio  --length bytes after a WAV file, one channel of 8 or 16 bits; the result is a
         WAV file of both

PNG and FLAC fill an image's last row, and a 16-bit sample without its second byte, by
zeros, and so hold zeros to be likely: 8-bit sound is better served, as in the paper. Files
of xz are multiples of four bytes, so that one byte ahead almost all bytes tie.

A byte needs 256 compressions of the window, with a horizon up to 1024 and one more for
each byte of the window: that of a program which is started each time takes seconds.`,
		Example: `  lmz generate --context book.txt --length 400
  lmz generate --from gzip --context book.txt --horizon 8 --window 1000
  lmz generate --from png --kind image --context photo.png -o halves.png
  lmz generate --from flac --kind audio --context speech.wav --length 8000 -o longer.wav`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			err := runGenerate(cmd, f)
			if cmd.Context().Err() != nil {
				return cmd.Context().Err()
			}
			return err
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.from, "from", "", "generate with this: "+strings.Join(baseline.Names(), ", ")+"; or a model: a directory, a GGUF file, or ORG/NAME[@REVISION] of the hub that was pulled (default the model that lmz carries)")
	fs.StringVar(&f.given, "context", "", "file that is continued, - for standard input; without it text begins with nothing")
	fs.StringVar(&f.kind, "kind", "text", "what is generated: "+strings.Join(kinds, ", "))
	fs.IntVar(&f.length, "length", 100, "bytes to generate, of text and audio")
	fs.IntVar(&f.horizon, "horizon", 1, "bytes that a compressor looks ahead")
	fs.IntVar(&f.window, "window", 2048, "bytes of the context that count, its last; a compressor has no more of what it generated either, and takes time accordingly")
	fs.Uint64Var(&f.seed, "seed", 1, "what is drawn: one seed gives one result")
	fs.IntVarP(&f.threads, "threads", "T", runtime.GOMAXPROCS(0), "threads; they change the speed only")
	fs.StringVarP(&f.output, "output", "o", "", "write to this file, when all is generated, instead of to standard output")
	fs.BoolVarP(&f.force, "force", "f", false, "overwrite, write pictures and sound to a terminal")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but errors")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "say what was done, and how fast")
	for name, values := range map[string][]string{"kind": kinds, "from": baseline.Names()} {
		directive := cobra.ShellCompDirectiveNoFileComp
		if name == "from" { // models may be files
			directive = cobra.ShellCompDirectiveDefault
		}
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, directive)); err != nil {
			panic("cli: " + err.Error())
		}
	}
	return cmd
}

// classical reports whether --from names a compressor, not a model.
func (f generateFlags) classical() bool { return slices.Contains(baseline.Names(), f.from) }

// check finds what makes no sense.
func (f generateFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	picture := f.kind == "image" || f.kind == "rows"
	switch {
	case !slices.Contains(kinds, f.kind):
		return badUsage(cmd, fmt.Errorf("--kind %s, want one of %s", f.kind, strings.Join(kinds, ", ")))
	case f.kind != "text" && f.given == "":
		return badUsage(cmd, fmt.Errorf("--kind %s wants a --context to continue", f.kind))
	case picture && given("length"):
		return badUsage(cmd, errors.New("--length goes with text and audio: half of a picture is generated"))
	case f.length < 1 || f.length > maxLength:
		return badUsage(cmd, fmt.Errorf("--length %d, want 1 to %d", f.length, maxLength))
	case f.horizon < 1 || f.horizon > maxHorizon:
		return badUsage(cmd, fmt.Errorf("--horizon %d, want 1 to %d", f.horizon, maxHorizon))
	case given("horizon") && !f.classical():
		return badUsage(cmd, errors.New("--horizon goes with compressors: what a model gives the next symbol is the sum over all that may follow already"))
	case f.window < 0 || f.window > maxWindow:
		return badUsage(cmd, fmt.Errorf("--window %d, want 0 to %d", f.window, maxWindow))
	case f.threads < 1 || f.threads > codec.MaxThreads():
		return badUsage(cmd, fmt.Errorf("-T %d, want 1 to %d", f.threads, codec.MaxThreads()))
	case f.quiet && f.verbose:
		return badUsage(cmd, errors.New("-q and -v contradict each other"))
	}
	return nil
}

func runGenerate(cmd *cobra.Command, f generateFlags) error {
	ctx, stdout, stderr := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	task, err := f.task(ctx, cmd.InOrStdin())
	if err != nil {
		return err
	}
	generator, name, err := f.generator(task)
	if err != nil {
		return err
	}
	out := &output{Writer: stdout, label: "standard output"}
	toTerminal := f.output == "" && isTerminal(stdout)
	switch {
	case f.output != "" && f.output != "-":
		if out, err = createFile(f.output, &input{}, f.force); err != nil {
			return err
		}
		defer out.discard()
	case toTerminal && f.kind != "text" && !f.force:
		return hint(errors.New("standard output is a terminal, the result is binary"), "redirect it, name it with -o, or give -f")
	}

	total := task.Length * len(task.Prompts)
	w := &work{flags: flags{quiet: f.quiet || toTerminal, verbose: f.verbose}, stderr: stderr}
	bar := w.newProgress(name, int64(total))
	stream := io.Discard
	switch {
	case f.kind == "text" && toTerminal:
		stream = &legible{out: stdout}
	case f.kind == "text":
		stream = out
	}
	o := generate.Options{Seed: f.seed, Threads: f.threads, Emit: func(_ int, b []byte) error {
		bar.add(len(b))
		_, err := stream.Write(b)
		return err
	}}
	started := time.Now()
	list, err := generator.Continue(ctx, task.Prompts, task.Length, o)
	bar.end()
	if toTerminal && f.kind == "text" {
		fmt.Fprintln(stdout)
	}
	if err != nil {
		return err
	}
	if f.kind != "text" {
		if err := task.Write(out, list); err != nil {
			return err
		}
	}
	if err := out.commit(&input{}); err != nil {
		return err
	}
	if took := time.Since(started); f.verbose || !f.quiet && took > 2*time.Second && isTerminal(stderr) {
		var bits float64
		for _, c := range list {
			bits += c.CodeLength
		}
		fmt.Fprintf(stderr, "%s: %d bytes in %.1f s, %.1f bytes/s; drawn with %.3f bits/byte\n",
			printable(name), total, took.Seconds(), float64(total)/took.Seconds(), bits/float64(total))
	}
	return nil
}

// generator opens what --from says, and says what it is.
func (f generateFlags) generator(t *generate.Task) (g generate.Generator, name string, err error) {
	if f.classical() {
		c, err := baseline.Open(f.from, baseline.Signal{Width: t.Width, SampleBytes: t.SampleBytes, SampleRate: t.SampleRate})
		if err != nil {
			return nil, "", err
		}
		return generate.FromCompressor(c, generate.Look{Horizon: f.horizon, Window: f.window, Align: t.Align()}), c.Name(), nil
	}
	m, err := lm.Open(f.from, lm.Int8)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", hint(err, "--from wants one of %s, or a model's directory, GGUF file, or ORG/NAME[@REVISION]", strings.Join(baseline.Names(), ", "))
	}
	if err != nil {
		return nil, "", hubHint(err)
	}
	return generate.FromModel(m, f.window), m.Name(), nil
}

// task reads the context.
func (f generateFlags) task(ctx context.Context, stdin io.Reader) (*generate.Task, error) {
	if f.given == "" {
		return generate.Bytes(nil, f.length), nil
	}
	in, err := openContext(ctx, stdin, f.given)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	t, err := f.read(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.label, err)
	}
	return t, nil
}

func (f generateFlags) read(in *input) (*generate.Task, error) {
	switch f.kind {
	case "audio":
		s, err := generate.ReadSound(in)
		if err != nil {
			return nil, hint(err, "make such a file of another: sox FILE -c 1 -b 16 OUT.wav, or ffmpeg -i FILE -ac 1 -c:a pcm_s16le OUT.wav")
		}
		return generate.Continued(s, f.length)
	case "image", "rows":
		p, err := generate.ReadPicture(in)
		if err != nil {
			return nil, hint(err, "make a PNG of it")
		}
		if f.kind == "rows" {
			return generate.RightHalves(p)
		}
		return generate.LowerHalf(p)
	}
	b, err := readEnd(in, f.window)
	return generate.Bytes(b, f.length), err
}

// openContext opens a file, or standard input if name is -.
func openContext(ctx context.Context, stdin io.Reader, name string) (*input, error) {
	if name == "-" {
		if file, ok := stdin.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
			return nil, hint(errors.New("standard input is a terminal"), "name a file with --context, or pipe something in")
		}
		return (&input{Reader: stdin, label: "standard input"}).interruptible(ctx), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	in := &input{Reader: file, path: name, label: name, file: file}
	if in.info, err = file.Stat(); err == nil && in.info.IsDir() {
		err = hint(fmt.Errorf("%s: is a directory", name), "name a file with --context")
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	if !in.regular() {
		in.interruptible(ctx)
	}
	return in, nil
}

// readEnd reads the last n bytes, or all if there are fewer.
func readEnd(in *input, n int) ([]byte, error) {
	if in.regular() {
		if _, err := in.file.Seek(max(0, in.info.Size()-int64(n)), io.SeekStart); err != nil {
			return nil, err
		}
	}
	var end []byte
	b := make([]byte, 64<<10)
	for {
		got, err := in.Read(b)
		if end = append(end, b[:got]...); len(end) > n {
			end = end[:copy(end, end[len(end)-n:])]
		}
		if err == io.EOF {
			return end, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// legible writes text that commands no terminal. It holds back a character until it has all of its bytes.
type legible struct {
	out     io.Writer
	pending []byte
}

func (l *legible) Write(b []byte) (int, error) {
	l.pending = append(l.pending, b...)
	whole := len(l.pending)
	for begin := max(0, whole-utf8.UTFMax+1); begin < whole; begin++ {
		if utf8.RuneStart(l.pending[begin]) && !utf8.FullRune(l.pending[begin:]) {
			whole = begin
		}
	}
	_, err := io.WriteString(l.out, printable(string(l.pending[:whole])))
	l.pending = l.pending[:copy(l.pending, l.pending[whole:])]
	return len(b), err
}
