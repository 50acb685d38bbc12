package container_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/crc64"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lmz/internal/container"
)

// These tests make files from docs/format.md, not by a Writer: with each rule of its list broken, and
// all checksums right but where that is the rule.

var table = crc32.MakeTable(crc32.Castagnoli)

// file is bytes being laid out. Its methods leave it as it was.
type file []byte

func (f file) bytes(p ...byte) file { return append(slices.Clip(f), p...) }
func (f file) text(s string) file   { return append(slices.Clip(f), s...) }
func (f file) varint(list ...uint64) file {
	f = slices.Clip(f)
	for _, x := range list {
		f = binary.AppendUvarint(f, x)
	}
	return f
}

// checksum is of the bytes from start, and of raw.
func (f file) checksum(start int, raw string) file {
	sum := crc32.Update(crc32.Checksum(f[start:], table), table, []byte(raw))
	return binary.LittleEndian.AppendUint32(slices.Clip(f), sum)
}

// header appends a header; size is what stands for the raw size.
func (f file) header(flags, policy byte, size ...byte) file {
	start := len(f)
	return f.text("\xcclmz").bytes(1, 1, flags, policy).text("identity of 16 B").bytes(size...).checksum(start, "")
}

// stored appends the frame of "raw", 9 bytes; fill that of "!!!!!", 7.
func (f file) stored() file {
	start := len(f)
	return f.bytes(1, 3).checksum(start, "raw").text("raw")
}

func (f file) fill() file {
	start := len(f)
	return f.bytes(2, 5).checksum(start, "!!!!!").bytes('!')
}

// coded appends a coded frame of raw, its lengths and payloads as given.
func (f file) coded(raw string, rawLen, segments uint64, lengths []uint64, payloads string) file {
	start := len(f)
	return f.bytes(3).varint(rawLen, segments).varint(lengths...).checksum(start, raw).text(payloads)
}

// index appends an end but for its last two fields: a count of frames, and what is said of them.
func (f file) index(count uint64, entries ...uint64) file {
	return f.bytes(0).varint(count).varint(entries...)
}

// end ends the end that began at start, raw being the member's bytes.
func (f file) end(start int, raw string) file {
	f = binary.LittleEndian.AppendUint64(slices.Clip(f), crc64.Checksum([]byte(raw), crc64.MakeTable(crc64.ECMA)))
	f = binary.LittleEndian.AppendUint32(f, uint32(len(f)-start+8))
	return f.checksum(start, "")
}

