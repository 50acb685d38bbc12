package model

import "fmt"

// Precision says what a model's weights are, and what is multiplied with them. Every precision gives the same bits on
// every machine; files name the one that they were made with by the model's identity.
type Precision uint8

const (
	// Int8 has int8 weights with one scale an output, and activations of 8 bits with one scale a position, or of 12 in a
	// wide model.
	Int8 Precision = iota

	// Int8Outlier has int8 weights and activations of 8 bits, in a wide model too; but those of magnitude 6 and more, the outliers,
	// are multiplied apart, in 12 bits (Dettmers et al. 2022, arXiv 2208.07339, section 3.2).
	Int8Outlier

	// F32 has weights and activations in float32, summed up in a written order.
	F32
)

var precisions = []string{"int8", "int8-outlier", "f32"}

func (p Precision) String() string { return precisions[p] }

// Precisions names those that ParsePrecision reads.
func Precisions() []string { return append([]string(nil), precisions...) }

// ParsePrecision is the precision of a name.
func ParsePrecision(name string) (Precision, error) {
	for i, s := range precisions {
		if s == name {
			return Precision(i), nil
		}
	}
	return 0, fmt.Errorf("model: precision %q, want one of %q", name, precisions)
}
