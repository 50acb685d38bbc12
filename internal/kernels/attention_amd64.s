//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

VECTOR(weightOne, 0x45fff800) // 8191
VECTOR(lowest, 0xff7fffff) // -MaxFloat32

// masks holds 8 lanes set and 8 not: beginning n lanes before the latter, the first n of 8 are set.
DATA masks<>+0(SB)/8, $-1
DATA masks<>+8(SB)/8, $-1
DATA masks<>+16(SB)/8, $-1
DATA masks<>+24(SB)/8, $-1
DATA masks<>+32(SB)/8, $0
DATA masks<>+40(SB)/8, $0
DATA masks<>+48(SB)/8, $0
DATA masks<>+56(SB)/8, $0
GLOBL masks<>(SB), RODATA|NOPTR, $64

// STEP adds the products of a pair of x, in every lane, and 16 pairs of w, in Y8 and Y9, to a row's sums.
#define STEP(x, lo, hi) \
	VPBROADCASTD x, Y10; \
	VPMADDWD     Y8, Y10, Y11; \
	VPMADDWD     Y9, Y10, Y12; \
	VPADDD       Y11, lo, lo; \
	VPADDD       Y12, hi, hi

// STEPS3 and STEPS4 are steps of so many rows, ASKING3 and ASKING4 ask meanwhile for the bytes that are R14 beyond w.
#define STEPS3 \
	STEP((R8)(AX*4), Y0, Y1); \
	STEP((R9)(AX*4), Y2, Y3); \
	STEP((R10)(AX*4), Y4, Y5)
#define STEPS4 \
	STEPS3; \
	STEP((R11)(AX*4), Y6, Y7)
#define ASKING3 \
	PREFETCHT0 (SI)(R14*1); \
	STEPS3
#define ASKING4 \
	PREFETCHT0 (SI)(R14*1); \
	STEPS4

// STORE3 and STORE4 write the sums of so many rows.
#define STORE(lo, hi) \
	VMOVDQU lo, (SI); \
	VMOVDQU hi, 32(SI); \
	ADDQ    R13, SI
#define STORE3 \
	STORE(Y0, Y1); \
	STORE(Y2, Y3); \
	STORE(Y4, Y5)
#define STORE4 \
	STORE3; \
	STORE(Y6, Y7)

// PAIRSUMS is the product of product_amd64.s, of which only the strides differ and the sums are wanted as they are: for 4 rows
// 8 VPMADDWD for 128 products, 18 instructions in all but the loads.
#define PAIRSUMS(steps, store) \
	MOVQ sum+0(FP), DI; \
	MOVQ sumStride+8(FP), R13; \
	SHLQ $2, R13; \
	MOVQ x+16(FP), R8; \
	MOVQ xStride+24(FP), AX; \
	LEAQ (R8)(AX*2), R9; \
	LEAQ (R9)(AX*2), R10; \
	LEAQ (R10)(AX*2), R11; \
	MOVQ w+32(FP), R12; \
	MOVQ step+40(FP), DX; \
	MOVQ panels+64(FP), BX; \
panels: \
	MOVQ  R12, SI; \
	MOVQ  pairs+56(FP), CX; \
	XORQ  AX, AX; \
	VPXOR Y0, Y0, Y0; \
	VPXOR Y1, Y1, Y1; \
	VPXOR Y2, Y2, Y2; \
	VPXOR Y3, Y3, Y3; \
	VPXOR Y4, Y4, Y4; \
	VPXOR Y5, Y5, Y5; \
	VPXOR Y6, Y6, Y6; \
	VPXOR Y7, Y7, Y7; \
pairs: \
	VPMOVSXBW (SI), Y8; \
	VPMOVSXBW 16(SI), Y9; \
	steps; \
	ADDQ DX, SI; \
	INCQ AX; \
	CMPQ AX, CX; \
	JLT  pairs; \
	MOVQ DI, SI; \
	store; \
	ADDQ $64, DI; \
	ADDQ panel+48(FP), R12; \
	DECQ BX; \
	JNZ  panels; \
	VZEROUPPER; \
	RET

// func pairSums4AVX2(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int)
TEXT ·pairSums4AVX2(SB), NOSPLIT, $0-72
	PAIRSUMS(STEPS4, STORE4)

// func pairSums4NextAVX2(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int, next *int8)
// A decoder waits for memory. So it asks for the bytes that it will want after these, at next.
TEXT ·pairSums4NextAVX2(SB), NOSPLIT, $0-80
	MOVQ next+72(FP), R14
	SUBQ w+32(FP), R14 // from w to next
	PAIRSUMS(ASKING4, STORE4)

// func pairSums3NextAVX2(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int, next *int8)
TEXT ·pairSums3NextAVX2(SB), NOSPLIT, $0-80
	MOVQ next+72(FP), R14
	SUBQ w+32(FP), R14
	PAIRSUMS(ASKING3, STORE3)

// func pairSums1AVX2(sum *int32, x *int16, w *int8, step, panel, pairs, panels int, next *int8)
// Like pairSums4NextAVX2, for one row.
TEXT ·pairSums1AVX2(SB), NOSPLIT, $0-64
	MOVQ sum+0(FP), DI
	MOVQ x+8(FP), R8
	MOVQ w+16(FP), R12
	MOVQ step+24(FP), DX
	MOVQ panel+32(FP), R13
	MOVQ pairs+40(FP), CX
	MOVQ panels+48(FP), BX
	MOVQ next+56(FP), R9
	SUBQ R12, R9             // from w to next

