//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

// Below, V0 to V15 are the sums of 4 rows by 16 lanes, and V24 to V27 have 16 columns of x of each row. R1 goes through w by
// steps of R7; each load is 16 lanes by a pair of columns.

// PAIRS loads the two pairs of columns of a quarter of a block.
#define PAIRS \
	VLD1.P (R1)(R7), [V16.B16, V17.B16]; \
	VLD1.P (R1)(R7), [V18.B16, V19.B16]

// DOTPAIRS makes quadruples of columns out of pairs, for SDOT.
#define DOTPAIRS \
	PAIRS; \
	VZIP1 V18.H8, V16.H8, V20.H8; \
	VZIP2 V18.H8, V16.H8, V21.H8; \
	VZIP1 V19.H8, V17.H8, V22.H8; \
	VZIP2 V19.H8, V17.H8, V23.H8

// A quarter of a block, by SDOT, for 1, 2 or 4 rows. 4 instructions for what the rows share and 4 a row, of 64 products.
#define DOT1(i) \
	DOTPAIRS; \
	QUARTER(24, i, 20, 21, 22, 23, 0, 1, 2, 3)
#define DOT2(i) \
	DOT1(i); \
	QUARTER(25, i, 20, 21, 22, 23, 4, 5, 6, 7)
#define DOT4(i) \
	DOT2(i); \
	QUARTER(26, i, 20, 21, 22, 23, 8, 9, 10, 11); \
	QUARTER(27, i, 20, 21, 22, 23, 12, 13, 14, 15)

// LONG is a row of a quarter without SDOT: 14 instructions for 64 products. Both pairs of x go to all lanes, and an
// int16 gets a product of the first pair and one of the second.
#define LONG(x, i, a0, a1, a2, a3) \
	DUP8(20, x, 2*(i)); \
	DUP8(21, x, 2*(i)+1); \
	SMULL(28, 16, 20); \
	SMULL2(29, 16, 20); \
	SMULL(30, 17, 20); \
	SMULL2(31, 17, 20); \
	SMLAL(28, 18, 21); \
	SMLAL2(29, 18, 21); \
	SMLAL(30, 19, 21); \
	SMLAL2(31, 19, 21); \
	SADALP(a0, 28); \
	SADALP(a1, 29); \
	SADALP(a2, 30); \
	SADALP(a3, 31)
#define LONG1(i) \
	PAIRS; \
	LONG(24, i, 0, 1, 2, 3)
#define LONG2(i) \
	LONG1(i); \
	LONG(25, i, 4, 5, 6, 7)
#define LONG4(i) \
	LONG2(i); \
	LONG(26, i, 8, 9, 10, 11); \
	LONG(27, i, 12, 13, 14, 15)

#define ZERO1 \
	VEOR V0.B16, V0.B16, V0.B16; \
	VEOR V1.B16, V1.B16, V1.B16; \
	VEOR V2.B16, V2.B16, V2.B16; \
	VEOR V3.B16, V3.B16, V3.B16
#define ZERO2 \
	ZERO1; \
	VEOR V4.B16, V4.B16, V4.B16; \
	VEOR V5.B16, V5.B16, V5.B16; \
	VEOR V6.B16, V6.B16, V6.B16; \
	VEOR V7.B16, V7.B16, V7.B16
#define ZERO4 \
	ZERO2; \
	VEOR V8.B16, V8.B16, V8.B16; \
	VEOR V9.B16, V9.B16, V9.B16; \
	VEOR V10.B16, V10.B16, V10.B16; \
	VEOR V11.B16, V11.B16, V11.B16; \
	VEOR V12.B16, V12.B16, V12.B16; \
	VEOR V13.B16, V13.B16, V13.B16; \
	VEOR V14.B16, V14.B16, V14.B16; \
	VEOR V15.B16, V15.B16, V15.B16

