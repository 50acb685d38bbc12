//go:build !purego

#include "textflag.h"

// SPLIT makes of 32 numbers in Z0 the high bytes in Z1 and the low ones in Z2. 8 is in every lane of Z5.
#define SPLIT \
	VPADDW Z5, Z0, Z1; \
	VPSRAW $4, Z1, Z1; \
	VPSLLW $4, Z1, Z2; \
	VPSUBW Z2, Z0, Z2

// func splitWideAVX512(high, low *int8, x *int16, n int)
TEXT ·splitWideAVX512(SB), NOSPLIT, $0-32
	MOVQ         high+0(FP), DI
	MOVQ         low+8(FP), R8
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), BX
	MOVL         $8, AX
	VPBROADCASTW AX, Z5
	MOVQ         BX, CX
	ANDQ         $31, CX
	MOVL         $1, AX
	SHLQ         CX, AX
	DECL         AX
	KMOVD        AX, K1
	XORQ         DX, DX
	SUBQ         CX, BX
	JEQ          tail

loop:
	VMOVDQU16 (SI)(DX*2), Z0
	SPLIT
	VPMOVWB   Z1, (DI)(DX*1)
	VPMOVWB   Z2, (R8)(DX*1)
	ADDQ      $32, DX
	CMPQ      DX, BX
	JLT       loop

tail:
	TESTQ       CX, CX
	JEQ         done
	VMOVDQU16.Z (SI)(DX*2), K1, Z0
	SPLIT
	VPMOVWB     Z1, K1, (DI)(DX*1)
	VPMOVWB     Z2, K1, (R8)(DX*1)

done:
	VZEROUPPER
	RET

// func times16AVX512(sums *float32, stride, rows int)
TEXT ·times16AVX512(SB), NOSPLIT, $0-24
	MOVQ sums+0(FP), DI
	MOVQ stride+8(FP), BX
	MOVQ rows+16(FP), CX
	SHLQ $2, BX

row:
	VPSLLD    $4, (DI), Z0
	VPSLLD    $4, 64(DI), Z1
	VPSLLD    $4, 128(DI), Z2
	VPSLLD    $4, 192(DI), Z3
	VMOVDQU32 Z0, (DI)
	VMOVDQU32 Z1, 64(DI)
	VMOVDQU32 Z2, 128(DI)
	VMOVDQU32 Z3, 192(DI)
	ADDQ      BX, DI
	DECQ      CX
	JNZ       row
	VZEROUPPER
	RET
