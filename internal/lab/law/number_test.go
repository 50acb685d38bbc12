package law

import "testing"

// TestDigits: a number that rounds up to a power of ten has no digit more than others.
func TestDigits(t *testing.T) {
	for _, test := range []struct {
		x           Number
		significant int
		want        string
	}{
		{0.00998, 2, "0.010"}, {0.0109, 2, "0.011"}, {9.96, 2, "10"}, {0.9996, 3, "1.00"}, {-0.0996, 2, "-0.10"}, {1234, 2, "1234"}, {0, 3, "0"},
	} {
		if got := test.x.digits(test.significant); got != test.want {
			t.Errorf("%v with %d digits is %q, want %q", float64(test.x), test.significant, got, test.want)
		}
	}
}
