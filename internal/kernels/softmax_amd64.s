//go:build !purego

#include "funcdata.h"
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

// REDUCE takes 8 logits to r and 2^(n+30) of the section "exp" of docs/numerics.md. exp(l-m) is p 2^n there: the weight
// is truncated from p 2^(n+30), one product for two of powers of 2. x is not above 0 and needs no clamp there.
#define REDUCE(logits, r, power) \
	VMOVUPS logits, Y9; \
	VSUBPS  Y12, Y9, Y9; \
	VMAXPS  Y15, Y9, Y9; \
	VMULPS  Y14, Y9, Y10; \
	VADDPS  Y13, Y10, Y10; \
	VSUBPS  Y13, Y10, Y11; \
	VPSLLD  $23, Y10, Y10; \
	VPADDD  softmaxOne<>(SB), Y10, Y10; \
	VMOVUPS Y10, power; \
	VMULPS  ln2High<>(SB), Y11, Y10; \
	VSUBPS  Y10, Y9, Y9; \
	VMULPS  ln2Low<>(SB), Y11, Y10; \
	VSUBPS  Y10, Y9, Y9; \
	VMOVUPS Y9, r

// TIMES multiplies the p of 64 logits by their r, PLUS adds a constant.
#define TIMES \
	VMULPS (R9), Y0, Y0; \
	VMULPS 32(R9), Y1, Y1; \
	VMULPS 64(R9), Y2, Y2; \
	VMULPS 96(R9), Y3, Y3; \
	VMULPS 128(R9), Y4, Y4; \
	VMULPS 160(R9), Y5, Y5; \
	VMULPS 192(R9), Y6, Y6; \
	VMULPS 224(R9), Y7, Y7

#define PLUS(c) \
	VMOVUPS c<>(SB), Y8; \
	VADDPS  Y8, Y0, Y0; \
	VADDPS  Y8, Y1, Y1; \
	VADDPS  Y8, Y2, Y2; \
	VADDPS  Y8, Y3, Y3; \
	VADDPS  Y8, Y4, Y4; \
	VADDPS  Y8, Y5, Y5; \
	VADDPS  Y8, Y6, Y6; \
	VADDPS  Y8, Y7, Y7

// WEIGHT ends the exponential of 8 logits.
#define WEIGHT(power, p, weights) \
	VMULPS     power, p, p; \
	VCVTTPS2DQ p, p; \
	VMOVDQU    p, weights

// WIDEN adds the halves of the quadwords in x.
#define WIDEN(x) \
	VPSRLQ $32, x, Y8; \
	VPAND  Y9, x, x; \
	VPADDQ Y8, x, x

// func weightsAVX2(weights *uint32, before *uint64, logits *float32, blocks int, m float32, sum uint64) (total uint64)
// It takes 1 or more blocks of 64 logits, of which none is above m, and begins with sum. 8 weights take 33 instructions,
// of which 27 are those of the exponential. Each of these waits for the one before, some 75 cycles in all: so eight
// exponentials go abreast, and between their steps the next block is reduced. r and 2^(n+30) go through memory.
// One after another they take twice as long; abreast, each block reduced by itself, an eighth longer.
TEXT ·weightsAVX2(SB), 0, $1056-56
	NO_LOCAL_POINTERS
	MOVQ         weights+0(FP), DI
	MOVQ         before+8(FP), R8
	MOVQ         logits+16(FP), SI
	MOVQ         blocks+24(FP), CX
	VBROADCASTSS m+32(FP), Y12
	MOVQ         sum+40(FP), AX
	LEAQ         scratch-1056(SP), R9
	ADDQ         $31, R9
	ANDQ         $~31, R9              // r, 64 times, then 2^(n+30), 64 times
	LEAQ         512(R9), R10          // the same of the next block
	VMOVUPS      toInteger<>(SB), Y13
	VMOVUPS      log2e<>(SB), Y14
	VMOVUPS      expLeast<>(SB), Y15
	REDUCE((SI), (R9), 256(R9))
	REDUCE(32(SI), 32(R9), 288(R9))
	REDUCE(64(SI), 64(R9), 320(R9))
	REDUCE(96(SI), 96(R9), 352(R9))
	REDUCE(128(SI), 128(R9), 384(R9))
	REDUCE(160(SI), 160(R9), 416(R9))
	REDUCE(192(SI), 192(R9), 448(R9))
	REDUCE(224(SI), 224(R9), 480(R9))

block:
	LEAQ    256(SI), R11
	CMPQ    CX, $1
	CMOVQNE R11, SI       // after the last block comes itself, in vain
	VMOVUPS exp5<>(SB), Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y0, Y7
	TIMES
	PLUS(exp4)
	REDUCE((SI), (R10), 256(R10))
	TIMES
	PLUS(exp3)
	REDUCE(32(SI), 32(R10), 288(R10))
	TIMES
	PLUS(exp2)
	REDUCE(64(SI), 64(R10), 320(R10))
	TIMES
	PLUS(exp1)
	REDUCE(96(SI), 96(R10), 352(R10))
	TIMES
	PLUS(exp0)
	REDUCE(128(SI), 128(R10), 384(R10))
	TIMES
	REDUCE(160(SI), 160(R10), 416(R10))
	TIMES
	REDUCE(192(SI), 192(R10), 448(R10))
	VADDPS (R9), Y0, Y0
	VADDPS 32(R9), Y1, Y1
	VADDPS 64(R9), Y2, Y2
	VADDPS 96(R9), Y3, Y3
	VADDPS 128(R9), Y4, Y4
	VADDPS 160(R9), Y5, Y5
	VADDPS 192(R9), Y6, Y6
	VADDPS 224(R9), Y7, Y7
	REDUCE(224(SI), 224(R10), 480(R10))
	PLUS(one)
	WEIGHT(256(R9), Y0, (DI))
	WEIGHT(288(R9), Y1, 32(DI))
	WEIGHT(320(R9), Y2, 64(DI))
	WEIGHT(352(R9), Y3, 96(DI))
	WEIGHT(384(R9), Y4, 128(DI))
	WEIGHT(416(R9), Y5, 160(DI))
	WEIGHT(448(R9), Y6, 192(DI))
	WEIGHT(480(R9), Y7, 224(DI))

	// Two weights add up to 2^31 at most, which 32 bits hold; more may not.
	MOVQ         AX, (R8)
	VPADDD       Y1, Y0, Y0
	VPADDD       Y3, Y2, Y2
	VPADDD       Y5, Y4, Y4
	VPADDD       Y7, Y6, Y6
	VPCMPEQD     Y9, Y9, Y9
	VPSRLQ       $32, Y9, Y9
	WIDEN(Y0)
	WIDEN(Y2)
	WIDEN(Y4)
	WIDEN(Y6)
	VPADDQ       Y2, Y0, Y0
	VPADDQ       Y6, Y4, Y4
	VPADDQ       Y4, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDQ       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VPADDQ       X1, X0, X0
	VMOVQ        X0, BX
	ADDQ         BX, AX
	XCHGQ        R9, R10
	ADDQ         $256, DI
	ADDQ         $8, R8
	DECQ         CX
	JNZ          block
	MOVQ         AX, total+48(FP)
	VZEROUPPER
	RET