// SUMS1, SUMS2 and SUMS4 are the functions rowSums for so many rows, all but the quarters.
#define SUMS1(quarter) \
	MOVD sum+0(FP), R0; \
	MOVD w+16(FP), R8; \
	MOVD step+24(FP), R7; \
	MOVD panel+32(FP), R9; \
	MOVD panels+48(FP), R10; \
panels: \
	MOVD x+8(FP), R2; \
	MOVD R8, R1; \
	MOVD blocks+40(FP), R11; \
	ZERO1; \
blocks: \
	VLD1.P 16(R2), [V24.B16]; \
	quarter(0); \
	quarter(1); \
	quarter(2); \
	quarter(3); \
	SUBS   $1, R11, R11; \
	BNE    blocks; \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0); \
	ADD    R9, R8, R8; \
	SUBS   $1, R10, R10; \
	BNE    panels; \
	RET

#define SUMS2(quarter) \
	MOVD sum+0(FP), R0; \
	MOVD sumStride+8(FP), R12; \
	ADD  R12<<2, R0, R13; \
	MOVD w+32(FP), R8; \
	MOVD step+40(FP), R7; \
	MOVD panel+48(FP), R9; \
	MOVD panels+64(FP), R10; \
panels: \
	MOVD x+16(FP), R2; \
	MOVD xStride+24(FP), R3; \
	ADD  R2, R3, R3; \
	MOVD R8, R1; \
	MOVD blocks+56(FP), R11; \
	ZERO2; \
blocks: \
	VLD1.P 16(R2), [V24.B16]; \
	VLD1.P 16(R3), [V25.B16]; \
	quarter(0); \
	quarter(1); \
	quarter(2); \
	quarter(3); \
	SUBS   $1, R11, R11; \
	BNE    blocks; \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0); \
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R13); \
	ADD    R9, R8, R8; \
	SUBS   $1, R10, R10; \
	BNE    panels; \
	RET

#define SUMS4(quarter) \
	MOVD sum+0(FP), R0; \
	MOVD sumStride+8(FP), R12; \
	ADD  R12<<2, R0, R13; \
	ADD  R12<<2, R13, R14; \
	ADD  R12<<2, R14, R15; \
	MOVD w+32(FP), R8; \
	MOVD step+40(FP), R7; \
	MOVD panel+48(FP), R9; \
	MOVD panels+64(FP), R10; \
panels: \
	MOVD x+16(FP), R2; \
	MOVD xStride+24(FP), R12; \
	ADD  R12, R2, R3; \
	ADD  R12, R3, R4; \
	ADD  R12, R4, R5; \
	MOVD R8, R1; \
	MOVD blocks+56(FP), R11; \
	ZERO4; \
blocks: \
	VLD1.P 16(R2), [V24.B16]; \
	VLD1.P 16(R3), [V25.B16]; \
	VLD1.P 16(R4), [V26.B16]; \
	VLD1.P 16(R5), [V27.B16]; \
	quarter(0); \
	quarter(1); \
	quarter(2); \
	quarter(3); \
	SUBS   $1, R11, R11; \
	BNE    blocks; \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0); \
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R13); \
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R14); \
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R15); \
	ADD    R9, R8, R8; \
	SUBS   $1, R10, R10; \
	BNE    panels; \
	RET

// func rowSums1NEON(sum *int32, x, w *int8, step, panel, blocks, panels int)
TEXT ·rowSums1NEON(SB), NOSPLIT, $0-56
	SUMS1(LONG1)

// func rowSums2NEON(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)
TEXT ·rowSums2NEON(SB), NOSPLIT, $0-72
	SUMS2(LONG2)

// func rowSums4NEON(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)
TEXT ·rowSums4NEON(SB), NOSPLIT, $0-72
	SUMS4(LONG4)

// func rowSums1Dotprod(sum *int32, x, w *int8, step, panel, blocks, panels int)
TEXT ·rowSums1Dotprod(SB), NOSPLIT, $0-56
	SUMS1(DOT1)

