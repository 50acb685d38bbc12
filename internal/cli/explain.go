package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lmz/internal/codec"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	labreport "lmz/internal/lab/report"
	"lmz/internal/lab/surprisal"
	"lmz/internal/lm"
)

// explainFlags are those of lmz explain.
type explainFlags struct {
	model                string
	precision            precisionFlag
	carry                bool
	kind, color, html    string
	bytes                int64
	show, top, threads   int
	decode, force        bool
	json, quiet, verbose bool
}

// Bytes that are explained if --bytes says nothing: a model does some ten to a hundred kilobytes a second. Files are coded twice.
const (
	explainFile   = 128 << 10
	explainPixels = 512 << 10 // of images and speech
	explainMost   = 1 << 28   // a token takes some 40 bytes of memory
)

// explainKinds are the values of --kind.
var explainKinds = []string{string(dataset.Text), string(dataset.Bytes), string(dataset.Image), string(dataset.Speech)}

func explainCommand() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain [flags] FILE",
		Short: "Show where the bits of a file go",
		Long: `Show where the bits go when FILE is compressed: what each token costs by the model, as
colours of the text (or as numbers below it, where there are no colours), which tokens
are the costliest and what the model expected instead, how many tokens are cheap and dear,
how the cost falls as the context grows, and which kinds of bytes cost how much.

Text and any other file are compressed as lmz FILE does it, and the figures are those of
that stream. Of a JPEG, PNG or GIF file the grey pixels are coded instead, in tiles of 64
by 32, and of a FLAC or WAV file (16 kHz, mono, 16 bits) the samples, in chunks of 2048
bytes, each by itself as lmz measure does it; they are shown as heat maps. With --kind
bytes it is the file's own bytes.

Of an .lmz file, the bytes are listed by what they are for, which needs no model; with
--decode its content is explained too.

--html writes a page to explore: one file, which needs no network.`,
		Example: `  lmz explain book.txt
  lmz explain book.txt --html book.html
  lmz explain --color=always --show -1 book.txt | less -R
  lmz explain -m EleutherAI/pythia-70m --bytes 20000 book.txt
  lmz explain photo.jpg
  lmz explain book.txt.lmz --decode`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return badUsage(cmd, err)
			}
			x := &explanation{explainFlags: f, ctx: cmd.Context(), stdin: cmd.InOrStdin(), stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), ink: newInk(f.color, cmd.OutOrStdout())}
			return x.run(args[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&f.model, "model", "m", "", "model: a directory, a GGUF file, ORG/NAME[@REVISION][:FILE.gguf] of the hub's cache, or default for the one that lmz carries")
	fs.Var(&f.precision, "precision", "how to keep the model's weights: int8, int8-outlier, or f32")
	fs.BoolVar(&f.carry, "carry", false, "carry half the context over when the model's window is full")
	fs.StringVar(&f.kind, "kind", "", "what the file is: "+strings.Join(explainKinds, ", ")+" (default as it begins)")
	fs.Int64Var(&f.bytes, "bytes", 0, fmt.Sprintf("bytes, or pixels, to explain, from the beginning (default %d, of images and speech %d)", explainFile, explainPixels))
	fs.IntVar(&f.show, "show", 2000, "bytes of text to show in the terminal, -1 for all that is explained")
	fs.IntVar(&f.top, "top", 12, "how many of the costliest tokens to list")
	fs.StringVar(&f.html, "html", "", "write a page to this file, and nothing else")
	fs.BoolVarP(&f.force, "force", "f", false, "overwrite the page")
	fs.BoolVar(&f.json, "json", false, "print everything as JSON, each token with it: [bytes, bits, tokens before it in its context]")
	fs.BoolVar(&f.decode, "decode", false, "explain the content of an .lmz file too")
	fs.StringVar(&f.color, "color", "auto", "colours: auto, always or never; auto is for a terminal, unless NO_COLOR is set")
	fs.IntVarP(&f.threads, "threads", "T", runtime.GOMAXPROCS(0), "threads; they change the speed only")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "list each frame of an .lmz file")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")
	completeModels(cmd)
	completePrecisions(cmd)
	for flag, values := range map[string][]string{"kind": explainKinds, "color": inkModes} {
		if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic("cli: " + err.Error())
		}
	}
	return cmd
}

