package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// riff is a WAV file of the given chunks, each a name and a body.
func riff(chunks ...string) []byte {
	var body []byte
	for i := 0; i < len(chunks); i += 2 {
		body = append(body, chunks[i]...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(chunks[i+1])))
		body = append(body, chunks[i+1]...)
		if len(chunks[i+1])%2 == 1 {
			body = append(body, 0)
		}
	}
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body)))
	return slices.Concat(b, []byte("WAVE"), body)
}

// wavFormat is the body of a chunk "fmt ".
func wavFormat(encoding, channels uint16, rate uint32, bits uint16) string {
	frame := uint32(channels) * uint32(bits+7) / 8
	b := binary.LittleEndian.AppendUint16(nil, encoding)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*frame)
	b = binary.LittleEndian.AppendUint16(b, uint16(frame))
	b = binary.LittleEndian.AppendUint16(b, bits)
	return string(b)
}

// extensible is the same in the form of WAVE_FORMAT_EXTENSIBLE.
func extensible(encoding, channels uint16, rate uint32, bits uint16) string {
	return wavFormat(wavExtensible, channels, rate, bits) + "\x16\x00" + "\x10\x00" + "\x04\x00\x00\x00" +
		string([]byte{byte(encoding), byte(encoding >> 8)}) + string(wavGUID)
}

func TestWAV(t *testing.T) {
	const samples = "\x01\x00\xff\xff\x00\x80\xff\x7f"
	mono := wavFormat(wavPCM, 1, 16000, 16)
	for name, file := range map[string][]byte{
		"plain":                 riff("fmt ", mono, "data", samples),
		"18 bytes of format":    riff("fmt ", mono+"\x00\x00", "data", samples),
		"extensible":            riff("fmt ", extensible(wavPCM, 1, 16000, 16), "data", samples),
		"odd chunks before it":  riff("LIST", "abc", "fmt ", mono, "junk", "12345", "data", samples),
		"chunks that follow it": riff("fmt ", mono, "data", samples, "LIST", "abcd"),
	} {
		if got := mustSamples(t, file, Speech); string(got) != samples {
			t.Errorf("%s: % x", name, got)
		}
		if got := mustSamples(t, file, Speech8); string(got) != "\x80\x7f\x00\xff" {
			t.Errorf("%s: in 8 bits % x", name, got)
		}
	}
	if got := mustSamples(t, riff("fmt ", mono, "data", ""), Speech); len(got) != 0 {
		t.Errorf("no samples: % x", got)
	}
}

func TestWAVRefused(t *testing.T) {
	samples := strings.Repeat("ab", 100)
	whole := riff("fmt ", wavFormat(wavPCM, 1, 16000, 16), "data", samples)
	claim := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(claim[40:], 0xfffffffe)
	format := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(format[16:], 0xfffffff0)
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"stereo":               {riff("fmt ", wavFormat(wavPCM, 2, 16000, 16), "data", samples), "16000 Hz, stereo, 16 bits, want 16000 Hz, mono, 16 bits"},
		"44.1 kHz":             {riff("fmt ", wavFormat(wavPCM, 1, 44100, 16), "data", samples), "44100 Hz"},
		"8 bits":               {riff("fmt ", wavFormat(wavPCM, 1, 16000, 8), "data", samples), "8 bits"},
		"24 bits":              {riff("fmt ", wavFormat(wavPCM, 1, 16000, 24), "data", samples), "24 bits"},
		"24 bits, extensible":  {riff("fmt ", extensible(wavPCM, 1, 16000, 24), "data", samples), "24 bits"},
		"float":                {riff("fmt ", wavFormat(3, 1, 16000, 32), "data", samples), "encoding 0x3, want PCM"},
		"float, extensible":    {riff("fmt ", extensible(3, 1, 16000, 32), "data", samples), "encoding 0x3, want PCM"},
		"another GUID":         {riff("fmt ", strings.Replace(extensible(wavPCM, 1, 16000, 16), "\xaa", "\xab", 1), "data", samples), "encoding 0xfffe"},
		"no channels":          {riff("fmt ", wavFormat(wavPCM, 0, 16000, 16), "data", samples), "0 channels"},
		"no bits":              {riff("fmt ", wavFormat(wavPCM, 1, 16000, 0), "data", samples), "0 bits"},
		"no format":            {riff("data", samples), "before their format"},
		"no samples":           {riff("fmt ", wavFormat(wavPCM, 1, 16000, 16)), "no samples"},
		"half a sample":        {riff("fmt ", wavFormat(wavPCM, 1, 16000, 16), "data", "abc"), "3 bytes of samples of 2 bytes each"},
		"a short format":       {riff("fmt ", "123456789012345", "data", samples), "a format of 15 bytes"},
		"a huge format":        {format, "a format of 4294967280 bytes"},
		"too large a number":   {claim, "200 bytes of samples, its header says 4294967294"},
		"truncated":            {whole[:len(whole)-1], "199 bytes of samples, its header says 200"},
		"truncated in a chunk": {riff("LIST", "abcdefgh")[:18], "no samples: unexpected EOF"},
	} {
		if _, err := samplesOf(test.file, Speech); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	for n := 12; n < len(whole); n++ {
		if _, err := samplesOf(whole[:n], Speech); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d bytes of %d: %v", n, len(whole), err)
		}
	}
}

func FuzzWAV(f *testing.F) {
	f.Add(riff("fmt ", wavFormat(wavPCM, 1, 16000, 16), "data", "abcd"))
	f.Add(riff("LIST", "abc", "fmt ", extensible(wavPCM, 2, 44100, 24), "data", "123456"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, format, err := OpenWAV(bytes.NewReader(b))
		if err != nil {
			return
		}
		if n, err := io.Copy(io.Discard, r); err == nil && (format.Channels < 1 || n > int64(len(b))) {
			t.Errorf("%d bytes of %d, %v", n, len(b), format)
		}
	})
}
