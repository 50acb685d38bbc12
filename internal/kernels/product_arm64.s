//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Of the bounds below: Cortex-A72 and Neoverse N1 (Graviton 2) start one SMULL a cycle, N1 two SDOT, Neoverse V1 (Graviton 3)
// and Apple's cores four. Of a tile of 4 rows, weights and activations are loaded once for 4 uses, so that loads, of which
// these cores start one to three a cycle, are not what bounds it. No such processor was at hand: bounds are counts of
// instructions, with which llvm-mca 19 agrees. It gives product4NEON 8.0 products a cycle on Cortex-A57 and on N1, product4Dotprod
// 31.9 on N1 and 63.8 on V1.

// ROW adds 16 columns of a row, x, by 4 outputs, V16 to V19, to its sums. 12 instructions for 64 products, 3 for
// 16 where SDOT takes 1. Temporaries go by turns, so that a row need not wait for the one before.
#define ROW(x, t0, t1, t2, t3, a0, a1, a2, a3) \
	SMULL(t0, 16, x); \
	SMULL(t1, 17, x); \
	SMULL(t2, 18, x); \
	SMULL(t3, 19, x); \
	SMLAL2(t0, 16, x); \
	SMLAL2(t1, 17, x); \
	SMLAL2(t2, 18, x); \
	SMLAL2(t3, 19, x); \
	SADALP(a0, t0); \
	SADALP(a1, t1); \
	SADALP(a2, t2); \
	SADALP(a3, t3)

// TIMES16 multiplies sums of the higher bytes of activations, before those of the lower ones are added.
#define TIMES16(a0, a1, a2, a3) \
	SHL4(a0, a0, 4); \
	SHL4(a1, a1, 4); \
	SHL4(a2, a2, 4); \
	SHL4(a3, a3, 4)

// FOUR writes 4 outputs of a row, the sums in V(a): float32(sum) * (sx * scale) + bias. sx is 4 times in V(sx).
#define FOUR(a, sx, scale, bias) \
	FMUL4(31, sx, scale); \
	SCVTF4(a, a); \
	FMUL4(a, a, 31); \
	FADD4(a, a, bias)

// func product4NEON(y *float32, stride int, w, x, low *int8, cols int, sx, scale, bias *float32)
// 48 instructions and 8 loads for 256 products. 32 of them multiply, so that a core that starts one
// multiplication a cycle does 8 products a cycle; one with four equal pipes, 21.
TEXT ·product4NEON(SB), NOSPLIT, $0-72
	MOVD x+24(FP), R2
	MOVD low+32(FP), R7
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16
	VEOR V8.B16, V8.B16, V8.B16
	VEOR V9.B16, V9.B16, V9.B16
	VEOR V10.B16, V10.B16, V10.B16
	VEOR V11.B16, V11.B16, V11.B16
	VEOR V12.B16, V12.B16, V12.B16
	VEOR V13.B16, V13.B16, V13.B16
	VEOR V14.B16, V14.B16, V14.B16
	VEOR V15.B16, V15.B16, V15.B16

pass:
	MOVD w+16(FP), R1
	MOVD cols+40(FP), R6
	ADD  R6, R2, R3
	ADD  R6, R3, R4
	ADD  R6, R4, R5

loop:
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 16(R2), [V20.B16]
	VLD1.P 16(R3), [V21.B16]
	VLD1.P 16(R4), [V22.B16]
	VLD1.P 16(R5), [V23.B16]
	ROW(20, 24, 25, 26, 27, 0, 1, 2, 3)
	ROW(21, 28, 29, 30, 31, 4, 5, 6, 7)
	ROW(22, 24, 25, 26, 27, 8, 9, 10, 11)
	ROW(23, 28, 29, 30, 31, 12, 13, 14, 15)
	SUBS $16, R6, R6
	BNE  loop
	CBZ  R7, end
	TIMES16(0, 1, 2, 3)
	TIMES16(4, 5, 6, 7)
	TIMES16(8, 9, 10, 11)
	TIMES16(12, 13, 14, 15)
	MOVD R7, R2
	MOVD ZR, R7
	B    pass

