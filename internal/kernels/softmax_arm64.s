//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

DATA softmaxConstants<>+0(SB)/4, $0xff7fffff // -MaxFloat32
DATA softmaxConstants<>+4(SB)/4, $0x4e800000 // SoftmaxOne
GLOBL softmaxConstants<>(SB), RODATA|NOPTR, $8

// func highestNEON(x *float32, n int) (m float32, magnitude uint32)
TEXT ·highestNEON(SB), NOSPLIT, $0-24
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R1
	MOVD  $softmaxConstants<>(SB), R2
	VLD1R (R2), [V0.S4]
	VORR  V0.B16, V0.B16, V1.B16
	VEOR  V2.B16, V2.B16, V2.B16
	VEOR  V3.B16, V3.B16, V3.B16

loop:
	VLD1.P 32(R0), [V4.S4, V5.S4]
	FMAX4(0, 0, 4)
	FMAX4(1, 1, 5)
	FABS4(4, 4)
	FABS4(5, 5)
	VUMAX  V4.S4, V2.S4, V2.S4
	VUMAX  V5.S4, V3.S4, V3.S4
	SUBS   $8, R1, R1
	BNE    loop
	FMAX4(0, 0, 1)
	FMAXV4(0, 0)
	VUMAX  V3.S4, V2.S4, V2.S4
	UMAXV4(2, 2)
	FMOVS  F0, m+16(FP)
	FMOVS  F2, magnitude+20(FP)
	RET

// func weightsNEON(weights *uint32, before *uint64, logits *float32, n int, m float32, sum uint64) (total uint64)
// 46 instructions for 8 weights: 3 cycles a weight with two pipes, 1.5 with four.
TEXT ·weightsNEON(SB), NOSPLIT, $0-56
	MOVD  weights+0(FP), R0
	MOVD  before+8(FP), R1
	MOVD  logits+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS m+32(FP), F9
	VDUP  V9.S[0], V9.S4
	MOVD  sum+40(FP), R4
	MOVD  $softmaxConstants<>+4(SB), R5
	VLD1R (R5), [V8.S4]
	EXP2CONSTANTS(R5)
	MOVD  $64, R6

block:
	MOVD.P R4, 8(R1)
	CMP    R6, R3
	CSEL   LT, R3, R6, R7 // the weights of this block
	SUB    R7, R3, R3
	VEOR   V10.B16, V10.B16, V10.B16
	VEOR   V11.B16, V11.B16, V11.B16

loop:
	VLD1.P 32(R2), [V0.S4, V1.S4]
	FSUBC(0, 0, 9)
	FMULC(0, 0, LOG2E)
	EXP2(0, 2, 4, 6, 24)
	FMULC(0, 0, 8)
	FCVTZS4(0, 0)
	FCVTZS4(1, 1)
	UADALP4(10, 0)
	UADALP4(11, 1)
	VST1.P [V0.S4, V1.S4], 32(R0)
	SUBS   $8, R7, R7
	BNE    loop

	VADD V11.D2, V10.D2, V10.D2
	VMOV V10.D[0], R8
	VMOV V10.D[1], R9
	ADD  R8, R4, R4
	ADD  R9, R4, R4
	CBNZ R3, block
	MOVD R4, total+48(FP)
	RET