func TestReject(t *testing.T) {
	frames := file{}.header(0, 0).stored().fill()
	n := len(frames)
	sized := file{}.header(1, 1, 8).stored().fill()
	begin := file{}.header(0, 0)
	good := frames.index(2, 3, 9, 5, 7).end(n, "raw!!!!!")
	twice := slices.Repeat([]uint64{0}, 257)
	long := strings.Repeat("l", 1<<18)
	longest := begin.coded(long[:1<<16], 1<<16, 1, []uint64{1 << 15}, long[:1<<15])
	longestMixed := file{}.header(2, 0).coded(long, 1<<18, 1, []uint64{1 << 17}, long[:1<<17])
	for _, test := range []struct {
		name string
		file file
		want string // in the error; if empty, the file is accepted
	}{
		{"nothing broken", good, ""},
		{"raw size given", sized.index(2, 3, 9, 5, 7).end(len(sized), "raw!!!!!"), ""},
		{"two members", append(slices.Clip(good), good...), ""},
		{"coded", begin.coded("aabb", 4, 1, []uint64{2}, "ab").index(1, 4, 10).end(len(begin)+10, "aabb"), ""},

		{"no bytes", nil, "empty"},
		{"magic", file("PK").text(string(good)), "not an lmz file"},
		{"version 0", bytes.Replace(good, []byte("lmz\x01"), []byte("lmz\x00"), 1), "format version 0, want 1"},
		{"version 2", bytes.Replace(good, []byte("lmz\x01"), []byte("lmz\x02"), 1), "format version 2, want 1"},
		{"flags", file{}.header(4, 0), "flags 0x4"},
		{"flags with raw size", file{}.header(0x81, 0, 0), "flags 0x81"},
		{"policy", file{}.header(0, 2), "context policy 2"},
		{"raw size of 2^63", file{}.header(1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1), "raw size 9223372036854775808, want"},
		{"header checksum", append(slices.Clip(begin[:len(begin)-1]), begin[len(begin)-1]^1), "checksum"},

		{"varint not minimal", file{}.header(1, 0, 0x88, 0), "in 2 bytes, want it in fewer"},
		{"varint of zero not minimal", file{}.header(1, 0, 0x80, 0), "in 2 bytes, want it in fewer"},
		{"varint not minimal, ten bytes", file{}.header(1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0), "in 10 bytes, want it in fewer"},
		{"varint of 65 bits", file{}.header(1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2), "beyond 64 bits"},
		{"varint of eleven bytes", file{}.header(1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1), "beyond 64 bits"},
		{"varint of a frame not minimal", begin.bytes(1, 0x83, 0), "in 2 bytes, want it in fewer"},

		{"kind", begin.bytes(4), "kind 4, want 0 to 3"},
		{"raw length 0", begin.bytes(1, 0), "raw length 0"},
		{"raw length 2^24+1", begin.bytes(2).varint(1<<24 + 1), "raw length 16777217"},
		{"no segments", begin.coded("aabb", 4, 0, nil, ""), "number of segments 0"},
		{"257 segments", begin.coded("", 1000, 257, twice, ""), "number of segments 257"},
		{"segments of more than 64 KiB", begin.coded("", 1<<17+1, 2, []uint64{0, 0}, ""), "number of segments 2"},
		{"one segment of 64 KiB", longest.index(1, 1<<16, 12+(1<<15)).end(len(longest), long[:1<<16]), ""},
		{"mixed segments of more than 256 KiB", file{}.header(2, 0).coded("", 1<<19+1, 2, []uint64{0, 0}, ""), "number of segments 2"},
		{"one mixed segment of 256 KiB", longestMixed.index(1, 1<<18, 12+(1<<17)).end(len(longestMixed), long), ""},
		{"more segments than bytes", begin.coded("a", 1, 2, []uint64{0, 0}, ""), "number of segments 2"},
		{"payloads as long as raw", begin.coded("aabb", 4, 2, []uint64{2, 2}, "aabb"), "payloads of 4 bytes for 4 raw bytes, want fewer"},
		{"payload of 2^60", begin.coded("aabb", 4, 1, []uint64{1 << 60}, ""), "payload length 1152921504606846976"},
		{"stored checksum", begin.bytes(1, 3, 1, 2, 3, 4).text("raw"), "checksum"},
		{"fill checksum", begin.bytes(2, 5, 1, 2, 3, 4, '!'), "checksum"},
		{"coded checksum", begin.coded("aabc", 4, 1, []uint64{2}, "ab"), "checksum"},
		{"checksum without header", begin.bytes(1, 3).checksum(len(begin)+2, "raw").text("raw"), "checksum"},
		{"coded of fewer bytes", begin.coded("aa", 4, 1, []uint64{1}, "a"), "2 raw bytes, want 4"},
		{"coded of more bytes", begin.coded("aabb", 3, 1, []uint64{2}, "ab"), "4 raw bytes, want 3"},

		{"raw size exceeded", file{}.header(1, 0, 2).stored(), "3 raw bytes and more, header says 2"},
		{"raw size not reached", file{}.header(1, 0, 9).stored().fill().index(2, 3, 9, 5, 7).end(len(sized), "raw!!!!!"), "8 raw bytes, header says 9"},

		{"index of one frame more", frames.index(3, 3, 9, 5, 7, 5, 7).end(n, "raw!!!!!"), "number of frames 3"},
		{"index of 2^60 frames", frames.index(1 << 60), "number of frames 1152921504606846976"},
		{"index of one frame fewer", frames.index(1, 3, 9).end(n, "raw!!!!!"), "index of 1 frames, want 2"},
		{"index of another raw length", frames.index(2, 4, 9, 5, 7).end(n, "raw!!!!!"), "frame 0 of 4 raw bytes in 9, want 3 in 9"},
		{"index of another size", frames.index(2, 3, 9, 5, 8).end(n, "raw!!!!!"), "frame 1 of 5 raw bytes in 8, want 5 in 7"},
		{"index of raw length 0", frames.index(2, 0, 9, 5, 7).end(n, "raw!!!!!"), "raw length 0"},
		{"index of too small a size", frames.index(2, 3, 6, 5, 7).end(n, "raw!!!!!"), "frame size 6"},
		{"index of too large a size", frames.index(2, 3, 1<<24+2000, 5, 7).end(n, "raw!!!!!"), "frame size 16779216"},
		{"checksum of raw bytes", frames.index(2, 3, 9, 5, 7).end(n, "raw!!!!?"), "checksum of the raw bytes"},
		{"length of the end", frames.index(2, 3, 9, 5, 7).end(n-1, "raw!!!!!"), "length 23, want 22"},
		{"checksum of the end", append(slices.Clip(good[:len(good)-1]), good[len(good)-1]^1), "checksum"},

		{"byte after", good.bytes(0), "trailing bytes"},
		{"frame after", good.stored(), "trailing bytes"},
		{"no end", frames, "cut short"},
		{"half an end", frames.index(2, 3, 9), "cut short"},
		{"no frame", begin, "cut short"},
		{"half a header", begin[:9], "cut short"},
	} {
		_, err := read(bytes.NewReader(test.file))
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		checkRefused(t, test.name, err)
		if err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %q, want %q in it", test.name, err, test.want)
		}
		_, err = container.ReadIndex(bytes.NewReader(test.file), int64(len(test.file)))
		if err != nil {
			checkRefused(t, test.name+", index", err)
		}
	}
}