func (f explainFlags) check() error {
	switch {
	case f.threads < 1 || f.threads > codec.MaxThreads():
		return fmt.Errorf("-T %d, want 1 to %d", f.threads, codec.MaxThreads())
	case f.kind != "" && !slices.Contains(explainKinds, f.kind):
		return fmt.Errorf("--kind %s, want one of %s", f.kind, strings.Join(explainKinds, ", "))
	case f.bytes < 0 || f.bytes > explainMost:
		return fmt.Errorf("--bytes %d, want 1 to %d", f.bytes, explainMost)
	case f.show < -1:
		return fmt.Errorf("--show %d, want 0 or more, or -1 for all", f.show)
	case f.top < 0 || f.top > 1000:
		return fmt.Errorf("--top %d, want 0 to 1000", f.top)
	case !slices.Contains(inkModes, f.color):
		return fmt.Errorf("--color %s, want one of %s", f.color, strings.Join(inkModes, ", "))
	case f.json && f.html != "":
		return errors.New("--json prints, --html writes a page: give one")
	case f.decode && f.kind != "":
		return errors.New("--decode is for .lmz files, --kind for others")
	}
	return nil
}

// explanation is one file on its way to the user.
type explanation struct {
	explainFlags
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	ink            ink
	label          string // of the file, for people
	bar            *progress
}

func (x *explanation) run(name string) error {
	none := &input{}
	var page *output
	if x.html != "" { // that it cannot be written is said before the work is done
		err := notInput(x.html, name)
		if err != nil {
			return err
		}
		if page, err = createFile(x.html, none, x.force); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return hint(err, "give -f to overwrite it, or name another file")
		}
		defer page.discard()
	}
	defer context.AfterFunc(x.ctx, func() {
		time.Sleep(2 * time.Second) // as lmz FILE: what blocks never ends
		if page != nil {
			page.discard()
		}
		fmt.Fprintln(x.stderr, "lmz: interrupted")
		os.Exit(exitInterrupted)
	})()
	a, err := x.explain(name)
	if err != nil {
		return err
	}
	switch {
	case page != nil:
		if err := labreport.WriteLens(page, a); err != nil {
			return err
		}
		return page.commit(none)
	case x.json:
		return json.NewEncoder(x.stdout).Encode(a)
	}
	return x.print(a)
}

