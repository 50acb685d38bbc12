//go:build !purego

#include "textflag.h"

// The formulas are those of vector.go, eight elements at a time.

// VECTOR is a constant, eight times.
#define VECTOR(name, bits) \
	DATA name<>+0(SB)/4, $bits; \
	DATA name<>+4(SB)/4, $bits; \
	DATA name<>+8(SB)/4, $bits; \
	DATA name<>+12(SB)/4, $bits; \
	DATA name<>+16(SB)/4, $bits; \
	DATA name<>+20(SB)/4, $bits; \
	DATA name<>+24(SB)/4, $bits; \
	DATA name<>+28(SB)/4, $bits; \
	GLOBL name<>(SB), RODATA|NOPTR, $32

VECTOR(one, 0x3f800000) // 1
VECTOR(half, 0x3f000000) // 0.5
VECTOR(least, 0xc2ae0000) // -87
VECTOR(log2e, 0x3fb8aa3b) // 1.44269504
VECTOR(ln2high, 0x3f318000) // 0.693359375
VECTOR(ln2low, 0xb95e8083) // -0.00021219444
VECTOR(exp5, 0x39506967) // 0.000198756915
VECTOR(exp4, 0x3ab743ce) // 0.00139819995
VECTOR(exp3, 0x3c088908) // 0.00833345191
VECTOR(exp2, 0x3d2aa9c1) // 0.0416657959
VECTOR(exp1, 0x3e2aaaaa) // 0.166666655
VECTOR(exp0, 0x3f000000) // 0.500000012
VECTOR(erfp, 0x3ea7ba05) // 0.3275911
VECTOR(erf5, 0x3f87dc22) // 1.06140543
VECTOR(erf4, 0xbfba00e3) // -1.45315203
VECTOR(erf3, 0x3fb5f0e3) // 1.42141374
VECTOR(erf2, 0xbe91a98e) // -0.284496736
VECTOR(erf1, 0x3e827906) // 0.254829592
VECTOR(sqrtHalf, 0x3f3504f3) // 0.707106781
VECTOR(invSqrt2Pi, 0x3ecc422a) // 0.39894228
VECTOR(bias, 127)
VECTOR(sign, 0x80000000)

// EXP turns x into e^x. It uses k and p.
#define EXP(x, k, p) \
	VMAXPS       least<>(SB), x, x; \
	VMULPS       log2e<>(SB), x, k; \
	VROUNDPS     $0, k, k; \
	VFNMADD231PS ln2high<>(SB), k, x; \
	VFNMADD231PS ln2low<>(SB), k, x; \
	VMOVUPS      exp5<>(SB), p; \
	VFMADD213PS  exp4<>(SB), x, p; \
	VFMADD213PS  exp3<>(SB), x, p; \
	VFMADD213PS  exp2<>(SB), x, p; \
	VFMADD213PS  exp1<>(SB), x, p; \
	VFMADD213PS  exp0<>(SB), x, p; \
	VMULPS       x, p, p; \
	VFMADD213PS  x, x, p; \
	VADDPS       one<>(SB), p, p; \
	VCVTPS2DQ    k, k; \
	VPADDD       bias<>(SB), k, k; \
	VPSLLD       $23, k, k; \
	VMULPS       k, p, x

// ERF turns Y1 = z into Y1 = erf(z) and Y2 = exp(-z*z). It uses Y3 to Y6.
#define ERF \
	VMOVUPS      sign<>(SB), Y3; \
	VANDPS       Y1, Y3, Y4; \
	VANDNPS      Y1, Y3, Y1; \
	VMULPS       Y1, Y1, Y2; \
	VXORPS       Y3, Y2, Y2; \
	VMOVUPS      one<>(SB), Y5; \
	VFMADD132PS  erfp<>(SB), Y5, Y1; \
	VDIVPS       Y1, Y5, Y1; \
	EXP(Y2, Y3, Y6); \
	VMOVUPS      erf5<>(SB), Y3; \
	VFMADD213PS  erf4<>(SB), Y1, Y3; \
	VFMADD213PS  erf3<>(SB), Y1, Y3; \
	VFMADD213PS  erf2<>(SB), Y1, Y3; \
	VFMADD213PS  erf1<>(SB), Y1, Y3; \
	VMULPS       Y1, Y3, Y3; \
	VFNMADD213PS Y5, Y2, Y3; \
	VORPS        Y4, Y3, Y1

