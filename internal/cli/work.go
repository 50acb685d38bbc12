package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"lmz"
	"lmz/internal/container"
	"lmz/internal/lab/cluster"
)

// work compresses, decompresses and tests files.
type work struct {
	flags
	ctx            context.Context
	model          *lmz.Model
	conn           *cluster.Conn // whose workers do it, nil for this machine
	stdin          io.Reader
	stdout, stderr io.Writer
}

// each does all files and reports those that cannot be done.
func (w *work) each(names []string) error {
	failed := false
	for _, name := range names {
		err := w.one(name)
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		if err != nil {
			report(w.stderr, err)
			failed = true
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// one does one file, - being standard input.
func (w *work) one(name string) error {
	in, err := w.open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := w.create(in)
	if err != nil {
		return err
	}
	defer out.discard()

	started := time.Now()
	bar := w.newProgress(in.label, in.rawSize)
	options := lmz.Options{Model: w.model, Threads: w.threads, Context: w.ctx, Progress: bar.add}
	raw, coded := &count{}, &count{}
	if w.carry {
		options.Policy = lmz.Carry
	}
	switch {
	case w.conn != nil:
		err = w.share(out, in, raw, coded, options)
	case w.decompress || w.test:
		err = decompress(out, in, raw, coded, options)
	default:
		options.RawSize = in.rawSize
		err = compress(out, in, raw, coded, options)
	}
	bar.end()
	if err != nil {
		return fmt.Errorf("%s: %w", in.label, err)
	}
	if err := out.commit(in); err != nil {
		return err
	}
	w.summarise(in.label, out.label, raw.bytes, coded.bytes, time.Since(started))
	return nil
}

// compress reads raw bytes from in and writes coded ones to out.
func compress(out io.Writer, in io.Reader, raw, coded *count, o lmz.Options) error {
	z, err := lmz.NewWriter(io.MultiWriter(out, coded), o)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.MultiWriter(z, raw), in); err != nil {
		return err
	}
	return z.Close()
}

// decompress reads coded bytes from in and writes raw ones to out.
func decompress(out io.Writer, in io.Reader, raw, coded *count, o lmz.Options) error {
	z, err := lmz.NewReader(io.TeeReader(in, coded), o)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.MultiWriter(out, raw), z)
	return err
}

// share has the workers of a cluster compress or decompress.
func (w *work) share(out io.Writer, in *input, raw, coded *count, o lmz.Options) error {
	f := &cluster.File{Conn: w.conn, Model: w.model, ModelName: w.flags.model, Precision: lmz.Precision(w.precision), Label: in.label, Progress: o.Progress,
		Notice: func(text string) {
			if !w.quiet {
				fmt.Fprintf(w.stderr, "lmz: %s\n", printable(text))
			}
		}}
	if w.decompress || w.test {
		return f.Decompress(w.ctx, io.MultiWriter(out, raw), io.TeeReader(in, coded))
	}
	return f.Compress(w.ctx, io.MultiWriter(out, coded), io.TeeReader(in, raw), o.Policy, in.rawSize)
}

// count counts what is written to it.
type count struct{ bytes int64 }

func (c *count) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

// input is an open source.
type input struct {
	io.Reader
	path    string      // "" for standard input
	label   string      // for messages
	info    os.FileInfo // nil for standard input
	rawSize int64       // in bytes, 0 if not known
	file    *os.File    // nil for standard input
	stop    func()      // ends what waits for more, nil if nothing does
}

// regular reports whether the source is a file, whose permissions and time the result takes.
func (in *input) regular() bool { return in.info != nil && in.info.Mode().IsRegular() }

func (in *input) Close() error {
	if in.stop != nil {
		in.stop()
	}
	if in.file == nil {
		return nil
	}
	return in.file.Close()
}

// interruptible makes reading end when ctx ends, though a pipe or a terminal may never say anything more.
func (in *input) interruptible(ctx context.Context) *input {
	read, write := io.Pipe()
	go func(r io.Reader) {
		_, err := io.Copy(write, r)
		write.CloseWithError(err) // nil is the end
	}(in.Reader)
	context.AfterFunc(ctx, func() { write.CloseWithError(ctx.Err()) })
	in.Reader, in.stop = read, func() { read.Close() }
	return in
}

// open opens a source and finds out its raw size.
func (w *work) open(name string) (*input, error) {
	if name == "-" {
		in := &input{Reader: w.stdin, label: "standard input"}
		if f, ok := w.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) && !w.force {
			return nil, hint(errors.New("standard input is a terminal"), "name a file, pipe something in, or give -f; lmz --help shows more")
		}
		return in.interruptible(w.ctx), nil
	}
	if !w.decompress && !w.test && strings.HasSuffix(name, suffix) && !w.force {
		return nil, hint(fmt.Errorf("%s: has the suffix %s already", name, suffix), "give -d to decompress it, -f to compress it again")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	in := &input{Reader: file, path: name, label: name, file: file}
	if in.info, err = file.Stat(); err != nil {
		file.Close()
		return nil, err
	}
	switch mode := in.info.Mode(); {
	case mode.IsDir():
		file.Close()
		return nil, hint(fmt.Errorf("%s: is a directory", name), "pack it: tar c DIRECTORY | lmz > NAME.tar.lmz; its files: lmz DIRECTORY/*")
	case !mode.IsRegular():
		in.interruptible(w.ctx)
	case w.decompress || w.test:
		if w.watched() { // it is for the bar only
			in.rawSize = rawSize(file, in.info.Size())
		}
	default:
		in.rawSize = in.info.Size()
	}
	return in, nil
}

// rawSize is the number of bytes that a file decompresses to by its index, 0 if it has none: then decoding
// will say why.
func rawSize(file io.ReaderAt, size int64) (raw int64) {
	members, err := container.ReadIndex(file, size)
	if err != nil {
		return 0
	}
	for _, m := range members {
		raw += m.RawSize
	}
	return raw
}

// summarise says what was done: with -v, or when it took a while and someone is there to read.
func (w *work) summarise(in, out string, raw, coded int64, took time.Duration) {
	if w.quiet || !w.verbose && !(took > 2*time.Second && isTerminal(w.stderr)) {
		return
	}
	speed := float64(raw) / 1000 / took.Seconds()
	sizes := fmt.Sprintf("%d bytes as %d", raw, coded)
	if raw > 0 {
		sizes += fmt.Sprintf(" (%.2f%%, %.3f bits/byte)", 100*float64(coded)/float64(raw), 8*float64(coded)/float64(raw))
	}
	if out != "" {
		in += " -> " + out
	}
	if w.test {
		in += ": sound"
	}
	fmt.Fprintf(w.stderr, "%s: %s, %.1f kB/s\n", printable(in), sizes, speed)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
