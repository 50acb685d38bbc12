//go:build !amd64 || !linux || purego

package gemm

func hasAMX() bool { return false }

func mulAMX(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, accumulate bool, c []float32, ldc int) {
	panic("gemm: no AMX")
}