// allocated is how many bytes f allocates, at least.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestAllocation: lengths that no bytes follow cost nothing.
func TestAllocation(t *testing.T) {
	const limit = 300 << 10
	begin := file{}.header(1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f) // 2^63-1 raw bytes
	full := make([]uint64, 256)
	full[0] = 1<<24 - 1
	empty := file{}.header(0, 0)
	end := empty.index(1<<28, 1<<24, 1<<24).end(len(empty), "")
	for name, f := range map[string]file{
		"raw size":          begin,
		"raw length 2^60":   begin.bytes(1).varint(1 << 60),
		"stored of 2^24":    begin.bytes(1).varint(1<<24).bytes(1, 2, 3, 4).text("few"),
		"fill of 2^24":      begin.bytes(2).varint(1<<24).bytes(1, 2, 3, 4).text("few"),
		"segments 2^60":     begin.bytes(3).varint(1<<24, 1<<60),
		"payload 2^60":      begin.bytes(3).varint(1<<24, 1, 1<<60),
		"payload 2^24-1":    begin.bytes(3).varint(1<<24, 256).varint(full...).bytes(1, 2, 3, 4).text("few"),
		"index 2^60":        begin.index(1 << 60),
		"index 2^28":        begin.index(1 << 28),
		"index 2^28, ended": end,
	} {
		for what, list := range map[string]func() error{
			"read": func() error { _, err := readOnly(bytes.NewReader(f)); return err },
			"index": func() error {
				_, err := container.ReadIndex(bytes.NewReader(f), int64(len(f)))
				return err
			},
		} {
			if n := allocated(func() { checkRefused(t, name+", "+what, list()) }); n > limit {
				t.Errorf("%s, %s: %d bytes of file: %d bytes allocated, want at most %d", name, what, len(f), n, limit)
			}
		}
	}
}

// readOnly reads all frames whose checksums the raw bytes at hand fit, allocating nothing for others: it is
// read for hostile files. It returns how many raw bytes it saw.
func readOnly(r io.Reader) (n int64, err error) {
	rd := container.NewReader(r)
	for {
		if _, err := rd.NextMember(); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
		for {
			f, err := rd.NextFrame()
			if err == io.EOF {
				break
			}
			if err != nil {
				return n, err
			}
			raw := f.Stored
			switch f.Kind {
			case container.Fill:
				raw = bytes.Repeat([]byte{f.Fill}, min(f.RawLen, 1000))
			case container.Coded:
				raw = double(f.Payloads)
			}
			if err := rd.Verify(f, raw); err != nil {
				return n, err
			}
			n += int64(len(raw))
		}
	}
}

// FuzzReader: no file makes a Reader or ReadIndex panic or allocate much more than it has bytes; and when both
// accept it, they agree.
func FuzzReader(f *testing.F) {
	sized := header
	sized.RawSize = rawSize(small)
	f.Add([]byte{})
	f.Add(write(f, header, nil))
	f.Add(write(f, header, small))
	f.Add(write(f, sized, small))
	f.Add(append(write(f, sized, small), write(f, header, small[:2])...))
	f.Add(write(f, header, []content{{container.Stored, noise(100), 0}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(err error) {
			var format *container.FormatError
			var unsupported *container.UnsupportedError
			if err != nil && !errors.As(err, &format) && !errors.As(err, &unsupported) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v, want one of the format", err)
			}
		}
		var size int64
		var err error
		// A frame of 7 bytes may be 1000 here, a member of 46 a header and an index.
		if n := allocated(func() { size, err = readOnly(bytes.NewReader(b)) }); n > uint64(len(b))*500+1<<20 {
			t.Errorf("%d bytes of file: %d bytes allocated", len(b), n)
		}
		check(err)
		var members []container.Member
		var indexErr error
		if n := allocated(func() { members, indexErr = container.ReadIndex(bytes.NewReader(b), int64(len(b))) }); n > uint64(len(b))*500+1<<20 {
			t.Errorf("%d bytes of file: index: %d bytes allocated", len(b), n)
		}
		check(indexErr)
		if err == nil && indexErr == nil {
			for _, m := range members {
				size -= m.RawSize
			}
			if size != 0 {
				t.Errorf("index of %d raw bytes fewer than were read", size)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, kind := range []container.Kind{container.Stored, container.Coded} {
		raw := double([][]byte{noise(2 << 20)})
		f := write(b, header, []content{{kind, raw, 64}})
		b.Run("kind="+kind.String(), func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				r := container.NewReader(bytes.NewReader(f))
				if _, err := r.NextMember(); err != nil {
					b.Fatal(err)
				}
				frame, err := r.NextFrame()
				if err == nil {
					err = r.Verify(frame, raw)
				}
				if _, end := r.NextFrame(); err != nil || end != io.EOF {
					b.Fatal(err, end)
				}
			}
		})
	}
}
