package baseline

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// program is a compressor that is a program, or a pair of them. The bytes go in and come out by pipes,
// but for programs that want files. All of them stand in programs.go.
type program struct {
	name    string // as Open takes it
	setting string // as Compressor.Name gives it

	encoder []string // executables, of which the first that is there is taken
	decoder []string // the same, nil if it is the encoder
	debian  string   // package that has them, "" if there is none
	install string   // another way to get them, "" if there is none
	version []string // arguments that make the encoder say its version

	form   form
	encode func(rawBytes int, s Signal) []string // arguments
	decode func(rawBytes int, s Signal) []string

	// Names of files, in a directory of their own in which the program runs; "" stands for a pipe.
	rawFile, codedFile, outFile string

	// trim leaves out of the encoder's output what no decoder needs. It may be nil.
	trim func(coded []byte) ([]byte, error)
}

// form is how raw bytes are given to a program, and had from what its decoder gives.
type form struct {
	wrap   func(raw []byte, s Signal) ([]byte, error)
	unwrap func(out []byte, rawSize int, s Signal) ([]byte, error)
}

// installed is a program that was found.
type installed struct {
	*program
	signal      Signal
	encoderPath string
	decoderPath string
	found       string // version
}

// openProgram finds the executables of p.
func openProgram(p *program, s Signal) (Compressor, error) {
	c := &installed{program: p, signal: s}
	var err error
	if c.encoderPath, err = p.find(p.encoder); err != nil {
		return nil, err
	}
	c.decoderPath = c.encoderPath
	if p.decoder != nil {
		if c.decoderPath, err = p.find(p.decoder); err != nil {
			return nil, err
		}
	}
	if c.found, err = p.ask(c.encoderPath); err != nil {
		return nil, err
	}
	return c, nil
}

// find is the path of the first of some executables that is there.
func (p *program) find(executables []string) (string, error) {
	for _, name := range executables {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	var how []string
	if p.debian != "" {
		how = append(how, "apt-get install "+p.debian+" (Debian, Ubuntu)")
	}
	if p.install != "" {
		how = append(how, p.install)
	}
	return "", fmt.Errorf("baseline: %s: the program %s is not in PATH: %s", p.name, executables[0], strings.Join(how, ", or "))
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// ask is the version of an executable: the first number with a point in it that it says.
func (p *program) ask(executable string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	said, err := command(ctx, executable, p.version).CombinedOutput()
	number := versionNumber.Find(said) // whatever the status: zpaq, say, gives its version with its help, and fails
	if number == nil {
		return "", fmt.Errorf("baseline: %s: %s says no version: %q (%v)", p.name, executable, said[:min(len(said), 200)], err)
	}
	return p.encoder[0] + " " + string(number), nil
}

func (c *installed) Name() string    { return c.setting }
func (c *installed) Version() string { return c.found }

func (c *installed) Compress(ctx context.Context, raw []byte) ([]byte, error) {
	in, err := c.form.wrap(raw, c.signal)
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", c.name, err)
	}
	coded, err := run(ctx, call{
		executable: c.encoderPath, arguments: c.encode(len(raw), c.signal),
		in: in, inFile: c.rawFile, outFile: c.codedFile, limit: 2*len(in) + 1<<16,
	})
	if err == nil && c.trim != nil {
		coded, err = c.trim(coded)
	}
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", c.name, err)
	}
	return coded, nil
}

func (c *installed) Decompress(ctx context.Context, coded []byte, rawSize int) ([]byte, error) {
	out, err := run(ctx, call{
		executable: c.decoderPath, arguments: c.decode(rawSize, c.signal),
		in: coded, inFile: c.codedFile, outFile: c.outFile,
		limit: 3*(rawSize+c.signal.Width) + 1<<10, // a picture with its last row, in colour, and its header
	})
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", c.name, err)
	}
	raw, err := c.form.unwrap(out, rawSize, c.signal)
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", c.name, err)
	}
	return raw, nil
}