end:
	// The sums of an output stand in 4 lanes, now they come together: V0, V4, V8 and V12 are the rows' 4 outputs.
	VADDP V1.S4, V0.S4, V0.S4
	VADDP V3.S4, V2.S4, V2.S4
	VADDP V5.S4, V4.S4, V4.S4
	VADDP V7.S4, V6.S4, V6.S4
	VADDP V9.S4, V8.S4, V8.S4
	VADDP V11.S4, V10.S4, V10.S4
	VADDP V13.S4, V12.S4, V12.S4
	VADDP V15.S4, V14.S4, V14.S4
	VADDP V2.S4, V0.S4, V0.S4
	VADDP V6.S4, V4.S4, V4.S4
	VADDP V10.S4, V8.S4, V8.S4
	VADDP V14.S4, V12.S4, V12.S4

	MOVD    y+0(FP), R0
	MOVD    stride+8(FP), R1
	MOVD    sx+48(FP), R2
	MOVD    scale+56(FP), R3
	MOVD    bias+64(FP), R4
	LSL     $2, R1, R1
	VLD1    (R3), [V16.S4]
	VLD1    (R4), [V17.S4]
	VLD1R.P 4(R2), [V20.S4]
	VLD1R.P 4(R2), [V21.S4]
	VLD1R.P 4(R2), [V22.S4]
	VLD1R.P 4(R2), [V23.S4]
	FOUR(0, 20, 16, 17)
	FOUR(4, 21, 16, 17)
	FOUR(8, 22, 16, 17)
	FOUR(12, 23, 16, 17)
	VST1.P  [V0.S4], (R0)(R1)
	VST1.P  [V4.S4], (R0)(R1)
	VST1.P  [V8.S4], (R0)(R1)
	VST1    [V12.S4], (R0)
	RET

// func product1NEON(y *float32, w, x, low *int8, cols int, sx, scale, bias *float32)
// 12 instructions and 5 loads for 64 products.
TEXT ·product1NEON(SB), NOSPLIT, $0-64
	MOVD x+16(FP), R2
	MOVD low+24(FP), R7
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16

pass:
	MOVD w+8(FP), R1
	MOVD cols+32(FP), R6

loop:
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 16(R2), [V20.B16]
	ROW(20, 24, 25, 26, 27, 0, 1, 2, 3)
	SUBS   $16, R6, R6
	BNE    loop
	CBZ    R7, end
	TIMES16(0, 1, 2, 3)
	MOVD   R7, R2
	MOVD   ZR, R7
	B      pass

end:
	VADDP V1.S4, V0.S4, V0.S4
	VADDP V3.S4, V2.S4, V2.S4
	VADDP V2.S4, V0.S4, V0.S4
	MOVD  y+0(FP), R0
	MOVD  sx+40(FP), R2
	MOVD  scale+48(FP), R3
	MOVD  bias+56(FP), R4
	VLD1  (R3), [V16.S4]
	VLD1  (R4), [V17.S4]
	VLD1R (R2), [V20.S4]
	FOUR(0, 20, 16, 17)
	VST1  [V0.S4], (R0)
	RET

// func peakNEON(steps int)
TEXT ·peakNEON(SB), NOSPLIT, $0-8
	MOVD steps+0(FP), R6

loop:
	ROW(20, 24, 25, 26, 27, 0, 1, 2, 3)
	ROW(21, 28, 29, 30, 31, 4, 5, 6, 7)
	ROW(22, 24, 25, 26, 27, 8, 9, 10, 11)
	ROW(23, 28, 29, 30, 31, 12, 13, 14, 15)
	SUBS $1, R6, R6
	BNE  loop
	RET

// QUARTERS adds quarter i of 4 rows by 16 outputs, w0 to w3, to the rows' sums.
#define QUARTERS(i, w0, w1, w2, w3) \
	QUARTER(24, i, w0, w1, w2, w3, 0, 1, 2, 3); \
	QUARTER(25, i, w0, w1, w2, w3, 4, 5, 6, 7); \
	QUARTER(26, i, w0, w1, w2, w3, 8, 9, 10, 11); \
	QUARTER(27, i, w0, w1, w2, w3, 12, 13, 14, 15)

// SIXTEEN writes 16 outputs of a row. Scales are in V16 to V19, biases in V20 to V23.
#define SIXTEEN(a0, a1, a2, a3, sx) \
	FOUR(a0, sx, 16, 20); \
	FOUR(a1, sx, 17, 21); \
	FOUR(a2, sx, 18, 22); \
	FOUR(a3, sx, 19, 23)

// func product4Dotprod(y *float32, stride int, w, x, low *int8, cols int, sx, scale, bias *float32)
// 64 SDOT and 20 loads for 1024 products: 32 products a cycle on a core with two pipes, 64 on one with
// four. Lanes are outputs, so that nothing is added across a register; 16 sums are as many as four pipes with a latency of 4
// keep in flight.
TEXT ·product4Dotprod(SB), NOSPLIT, $0-72
	MOVD x+24(FP), R2
	MOVD low+32(FP), R7
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16
	VEOR V8.B16, V8.B16, V8.B16
	VEOR V9.B16, V9.B16, V9.B16
	VEOR V10.B16, V10.B16, V10.B16
	VEOR V11.B16, V11.B16, V11.B16
	VEOR V12.B16, V12.B16, V12.B16
	VEOR V13.B16, V13.B16, V13.B16
	VEOR V14.B16, V14.B16, V14.B16
	VEOR V15.B16, V15.B16, V15.B16

