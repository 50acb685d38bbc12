//go:build !amd64 || purego

package gemm

func mulAMX(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, accumulate bool, c []float32, ldc int) {
	panic("gemm: no AMX")
}
