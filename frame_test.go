package lmz_test

import (
	"bytes"
	"errors"
	"testing"

	"lmz"
	"lmz/internal/container"
)

// TestFrames checks that frames coded one by one make the file that a Writer makes, and are decoded one by one.
func TestFrames(t *testing.T) {
	model := tiny()
	inputs := map[string][]byte{
		"text":      bytes.Repeat([]byte("What is coded here is coded there. "), 90),
		"one byte":  {7},
		"noise":     noise(1, 70_000),
		"all equal": bytes.Repeat([]byte{3}, 5000),
	}
	for name, raw := range inputs {
		for _, policy := range []lmz.Policy{lmz.Fresh, lmz.Carry} {
			o := lmz.Options{Model: model, Policy: policy, RawSize: int64(len(raw))}
			var want, got bytes.Buffer
			w, err := lmz.NewWriter(&want, o)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(raw)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			h, err := o.Header()
			if err != nil {
				t.Fatal(err)
			}
			f, err := lmz.EncodeFrame(raw, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := lmz.CheckFrame(h, f, raw); err != nil {
				t.Errorf("%s, %v: %v", name, policy, err)
			}
			c := container.NewWriter(&got, h)
			c.WriteFrame(f, raw)
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%s, %v: another file than a Writer makes", name, policy)
			}
			decoded, err := lmz.DecodeFrame(h, f, lmz.Options{Model: model})
			if err != nil || !bytes.Equal(decoded, raw) {
				t.Errorf("%s, %v: decoded to %d other bytes, %v", name, policy, len(decoded), err)
			}
		}
	}
}

// TestCheckFrame checks that frames are refused that no Writer would have made of the raw bytes.
func TestCheckFrame(t *testing.T) {
	raw := bytes.Repeat([]byte("0123456789abcdef"), 64<<10/16)
	equal := bytes.Repeat([]byte{'x'}, 100)
	o := lmz.Options{Model: tiny()}
	h, err := o.Header()
	if err != nil {
		t.Fatal(err)
	}
	payloads := make([][]byte, 4)
	for name, bad := range map[string]struct {
		frame *container.Frame
		raw   []byte
	}{
		"other bytes":    {container.NewStored(raw[1:]), raw[:len(raw)-1]},
		"segments":       {container.NewCoded(raw, payloads[:3]), raw},
		"stored equals":  {container.NewStored(equal), equal},
		"coded equals":   {container.NewCoded(equal, payloads[:1]), equal},
		"no smaller":     {container.NewCoded(raw, append(payloads[:3:3], make([]byte, len(raw)-1))), raw},
		"another length": {container.NewStored(raw[1:]), raw},
	} {
		if format := (*lmz.FormatError)(nil); !errors.As(lmz.CheckFrame(h, bad.frame, bad.raw), &format) {
			t.Errorf("%s: is taken", name)
		}
	}
	if err := lmz.CheckFrame(h, container.NewCoded(raw, payloads), raw); err != nil {
		t.Error(err)
	}
	if _, err := lmz.DecodeFrame(h, container.NewCoded(raw, payloads), o); err == nil {
		t.Error("empty payloads are decoded to the raw bytes")
	}
}
