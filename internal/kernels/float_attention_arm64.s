//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

DATA floatAttentionConstants<>+0(SB)/4, $0xff800000 // -Inf
DATA floatAttentionConstants<>+4(SB)/4, $0xc2800000 // weightLeast, -64
GLOBL floatAttentionConstants<>(SB), RODATA|NOPTR, $8

// func floatScoresBlocksNEON(scores *float32, n int, root float32) (highest float32, magnitude uint32)
TEXT ·floatScoresBlocksNEON(SB), NOSPLIT, $0-32
	MOVD  scores+0(FP), R0
	MOVD  n+8(FP), R1
	FMOVS root+16(FP), F6
	VDUP  V6.S[0], V6.S4
	MOVD  $floatAttentionConstants<>(SB), R2
	VLD1R (R2), [V0.S4]
	VORR  V0.B16, V0.B16, V1.B16
	VEOR  V2.B16, V2.B16, V2.B16
	VEOR  V3.B16, V3.B16, V3.B16

loop:
	VLD1   (R0), [V4.S4, V5.S4]
	FMULC(4, 4, 6)
	VST1.P [V4.S4, V5.S4], 32(R0)
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
	FMOVS  F0, highest+24(FP)
	FMOVS  F2, magnitude+28(FP)
	RET

// WEIGHTS makes weights of the pair x.
#define WEIGHTS(x) \
	FSUBC(x, x, 8); \
	FCMGE4(26, x, 9); \
	FCMGE4(27, (x)+1, 9); \
	EXP2(x, 6, 28, 30, 24)

// func floatWeightsBlocksNEON(p *[16]float32, scores *float32, n int, highest float32)
TEXT ·floatWeightsBlocksNEON(SB), NOSPLIT, $0-28
	MOVD  p+0(FP), R0
	MOVD  scores+8(FP), R1
	MOVD  n+16(FP), R3
	FMOVS highest+24(FP), F8
	VDUP  V8.S[0], V8.S4
	MOVD  $floatAttentionConstants<>+4(SB), R2
	VLD1R (R2), [V9.S4]
	EXP2CONSTANTS(R2)
	VLD1  (R0), [V12.S4, V13.S4, V14.S4, V15.S4]

loop:
	VLD1   (R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	WEIGHTS(0)
	VAND   V26.B16, V0.B16, V0.B16
	VAND   V27.B16, V1.B16, V1.B16
	WEIGHTS(2)
	VAND   V26.B16, V2.B16, V2.B16
	VAND   V27.B16, V3.B16, V3.B16
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R1)
	FADD8(12, 12, 0)
	FADD8(14, 14, 2)
	SUBS   $16, R3, R3
	BNE    loop
	VST1   [V12.S4, V13.S4, V14.S4, V15.S4], (R0)
	RET
