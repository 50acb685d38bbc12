package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// output is where a result goes. A file is written beside its final name, under a temporary one, and
// renamed when it is complete: until then nothing stands under the final name, or what stood there.
type output struct {
	io.Writer
	label     string   // for messages, "" for none
	path      string   // final name, "" if there is none
	file      *os.File // temporary, nil if there is none or it is gone
	overwrite bool
}

// create decides where the result of in goes and begins it.
func (w *work) create(in *input) (*output, error) {
	switch {
	case w.test:
		return &output{Writer: io.Discard}, nil
	case w.toStdout, w.output == "-", w.output == "" && in.path == "":
		if !w.decompress && !w.force && isTerminal(w.stdout) {
			return nil, hint(errors.New("standard output is a terminal, the result is binary"), "redirect it, name it with -o, or give -f")
		}
		if f, ok := w.stdout.(*os.File); ok && in.regular() {
			if info, err := f.Stat(); err == nil && os.SameFile(info, in.info) {
				return nil, hint(fmt.Errorf("%s: is standard output too", in.label), "redirect to another file")
			}
		}
		return &output{Writer: w.stdout, label: "standard output"}, nil
	case w.output != "":
		return createFile(w.output, in, w.force)
	case !in.regular():
		return nil, hint(fmt.Errorf("%s: is no regular file", in.label), "say where to write with -c or -o")
	case !w.decompress:
		return createFile(in.path+suffix, in, w.force)
	}
	name, ok := strings.CutSuffix(in.path, suffix)
	if !ok || name == "" || strings.HasSuffix(name, string(filepath.Separator)) {
		return nil, hint(fmt.Errorf("%s: no suffix %s to take off", in.label, suffix), "name the output with -o, or give -c")
	}
	return createFile(name, in, w.force)
}

// notInput is an error where a file that is to be written is one of those that are read: what it holds would be lost. Names may be "".
func notInput(path string, inputs ...string) error {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil // there is nothing to lose
	}
	for _, name := range inputs {
		if of, err := os.Stat(name); err == nil && os.SameFile(info, of) {
			return hint(fmt.Errorf("%s: is the input too", path), "name another file to write to")
		}
	}
	return nil
}

// createFile begins the file path. What exists is overwritten only if that is wanted and never if it is the input.
func createFile(path string, in *input, overwrite bool) (*output, error) {
	info, err := os.Stat(path)
	_, linkErr := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && linkErr == nil && !overwrite: // a link to nowhere
		return nil, exists(path)
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case in.info != nil && os.SameFile(info, in.info):
		return nil, hint(fmt.Errorf("%s: is the input too", path), "name another output with -o")
	case info.IsDir():
		return nil, hint(fmt.Errorf("%s: is a directory", path), "name a file with -o")
	case !info.Mode().IsRegular(): // /dev/null, a named pipe: nothing to replace
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &output{Writer: file, label: path, file: file}, nil
	case !overwrite:
		return nil, exists(path)
	}
	mode := os.FileMode(0o666)
	if in.regular() {
		mode = 0o600 // until commit: who may not read the source is not to read the result meanwhile
	}
	base := filepath.Base(path) // a name has 255 bytes at most
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x.tmp", base[:min(len(base), 200)], rand.Uint32()))
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if refused := (*fs.PathError)(nil); errors.As(err, &refused) { // the user did not choose the temporary name
		return nil, hint(fmt.Errorf("%s: making a file in %s: %w", path, filepath.Dir(path), refused.Err), "write elsewhere with -o or -c")
	}
	if err != nil {
		return nil, err
	}
	return &output{Writer: file, label: path, path: path, file: file, overwrite: overwrite}, nil
}

func exists(path string) error {
	return hint(fmt.Errorf("%s: exists already", path), "give -f to overwrite it, or -o to name another")
}

// commit gives a complete file its name, with the permissions and the time of the source if that is a file.
func (o *output) commit(in *input) error {
	if o.file == nil {
		return nil
	}
	if o.path == "" {
		err := o.file.Close()
		o.file = nil
		return err
	}
	if in.regular() {
		if err := o.file.Chmod(in.info.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := errors.Join(o.file.Sync(), o.file.Close()); err != nil {
		return err
	}
	if in.regular() {
		if err := os.Chtimes(o.file.Name(), in.info.ModTime(), in.info.ModTime()); err != nil {
			return err
		}
	}
	if err := o.rename(); err != nil {
		return err
	}
	o.file = nil
	return nil
}

// rename gives the temporary file its final name. Without overwrite, what came under that name while we worked
// stays.
func (o *output) rename() error {
	if !o.overwrite {
		switch err := os.Link(o.file.Name(), o.path); {
		case err == nil:
			return os.Remove(o.file.Name())
		case errors.Is(err, fs.ErrExist):
			return exists(o.path)
		}
		if _, err := os.Lstat(o.path); err == nil { // where there are no links
			return exists(o.path)
		}
	}
	return os.Rename(o.file.Name(), o.path)
}

// discard removes what was not committed.
func (o *output) discard() {
	if o.file == nil {
		return
	}
	o.file.Close()
	if o.path != "" {
		os.Remove(o.file.Name())
	}
	o.file = nil
}
