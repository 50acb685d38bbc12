//go:build !purego

package gemm

import "golang.org/x/sys/cpu"

func implementations() []implementation {
	var list []implementation
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		v := vector{8, addAVX2, scaleAVX2, largestAVX2, expShiftedAVX2, dotAVX2, softmaxBackAVX2, geluAVX2, geluBackAVX2,
			sumAVX2, squaresAVX2, normaliseAVX2, normSumsAVX2, normBackAVX2}
		if cpu.X86.HasAVX512F {
			list = append(list, implementation{"avx512", kernel{12, 32, runAVX512, peakAVX512}, v})
		}
		list = append(list, implementation{"avx2", kernel{6, 16, runAVX2, peakAVX2}, v})
	}
	return append(list, generic)
}

//go:noescape
func runAVX2(steps int, a *float32, rowStride, stepStride int, b, c *float32, ldc int, accumulate bool)

//go:noescape
func runAVX512(steps int, a *float32, rowStride, stepStride int, b, c *float32, ldc int, accumulate bool)

func peakAVX2(steps int) int64

func peakAVX512(steps int) int64

//go:noescape
func addAVX2(dst, src *float32, n int)

//go:noescape
func scaleAVX2(x *float32, n int, by float32)

//go:noescape
func largestAVX2(x *float32, n int) float32

//go:noescape
func expShiftedAVX2(x *float32, n int, shift float32) (sum float32)

//go:noescape
func dotAVX2(x, y *float32, n int) float32

//go:noescape
func softmaxBackAVX2(dp, p *float32, n int, sum float32)

//go:noescape
func geluAVX2(y, x *float32, n int)

//go:noescape
func geluBackAVX2(dx, dy, x *float32, n int)

//go:noescape
func sumAVX2(x *float32, n int) float32

//go:noescape
func squaresAVX2(x *float32, n int, mean float32) float32

//go:noescape
func normaliseAVX2(y, x, gain, bias *float32, n int, mean, rstd float32)

//go:noescape
func normSumsAVX2(dGain, dBias, dy, x, gain *float32, n int, mean, rstd float32) (sum, sumHat float32)

//go:noescape
func normBackAVX2(dx, dy, x, gain *float32, n int, mean, rstd, sum, sumHat float32)
