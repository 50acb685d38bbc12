//go:build !purego

#include "textflag.h"

// A product's inner loop takes two columns of 16 outputs at a time. The weights of a step are 32 bytes:
// for each output the weights of the two columns. Widened to 16 bits, VPMADDWD multiplies them with a
// pair of activations that stands in every lane, and adds the two products in 32 bits. Outputs are
// lanes, so that nothing is added across a register.

// STEP adds a pair of columns, of weights in Y8 and Y9, to a row's sums. 2 VPMADDWD for 32 products: the
// bound on a core that starts two multiplications a cycle.
#define STEP(x, lo, hi) \
	VPBROADCASTD x, Y10; \
	VPMADDWD     Y8, Y10, Y11; \
	VPMADDWD     Y9, Y10, Y12; \
	VPADDD       Y11, lo, lo; \
	VPADDD       Y12, hi, hi

// FINISH writes a row: float32(sum) * (sx * scale) + bias. Scales are in Y12 and Y13, biases in Y14 and Y15.
#define FINISH(lo, hi, sx, y) \
	VBROADCASTSS sx, Y8; \
	VMULPS       Y12, Y8, Y9; \
	VMULPS       Y13, Y8, Y10; \
	VCVTDQ2PS    lo, lo; \
	VCVTDQ2PS    hi, hi; \
	VMULPS       Y9, lo, lo; \
	VMULPS       Y10, hi, hi; \
	VADDPS       Y14, lo, lo; \
	VADDPS       Y15, hi, hi; \
	VMOVUPS      lo, (y); \
	VMOVUPS      hi, 32(y)

// func product4AVX2(y *float32, stride int, w *int8, x *int16, cols int, sx, scale, bias *float32, next *int8, pace int)
// With every 64 bytes of weights it asks for those at next, and goes on there by pace bytes.
TEXT ·product4AVX2(SB), NOSPLIT, $0-80
	MOVQ  next+64(FP), R12
	MOVQ  pace+72(FP), R13
	MOVQ  w+16(FP), SI
	MOVQ  x+24(FP), R8
	MOVQ  cols+32(FP), CX
	LEAQ  (R8)(CX*2), R9
	LEAQ  (R9)(CX*2), R10
	LEAQ  (R10)(CX*2), R11
	XORQ  DX, DX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

loop:
	VPMOVSXBW (SI), Y8
	VPMOVSXBW 16(SI), Y9
	STEP((R8)(DX*2), Y0, Y1)
	STEP((R9)(DX*2), Y2, Y3)
	STEP((R10)(DX*2), Y4, Y5)
	STEP((R11)(DX*2), Y6, Y7)
	PREFETCHT0 (R12)
	ADDQ       R13, R12
	VPMOVSXBW  32(SI), Y8
	VPMOVSXBW 48(SI), Y9
	STEP(4(R8)(DX*2), Y0, Y1)
	STEP(4(R9)(DX*2), Y2, Y3)
	STEP(4(R10)(DX*2), Y4, Y5)
	STEP(4(R11)(DX*2), Y6, Y7)
	ADDQ $64, SI
	ADDQ $4, DX
	CMPQ DX, CX
	JLT  loop

	MOVQ    y+0(FP), DI
	MOVQ    stride+8(FP), R8
	MOVQ    sx+40(FP), R9
	MOVQ    scale+48(FP), R10
	MOVQ    bias+56(FP), R11
	VMOVUPS (R10), Y12
	VMOVUPS 32(R10), Y13
	VMOVUPS (R11), Y14
	VMOVUPS 32(R11), Y15
	FINISH(Y0, Y1, (R9), DI)
	LEAQ (DI)(R8*4), DI
	FINISH(Y2, Y3, 4(R9), DI)
	LEAQ (DI)(R8*4), DI
	FINISH(Y4, Y5, 8(R9), DI)
	LEAQ (DI)(R8*4), DI
	FINISH(Y6, Y7, 12(R9), DI)
	VZEROUPPER
	RET

// func product1AVX2(y *float32, w *int8, x *int16, cols int, sx, scale, bias *float32)
// With one row the weights come from memory as fast as they are used. Asking for them 2 KiB ahead, in the next panels too, which
// follow, gains a tenth.
TEXT ·product1AVX2(SB), NOSPLIT, $0-56
	MOVQ  w+8(FP), SI
	MOVQ  x+16(FP), R8
	MOVQ  cols+24(FP), CX
	XORQ  DX, DX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

loop:
	VPMOVSXBW (SI), Y8
	VPMOVSXBW 16(SI), Y9
	STEP((R8)(DX*2), Y0, Y1)
	PREFETCHT0 2048(SI)
	VPMOVSXBW 32(SI), Y8
	VPMOVSXBW 48(SI), Y9
	STEP(4(R8)(DX*2), Y0, Y1)
	ADDQ $64, SI
	ADDQ $4, DX
	CMPQ DX, CX
	JLT  loop

	MOVQ    y+0(FP), DI
	MOVQ    sx+32(FP), R9
	MOVQ    scale+40(FP), R10
	MOVQ    bias+48(FP), R11
	VMOVUPS (R10), Y12
	VMOVUPS 32(R10), Y13
	VMOVUPS (R11), Y14
	VMOVUPS 32(R11), Y15
	FINISH(Y0, Y1, (R9), DI)
	VZEROUPPER
	RET

// func widenAVX2(dst *int16, src *int8, n int)
// n is a multiple of 16.
TEXT ·widenAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	XORQ DX, DX
	JMP  check

loop:
	VPMOVSXBW (SI)(DX*1), Y0
	VMOVDQU   Y0, (DI)(DX*2)
	ADDQ      $16, DX

check:
	CMPQ DX, CX
	JLT  loop
	VZEROUPPER
	RET

// func peakAVX2(steps int)
// The inner loop of product4AVX2 without its loads: what the products could reach at most.
TEXT ·peakAVX2(SB), NOSPLIT, $0-8
	MOVQ  steps+0(FP), CX
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9
	VPXOR Y10, Y10, Y10

loop:
	VPMADDWD Y8, Y10, Y11
	VPMADDWD Y9, Y10, Y12
	VPADDD   Y11, Y0, Y0
	VPADDD   Y12, Y1, Y1
	VPMADDWD Y8, Y10, Y13
	VPMADDWD Y9, Y10, Y14
	VPADDD   Y13, Y2, Y2
	VPADDD   Y14, Y3, Y3
	VPMADDWD Y8, Y10, Y11
	VPMADDWD Y9, Y10, Y12
	VPADDD   Y11, Y4, Y4
	VPADDD   Y12, Y5, Y5
	VPMADDWD Y8, Y10, Y13
	VPMADDWD Y9, Y10, Y14
	VPADDD   Y13, Y6, Y6
	VPADDD   Y14, Y7, Y7
	DECQ     CX
	JNZ      loop
	VZEROUPPER
	RET
