package dataset

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A YUV4MPEG2 file (.y4m) begins with a line of its magic and parameters, and each frame with a line that
// begins with y4mFrame (yuv4mpeg(5) of mjpegtools).
const (
	y4mMagic = "YUV4MPEG2 "
	y4mFrame = "FRAME"
	y4mLine  = 4096 // bytes of a line at most
)

// y4m420 are the names of the ways in which .y4m files store 4:2:0 in 8 bits, "" where none is said.
var y4m420 = []string{"", "420", "420jpeg", "420mpeg2", "420paldv"}

// rawVideo are the endings that raw frames have in a directory or an archive.
var rawVideo = []string{".yuv", ".i420"}

// makeVideo makes chunks of frames one after another as raw files store them: the rows of Y, then those of U and V,
// which have half the width and half the height, rounded up. All frames have one size: that of the .y4m files,
// or Spec's, which raw files need.
func makeVideo(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	width, height := spec.Width, spec.Height
	err := cut(ctx, spec, from, emit, func(f *file) (io.Reader, error) {
		begin, err := f.Peek(len(y4mMagic))
		if err != nil && err != io.EOF {
			return nil, err
		}
		if string(begin) == y4mMagic {
			w, h, err := readY4M(f)
			if err != nil {
				return nil, err
			}
			if width == 0 {
				width, height = w, h
			}
			if w != width || h != height {
				return nil, f.errorf("frames of %d x %d pixels, want %d x %d", w, h, width, height)
			}
			return &frames{f: f, size: frameSize(w, h), marked: true}, nil
		}
		if !f.named && !slices.Contains(rawVideo, strings.ToLower(path.Ext(f.plain))) {
			f.skip(fmt.Sprintf("no .y4m file, and not called %s as raw YUV is", strings.Join(rawVideo, " or ")))
			return nil, nil
		}
		if width == 0 {
			return nil, f.errorf("raw YUV does not say the size of its frames: give width and height")
		}
		size := frameSize(width, height)
		if f.size%size != 0 && f.size >= 0 {
			return nil, f.errorf("%d bytes, want a multiple of %d: a frame of %d x %d pixels", f.size, size, width, height)
		}
		return &frames{f: f, size: size}, nil
	})
	return Signal{Width: width, SampleBytes: 1}, err
}

// frameSize is the bytes of a frame in YUV 4:2:0 of 8 bits.
func frameSize(width, height int) int64 {
	w, h := int64(width), int64(height)
	return w*h + 2*((w+1)/2)*((h+1)/2)
}

// frames reads the frames of a file.
type frames struct {
	f      *file
	size   int64 // bytes of a frame
	marked bool  // each has a line before it
	left   int64 // bytes of the frame that is being read
	count  int   // frames begun
}

func (r *frames) Read(p []byte) (int, error) {
	if r.left == 0 {
		if err := r.begin(); err != nil {
			return 0, err
		}
	}
	n, err := r.f.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if err == io.EOF && r.left > 0 {
		return n, r.f.errorf("frame %d lacks %d of its %d bytes", r.count, r.left, r.size)
	}
	return n, err
}

// begin begins a frame. At the end of the file it returns io.EOF.
func (r *frames) begin() error {
	begin, err := r.f.Peek(1)
	if len(begin) == 0 {
		return err
	}
	r.count++
	if r.marked {
		line, err := readLine(r.f)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(line, []byte(y4mFrame)) {
			return r.f.errorf("frame %d begins with %q, want %s", r.count, line[:min(len(line), 8)], y4mFrame)
		}
	}
	r.left = r.size
	return nil
}

// readY4M reads the first line of a YUV4MPEG2 file.
func readY4M(f *file) (width, height int, err error) {
	line, err := readLine(f)
	if err != nil {
		return 0, 0, err
	}
	var layout string
	for i, parameter := range strings.Fields(string(line)) {
		switch value := parameter[1:]; {
		case i == 0:
		case parameter[0] == 'W':
			width, err = strconv.Atoi(value)
		case parameter[0] == 'H':
			height, err = strconv.Atoi(value)
		case parameter[0] == 'C':
			layout = value
		}
		if err != nil {
			return 0, 0, f.errorf("parameter %q of a video, want a number of pixels", parameter)
		}
	}
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return 0, 0, f.errorf("frames of %d x %d pixels, want 1 to %d", width, height, maxSide)
	}
	if !slices.Contains(y4m420, layout) {
		return 0, 0, f.errorf("video stored as %s, want 420 with 8 bits", layout)
	}
	return width, height, nil
}

// readLine reads a line and its end, which it leaves out.
func readLine(f *file) ([]byte, error) {
	begin, err := f.Peek(y4mLine)
	if err != nil && err != io.EOF {
		return nil, err
	}
	line, _, ok := bytes.Cut(begin, []byte("\n"))
	if !ok {
		return nil, f.errorf("a line of more than %d bytes, or without an end", len(begin))
	}
	line = bytes.Clone(line)
	if _, err := io.CopyN(io.Discard, f, int64(len(line)+1)); err != nil {
		return nil, err
	}
	return line, nil
}