pass:
	MOVD w+16(FP), R1
	MOVD cols+40(FP), R6
	ADD  R6, R2, R3
	ADD  R6, R3, R4
	ADD  R6, R4, R5

loop:
	VLD1.P 16(R2), [V24.B16]
	VLD1.P 16(R3), [V25.B16]
	VLD1.P 16(R4), [V26.B16]
	VLD1.P 16(R5), [V27.B16]
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	QUARTERS(0, 16, 17, 18, 19)
	VLD1.P 64(R1), [V20.B16, V21.B16, V22.B16, V23.B16]
	QUARTERS(1, 20, 21, 22, 23)
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	QUARTERS(2, 16, 17, 18, 19)
	VLD1.P 64(R1), [V20.B16, V21.B16, V22.B16, V23.B16]
	QUARTERS(3, 20, 21, 22, 23)
	SUBS   $16, R6, R6
	BNE    loop
	CBZ    R7, end
	TIMES16(0, 1, 2, 3)
	TIMES16(4, 5, 6, 7)
	TIMES16(8, 9, 10, 11)
	TIMES16(12, 13, 14, 15)
	MOVD   R7, R2
	MOVD   ZR, R7
	B      pass

end:
	MOVD    y+0(FP), R0
	MOVD    stride+8(FP), R1
	MOVD    sx+48(FP), R2
	MOVD    scale+56(FP), R3
	MOVD    bias+64(FP), R4
	LSL     $2, R1, R1
	VLD1    (R3), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1    (R4), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1R.P 4(R2), [V24.S4]
	VLD1R.P 4(R2), [V25.S4]
	VLD1R.P 4(R2), [V26.S4]
	VLD1R.P 4(R2), [V27.S4]
	SIXTEEN(0, 1, 2, 3, 24)
	SIXTEEN(4, 5, 6, 7, 25)
	SIXTEEN(8, 9, 10, 11, 26)
	SIXTEEN(12, 13, 14, 15, 27)
	VST1.P  [V0.S4, V1.S4, V2.S4, V3.S4], (R0)(R1)
	VST1.P  [V4.S4, V5.S4, V6.S4, V7.S4], (R0)(R1)
	VST1.P  [V8.S4, V9.S4, V10.S4, V11.S4], (R0)(R1)
	VST1    [V12.S4, V13.S4, V14.S4, V15.S4], (R0)
	RET

// func product1Dotprod(y *float32, w, x, low *int8, cols int, sx, scale, bias *float32)
// 16 SDOT and 17 loads for 256 products: the loads bound it, or the memory behind. Quarters go to two sets of sums by turns,
// which halves the time that they wait for each other.
TEXT ·product1Dotprod(SB), NOSPLIT, $0-64
	MOVD x+16(FP), R2
	MOVD low+24(FP), R7
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16

pass:
	MOVD w+8(FP), R1
	MOVD cols+32(FP), R6

loop:
	VLD1.P 16(R2), [V24.B16]
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 64(R1), [V20.B16, V21.B16, V22.B16, V23.B16]
	QUARTER(24, 0, 16, 17, 18, 19, 0, 1, 2, 3)
	QUARTER(24, 1, 20, 21, 22, 23, 4, 5, 6, 7)
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 64(R1), [V20.B16, V21.B16, V22.B16, V23.B16]
	QUARTER(24, 2, 16, 17, 18, 19, 0, 1, 2, 3)
	QUARTER(24, 3, 20, 21, 22, 23, 4, 5, 6, 7)
	SUBS   $16, R6, R6
	BNE    loop
	CBZ    R7, end
	TIMES16(0, 1, 2, 3)
	TIMES16(4, 5, 6, 7)
	MOVD   R7, R2
	MOVD   ZR, R7
	B      pass

end:
	VADD  V4.S4, V0.S4, V0.S4
	VADD  V5.S4, V1.S4, V1.S4
	VADD  V6.S4, V2.S4, V2.S4
	VADD  V7.S4, V3.S4, V3.S4
	MOVD  y+0(FP), R0
	MOVD  sx+40(FP), R2
	MOVD  scale+48(FP), R3
	MOVD  bias+56(FP), R4
	VLD1  (R3), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1  (R4), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1R (R2), [V24.S4]
	SIXTEEN(0, 1, 2, 3, 24)
	VST1  [V0.S4, V1.S4, V2.S4, V3.S4], (R0)
	RET

// func peakDotprod(steps int)
TEXT ·peakDotprod(SB), NOSPLIT, $0-8
	MOVD steps+0(FP), R6

loop:
	QUARTERS(0, 16, 17, 18, 19)
	SUBS $1, R6, R6
	BNE  loop
	RET
