//go:build !purego

#include "textflag.h"

// The product of a panel, panel.go: 16 outputs are the lanes of one register, and each term is a multiplication and an addition, not
// fused. A step of 6 rows takes 12 such operations, of two a cycle on a server of Intel's, which is 16 multiply-adds, of two a
// cycle of half as many on Zen 4, and of four a cycle on Zen 5. No sum waits for itself but on Zen 5.

// ROW adds a term to the sums of a row. The weights are in Z16.
#define ROW(x, sum) \
	VMULPS.BCST x, Z16, Z17; \
	VADDPS      Z17, sum, sum

// START and FINISH take a row of sums and go to the next.
#define START(sum) \
	VMOVUPS (AX), sum; \
	ADDQ    BX, AX

#define FINISH(sum) \
	VADDPS  Z16, sum, sum; \
	VMOVUPS sum, (DI); \
	ADDQ    BX, DI

#define STEP6(x, w) \
	VMOVUPS w(SI), Z16; \
	ROW(x(R8)(DX*4), Z0); \
	ROW(x(R9)(DX*4), Z1); \
	ROW(x(R10)(DX*4), Z2); \
	ROW(x(R11)(DX*4), Z3); \
	ROW(x(R12)(DX*4), Z4); \
	ROW(x(R13)(DX*4), Z5)

#define STEP4(x, w) \
	VMOVUPS w(SI), Z16; \
	ROW(x(R8)(DX*4), Z0); \
	ROW(x(R9)(DX*4), Z1); \
	ROW(x(R10)(DX*4), Z2); \
	ROW(x(R11)(DX*4), Z3)

#define STEP2(x, w) \
	VMOVUPS w(SI), Z16; \
	ROW(x(R8)(DX*4), Z0); \
	ROW(x(R9)(DX*4), Z1)

#define STEP1(x, w) \
	VMOVUPS w(SI), Z16; \
	ROW(x(R8)(DX*4), Z0)

// func panelProduct6AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct6AVX512(SB), NOSPLIT, $0-72
	MOVQ start+16(FP), AX
	MOVQ startStride+24(FP), BX
	SHLQ $2, BX
	MOVQ x+32(FP), R8
	MOVQ xStride+40(FP), DX
	MOVQ w+48(FP), SI
	MOVQ terms+56(FP), CX
	LEAQ (R8)(DX*4), R9
	LEAQ (R9)(DX*4), R10
	LEAQ (R10)(DX*4), R11
	LEAQ (R11)(DX*4), R12
	LEAQ (R12)(DX*4), R13
	START(Z0)
	START(Z1)
	START(Z2)
	START(Z3)
	START(Z4)
	START(Z5)
	XORQ DX, DX
	SUBQ $4, CX
	JLT  rest

loop:
	STEP6(0, 0)
	STEP6(4, 64)
	STEP6(8, 128)
	STEP6(12, 192)
	ADDQ $256, SI
	ADDQ $4, DX
	CMPQ DX, CX
	JLE  loop

rest:
	ADDQ $4, CX
	JMP  check

one:
	STEP6(0, 0)
	ADDQ $64, SI
	INCQ DX

check:
	CMPQ DX, CX
	JLT  one
	MOVQ y+0(FP), DI
	MOVQ yStride+8(FP), BX
	SHLQ $2, BX
	MOVQ bias+64(FP), AX
	VMOVUPS (AX), Z16
	FINISH(Z0)
	FINISH(Z1)
	FINISH(Z2)
	FINISH(Z3)
	FINISH(Z4)
	FINISH(Z5)
	VZEROUPPER
	RET

// func panelProduct4AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct4AVX512(SB), NOSPLIT, $0-72
	MOVQ start+16(FP), AX
	MOVQ startStride+24(FP), BX
	SHLQ $2, BX
	MOVQ x+32(FP), R8
	MOVQ xStride+40(FP), DX
	MOVQ w+48(FP), SI
	MOVQ terms+56(FP), CX
	LEAQ (R8)(DX*4), R9
	LEAQ (R9)(DX*4), R10
	LEAQ (R10)(DX*4), R11
	START(Z0)
	START(Z1)
	START(Z2)
	START(Z3)
	XORQ DX, DX
	SUBQ $4, CX
	JLT  rest

