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

// TestAmount: an amount is short, however large or small.
func TestAmount(t *testing.T) {
	for x, want := range map[float64]string{
		70e6: "70M", 1.4e9: "1.4B", 143000: "143,000", 5: "5", 0.25: "0.25", 0: "0", 0.0001: "0.0001", 1.23456e-9: "1.235e-09", 1e-300: "1e-300", 1e300: "1e+300",
	} {
		if got := amount(x); got != want {
			t.Errorf("%g is %q, want %q", x, got, want)
		}
	}
	if got := thousands(1e300); got != "1e+300" {
		t.Errorf("1e300 with commas is %q", got)
	}
}
