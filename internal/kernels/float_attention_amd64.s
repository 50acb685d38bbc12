//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

VECTOR(negativeInfinity, 0xff800000)
VECTOR(weightLeast, 0xc2800000) // -64

// masks16 holds 16 lanes set and 16 not: beginning n lanes before the latter, the first n of 16 are set.
DATA masks16<>+0(SB)/8, $-1
DATA masks16<>+8(SB)/8, $-1
DATA masks16<>+16(SB)/8, $-1
DATA masks16<>+24(SB)/8, $-1
DATA masks16<>+32(SB)/8, $-1
DATA masks16<>+40(SB)/8, $-1
DATA masks16<>+48(SB)/8, $-1
DATA masks16<>+56(SB)/8, $-1
DATA masks16<>+64(SB)/8, $0
DATA masks16<>+72(SB)/8, $0
DATA masks16<>+80(SB)/8, $0
DATA masks16<>+88(SB)/8, $0
DATA masks16<>+96(SB)/8, $0
DATA masks16<>+104(SB)/8, $0
DATA masks16<>+112(SB)/8, $0
DATA masks16<>+120(SB)/8, $0
GLOBL masks16<>(SB), RODATA|NOPTR, $128

// MASKS makes Y14 and Y15 the masks of the first CX of 16 lanes. It uses CX and R9.
#define MASKS \
	LEAQ    masks16<>+64(SB), R9; \
	SHLQ    $2, CX; \
	SUBQ    CX, R9; \
	VMOVUPS (R9), Y14; \
	VMOVUPS 32(R9), Y15

// func floatScoresBlocksAVX2(scores *float32, n int, root float32) (highest float32, magnitude uint32)
// n is at least 1, here and below; scores have room for a multiple of 16.
TEXT ·floatScoresBlocksAVX2(SB), NOSPLIT, $0-32
	MOVQ         scores+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS root+16(FP), Y8
	VMOVUPS      magnitude<>(SB), Y9
	VMOVUPS      negativeInfinity<>(SB), Y0
	VMOVUPS      Y0, Y1
	VMOVUPS      Y0, Y10
	VPXOR        Y2, Y2, Y2
	VPXOR        Y3, Y3, Y3
	SUBQ         $16, CX
	JLT          rest

loop:
	VMULPS  (DI), Y8, Y4
	VMULPS  32(DI), Y8, Y5
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	VMAXPS  Y4, Y0, Y0
	VMAXPS  Y5, Y1, Y1
	VPAND   Y4, Y9, Y4
	VPAND   Y5, Y9, Y5
	VPMAXUD Y4, Y2, Y2
	VPMAXUD Y5, Y3, Y3
	ADDQ    $64, DI
	SUBQ    $16, CX
	JGE     loop

rest: // the last 0 to 15
	ADDQ      $16, CX
	JEQ       done
	MASKS
	VMULPS    (DI), Y8, Y4
	VMULPS    32(DI), Y8, Y5
	VMOVUPS   Y4, (DI)
	VMOVUPS   Y5, 32(DI)
	VBLENDVPS Y14, Y4, Y10, Y6
	VBLENDVPS Y15, Y5, Y10, Y7
	VMAXPS    Y6, Y0, Y0
	VMAXPS    Y7, Y1, Y1
	VPAND     Y14, Y4, Y4
	VPAND     Y15, Y5, Y5
	VPAND     Y4, Y9, Y4
	VPAND     Y5, Y9, Y5
	VPMAXUD   Y4, Y2, Y2
	VPMAXUD   Y5, Y3, Y3

done:
	VMAXPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VMAXPS       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSS       X0, highest+24(FP)
	VPMAXUD      Y3, Y2, Y2
	VEXTRACTI128 $1, Y2, X3
	VPMAXUD      X3, X2, X2
	VPSHUFD      $0x4e, X2, X3
	VPMAXUD      X3, X2, X2
	VPSHUFD      $0xb1, X2, X3
	VPMAXUD      X3, X2, X2
	VMOVSS       X2, magnitude+28(FP)
	VZEROUPPER
	RET

// WEIGHTS makes weights of 8 scores. $13 is >=.
#define WEIGHTS(x) \
	VSUBPS Y8, x, x; \
	VCMPPS $13, Y9, x, Y3; \
	EXP2(x, Y4, Y5, Y6, Y7); \
	VANDPS Y3, x, x

// func floatWeightsBlocksAVX2(scores *float32, n int, highest float32) (sum float32)
// The 16 partial sums are two registers.
TEXT ·floatWeightsBlocksAVX2(SB), NOSPLIT, $0-28
	MOVQ         scores+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS highest+16(FP), Y8
	VMOVUPS      weightLeast<>(SB), Y9
	VXORPS       Y0, Y0, Y0
	VXORPS       Y1, Y1, Y1
	SUBQ         $16, CX
	JLT          rest

loop:
	VMOVUPS (DI), Y2
	WEIGHTS(Y2)
	VMOVUPS Y2, (DI)
	VADDPS  Y2, Y0, Y0
	VMOVUPS 32(DI), Y10
	WEIGHTS(Y10)
	VMOVUPS Y10, 32(DI)
	VADDPS  Y10, Y1, Y1
	ADDQ    $64, DI
	SUBQ    $16, CX
	JGE     loop

rest: // the last 0 to 15
	ADDQ    $16, CX
	JEQ     done
	MASKS
	VMOVUPS (DI), Y2
	WEIGHTS(Y2)
	VANDPS  Y14, Y2, Y2
	VMOVUPS Y2, (DI)
	VADDPS  Y2, Y0, Y0
	VMOVUPS 32(DI), Y2
	WEIGHTS(Y2)
	VANDPS  Y15, Y2, Y2
	VMOVUPS Y2, 32(DI)
	VADDPS  Y2, Y1, Y1

done:
	VADDPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VADDPS       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VADDSS       X1, X0, X0
	VMOVSS       X0, sum+24(FP)
	VZEROUPPER
	RET
