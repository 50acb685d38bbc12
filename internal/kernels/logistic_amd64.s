//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

VECTOR(signBit, 0x80000000)
VECTOR(siluLeast, 0xc2800000) // -64
VECTOR(tanhLeast, 0xc1100000) // -9
VECTOR(tanhLinear, 0x40135761) // 2.30220820
VECTOR(tanhCubic, 0x3dd2d3e8) // 0.10294324

// LOGISTIC makes Y2 the function logistic of b. It uses Y1 and Y4 to Y7; Y3 is one.
#define LOGISTIC(b) \
	VORPS     signBit<>(SB), b, Y1; \
	EXP2(Y1, Y4, Y5, Y6, Y7); \
	VADDPS    Y3, Y1, Y2; \
	VDIVPS    Y2, Y3, Y2; \
	VMULPS    Y1, Y2, Y1; \
	VBLENDVPS b, Y1, Y2, Y2

// func swiGLUBlocksAVX2(gate, up *float32, n int)
// n is a multiple of 8, and at least 8, here and below. Of VMAXPS the operand named first is the result where one is NaN.
TEXT ·swiGLUBlocksAVX2(SB), NOSPLIT, $0-24
	MOVQ    gate+0(FP), DI
	MOVQ    up+8(FP), SI
	MOVQ    n+16(FP), CX
	VMOVUPS one<>(SB), Y3
	VMOVUPS siluLeast<>(SB), Y8
	XORQ    DX, DX

loop:
	VMAXPS  (DI)(DX*4), Y8, Y0
	VMULPS  log2e<>(SB), Y0, Y9
	LOGISTIC(Y9)
	VMULPS  Y2, Y0, Y0
	VMULPS  (SI)(DX*4), Y0, Y0
	VMOVUPS Y0, (DI)(DX*4)
	ADDQ    $8, DX
	CMPQ    DX, CX
	JLT     loop
	VZEROUPPER
	RET

// func geluTanhBlocksAVX2(x *float32, n int)
TEXT ·geluTanhBlocksAVX2(SB), NOSPLIT, $0-16
	MOVQ    x+0(FP), DI
	MOVQ    n+8(FP), CX
	VMOVUPS one<>(SB), Y3
	VMOVUPS tanhLeast<>(SB), Y8
	XORQ    DX, DX

loop:
	VMAXPS  (DI)(DX*4), Y8, Y0
	VMULPS  Y0, Y0, Y9
	VMULPS  tanhCubic<>(SB), Y9, Y9
	VADDPS  tanhLinear<>(SB), Y9, Y9
	VMULPS  Y0, Y9, Y9
	LOGISTIC(Y9)
	VMULPS  Y2, Y0, Y0
	VMOVUPS Y0, (DI)(DX*4)
	ADDQ    $8, DX
	CMPQ    DX, CX
	JLT     loop
	VZEROUPPER
	RET
