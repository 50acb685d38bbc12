//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"
#include "vector_avx512_amd64.h"

// The formulas of vector_amd64.s, sixteen elements at a time, and what is left of a row under the mask K1.

// REST makes CX what is left of n after blocks of 16, K1 the mask of so many lanes, and BX the elements of the blocks.
#define REST(n) \
	MOVQ  n, BX; \
	MOVQ  BX, CX; \
	ANDQ  $15, CX; \
	ANDQ  $-16, BX; \
	MASK

// GELU replaces Z0. Some 40 operations of two a cycle or, of Zen 4, one, beside a division of 16 cycles that they hide.
#define GELU \
	VANDPS.BCST magnitude<>(SB), Z0, Z1; \
	VMULPS.BCST normalP<>(SB), Z1, Z1; \
	VADDPS      Z3, Z1, Z1; \
	VDIVPS      Z1, Z3, Z1; \
	VMULPS      Z0, Z0, Z2; \
	VMULPS.BCST negativeHalfLog2e<>(SB), Z2, Z2; \
	EXP2_512(Z2, Z4, Z5, Z6, Z7); \
	VMULPS      Z1, Z1, Z4; \
	VMULPS.BCST normal5<>(SB), Z1, Z5; \
	VADDPS.BCST normal4<>(SB), Z5, Z5; \
	VMULPS      Z4, Z5, Z5; \
	VMULPS.BCST normal3<>(SB), Z1, Z6; \
	VADDPS.BCST normal2<>(SB), Z6, Z6; \
	VADDPS      Z6, Z5, Z5; \
	VMULPS      Z1, Z5, Z5; \
	VADDPS.BCST normal1<>(SB), Z5, Z5; \
	VMULPS      Z1, Z5, Z5; \
	VMULPS      Z2, Z5, Z5; \
	VSUBPS      Z5, Z3, Z4; \
	VPMOVD2M    Z0, K2; \
	VMOVAPS     Z5, K2, Z4; \
	VMULPS      Z4, Z0, Z0

// func geluRowAVX512(x *float32, n int)
TEXT ·geluRowAVX512(SB), NOSPLIT, $0-16
	MOVQ         x+0(FP), DI
	REST(n+8(FP))
	VBROADCASTSS one<>(SB), Z3
	TESTQ        BX, BX
	JEQ          tail

loop:
	VMOVUPS (DI), Z0
	GELU
	VMOVUPS Z0, (DI)
	ADDQ    $64, DI
	SUBQ    $16, BX
	JNZ     loop

tail:
	TESTQ     CX, CX
	JEQ       done
	VMOVUPS.Z (DI), K1, Z0
	GELU
	VMOVUPS   Z0, K1, (DI)

done:
	VZEROUPPER
	RET

// QUANTIZE makes Z2 integers: Z1 is 127/a, Z5 toInteger.
#define QUANTIZE \
	VMULPS Z1, Z2, Z2; \
	VADDPS Z5, Z2, Z2; \
	VPSUBD Z5, Z2, Z2

// func quantizeRowAVX512(q *int8, x *float32, n int) (bits uint32)
// bits are those of the largest magnitude. 16 elements take 3 instructions, and then 6.
TEXT ·quantizeRowAVX512(SB), NOSPLIT, $0-28
	MOVQ         q+0(FP), DI
	MOVQ         x+8(FP), SI
	REST(n+16(FP))
	VPBROADCASTD magnitude<>(SB), Z5
	VPXORD       Z0, Z0, Z0
	XORQ         DX, DX
	TESTQ        BX, BX
	JEQ          largestTail

largest:
	VPANDD  (SI)(DX*4), Z5, Z1
	VPMAXUD Z1, Z0, Z0
	ADDQ    $16, DX
	CMPQ    DX, BX
	JLT     largest

largestTail:
	TESTQ     CX, CX
	JEQ       inverse
	VMOVUPS.Z (SI)(DX*4), K1, Z1
	VPANDD    Z5, Z1, Z1
	VPMAXUD   Z1, Z0, Z0

inverse:
	VEXTRACTI64X4 $1, Z0, Y1
	VPMAXUD       Y1, Y0, Y0
	VEXTRACTI128  $1, Y0, X1
	VPMAXUD       X1, X0, X0
	VPSHUFD       $0x4e, X0, X1
	VPMAXUD       X1, X0, X0
	VPSHUFD       $0xb1, X0, X1
	VPMAXUD       X1, X0, X0
	VMOVSS        X0, bits+24(FP)

	// 127/a, or 0 where a is below 2^-100.
	VMOVSS       int8Most<>(SB), X1
	VDIVSS       X0, X1, X1
	VMOVD        X0, AX
	CMPL         AX, least<>(SB)
	JCC          multiply
	VPXOR        X1, X1, X1

multiply:
	VBROADCASTSS X1, Z1
	VBROADCASTSS toInteger<>(SB), Z5
	XORQ         DX, DX
	TESTQ        BX, BX
	JEQ          tail

loop:
	VMOVUPS (SI)(DX*4), Z2
	QUANTIZE
	VPMOVDB Z2, (DI)(DX*1)
	ADDQ    $16, DX
	CMPQ    DX, BX
	JLT     loop

tail:
	TESTQ     CX, CX
	JEQ       done
	VMOVUPS.Z (SI)(DX*4), K1, Z2
	QUANTIZE
	VPMOVDB   Z2, K1, (DI)(DX*1)

done:
	VZEROUPPER
	RET

