//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

VECTOR(softmaxOne, 0x4e800000) // 2^30

// LARGEST takes 8 elements into the highest and the greatest magnitude so far.
#define LARGEST(x, m, a) \
	VMOVUPS x, Y9; \
	VMAXPS  Y9, m, m; \
	VPAND   Y9, Y8, Y9; \
	VPMAXUD Y9, a, a

// func highestAVX2(x *float32, n int) (m float32, magnitude uint32)
// m is the highest of x, with any sign if it is 0; magnitude is the bits of the greatest |x|, of which those of infinity
// and NaN are the greatest of all. n is at least 8. The last 8 elements may be taken twice.
TEXT ·highestAVX2(SB), NOSPLIT, $0-24
	MOVQ    x+0(FP), SI
	MOVQ    n+8(FP), CX
	LEAQ    -32(SI)(CX*4), BX // the last 8
	LEAQ    -96(BX), R8       // the last 32
	VMOVUPS magnitude<>(SB), Y8
	VMOVUPS (SI), Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VPXOR   Y4, Y4, Y4
	VPXOR   Y5, Y5, Y5
	VPXOR   Y6, Y6, Y6
	VPXOR   Y7, Y7, Y7
	CMPQ    SI, R8
	JGT     few

// Four sums, so that no maximum waits for the one before.
loop:
	LARGEST((SI), Y0, Y4)
	LARGEST(32(SI), Y1, Y5)
	LARGEST(64(SI), Y2, Y6)
	LARGEST(96(SI), Y3, Y7)
	ADDQ $128, SI
	CMPQ SI, R8
	JLE  loop

	VMAXPS  Y2, Y0, Y0
	VMAXPS  Y3, Y1, Y1
	VMAXPS  Y1, Y0, Y0
	VPMAXUD Y6, Y4, Y4
	VPMAXUD Y7, Y5, Y5
	VPMAXUD Y5, Y4, Y4

few:
	CMPQ SI, BX
	JGE  last
	LARGEST((SI), Y0, Y4)
	ADDQ $32, SI
	JMP  few

last:
	LARGEST((BX), Y0, Y4)
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VMAXPS       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSS       X0, m+16(FP)
	VEXTRACTI128 $1, Y4, X1
	VPMAXUD      X1, X4, X4
	VPSHUFD      $0x4e, X4, X1
	VPMAXUD      X1, X4, X4
	VPSHUFD      $0xb1, X4, X1
	VPMAXUD      X1, X4, X4
	VMOVSS       X4, magnitude+20(FP)
	VZEROUPPER
	RET

// func firstAVX2(x *float32, n int, m float32) (index int)
// The lowest index whose element equals m, one of x; -0 equals +0. n is at least 8.
TEXT ·firstAVX2(SB), NOSPLIT, $0-32
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS m+16(FP), Y4
	LEAQ         -8(CX), BX // the last 8
	XORQ         DX, DX

loop:
	VCMPPS    $0, (SI)(DX*4), Y4, Y0
	VMOVMSKPS Y0, AX
	TESTL     AX, AX
	JNZ       found
	ADDQ      $8, DX
	CMPQ      DX, BX
	JLE       loop
	MOVQ      BX, DX
	JMP       loop

found:
	BSFL AX, AX
	ADDQ DX, AX
	MOVQ AX, index+24(FP)
	VZEROUPPER
	RET

// WEIGHTS makes weights of 8 logits.
#define WEIGHTS(logits, weights) \
	VMOVUPS    logits, Y0; \
	VSUBPS     Y8, Y0, Y0; \
	VMULPS     Y9, Y0, Y0; \
	EXP2(Y0, Y1, Y2, Y3, Y4); \
	VMULPS     Y10, Y0, Y0; \
	VCVTTPS2DQ Y0, Y0; \
	VMOVDQU    Y0, weights; \
	VPSRLQ     $32, Y0, Y1; \
	VPAND      Y11, Y0, Y0; \
	VPADDQ     Y1, Y12, Y12; \
	VPADDQ     Y0, Y13, Y13

// func weightsAVX2(weights *uint32, before *uint64, logits *float32, blocks int, m float32, sum uint64) (total uint64)
// It takes 1 or more blocks of 64 logits, of which none is above m, and begins with sum. 8 weights take 29 instructions.
TEXT ·weightsAVX2(SB), NOSPLIT, $0-56
	MOVQ         weights+0(FP), DI
	MOVQ         before+8(FP), R8
	MOVQ         logits+16(FP), SI
	MOVQ         blocks+24(FP), CX
	VBROADCASTSS m+32(FP), Y8
	MOVQ         sum+40(FP), AX
	VMOVUPS      log2e<>(SB), Y9
	VMOVUPS      softmaxOne<>(SB), Y10
	VPCMPEQD     Y11, Y11, Y11
	VPSRLQ       $32, Y11, Y11

block:
	MOVQ  AX, (R8)
	VPXOR Y12, Y12, Y12
	VPXOR Y13, Y13, Y13
	WEIGHTS((SI), (DI))
	WEIGHTS(32(SI), 32(DI))
	WEIGHTS(64(SI), 64(DI))
	WEIGHTS(96(SI), 96(DI))
	WEIGHTS(128(SI), 128(DI))
	WEIGHTS(160(SI), 160(DI))
	WEIGHTS(192(SI), 192(DI))
	WEIGHTS(224(SI), 224(DI))
	VPADDQ       Y13, Y12, Y12
	VEXTRACTI128 $1, Y12, X1
	VPADDQ       X1, X12, X12
	VPSHUFD      $0x4e, X12, X1
	VPADDQ       X1, X12, X12
	VMOVQ        X12, BX
	ADDQ         BX, AX
	ADDQ         $256, SI
	ADDQ         $256, DI
	ADDQ         $8, R8
	DECQ         CX
	JNZ          block
	MOVQ         AX, total+48(FP)
	VZEROUPPER
	RET