loop:
	STEP4(0, 0)
	STEP4(4, 64)
	STEP4(8, 128)
	STEP4(12, 192)
	ADDQ $256, SI
	ADDQ $4, DX
	CMPQ DX, CX
	JLE  loop

rest:
	ADDQ $4, CX
	JMP  check

one:
	STEP4(0, 0)
	ADDQ $64, SI
	INCQ DX

check:
	CMPQ DX, CX
	JLT  one
	MOVQ y+0(FP), DI
	MOVQ yStride+8(FP), BX
	SHLQ $2, BX
	MOVQ bias+64(FP), AX
	VMOVUPS (AX), Z16
	FINISH(Z0)
	FINISH(Z1)
	FINISH(Z2)
	FINISH(Z3)
	VZEROUPPER
	RET

// func panelProduct2AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct2AVX512(SB), NOSPLIT, $0-72
	MOVQ start+16(FP), AX
	MOVQ startStride+24(FP), BX
	SHLQ $2, BX
	MOVQ x+32(FP), R8
	MOVQ xStride+40(FP), DX
	MOVQ w+48(FP), SI
	MOVQ terms+56(FP), CX
	LEAQ (R8)(DX*4), R9
	START(Z0)
	START(Z1)
	XORQ DX, DX
	SUBQ $4, CX
	JLT  rest

loop:
	STEP2(0, 0)
	STEP2(4, 64)
	STEP2(8, 128)
	STEP2(12, 192)
	ADDQ $256, SI
	ADDQ $4, DX
	CMPQ DX, CX
	JLE  loop

rest:
	ADDQ $4, CX
	JMP  check

one:
	STEP2(0, 0)
	ADDQ $64, SI
	INCQ DX

check:
	CMPQ DX, CX
	JLT  one
	MOVQ y+0(FP), DI
	MOVQ yStride+8(FP), BX
	SHLQ $2, BX
	MOVQ bias+64(FP), AX
	VMOVUPS (AX), Z16
	FINISH(Z0)
	FINISH(Z1)
	VZEROUPPER
	RET

// func panelProduct1AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct1AVX512(SB), NOSPLIT, $0-72
	MOVQ start+16(FP), AX
	MOVQ startStride+24(FP), BX
	SHLQ $2, BX
	MOVQ x+32(FP), R8
	MOVQ xStride+40(FP), DX
	MOVQ w+48(FP), SI
	MOVQ terms+56(FP), CX
	START(Z0)
	XORQ DX, DX
	SUBQ $4, CX
	JLT  rest

loop:
	STEP1(0, 0)
	STEP1(4, 64)
	STEP1(8, 128)
	STEP1(12, 192)
	ADDQ $256, SI
	ADDQ $4, DX
	CMPQ DX, CX
	JLE  loop

rest:
	ADDQ $4, CX
	JMP  check

one:
	STEP1(0, 0)
	ADDQ $64, SI
	INCQ DX

check:
	CMPQ DX, CX
	JLT  one
	MOVQ y+0(FP), DI
	MOVQ yStride+8(FP), BX
	SHLQ $2, BX
	MOVQ bias+64(FP), AX
	VMOVUPS (AX), Z16
	FINISH(Z0)
	VZEROUPPER
	RET

// func floatPeakAVX512(steps int)
// Two steps of panelProduct6AVX512 without their loads.
TEXT ·floatPeakAVX512(SB), NOSPLIT, $0-8
	MOVQ   steps+0(FP), CX
	VPXORD Z16, Z16, Z16
	VPXORD Z18, Z18, Z18
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	VPXORD Z4, Z4, Z4
	VPXORD Z5, Z5, Z5
	VPXORD Z6, Z6, Z6
	VPXORD Z7, Z7, Z7
	VPXORD Z8, Z8, Z8
	VPXORD Z9, Z9, Z9
	VPXORD Z10, Z10, Z10
	VPXORD Z11, Z11, Z11

loop:
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z0, Z0
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z1, Z1
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z2, Z2
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z3, Z3
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z4, Z4
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z5, Z5
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z6, Z6
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z7, Z7
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z8, Z8
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z9, Z9
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z10, Z10
	VMULPS Z16, Z18, Z17
	VADDPS Z17, Z11, Z11
	DECQ   CX
	JNZ    loop
	VZEROUPPER
	RET
