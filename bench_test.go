package lmz_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"lmz"
)

// BenchmarkDefaultModel is the speed of the model that the package carries on text, two segments of it.
// An operation takes seconds: go test -bench DefaultModel -benchtime 1x.
func BenchmarkDefaultModel(b *testing.B) {
	m, err := lmz.DefaultModel()
	if err != nil {
		b.Fatal(err)
	}
	raw := text(70, 64<<10)
	for _, policy := range []lmz.Policy{lmz.Fresh, lmz.Carry} {
		var file []byte
		o := lmz.Options{Model: m, Policy: policy, Threads: 2}
		b.Run(fmt.Sprintf("compress/policy=%v/threads=2", policy), func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				file = compress(b, o, raw)
			}
			b.ReportMetric(float64(len(file))/float64(len(raw)), "ratio")
		})
		b.Run(fmt.Sprintf("decompress/policy=%v/threads=2", policy), func(b *testing.B) {
			if file == nil {
				file = compress(b, o, raw)
			}
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				mustDecompress(b, o, file, raw)
			}
		})
	}
}

// BenchmarkStored is the cost of everything but a model: frames of noise, but for their probes.
func BenchmarkStored(b *testing.B) {
	raw := noise(71, 8*lmz.FrameSize)
	o := lmz.Options{Model: tiny()}
	file := compress(b, o, raw)
	b.Run("compress", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			w, err := lmz.NewWriter(io.Discard, o)
			if err != nil {
				b.Fatal(err)
			}
			if err := write(w, raw, 32<<10); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decompress", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			r, err := lmz.NewReader(bytes.NewReader(file), o)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
