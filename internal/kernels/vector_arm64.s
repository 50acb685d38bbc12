//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

DATA geluConstants<>+0(SB)/4, $0x3e6d3388 // normalP
DATA geluConstants<>+4(SB)/4, $0x3e027906 // normal1
DATA geluConstants<>+8(SB)/4, $0xbe11a98e // normal2
DATA geluConstants<>+12(SB)/4, $0x3f35f0e3 // normal3
DATA geluConstants<>+16(SB)/4, $0xbf3a00e3 // normal4
DATA geluConstants<>+20(SB)/4, $0x3f07dc22 // normal5
DATA geluConstants<>+24(SB)/4, $0xbf38aa3b // -log2e/2
GLOBL geluConstants<>(SB), RODATA|NOPTR, $28

// func geluBlocksNEON(x *float32, n int)
// n is a multiple of 8, and at least 8. 76 instructions between loads and stores, two of them divisions, for 8 elements: at
// best 5 cycles an element with two pipes, 2.5 with four.
TEXT ·geluBlocksNEON(SB), NOSPLIT, $0-16
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	MOVD R0, R3      // to write by, so that what is read next need not wait for what is written
	EXP2CONSTANTS(R2)
	MOVD    $geluConstants<>(SB), R2
	VLD1R.P 4(R2), [V8.S4]
	VLD1R.P 4(R2), [V9.S4]
	VLD1R.P 4(R2), [V10.S4]
	VLD1R.P 4(R2), [V11.S4]
	VLD1R.P 4(R2), [V12.S4]
	VLD1R.P 4(R2), [V13.S4]
	VLD1R.P 4(R2), [V14.S4]

loop:
	VLD1.P 32(R0), [V0.S4, V1.S4]
	FABS4(2, 0)
	FABS4(3, 1)
	FMULC(4, 2, 8)
	FADDC(4, 4, ONE)
	FDIV4(4, ONE, 4) // t
	FDIV4(5, ONE, 5)
	FMUL8(2, 0, 0)
	FMULC(2, 2, 14)
	EXP2(2, 6, 28, 30, 24)
	FMUL8(6, 4, 4)
	FMULC(28, 4, 13)
	FADDC(28, 28, 12)
	FMUL8(28, 28, 6)
	FMULC(30, 4, 11)
	FADDC(30, 30, 10)
	FADD8(30, 28, 30)
	FMUL8(30, 30, 4)
	FADDC(30, 30, 9)
	FMUL8(30, 30, 4)
	FMUL8(30, 30, 2) // beyond
	FSUB4(6, ONE, 30)
	FSUB4(7, ONE, 31)
	NEGATIVE4(28, 0)
	NEGATIVE4(29, 1)
	VBIT V28.B16, V30.B16, V6.B16 // beyond where x has the sign
	VBIT V29.B16, V31.B16, V7.B16
	FMUL8(0, 0, 6)
	VST1.P [V0.S4, V1.S4], 32(R3)
	SUBS   $8, R1, R1
	BNE    loop
	RET

