package measure

import "math"

// half rounds x >= 0 to the nearest number that float16 has, ties to even: IEEE 754 binary16, with its subnormal numbers.
func half(x float32) float32 {
	const smallest = 1.0 / (1 << 24) // subnormal
	if x >= 65520 {
		return float32(math.Inf(1))
	}
	unit := float64(smallest)
	if x >= 1.0/(1<<14) {
		_, exponent := math.Frexp(float64(x))
		unit = math.Ldexp(1, exponent-11)
	}
	return float32(math.RoundToEven(float64(x)/unit) * unit)
}
