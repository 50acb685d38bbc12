package dataset

import (
	"fmt"
	"strings"
	"testing"
)

// TestVideo: frames come as they are stored, of raw files and of .y4m.
func TestVideo(t *testing.T) {
	frame := func(b string) string { return strings.Repeat(b, 5*3+2*3*2) } // 5 x 3 pixels
	raw := frame("a") + frame("b")
	want := idOf([]byte(raw[:20]), []byte(raw[20:40]), []byte(raw[40:]))
	for name, content := range map[string]string{
		"a.yuv":   raw,
		"a.raw":   raw,
		"a.y4m":   "YUV4MPEG2 W5 H3 F25:1 Ip A1:1 C420mpeg2 XYSCSS=420\nFRAME\n" + frame("a") + "FRAME Ip\n" + frame("b"),
		"b.video": "YUV4MPEG2 H3 W5\nFRAME\n" + frame("a") + "FRAME\n" + frame("b"),
	} {
		spec := Spec{Source: put(t, name, []byte(content)), Kind: Video, Chunk: 20}
		if content == raw {
			refused(t, spec, name, "give width and height")
			spec.Width, spec.Height = 5, 3
		}
		id := identify(t, spec)
		if id.ID != want || id.Signal != (Signal{Width: 5, SampleBytes: 1}) {
			t.Errorf("%s: %d bytes, %+v", name, id.Bytes, id.Signal)
		}
	}
	dir := t.TempDir()
	putIn(t, dir, "a.yuv", []byte(raw[:27]))
	putIn(t, dir, "b.yuv", []byte(raw[27:]))
	putIn(t, dir, "b.264", []byte("\x00\x00\x01\x67"))
	if id := identify(t, Spec{Source: dir, Kind: Video, Chunk: 20, Width: 5, Height: 3}); id.ID != want || len(id.Skipped) != 1 {
		t.Errorf("of a directory: %d bytes, skipped %v", id.Bytes, id.Skipped)
	}
}

func TestDamagedVideo(t *testing.T) {
	head := "YUV4MPEG2 W4 H2 C420\n"
	frame := strings.Repeat("x", 12)
	for i, c := range []struct {
		content string
		words   []string
	}{
		{head + "FRAME\n" + frame + "FRAME\n" + frame[1:], []string{"frame 2 lacks 1 of its 12 bytes"}},
		{head + "FRAME\n" + frame + "noise\n" + frame, []string{"frame 2", `"noise"`, "want FRAME"}},
		{head + "FRAME\n" + frame + "FRAME", []string{"without an end"}},
		{head, []string{"no chunk"}},
		{"YUV4MPEG2 W4 H2", []string{"without an end"}},
		{"YUV4MPEG2 W4\n", []string{"4 x 0 pixels"}},
		{"YUV4MPEG2 W4 Hx\n", []string{`"Hx"`}},
		{"YUV4MPEG2 W-4 H2\n", []string{"-4 x 2 pixels"}},
		{"YUV4MPEG2 W99999999 H99999999\n", []string{"99999999 x 99999999 pixels"}},
		{"YUV4MPEG2 W4 H2 C422\nFRAME\n", []string{"422", "want 420"}},
		{"YUV4MPEG2 W4 H2 C420p10\nFRAME\n", []string{"420p10", "want 420"}},
		{"YUV4MPEG2 " + strings.Repeat("X", 5000), []string{"a line of more than 4096"}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			refused(t, Spec{Source: put(t, "a.y4m", []byte(c.content)), Kind: Video}, append(c.words, "a.y4m")...)
		})
	}
	for name, content := range map[string]string{"a.yuv": frame + frame[1:], "b.zip": string(zipOf(t, member{"a.yuv", frame + frame[1:]}))} {
		refused(t, Spec{Source: put(t, name, []byte(content)), Kind: Video, Width: 4, Height: 2}, "23 bytes, want a multiple of 12", "4 x 2", "a.yuv")
	}
	refused(t, Spec{Source: put(t, "a.yuv.gz", gzipped(t, []byte(frame+frame[1:]))), Kind: Video, Width: 4, Height: 2}, "frame 2 lacks 1 of its 12 bytes")
	refused(t, Spec{Source: put(t, "a.y4m", []byte(head+"FRAME\n"+frame)), Kind: Video, Width: 2, Height: 4}, "4 x 2 pixels, want 2 x 4")
}
