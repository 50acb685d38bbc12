//go:build !purego

#include "textflag.h"

// Both kernels keep the tile of C in registers: 6 x 16 in twelve YMM, 12 x 32 in twenty-four ZMM. A step
// loads a row of the panel of B, and broadcasts one value of A for each row of the tile. SI walks
// along A; R8, R9 and R10 are one, three and five times its row stride in bytes, R11 its step.

#define STRIDES \
	MOVQ steps+0(FP), CX; \
	MOVQ a+8(FP), SI; \
	MOVQ rowStride+16(FP), R8; \
	MOVQ stepStride+24(FP), R11; \
	MOVQ b+32(FP), DI; \
	MOVQ c+40(FP), DX; \
	MOVQ ldc+48(FP), BX; \
	SHLQ $2, R8; \
	SHLQ $2, R11; \
	SHLQ $2, BX; \
	LEAQ (R8)(R8*2), R9; \
	LEAQ (R8)(R8*4), R10

#define ROW2(address, x, low, high) \
	VBROADCASTSS address, x; \
	VFMADD231PS Y0, x, low; \
	VFMADD231PS Y1, x, high

#define ADDROW2(low, high) \
	VADDPS (AX), low, low; \
	VADDPS 32(AX), high, high; \
	ADDQ BX, AX

#define STOREROW2(low, high) \
	VMOVUPS low, (DX); \
	VMOVUPS high, 32(DX); \
	ADDQ BX, DX

// func runAVX2(steps int, a *float32, rowStride, stepStride int, b, c *float32, ldc int, accumulate bool)
TEXT ·runAVX2(SB), NOSPLIT, $0-57
	STRIDES
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15

step:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	ROW2((SI), Y2, Y4, Y5)
	ROW2((SI)(R8*1), Y3, Y6, Y7)
	ROW2((SI)(R8*2), Y2, Y8, Y9)
	ROW2((SI)(R9*1), Y3, Y10, Y11)
	ROW2((SI)(R8*4), Y2, Y12, Y13)
	ROW2((SI)(R10*1), Y3, Y14, Y15)
	ADDQ R11, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  step

	CMPB accumulate+56(FP), $0
	JEQ  store
	MOVQ DX, AX
	ADDROW2(Y4, Y5)
	ADDROW2(Y6, Y7)
	ADDROW2(Y8, Y9)
	ADDROW2(Y10, Y11)
	ADDROW2(Y12, Y13)
	ADDROW2(Y14, Y15)

store:
	STOREROW2(Y4, Y5)
	STOREROW2(Y6, Y7)
	STOREROW2(Y8, Y9)
	STOREROW2(Y10, Y11)
	STOREROW2(Y12, Y13)
	STOREROW2(Y14, Y15)
	VZEROUPPER
	RET

// A value is broadcast once for both of its products: by each of them, loads would outnumber what the ports take.
#define ROW4(address, a, low, high) \
	VBROADCASTSS address, a; \
	VFMADD231PS a, Z0, low; \
	VFMADD231PS a, Z1, high

#define ADDROW4(low, high) \
	VADDPS (AX), low, low; \
	VADDPS 64(AX), high, high; \
	ADDQ BX, AX

#define STOREROW4(low, high) \
	VMOVUPS low, (DX); \
	VMOVUPS high, 64(DX); \
	ADDQ BX, DX

#define ZERO(r) VPXORD r, r, r

// func runAVX512(steps int, a *float32, rowStride, stepStride int, b, c *float32, ldc int, accumulate bool)
TEXT ·runAVX512(SB), NOSPLIT, $0-57
	STRIDES
	LEAQ (R8)(R10*1), R12 // six rows on
	ADDQ SI, R12
	ZERO(Z8)
	ZERO(Z9)
	ZERO(Z10)
	ZERO(Z11)
	ZERO(Z12)
	ZERO(Z13)
	ZERO(Z14)
	ZERO(Z15)
	ZERO(Z16)
	ZERO(Z17)
	ZERO(Z18)
	ZERO(Z19)
	ZERO(Z20)
	ZERO(Z21)
	ZERO(Z22)
	ZERO(Z23)
	ZERO(Z24)
	ZERO(Z25)
	ZERO(Z26)
	ZERO(Z27)
	ZERO(Z28)
	ZERO(Z29)
	ZERO(Z30)
	ZERO(Z31)

step:
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	ROW4((SI), Z2, Z8, Z9)
	ROW4((SI)(R8*1), Z3, Z10, Z11)
	ROW4((SI)(R8*2), Z4, Z12, Z13)
	ROW4((SI)(R9*1), Z5, Z14, Z15)
	ROW4((SI)(R8*4), Z6, Z16, Z17)
	ROW4((SI)(R10*1), Z7, Z18, Z19)
	ROW4((R12), Z2, Z20, Z21)
	ROW4((R12)(R8*1), Z3, Z22, Z23)
	ROW4((R12)(R8*2), Z4, Z24, Z25)
	ROW4((R12)(R9*1), Z5, Z26, Z27)
	ROW4((R12)(R8*4), Z6, Z28, Z29)
	ROW4((R12)(R10*1), Z7, Z30, Z31)
	ADDQ R11, SI
	ADDQ R11, R12
	ADDQ $128, DI
	DECQ CX
	JNZ  step

	CMPB accumulate+56(FP), $0
	JEQ  store
	MOVQ DX, AX
	ADDROW4(Z8, Z9)
	ADDROW4(Z10, Z11)
	ADDROW4(Z12, Z13)
	ADDROW4(Z14, Z15)
	ADDROW4(Z16, Z17)
	ADDROW4(Z18, Z19)
	ADDROW4(Z20, Z21)
	ADDROW4(Z22, Z23)
	ADDROW4(Z24, Z25)
	ADDROW4(Z26, Z27)
	ADDROW4(Z28, Z29)
	ADDROW4(Z30, Z31)

store:
	STOREROW4(Z8, Z9)
	STOREROW4(Z10, Z11)
	STOREROW4(Z12, Z13)
	STOREROW4(Z14, Z15)
	STOREROW4(Z16, Z17)
	STOREROW4(Z18, Z19)
	STOREROW4(Z20, Z21)
	STOREROW4(Z22, Z23)
	STOREROW4(Z24, Z25)
	STOREROW4(Z26, Z27)
	STOREROW4(Z28, Z29)
	STOREROW4(Z30, Z31)
	VZEROUPPER
	RET
