package lm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSuite opens the models of studies/lmz-suite that the repository has: those of the two smallest sizes at every checkpoint of the
// study, and the last of the third. Their activations have 8 bits, and training made them better.
func TestSuite(t *testing.T) {
	const suite = "../../studies/lmz-suite/models"
	text, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	text = text[:min(len(text), 500)]
	steps := []int{1, 16, 128, 512, 1000, 2000, 4000}
	for _, size := range []struct {
		name   string
		hidden int
		steps  []int
	}{{"50k", 48, steps}, {"200k", 96, steps}, {"800k", 128, steps[6:]}} {
		lengths := []float64{8 * float64(len(text))}
		for _, step := range size.steps {
			m, err := Open(filepath.Join(suite, size.name, fmt.Sprintf("step-%d", step)), Int8)
			if err != nil {
				t.Fatal(err)
			}
			if c := m.Config(); c.Hidden != size.hidden || c.Wide || c.Window != 512 {
				t.Errorf("%s/%s: width %d, 12 bits %v, window %d, want %d, false, 512", size.name, m.Name(), c.Hidden, c.Wide, c.Window, size.hidden)
			}
			lengths = append(lengths, codeLength(m, m.tokenizer.Encode(nil, text)))
		}
		if last := lengths[len(lengths)-1]; last != slices.Min(lengths) || last > 4*float64(len(text)) {
			t.Errorf("%s: code lengths %.0f of %d bytes, want the last to be least", size.name, lengths, len(text))
		}
	}
}
