package kernels

import (
	"fmt"
	"runtime"
)

// peakLoop is what an implementation's product could reach at most: a loop of its instruction on registers alone.
type peakLoop struct {
	instruction  string
	multiplyAdds int64 // of one step
	run          func(steps int)
}

// Peak runs steps, 1 or more, of the innermost loop of the active implementation's product with operands that
// stay in registers, and returns how many multiply-adds these are. Their number by the seconds it took is the
// bound of Matrix.Mul on this processor at this moment; time at least some milliseconds, for the clock's sake
// and the processor's. As many goroutines as are to multiply at once may call it at once.
func Peak(steps int) (multiplyAdds int64) { return active.peak.take(steps) }

// FloatPeak is Peak for FloatMatrix.Mul.
func FloatPeak(steps int) (multiplyAdds int64) { return active.floatPeak.take(steps) }

func (p *peakLoop) take(steps int) (multiplyAdds int64) {
	if steps < 1 {
		panic(fmt.Sprintf("kernels: Peak: %d steps, want at least 1", steps))
	}
	p.run(steps)
	return int64(steps) * p.multiplyAdds
}

// Active names the implementation in use and what its product multiplies with.
func Active() (name, instruction string) { return active.name, active.peak.instruction }

// peakGeneric is what a compiled dot could reach. Its four sums hide the latency of multiplication.
func peakGeneric(steps int) { runtime.KeepAlive(multiplyAdd(steps, 3, 5, 7, 11)) }

// multiplyAdd does 8 multiply-adds a step.
func multiplyAdd(steps int, w0, w1, w2, w3 int32) int32 {
	var s0, s1, s2, s3 int32
	for i := range steps {
		x := int32(i)
		y := ^x
		s0 += x * w0
		s1 += x * w1
		s2 += x * w2
		s3 += x * w3
		s0 += y * w0
		s1 += y * w1
		s2 += y * w2
		s3 += y * w3
	}
	return s0 + s1 + s2 + s3
}

// floatPeakGeneric is what the compiled panelProductGeneric could reach, with its eight sums.
func floatPeakGeneric(steps int) { runtime.KeepAlive(floatMultiplyAdd(steps, 1, 2)) }

// floatMultiplyAdd does 8 multiply-adds a step.
func floatMultiplyAdd(steps int, v, w float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for i := range steps {
		x := float32(i)
		s0 += float32(x * v)
		s1 += float32(x * w)
		s2 += float32(x * v)
		s3 += float32(x * w)
		s4 += float32(x * v)
		s5 += float32(x * w)
		s6 += float32(x * v)
		s7 += float32(x * w)
	}
	return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7
}
