//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

// func splitWideNEON(high, low *int8, x *int16, n int)
// n is a multiple of 16, and at least 16. 10 instructions for 16 numbers.
TEXT ·splitWideNEON(SB), NOSPLIT, $0-32
	MOVD high+0(FP), R0
	MOVD low+8(FP), R1
	MOVD x+16(FP), R2
	MOVD n+24(FP), R3

loop:
	VLD1.P 32(R2), [V0.H8, V1.H8]
	SRSHR8(2, 0, 4)
	SRSHR8(3, 1, 4)
	VSHL   $4, V2.H8, V4.H8
	VSHL   $4, V3.H8, V5.H8
	VSUB   V4.H8, V0.H8, V4.H8
	VSUB   V5.H8, V1.H8, V5.H8
	VUZP1  V3.B16, V2.B16, V2.B16 // the lower bytes
	VUZP1  V5.B16, V4.B16, V4.B16
	VST1.P [V2.B16], 16(R0)
	VST1.P [V4.B16], 16(R1)
	SUBS   $16, R3, R3
	BNE    loop
	RET

// func quantizeWideBlocksNEON(q *int16, x *float32, n int, inverse float32)
// n is a multiple of 8, and at least 8. 6 instructions for 8 elements.
TEXT ·quantizeWideBlocksNEON(SB), NOSPLIT, $0-28
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
	VST1.P [V2.H8], 16(R0)
	SUBS   $8, R2, R2
	BNE    loop
	RET