panels:
	MOVQ  R12, SI
	XORQ  AX, AX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

pairs:
	VPMOVSXBW (SI), Y8
	VPMOVSXBW 16(SI), Y9
	PREFETCHT0 (SI)(R9*1)
	STEP((R8)(AX*4), Y0, Y1)
	ADDQ DX, SI
	INCQ AX
	CMPQ AX, CX
	JLT  pairs

	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	ADDQ    $64, DI
	ADDQ    R13, R12
	DECQ    BX
	JNZ     panels
	VZEROUPPER
	RET

// func scoresAVX2(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)
// It takes t positions, at least 1, in blocks of 8. What the last has beyond t becomes the lowest number.
TEXT ·scoresAVX2(SB), NOSPLIT, $0-44
	MOVQ         scores+0(FP), DI
	MOVQ         dots+8(FP), SI
	MOVQ         sk+16(FP), R8
	MOVQ         t+24(FP), CX
	VBROADCASTSS sq+32(FP), Y4
	VBROADCASTSS root+36(FP), Y5
	VMOVUPS      lowest<>(SB), Y6
	VMOVUPS      Y6, Y7
	XORQ         DX, DX
	SUBQ         $8, CX
	JLT          rest

loop:
	VMULPS    (R8)(DX*4), Y4, Y0
	VMULPS    Y5, Y0, Y0
	VCVTDQ2PS (SI)(DX*4), Y1
	VMULPS    Y1, Y0, Y0
	VMAXPS    Y0, Y6, Y6
	VMOVUPS   Y0, (DI)(DX*4)
	ADDQ      $8, DX
	CMPQ      DX, CX
	JLE       loop

rest: // the last 0 to 7
	ADDQ      $8, CX
	SUBQ      DX, CX
	JEQ       done
	LEAQ      masks<>+32(SB), R9
	SHLQ      $2, CX
	SUBQ      CX, R9
	VMOVUPS   (R9), Y2
	VMULPS    (R8)(DX*4), Y4, Y0
	VMULPS    Y5, Y0, Y0
	VCVTDQ2PS (SI)(DX*4), Y1
	VMULPS    Y1, Y0, Y0
	VBLENDVPS Y2, Y0, Y7, Y0
	VMAXPS    Y0, Y6, Y6
	VMOVUPS   Y0, (DI)(DX*4)

done:
	VEXTRACTF128 $1, Y6, X0
	VMAXPS       X0, X6, X6
	VPSHUFD      $0x4e, X6, X0
	VMAXPS       X0, X6, X6
	VPSHUFD      $0xb1, X6, X0
	VMAXPS       X0, X6, X6
	VMOVSS       X6, highest+40(FP)
	VZEROUPPER
	RET

// func coefficientsAVX2(coeff *int16, scores, share *float32, n int, highest float32) (z int64)
// n is a multiple of 8, and at least 8. Weights are below 2^13: lanes of int32 hold the sums of 2^21 positions.
TEXT ·coefficientsAVX2(SB), NOSPLIT, $0-48
	MOVQ         coeff+0(FP), DI
	MOVQ         scores+8(FP), SI
	MOVQ         share+16(FP), R8
	MOVQ         n+24(FP), CX
	VBROADCASTSS highest+32(FP), Y4
	VMOVUPS      toInteger<>(SB), Y5
	VMOVUPS      weightOne<>(SB), Y6
	VPXOR        Y7, Y7, Y7
	XORQ         DX, DX

loop:
	VMOVUPS      (SI)(DX*4), Y0
	VSUBPS       Y4, Y0, Y0
	EXP2(Y0, Y1, Y2, Y3, Y8)
	VMULPS       Y6, Y0, Y0
	VADDPS       Y5, Y0, Y0
	VPSUBD       Y5, Y0, Y1          // e
	VSUBPS       Y5, Y0, Y0          // e as a float
	VPADDD       Y1, Y7, Y7
	VMULPS       (R8)(DX*4), Y0, Y0
	VADDPS       Y5, Y0, Y0
	VPSUBD       Y5, Y0, Y0          // c
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VMOVDQU      X0, (DI)(DX*2)
	ADDQ         $8, DX
	CMPQ         DX, CX
	JLT          loop

	VEXTRACTI128 $1, Y7, X0
	VPMOVZXDQ    X7, Y1
	VPMOVZXDQ    X0, Y2
	VPADDQ       Y2, Y1, Y1
	VEXTRACTI128 $1, Y1, X2
	VPADDQ       X2, X1, X1
	VPSHUFD      $0x4e, X1, X2
	VPADDQ       X2, X1, X1
	VMOVQ        X1, AX
	MOVQ         AX, z+40(FP)
	VZEROUPPER
	RET

// func timesAVX2(out *float32, sum *int32, n int, by float32)
// n is a multiple of 8, and at least 8.
TEXT ·timesAVX2(SB), NOSPLIT, $0-28
	MOVQ         out+0(FP), DI
	MOVQ         sum+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS by+24(FP), Y4
	XORQ         DX, DX

loop:
	VCVTDQ2PS (SI)(DX*4), Y0
	VMULPS    Y4, Y0, Y0
	VMOVUPS   Y0, (DI)(DX*4)
	ADDQ      $8, DX
	CMPQ      DX, CX
	JLT       loop
	VZEROUPPER
	RET
