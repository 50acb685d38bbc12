package gemm

import (
	"math"

	"lmz/internal/amx"
)

// A Product is Mul, or MulBFloat16.
type Product func(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, accumulate bool, c []float32, ldc int)

// MulBFloat16 computes what Mul does, of A and B rounded to bfloat16 (8 bits of precision, to nearest, ties to even).
// Products are exact and summed in float32. On processors with AMX it is many times as fast as Mul; elsewhere
// it is Mul, of rounded copies.
func MulBFloat16(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, accumulate bool, c []float32, ldc int) {
	if m > 0 && n > 0 && k > 0 && amx.Available() {
		mulAMX(transA, transB, m, n, k, a, lda, b, ldb, accumulate, c, ldc)
		return
	}
	mulRounded(transA, transB, m, n, k, a, lda, b, ldb, accumulate, c, ldc)
}

// mulRounded is MulBFloat16 by Mul.
func mulRounded(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, accumulate bool, c []float32, ldc int) {
	check("A", transA, m, k, len(a), lda)
	check("B", transB, k, n, len(b), ldb)
	x, y := rounded(pick(transA, k, m), pick(transA, m, k), a, lda), rounded(pick(transB, n, k), pick(transB, k, n), b, ldb)
	Mul(transA, transB, m, n, k, x, pick(transA, m, k), y, pick(transB, k, n), accumulate, c, ldc)
}

// rounded copies a matrix in the precision of bfloat16, its rows one after another.
func rounded(rows, cols int, x []float32, ld int) []float32 {
	y := make([]float32, 0, rows*cols)
	for i := range rows {
		for _, v := range x[i*ld:][:cols] {
			bits := math.Float32bits(v)
			if v == v { // what is not a number stays so
				bits += 0x7fff + bits>>16&1
			}
			y = append(y, math.Float32frombits(bits&^0xffff))
		}
	}
	return y
}