// func geluAVX2(y, x *float32, n int)
TEXT ·geluAVX2(SB), NOSPLIT, $0-24
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX

next:
	VMOVUPS (SI), Y0
	VMULPS  sqrtHalf<>(SB), Y0, Y1
	ERF
	VADDPS  one<>(SB), Y1, Y1
	VMULPS  half<>(SB), Y0, Y0
	VMULPS  Y0, Y1, Y1
	VMOVUPS Y1, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     next
	VZEROUPPER
	RET

// func geluBackAVX2(dx, dy, x *float32, n int)
TEXT ·geluBackAVX2(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ x+16(FP), SI
	MOVQ n+24(FP), CX

next:
	VMOVUPS     (SI), Y0
	VMULPS      sqrtHalf<>(SB), Y0, Y1
	ERF
	VADDPS      one<>(SB), Y1, Y1
	VMULPS      half<>(SB), Y1, Y1
	VMULPS      invSqrt2Pi<>(SB), Y0, Y0
	VFMADD231PS Y0, Y2, Y1
	VMULPS      (DX), Y1, Y1
	VMOVUPS     Y1, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DX
	ADDQ        $32, DI
	SUBQ        $8, CX
	JNZ         next
	VZEROUPPER
	RET

// SUM adds the eight elements of Y0 into X0. It uses X1.
#define SUM \
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS       X1, X0, X0; \
	VMOVHLPS     X0, X0, X1; \
	VADDPS       X1, X0, X0; \
	VMOVSHDUP    X0, X1; \
	VADDSS       X1, X0, X0

// func expShiftedAVX2(x *float32, n int, shift float32) (sum float32)
TEXT ·expShiftedAVX2(SB), NOSPLIT, $0-28
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS shift+16(FP), Y7
	VXORPS       Y0, Y0, Y0

next:
	VMOVUPS (SI), Y1
	VSUBPS  Y7, Y1, Y1
	EXP(Y1, Y2, Y3)
	VMOVUPS Y1, (SI)
	VADDPS  Y1, Y0, Y0
	ADDQ    $32, SI
	SUBQ    $8, CX
	JNZ     next
	SUM
	VMOVSS  X0, sum+24(FP)
	VZEROUPPER
	RET

// func largestAVX2(x *float32, n int) float32
TEXT ·largestAVX2(SB), NOSPLIT, $0-20
	MOVQ    x+0(FP), SI
	MOVQ    n+8(FP), CX
	VMOVUPS (SI), Y0

next:
	VMAXPS       (SI), Y0, Y0
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          next
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VMOVHLPS     X0, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSHDUP    X0, X1
	VMAXSS       X1, X0, X0
	VMOVSS       X0, ret+16(FP)
	VZEROUPPER
	RET

// func addAVX2(dst, src *float32, n int)
TEXT ·addAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

next:
	VMOVUPS (DI), Y0
	VADDPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     next
	VZEROUPPER
	RET

// func scaleAVX2(x *float32, n int, by float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS by+16(FP), Y1

next:
	VMULPS  (DI), Y1, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     next
	VZEROUPPER
	RET

// func dotAVX2(x, y *float32, n int) float32
TEXT ·dotAVX2(SB), NOSPLIT, $0-28
	MOVQ   x+0(FP), SI
	MOVQ   y+8(FP), DI
	MOVQ   n+16(FP), CX
	VXORPS Y0, Y0, Y0

next:
	VMOVUPS     (SI), Y1
	VFMADD231PS (DI), Y1, Y0
	ADDQ        $32, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
	JNZ         next
	SUM
	VMOVSS      X0, ret+24(FP)
	VZEROUPPER
	RET

// func softmaxBackAVX2(dp, p *float32, n int, sum float32)
TEXT ·softmaxBackAVX2(SB), NOSPLIT, $0-28
	MOVQ         dp+0(FP), DI
	MOVQ         p+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS sum+24(FP), Y1

next:
	VMOVUPS (DI), Y0
	VSUBPS  Y1, Y0, Y0
	VMULPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     next
	VZEROUPPER
	RET

// func sumAVX2(x *float32, n int) float32
TEXT ·sumAVX2(SB), NOSPLIT, $0-20
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPS Y0, Y0, Y0

next:
	VADDPS (SI), Y0, Y0
	ADDQ   $32, SI
	SUBQ   $8, CX
	JNZ    next
	SUM
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func squaresAVX2(x *float32, n int, mean float32) float32
TEXT ·squaresAVX2(SB), NOSPLIT, $0-28
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS mean+16(FP), Y2
	VXORPS       Y0, Y0, Y0

next:
	VMOVUPS     (SI), Y1
	VSUBPS      Y2, Y1, Y1
	VFMADD231PS Y1, Y1, Y0
	ADDQ        $32, SI
	SUBQ        $8, CX
	JNZ         next
	SUM
	VMOVSS      X0, ret+24(FP)
	VZEROUPPER
	RET

// func normaliseAVX2(y, x, gain, bias *float32, n int, mean, rstd float32)
TEXT ·normaliseAVX2(SB), NOSPLIT, $0-48
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         gain+16(FP), DX
	MOVQ         bias+24(FP), R8
	MOVQ         n+32(FP), CX
	VBROADCASTSS mean+40(FP), Y2
	VBROADCASTSS rstd+44(FP), Y3
	XORQ         AX, AX

next:
	VMOVUPS     (SI)(AX*4), Y0
	VSUBPS      Y2, Y0, Y0
	VMULPS      Y3, Y0, Y0
	VMOVUPS     (R8)(AX*4), Y1
	VFMADD231PS (DX)(AX*4), Y0, Y1
	VMOVUPS     Y1, (DI)(AX*4)
	ADDQ        $8, AX
	CMPQ        AX, CX
	JLT         next
	VZEROUPPER
	RET

// func normSumsAVX2(dGain, dBias, dy, x, gain *float32, n int, mean, rstd float32) (sum, sumHat float32)
TEXT ·normSumsAVX2(SB), NOSPLIT, $0-64
	MOVQ         dGain+0(FP), DI
	MOVQ         dBias+8(FP), R8
	MOVQ         dy+16(FP), SI
	MOVQ         x+24(FP), DX
	MOVQ         gain+32(FP), R9
	MOVQ         n+40(FP), CX
	VBROADCASTSS mean+48(FP), Y2
	VBROADCASTSS rstd+52(FP), Y3
	VXORPS       Y4, Y4, Y4
	VXORPS       Y5, Y5, Y5
	XORQ         AX, AX

next:
	VMOVUPS     (DX)(AX*4), Y0
	VSUBPS      Y2, Y0, Y0
	VMULPS      Y3, Y0, Y0          // x, normalised
	VMOVUPS     (SI)(AX*4), Y1
	VADDPS      (R8)(AX*4), Y1, Y6
	VMOVUPS     Y6, (R8)(AX*4)
	VMOVUPS     (DI)(AX*4), Y6
	VFMADD231PS Y0, Y1, Y6
	VMOVUPS     Y6, (DI)(AX*4)
	VMULPS      (R9)(AX*4), Y1, Y1
	VADDPS      Y1, Y4, Y4
	VFMADD231PS Y0, Y1, Y5
	ADDQ        $8, AX
	CMPQ        AX, CX
	JLT         next
	VMOVAPS     Y4, Y0
	SUM
	VMOVSS      X0, sum+56(FP)
	VMOVAPS     Y5, Y0
	SUM
	VMOVSS      X0, sumHat+60(FP)
	VZEROUPPER
	RET

// func normBackAVX2(dx, dy, x, gain *float32, n int, mean, rstd, sum, sumHat float32)
TEXT ·normBackAVX2(SB), NOSPLIT, $0-56
	MOVQ         dx+0(FP), DI
	MOVQ         dy+8(FP), SI
	MOVQ         x+16(FP), DX
	MOVQ         gain+24(FP), R9
	MOVQ         n+32(FP), CX
	VBROADCASTSS mean+40(FP), Y2
	VBROADCASTSS rstd+44(FP), Y3
	VBROADCASTSS sum+48(FP), Y4
	VBROADCASTSS sumHat+52(FP), Y5
	XORQ         AX, AX

next:
	VMOVUPS      (DX)(AX*4), Y0
	VSUBPS       Y2, Y0, Y0
	VMULPS       Y3, Y0, Y0
	VMOVUPS      (SI)(AX*4), Y1
	VFMSUB132PS  (R9)(AX*4), Y4, Y1 // dy*gain - sum
	VFNMADD231PS Y5, Y0, Y1
	VMOVUPS      (DI)(AX*4), Y6
	VFMADD231PS  Y3, Y1, Y6
	VMOVUPS      Y6, (DI)(AX*4)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          next
	VZEROUPPER
	RET
