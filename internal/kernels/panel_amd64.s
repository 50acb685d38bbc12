//go:build !purego

#include "textflag.h"

// The product of a panel, panel.go: 16 outputs are the lanes of two registers, and each term is one multiplication and one addition of
// both, not fused. Zen multiplies on two pipes and adds on two others, 32 operations a cycle and so 16 multiply-adds, as many as
// it could fuse; Intel's two pipes do either, which is half. A step of 6 rows takes 24 such operations, 8 loads and, with
// four steps a turn, less than 33 instructions: 6 cycles, in which the sums, each waiting 3 or 4 for the one before, have time.
// 6 rows take 12 registers for sums, 2 for weights and 2 for what is multiplied.

// ROW adds a term to the sums of a row. The weights are in Y12 and Y13.
#define ROW(x, lo, hi) \
	VBROADCASTSS x, Y14; \
	VMULPS       Y12, Y14, Y15; \
	VMULPS       Y13, Y14, Y14; \
	VADDPS       Y15, lo, lo; \
	VADDPS       Y14, hi, hi

#define WEIGHTS(at) \
	VMOVUPS at(SI), Y12; \
	VMOVUPS at+32(SI), Y13

// START and FINISH take a row of sums each and go to the next.
#define START(lo, hi) \
	VMOVUPS (AX), lo; \
	VMOVUPS 32(AX), hi; \
	ADDQ    BX, AX

#define FINISH(lo, hi) \
	VADDPS  Y12, lo, lo; \
	VADDPS  Y13, hi, hi; \
	VMOVUPS lo, (DI); \
	VMOVUPS hi, 32(DI); \
	ADDQ    BX, DI

#define STEP6(x, w) \
	WEIGHTS(w); \
	ROW(x(R8)(DX*4), Y0, Y1); \
	ROW(x(R9)(DX*4), Y2, Y3); \
	ROW(x(R10)(DX*4), Y4, Y5); \
	ROW(x(R11)(DX*4), Y6, Y7); \
	ROW(x(R12)(DX*4), Y8, Y9); \
	ROW(x(R13)(DX*4), Y10, Y11)

#define STEP4(x, w) \
	WEIGHTS(w); \
	ROW(x(R8)(DX*4), Y0, Y1); \
	ROW(x(R9)(DX*4), Y2, Y3); \
	ROW(x(R10)(DX*4), Y4, Y5); \
	ROW(x(R11)(DX*4), Y6, Y7)

#define STEP2(x, w) \
	WEIGHTS(w); \
	ROW(x(R8)(DX*4), Y0, Y1); \
	ROW(x(R9)(DX*4), Y2, Y3)

#define STEP1(x, w) \
	WEIGHTS(w); \
	ROW(x(R8)(DX*4), Y0, Y1)

// func panelProduct6AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct6AVX2(SB), NOSPLIT, $0-72
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
	START(Y0, Y1)
	START(Y2, Y3)
	START(Y4, Y5)
	START(Y6, Y7)
	START(Y8, Y9)
	START(Y10, Y11)
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
	VMOVUPS (AX), Y12
	VMOVUPS 32(AX), Y13
	FINISH(Y0, Y1)
	FINISH(Y2, Y3)
	FINISH(Y4, Y5)
	FINISH(Y6, Y7)
	FINISH(Y8, Y9)
	FINISH(Y10, Y11)
	VZEROUPPER
	RET

// func panelProduct4AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct4AVX2(SB), NOSPLIT, $0-72
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
	START(Y0, Y1)
	START(Y2, Y3)
	START(Y4, Y5)
	START(Y6, Y7)
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
	VMOVUPS (AX), Y12
	VMOVUPS 32(AX), Y13
	FINISH(Y0, Y1)
	FINISH(Y2, Y3)
	FINISH(Y4, Y5)
	FINISH(Y6, Y7)
	VZEROUPPER
	RET

// func panelProduct2AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct2AVX2(SB), NOSPLIT, $0-72
	MOVQ start+16(FP), AX
	MOVQ startStride+24(FP), BX
	SHLQ $2, BX
	MOVQ x+32(FP), R8
	MOVQ xStride+40(FP), DX
	MOVQ w+48(FP), SI
	MOVQ terms+56(FP), CX
	LEAQ (R8)(DX*4), R9
	START(Y0, Y1)
	START(Y2, Y3)
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
	VMOVUPS (AX), Y12
	VMOVUPS 32(AX), Y13
	FINISH(Y0, Y1)
	FINISH(Y2, Y3)
	VZEROUPPER
	RET

// func panelProduct1AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
// Each of its two sums waits for itself, 3 or 4 cycles a term, in which a second-level cache gives no more weights than these. And
// the processor begins the next panel meanwhile.
TEXT ·panelProduct1AVX2(SB), NOSPLIT, $0-72
	MOVQ start+16(FP), AX
	MOVQ x+32(FP), R8
	MOVQ w+48(FP), SI
	MOVQ terms+56(FP), CX
	START(Y0, Y1)
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
	MOVQ bias+64(FP), AX
	VMOVUPS (AX), Y12
	VMOVUPS 32(AX), Y13
	FINISH(Y0, Y1)
	VZEROUPPER
	RET

// func floatPeakAVX2(steps int)
// A step of panelProduct6AVX2 without its loads: what the products could reach at most.
TEXT ·floatPeakAVX2(SB), NOSPLIT, $0-8
	MOVQ  steps+0(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14

loop:
	VMULPS Y12, Y14, Y15
	VADDPS Y15, Y0, Y0
	VMULPS Y13, Y14, Y15
	VADDPS Y15, Y1, Y1
	VMULPS Y12, Y14, Y15
	VADDPS Y15, Y2, Y2
	VMULPS Y13, Y14, Y15
	VADDPS Y15, Y3, Y3
	VMULPS Y12, Y14, Y15
	VADDPS Y15, Y4, Y4
	VMULPS Y13, Y14, Y15
	VADDPS Y15, Y5, Y5
	VMULPS Y12, Y14, Y15
	VADDPS Y15, Y6, Y6
	VMULPS Y13, Y14, Y15
	VADDPS Y15, Y7, Y7
	VMULPS Y12, Y14, Y15
	VADDPS Y15, Y8, Y8
	VMULPS Y13, Y14, Y15
	VADDPS Y15, Y9, Y9
	VMULPS Y12, Y14, Y15
	VADDPS Y15, Y10, Y10
	VMULPS Y13, Y14, Y15
	VADDPS Y15, Y11, Y11
	DECQ   CX
	JNZ    loop
	VZEROUPPER
	RET
