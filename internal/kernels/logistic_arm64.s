//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

DATA logisticConstants<>+0(SB)/4, $0xc2800000 // siluLeast, -64
DATA logisticConstants<>+4(SB)/4, $0xc1100000 // tanhLeast, -9
DATA logisticConstants<>+8(SB)/4, $0x40135761 // tanhLinear, 2.30220820
DATA logisticConstants<>+12(SB)/4, $0x3dd2d3e8 // tanhCubic, 0.10294324
GLOBL logisticConstants<>(SB), RODATA|NOPTR, $16

// CONSTANTS loads V8 to V11. It uses R2.
#define CONSTANTS \
	EXP2CONSTANTS(R2); \
	MOVD    $logisticConstants<>(SB), R2; \
	VLD1R.P 4(R2), [V8.S4]; \
	VLD1R.P 4(R2), [V9.S4]; \
	VLD1R.P 4(R2), [V10.S4]; \
	VLD1R.P 4(R2), [V11.S4]

// LOGISTIC makes V6 and V7 the function logistic of V2 and V3.
#define LOGISTIC \
	FABS4(4, 2); \
	FABS4(5, 3); \
	FNEG4(4, 4); \
	FNEG4(5, 5); \
	EXP2(4, 6, 28, 30, 24); \
	FADDC(6, 4, ONE); \
	FDIV4(6, ONE, 6); \
	FDIV4(7, ONE, 7); \
	FMUL8(4, 4, 6); \
	NEGATIVE4(28, 2); \
	NEGATIVE4(29, 3); \
	VBIT V28.B16, V4.B16, V6.B16; \
	VBIT V29.B16, V5.B16, V7.B16

// func swiGLUBlocksNEON(gate, up *float32, n int)
// n is a multiple of 8, and at least 8, here and below.
TEXT ·swiGLUBlocksNEON(SB), NOSPLIT, $0-24
	MOVD gate+0(FP), R0
	MOVD up+8(FP), R1
	MOVD n+16(FP), R4
	MOVD R0, R3
	CONSTANTS

loop:
	VLD1.P 32(R0), [V0.S4, V1.S4]
	FMAX4(0, 0, 8)
	FMAX4(1, 1, 8)
	FMULC(2, 0, LOG2E)
	LOGISTIC
	VLD1.P 32(R1), [V4.S4, V5.S4]
	FMUL8(0, 0, 6)
	FMUL8(0, 0, 4)
	VST1.P [V0.S4, V1.S4], 32(R3)
	SUBS   $8, R4, R4
	BNE    loop
	RET

// func geluTanhBlocksNEON(x *float32, n int)
TEXT ·geluTanhBlocksNEON(SB), NOSPLIT, $0-16
	MOVD x+0(FP), R0
	MOVD n+8(FP), R4
	MOVD R0, R3
	CONSTANTS

loop:
	VLD1.P 32(R0), [V0.S4, V1.S4]
	FMAX4(0, 0, 9)
	FMAX4(1, 1, 9)
	FMUL8(2, 0, 0)
	FMULC(2, 2, 11)
	FADDC(2, 2, 10)
	FMUL8(2, 2, 0)
	LOGISTIC
	FMUL8(0, 0, 6)
	VST1.P [V0.S4, V1.S4], 32(R3)
	SUBS   $8, R4, R4
	BNE    loop
	RET