// TREE adds up the partial sums in Z0, the upper half to the lower, and leaves the sum in X0. It spoils Z1.
#define TREE \
	VEXTRACTF64X4 $1, Z0, Y1; \
	VADDPS        Y1, Y0, Y0; \
	VEXTRACTF128  $1, Y0, X1; \
	VADDPS        X1, X0, X0; \
	VPSHUFD       $0x4e, X0, X1; \
	VADDPS        X1, X0, X0; \
	VPSHUFD       $0xb1, X0, X1; \
	VADDSS        X1, X0, X0

// func layerNormRowAVX512(y, x, gain, bias *float32, n int, count, eps float32)
// The 16 partial sums are one register, so the sums take the latency of an addition for 16 elements, twice.
TEXT ·layerNormRowAVX512(SB), NOSPLIT, $0-48
	MOVQ   y+0(FP), DI
	MOVQ   x+8(FP), SI
	MOVQ   gain+16(FP), R8
	MOVQ   bias+24(FP), R9
	REST(n+32(FP))
	VMOVSS count+40(FP), X6
	VPXORD Z0, Z0, Z0
	XORQ   DX, DX
	TESTQ  BX, BX
	JEQ    addTail

add:
	VADDPS (SI)(DX*4), Z0, Z0
	ADDQ   $16, DX
	CMPQ   DX, BX
	JLT    add

addTail:
	TESTQ  CX, CX
	JEQ    mean
	VADDPS (SI)(DX*4), Z0, K1, Z0 // the other lanes stay

mean:
	TREE
	VDIVSS       X6, X0, X0
	VBROADCASTSS X0, Z4
	VPXORD       Z0, Z0, Z0
	XORQ         DX, DX
	TESTQ        BX, BX
	JEQ          squaresTail

squares:
	VMOVUPS (SI)(DX*4), Z2
	VSUBPS  Z4, Z2, Z2
	VMULPS  Z2, Z2, Z2
	VADDPS  Z2, Z0, Z0
	ADDQ    $16, DX
	CMPQ    DX, BX
	JLT     squares

squaresTail:
	TESTQ     CX, CX
	JEQ       scale
	VMOVUPS.Z (SI)(DX*4), K1, Z2
	VSUBPS    Z4, Z2, Z2
	VMULPS    Z2, Z2, Z2
	VADDPS    Z2, Z0, K1, Z0

scale:
	TREE
	VDIVSS       X6, X0, X0
	VADDSS       eps+44(FP), X0, X0
	VSQRTSS      X0, X0, X0
	VMOVSS       one<>(SB), X1
	VDIVSS       X0, X1, X0
	VBROADCASTSS X0, Z5
	XORQ         DX, DX
	TESTQ        BX, BX
	JEQ          tail

normalize:
	VMOVUPS (SI)(DX*4), Z2
	VSUBPS  Z4, Z2, Z2
	VMULPS  Z5, Z2, Z2
	VMULPS  (R8)(DX*4), Z2, Z2
	VADDPS  (R9)(DX*4), Z2, Z2
	VMOVUPS Z2, (DI)(DX*4)
	ADDQ    $16, DX
	CMPQ    DX, BX
	JLT     normalize

tail:
	TESTQ     CX, CX
	JEQ       done
	VMOVUPS.Z (SI)(DX*4), K1, Z2
	VSUBPS    Z4, Z2, Z2
	VMULPS    Z5, Z2, Z2
	VMULPS    (R8)(DX*4), Z2, K1, Z2
	VADDPS    (R9)(DX*4), Z2, K1, Z2
	VMOVUPS   Z2, K1, (DI)(DX*4)

done:
	VZEROUPPER
	RET

#define ROTATE(a, b, c, s, x, y) \
	VMOVUPS (DI), a; \
	VMOVUPS (SI), b; \
	VMOVUPS (R8), c; \
	VMOVUPS (R9), s; \
	VMULPS  c, a, x; \
	VMULPS  s, b, y; \
	VSUBPS  y, x, x; \
	VMULPS  c, b, b; \
	VMULPS  s, a, a; \
	VADDPS  a, b, b; \
	VMOVUPS x, (DI); \
	VMOVUPS b, (SI)

#define ADVANCE(bytes) \
	ADDQ $bytes, DI; \
	ADDQ $bytes, SI; \
	ADDQ $bytes, R8; \
	ADDQ $bytes, R9

// func rotateBlocksAVX512(low, high, cos, sin *float32, n int)
// n is a multiple of 4. Rotary parts are short, mostly 4 or 8 pairs, so that each size has its registers: what is
// stored under a mask could not be forwarded to the loads that follow soon.
TEXT ·rotateBlocksAVX512(SB), NOSPLIT, $0-40
	MOVQ low+0(FP), DI
	MOVQ high+8(FP), SI
	MOVQ cos+16(FP), R8
	MOVQ sin+24(FP), R9
	MOVQ n+32(FP), CX
	SUBQ $16, CX
	JLT  eight

sixteen:
	ROTATE(Z0, Z1, Z2, Z3, Z4, Z5)
	ADVANCE(64)
	SUBQ $16, CX
	JGE  sixteen

eight:
	TESTQ $8, CX
	JEQ   four
	ROTATE(Y0, Y1, Y2, Y3, Y4, Y5)
	ADVANCE(32)

four:
	TESTQ $4, CX
	JEQ   done
	ROTATE(X0, X1, X2, X3, X4, X5)

done:
	VZEROUPPER
	RET