// func rowSums2Dotprod(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)
TEXT ·rowSums2Dotprod(SB), NOSPLIT, $0-72
	SUMS2(DOT2)

// func rowSums4Dotprod(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)
TEXT ·rowSums4Dotprod(SB), NOSPLIT, $0-72
	SUMS4(DOT4)

DATA attendConstants<>+0(SB)/4, $0x45fff800 // weightOne, 8191
DATA attendConstants<>+4(SB)/4, $0xff7fffff // -MaxFloat32
GLOBL attendConstants<>(SB), RODATA|NOPTR, $8

// func scoresNEON(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)
// 5 instructions for 4 positions.
TEXT ·scoresNEON(SB), NOSPLIT, $0-44
	MOVD  scores+0(FP), R0
	MOVD  dots+8(FP), R1
	MOVD  sk+16(FP), R2
	MOVD  t+24(FP), R3
	FMOVS sq+32(FP), F4
	FMOVS root+36(FP), F5
	VDUP  V4.S[0], V4.S4
	VDUP  V5.S[0], V5.S4
	MOVD  $attendConstants<>+4(SB), R4
	VLD1R (R4), [V6.S4]

loop:
	VLD1.P 16(R2), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	FMUL4(0, 4, 0)
	FMUL4(0, 0, 5)
	SCVTF4(1, 1)
	FMUL4(0, 1, 0)
	FMAX4(6, 6, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R3, R3
	BNE    loop
	FMAXV4(6, 6)
	FMOVS  F6, highest+40(FP)
	RET

// func coefficientsNEON(coeff *int8, scores, share *float32, n int, highest float32) (z int64)
// 57 instructions for 8 positions. Weights are below 2^13: lanes of int32 hold the sums of 2^21 positions.
TEXT ·coefficientsNEON(SB), NOSPLIT, $0-48
	MOVD  coeff+0(FP), R0
	MOVD  scores+8(FP), R1
	MOVD  share+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS highest+32(FP), F9
	VDUP  V9.S[0], V9.S4
	ADD   R3, R0, R4                    // the row of l
	MOVD  $attendConstants<>(SB), R5
	VLD1R (R5), [V8.S4]
	MOVD  $127, R6
	VDUP  R6, V12.H8
	VEOR  V10.B16, V10.B16, V10.B16
	VEOR  V11.B16, V11.B16, V11.B16
	EXP2CONSTANTS(R5)

loop:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V14.S4, V15.S4]
	FSUBC(0, 0, 9)
	EXP2(0, 2, 4, 6, 24)
	FMULC(0, 0, 8)
	FCVTNS8(0, 0)                       // e
	ADD4(10, 10, 0)
	ADD4(11, 11, 1)
	SCVTF8(0, 0)
	FMUL8(0, 0, 14)
	FCVTNS8(0, 0)                       // c
	XTN4(2, 0)
	XTN4HIGH(2, 1)
	VUSHR  $7, V2.H8, V3.H8
	VAND   V12.B16, V2.B16, V2.B16
	XTN8(3, 3)                          // h
	XTN8(2, 2)                          // l
	VST1.P [V3.B8], 8(R0)
	VST1.P [V2.B8], 8(R4)
	SUBS   $8, R3, R3
	BNE    loop

	ADD4(10, 10, 11)
	VUADDLV V10.S4, V10
	FMOVD   F10, z+40(FP)
	RET

// func timesNEON(out *float32, high, low *int32, n int, by float32)
TEXT ·timesNEON(SB), NOSPLIT, $0-36
	MOVD  out+0(FP), R0
	MOVD  high+8(FP), R1
	MOVD  low+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS by+32(FP), F4
	VDUP  V4.S[0], V4.S4

loop:
	VLD1.P 16(R1), [V0.S4]
	VLD1.P 16(R2), [V1.S4]
	SHL4(0, 0, 7)
	ADD4(0, 0, 1)
	SCVTF4(0, 0)
	FMUL4(0, 0, 4)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R3, R3
	BNE    loop
	RET