// explain finds out what a file is and explains it.
func (x *explanation) explain(name string) (*surprisal.Account, error) {
	x.label = filepath.Base(name)
	if name == "-" {
		x.label = "standard input"
		w := &work{ctx: x.ctx, stdin: x.stdin}
		in, err := w.open(name)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		raw, whole, err := x.read(in, -1)
		if err != nil {
			return nil, err
		}
		switch kind := surprisal.KindOf(raw); {
		case x.kind == string(dataset.Image), x.kind == string(dataset.Speech),
			x.kind == "" && kind != dataset.Text && kind != dataset.Bytes:
			return nil, hint(fmt.Errorf("standard input: %s, want text or other bytes", cmp.Or(x.kind, string(kind))), "name the file, or give --kind bytes")
		default:
			return x.file(raw, cmp.Or(dataset.Kind(x.kind), kind), whole)
		}
	}
	info, err := os.Stat(name) // before it is opened: that of a named pipe waits for its other end
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, hint(fmt.Errorf("%s: is no regular file", name), "lmz explain wants a file, or - for standard input")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	begin := make([]byte, 64<<10)
	n, err := file.ReadAt(begin, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	kind := cmp.Or(dataset.Kind(x.kind), surprisal.KindOf(begin[:n]))
	if x.decode && kind != surprisal.Archive {
		return nil, hint(fmt.Errorf("%s: is no .lmz file", name), "leave out --decode")
	}
	a, err := x.regular(file, name, info.Size(), kind)
	if err != nil && x.ctx.Err() == nil && !strings.Contains(err.Error(), name) {
		err = fmt.Errorf("%s: %w", name, err)
	}
	if (kind == dataset.Image || kind == dataset.Speech) && x.ctx.Err() == nil && err != nil {
		err = hint(err, "--kind bytes explains the file's own bytes")
	}
	return a, err
}

// regular explains a file of a kind.
func (x *explanation) regular(file *os.File, name string, size int64, kind dataset.Kind) (*surprisal.Account, error) {
	switch kind {
	case surprisal.Archive:
		return x.archive(file, size)
	case dataset.Image:
		return x.lens(func(o surprisal.Options) (*surprisal.Lens, error) {
			return surprisal.Image(x.ctx, file, cmp.Or(x.bytes, explainPixels), o)
		}, cmp.Or(x.bytes, explainPixels))
	case dataset.Speech:
		return x.lens(func(o surprisal.Options) (*surprisal.Lens, error) {
			return surprisal.Speech(x.ctx, name, cmp.Or(x.bytes, explainPixels), o)
		}, cmp.Or(x.bytes, explainPixels))
	}
	raw, whole, err := x.read(file, size)
	if err != nil {
		return nil, err
	}
	return x.file(raw, kind, whole)
}

// read reads the bytes to explain, and tells how many there are in all: size, or where that is not known, -1 if there are more.
func (x *explanation) read(r io.Reader, size int64) (raw []byte, whole int64, err error) {
	most := cmp.Or(x.bytes, explainFile)
	var b bytes.Buffer
	n, err := io.CopyN(&b, r, most+1)
	if err != nil && err != io.EOF {
		return nil, 0, err
	}
	raw = b.Bytes()[:min(n, most)]
	switch {
	case n <= most:
		return raw, n, nil
	case size < n:
		return raw, -1, nil
	}
	return raw, size, nil
}

// file explains bytes as lmz compresses them.
func (x *explanation) file(raw []byte, kind dataset.Kind, whole int64) (*surprisal.Account, error) {
	return x.lens(func(o surprisal.Options) (*surprisal.Lens, error) {
		return surprisal.File(x.ctx, raw, kind, whole, o)
	}, int64(len(raw)))
}

// archive explains an .lmz file.
func (x *explanation) archive(file *os.File, size int64) (*surprisal.Account, error) {
	parts, err := surprisal.ReadParts(x.ctx, file, size)
	if err != nil {
		return nil, err
	}
	a := &surprisal.Account{File: x.label, Kind: surprisal.Archive}
	if x.decode {
		most := cmp.Or(x.bytes, explainFile)
		if a, err = x.lens(func(o surprisal.Options) (*surprisal.Lens, error) {
			return surprisal.Decode(x.ctx, file, size, most, o)
		}, min(most, parts.RawSize)); err != nil {
			return nil, err
		}
	}
	a.Parts = parts
	return a, nil
}

// lens makes a Lens and what is told of it beyond sums.
func (x *explanation) lens(explain func(surprisal.Options) (*surprisal.Lens, error), size int64) (*surprisal.Account, error) {
	m, err := x.open()
	if err != nil {
		return nil, err
	}
	x.bar = x.newBar(size)
	defer x.bar.end()
	o := surprisal.Options{Model: m, Carry: x.carry, Threads: x.threads, Progress: x.bar.add}
	l, err := explain(o)
	if err != nil {
		return nil, err
	}
	o.Carry = l.Carry
	top, err := l.Costliest(x.ctx, o, x.top)
	if err != nil {
		return nil, err
	}
	return surprisal.NewAccount(x.label, l, top), nil
}

// newBar shows progress on so many bytes.
func (x *explanation) newBar(size int64) *progress {
	w := &work{stderr: x.stderr}
	w.quiet = x.quiet
	return w.newProgress(x.label, size)
}

// open opens the model.
func (x *explanation) open() (*lm.Model, error) {
	name := x.model
	if name == measure.Carried {
		name = ""
	}
	if name == "" && lm.Precision(x.precision) == lm.Int8 {
		return lm.Default()
	}
	m, err := lm.Open(name, lm.Precision(x.precision))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint(err, "-m wants a directory with config.json, tokenizer.json and model.safetensors, a GGUF file, or ORG/NAME[@REVISION][:FILE.gguf]")
	}
	if err != nil {
		return nil, hubHint(err)
	}
	return m, nil
}