// func greatestBitsNEON(x *float32, n int) (bits uint32)
// n is a multiple of 8, and at least 8.
TEXT ·greatestBitsNEON(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16

loop:
	VLD1.P 32(R0), [V2.S4, V3.S4]
	FABS4(2, 2)
	FABS4(3, 3)
	VUMAX  V2.S4, V0.S4, V0.S4
	VUMAX  V3.S4, V1.S4, V1.S4
	SUBS   $8, R1, R1
	BNE    loop
	VUMAX  V1.S4, V0.S4, V0.S4
	UMAXV4(0, 0)
	FMOVS  F0, bits+16(FP)
	RET

// func quantizeBlocksNEON(q *int8, x *float32, n int, inverse float32)
// n is a multiple of 8, and at least 8. 7 instructions for 8 elements.
TEXT ·quantizeBlocksNEON(SB), NOSPLIT, $0-28
	MOVD  q+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS inverse+24(FP), F4
	VDUP  V4.S[0], V4.S4

loop:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	FMULC(0, 0, 4)
	FCVTNS8(0, 0)
	XTN4(2, 0)
	XTN4HIGH(2, 1)
	XTN8(2, 2)
	VST1.P [V2.B8], 8(R0)
	SUBS   $8, R2, R2
	BNE    loop
	RET

// func addToNEON(p *[16]float32, x *float32, n int)
// n is a multiple of 16, and at least 16, here and in the three below.
TEXT ·addToNEON(SB), NOSPLIT, $0-24
	MOVD p+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2
	VLD1 (R0), [V0.S4, V1.S4, V2.S4, V3.S4]

loop:
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	FADD8(0, 0, 4)
	FADD8(2, 2, 6)
	SUBS   $16, R2, R2
	BNE    loop
	VST1   [V0.S4, V1.S4, V2.S4, V3.S4], (R0)
	RET

// func addSquaresToNEON(p *[16]float32, x *float32, n int, mean float32)
TEXT ·addSquaresToNEON(SB), NOSPLIT, $0-28
	MOVD  p+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS mean+24(FP), F16
	VDUP  V16.S[0], V16.S4
	VLD1  (R0), [V0.S4, V1.S4, V2.S4, V3.S4]

loop:
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	FSUBC(4, 4, 16)
	FSUBC(6, 6, 16)
	FMUL8(4, 4, 4)
	FMUL8(6, 6, 6)
	FADD8(0, 0, 4)
	FADD8(2, 2, 6)
	SUBS   $16, R2, R2
	BNE    loop
	VST1   [V0.S4, V1.S4, V2.S4, V3.S4], (R0)
	RET

// func normalizeNEON(y, x, gain, bias *float32, n int, mean, scale float32)
TEXT ·normalizeNEON(SB), NOSPLIT, $0-48
	MOVD  y+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  gain+16(FP), R2
	MOVD  bias+24(FP), R3
	MOVD  n+32(FP), R4
	FMOVS mean+40(FP), F16
	FMOVS scale+44(FP), F17
	VDUP  V16.S[0], V16.S4
	VDUP  V17.S[0], V17.S4

loop:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R3), [V20.S4, V21.S4, V22.S4, V23.S4]
	FSUBC(0, 0, 16)
	FSUBC(2, 2, 16)
	FMULC(0, 0, 17)
	FMULC(2, 2, 17)
	FMUL8(0, 0, 4)
	FMUL8(2, 2, 6)
	FADD8(0, 0, 20)
	FADD8(2, 2, 22)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R4, R4
	BNE    loop
	RET

// func scaleRowNEON(y, x, gain *float32, n int, scale float32)
TEXT ·scaleRowNEON(SB), NOSPLIT, $0-36
	MOVD  y+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  gain+16(FP), R2
	MOVD  n+24(FP), R4
	FMOVS scale+32(FP), F16
	VDUP  V16.S[0], V16.S4

loop:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	FMULC(0, 0, 16)
	FMULC(2, 2, 16)
	FMUL8(0, 0, 4)
	FMUL8(2, 2, 6)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R4, R4
	BNE    loop
	RET

// func rotateBlocksNEON(low, high, cos, sin *float32, n int)
// n is a multiple of 4, and at least 4: rotary parts are short.
TEXT ·rotateBlocksNEON(SB), NOSPLIT, $0-40
	MOVD low+0(FP), R0
	MOVD high+8(FP), R1
	MOVD cos+16(FP), R2
	MOVD sin+24(FP), R3
	MOVD n+32(FP), R4

loop:
	VLD1   (R0), [V0.S4]
	VLD1   (R1), [V1.S4]
	VLD1.P 16(R2), [V2.S4]
	VLD1.P 16(R3), [V3.S4]
	FMUL4(4, 0, 2)
	FMUL4(5, 1, 3)
	FSUB4(4, 4, 5)
	FMUL4(1, 1, 2)
	FMUL4(0, 0, 3)
	FADD4(1, 1, 0)
	VST1.P [V4.S4], 16(R0)
	VST1.P [V1.S4], 16(R1)
	SUBS   $4, R4, R4
	BNE    loop
	RET
