package generate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"
)

// gradient is a picture of pixels 10 row + column.
func gradient(width, height int) *Picture {
	p := &Picture{Width: width, Height: height}
	for y := range height {
		for x := range width {
			p.Pixels = append(p.Pixels, byte(10*y+x))
		}
	}
	return p
}

// generated writes what a task makes of continuations of one byte repeated, 200 for the first prompt, 201 for the next.
func generated(t *testing.T, task *Task) []byte {
	t.Helper()
	var list []Continuation
	for i := range task.Prompts {
		list = append(list, Continuation{Bytes: bytes.Repeat([]byte{byte(200 + i)}, task.Length)})
	}
	var out bytes.Buffer
	if err := task.Write(&out, list); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHalves(t *testing.T) {
	for _, size := range []struct{ width, height int }{{4, 4}, {3, 5}, {2, 2}, {5, 2}} {
		p := gradient(size.width, size.height)
		task, err := LowerHalf(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(task.Prompts) != 1 || task.Length != size.width*(size.height/2) || task.Align() != size.width {
			t.Errorf("%v: %d prompts, %d bytes to follow, rows of %d", size, len(task.Prompts), task.Length, task.Align())
		}
		whole, err := ReadPicture(bytes.NewReader(generated(t, task)))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range whole.Pixels {
			want := p.Pixels[i]
			if i/size.width >= (size.height+1)/2 {
				want = 200
			}
			if v != want || whole.Width != size.width || whole.Height != size.height {
				t.Fatalf("%v: %d x %d pixels, pixel %d is %d, want %d", size, whole.Width, whole.Height, i, v, want)
			}
		}

		if task, err = RightHalves(p); err != nil {
			t.Fatal(err)
		}
		if whole, err = ReadPicture(bytes.NewReader(generated(t, task))); err != nil {
			t.Fatal(err)
		}
		for i, v := range whole.Pixels {
			want := p.Pixels[i]
			if i%size.width >= (size.width+1)/2 {
				want = byte(200 + i/size.width)
			}
			if v != want {
				t.Fatalf("rows of %v: pixel %d is %d, want %d", size, i, v, want)
			}
		}
		if len(task.Prompts) != size.height {
			t.Errorf("rows of %v: %d prompts", size, len(task.Prompts))
		}
	}
	if _, err := LowerHalf(gradient(5, 1)); err == nil {
		t.Error("a picture of one row has an upper half")
	}
	if _, err := RightHalves(gradient(1, 5)); err == nil {
		t.Error("a picture of one column has a left half")
	}
}

func TestPictures(t *testing.T) {
	colours := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	colours.Set(0, 0, color.White)
	colours.Set(1, 0, color.NRGBA{255, 0, 0, 255})
	colours.Set(2, 0, color.Black)
	var coloured bytes.Buffer
	if err := png.Encode(&coloured, colours); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"PNG of colours":    coloured.String(),
		"PGM":               "P5 3 1 255\n\xff\x4c\x00",
		"PGM with comments": "P5\n# made by hand\n3 # wide\n1\n255\n\xff\x4c\x00and more",
	} {
		p, err := ReadPicture(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if p.Width != 3 || p.Height != 1 || string(p.Pixels) != "\xff\x4c\x00" {
			t.Errorf("%s: %d x %d, %v", name, p.Width, p.Height, p.Pixels)
		}
	}
	for name, test := range map[string]struct{ file, want string }{
		"nothing":         {"", "PNG, JPEG or PGM"},
		"text":            {"hello, world", "PNG, JPEG or PGM"},
		"cut PNG":         {coloured.String()[:coloured.Len()-20], "unexpected EOF"},
		"cut header":      {coloured.String()[:20], "unexpected EOF"},
		"damaged PNG":     {coloured.String()[:45] + "x" + coloured.String()[46:], "picture: png: "},
		"cut PGM":         {"P5 3 2 255\n\x00\x01\x02\x03\x04", "5 of 3 x 2 pixels: unexpected EOF"},
		"cut PGM header":  {"P5 3 2", "the header of a PGM file: unexpected EOF"},
		"huge PGM":        {"P5 999999999 999999999 255\n", "999999999 x 999999999 pixels, want"},
		"hostile number":  {"P5 99999999999999999999 1 255\n", "at most nine digits"},
		"negative number": {"P5 -3 1 255\n", "'-', want a number"},
		"no pixels":       {"P5 0 1 255\n", "0 x 1 pixels"},
		"16 bits":         {"P5 1 1 65535\n\x00\x00", "greatest grey of 65535, want 255"},
	} {
		_, err := ReadPicture(strings.NewReader(test.file))
		if err == nil || !strings.HasPrefix(err.Error(), "generate: picture: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

func TestSound(t *testing.T) {
	for _, sampleBytes := range []int{1, 2} {
		for _, samples := range []string{"", "abcd", "abcdef"} {
			samples = samples[:len(samples)*sampleBytes/2]
			s := &Sound{sampleBytes, 16000, []byte(samples)}
			task, err := Continued(s, 6)
			if err != nil {
				t.Fatal(err)
			}
			file := generated(t, task)
			whole, err := ReadSound(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if want := samples + strings.Repeat("\xc8", 6); string(whole.Samples) != want || whole.SampleBytes != sampleBytes || whole.SampleRate != 16000 {
				t.Errorf("%d bytes of %d bytes at %d a second: %q, want %q", len(whole.Samples), whole.SampleBytes, whole.SampleRate, whole.Samples, want)
			}
			if riff := binary.LittleEndian.Uint32(file[4:]); int(riff) != len(file)-8 || len(file)%2 != 0 {
				t.Errorf("a file of %d bytes says that it has %d after the first 8", len(file), riff)
			}
		}
	}
	if _, err := Continued(&Sound{2, 16000, nil}, 3); err == nil {
		t.Error("three bytes are samples of two")
	}
}

func TestDamagedSound(t *testing.T) {
	var file bytes.Buffer
	if err := (&Sound{2, 8000, []byte("samples!")}).writeWAV(&file); err != nil {
		t.Fatal(err)
	}
	sound := file.String()
	with := func(at int, b string) string { return sound[:at] + b + sound[at+len(b):] }
	for name, test := range map[string]struct{ file, want string }{
		"nothing":          {"", "EOF"},
		"text":             {"hello, world, how are you?", "want RIFF and WAVE"},
		"no samples":       {sound[:36], "no samples"},
		"cut":              {sound[:len(sound)-1], "7 bytes of samples, its header says 8"},
		"huge":             {with(40, "\xfe\xff\xff\xff"), "its header says 4294967294"},
		"half a sample":    {with(40, "\x07"), "7 bytes of samples of 2"},
		"stereo":           {with(22, "\x02"), "2 channels, want one"},
		"floats":           {with(20, "\x03"), "encoding 0x3, want PCM"},
		"24 bits":          {with(34, "\x18"), "24 bits a sample, want 8 or 16"},
		"no rate":          {with(24, "\x00\x00\x00\x00"), "samples of 0 Hz"},
		"rate of 2^31":     {with(24, "\x00\x00\x00\x80"), "2147483648 samples a second"},
		"format too small": {with(16, "\x0f"), "a format of 15 bytes"},
		"format too large": {with(16, "\xff\xff\xff\xff"), "a format of 4294967295 bytes"},
		"no format":        {sound[:12] + sound[36:], "samples before their format"},
		"endless chunk":    {sound[:12] + "LIST\xff\xff\xff\xff" + sound[12:], "EOF"},
	} {
		_, err := ReadSound(strings.NewReader(test.file))
		if err == nil || !strings.HasPrefix(err.Error(), "generate: sound: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
	if _, err := ReadSound(strings.NewReader(sound[:30])); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut in its format: error %v", err)
	}
	listed := sound[:12] + "LIST\x03\x00\x00\x00abc\x00" + sound[12:]
	if s, err := ReadSound(strings.NewReader(listed)); err != nil || string(s.Samples) != "samples!" {
		t.Errorf("a chunk of odd size before the format: %v, error %v", s, err)
	}
}
