//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// The product of a panel, panel.go: 16 outputs are the lanes of four registers, V16 to V19 have their weights. A term is a
// multiplication by an element of x and an addition, not fused: 8 instructions for 16 products, so that two pipes do 4 products a cycle,
// four pipes 8.

// ROW adds a term, element i of x, to the sums of a row. Temporaries go by turns.
#define ROW(x, i, t0, t1, t2, t3, a0, a1, a2, a3) \
	FMULI(t0, 16, x, i); \
	FMULI(t1, 17, x, i); \
	FMULI(t2, 18, x, i); \
	FMULI(t3, 19, x, i); \
	FADD4(a0, a0, t0); \
	FADD4(a1, a1, t1); \
	FADD4(a2, a2, t2); \
	FADD4(a3, a3, t3)

#define STEP1(i) \
	VLD1.P 64(R1), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	ROW(20, i, 24, 25, 26, 27, 0, 1, 2, 3)

#define STEP4(i) \
	STEP1(i); \
	ROW(21, i, 28, 29, 30, 31, 4, 5, 6, 7); \
	ROW(22, i, 24, 25, 26, 27, 8, 9, 10, 11); \
	ROW(23, i, 28, 29, 30, 31, 12, 13, 14, 15)

// FINISH adds the biases, V16 to V19, to a row of sums.
#define FINISH(a0, a1, a2, a3) \
	FADD4(a0, a0, 16); \
	FADD4(a1, a1, 17); \
	FADD4(a2, a2, 18); \
	FADD4(a3, a3, 19)

// func panelProduct4NEON(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct4NEON(SB), NOSPLIT, $0-72
	MOVD start+16(FP), R0
	MOVD startStride+24(FP), R7
	LSL $2, R7, R7
	MOVD w+48(FP), R1
	MOVD x+32(FP), R2
	MOVD xStride+40(FP), R8
	ADD R8<<2, R2, R3
	ADD R8<<2, R3, R4
	ADD R8<<2, R4, R5
	MOVD terms+56(FP), R6
	VLD1.P (R0)(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P (R0)(R7), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P (R0)(R7), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1.P (R0)(R7), [V12.S4, V13.S4, V14.S4, V15.S4]
	SUBS $4, R6, R6
	BLT rest

loop:
	VLD1.P 16(R2), [V20.S4]
	VLD1.P 16(R3), [V21.S4]
	VLD1.P 16(R4), [V22.S4]
	VLD1.P 16(R5), [V23.S4]
	STEP4(0)
	STEP4(1)
	STEP4(2)
	STEP4(3)
	SUBS $4, R6, R6
	BGE loop

rest:
	ADDS $4, R6, R6
	BEQ done

one:
	FMOVS.P 4(R2), F20
	FMOVS.P 4(R3), F21
	FMOVS.P 4(R4), F22
	FMOVS.P 4(R5), F23
	STEP4(0)
	SUBS $1, R6, R6
	BNE one

done:
	MOVD y+0(FP), R0
	MOVD yStride+8(FP), R7
	LSL $2, R7, R7
	MOVD bias+64(FP), R1
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	FINISH(0, 1, 2, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], (R0)(R7)
	FINISH(4, 5, 6, 7)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], (R0)(R7)
	FINISH(8, 9, 10, 11)
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], (R0)(R7)
	FINISH(12, 13, 14, 15)
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], (R0)(R7)
	RET

// func panelProduct1NEON(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
TEXT ·panelProduct1NEON(SB), NOSPLIT, $0-72
	MOVD start+16(FP), R0
	MOVD startStride+24(FP), R7
	LSL $2, R7, R7
	MOVD w+48(FP), R1
	MOVD x+32(FP), R2
	MOVD terms+56(FP), R6
	VLD1.P (R0)(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	SUBS $4, R6, R6
	BLT rest

loop:
	VLD1.P 16(R2), [V20.S4]
	STEP1(0)
	STEP1(1)
	STEP1(2)
	STEP1(3)
	SUBS $4, R6, R6
	BGE loop

rest:
	ADDS $4, R6, R6
	BEQ done

one:
	FMOVS.P 4(R2), F20
	STEP1(0)
	SUBS $1, R6, R6
	BNE one

done:
	MOVD y+0(FP), R0
	MOVD yStride+8(FP), R7
	LSL $2, R7, R7
	MOVD bias+64(FP), R1
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	FINISH(0, 1, 2, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], (R0)(R7)
	RET

// func floatPeakNEON(steps int)
// A term of panelProduct4NEON without its loads.
TEXT ·floatPeakNEON(SB), NOSPLIT, $0-8
	MOVD steps+0(FP), R6

loop:
	ROW(20, 0, 24, 25, 26, 27, 0, 1, 2, 3)
	ROW(21, 0, 28, 29, 30, 31, 4, 5, 6, 7)
	ROW(22, 0, 24, 25, 26, 27, 8, 9, 10, 11)
	ROW(23, 0, 28, 29, 30, 31, 12, 13, 14, 15)
	SUBS $1, R6, R6
	BNE  loop
	RET
