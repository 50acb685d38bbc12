//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

VECTOR(weightOne, 0x45fff800) // 8191
VECTOR(lowest, 0xff7fffff) // -MaxFloat32

// The functions below take T positions, at least 8, in blocks of 8. The last block ends at T and
// may overlap the one before: what it writes again is the same.

// NEXT goes on at position DX+8, or at T-8, or ends the loop. CX is T, BX is T-8.
#define NEXT(loop) \
	ADDQ    $8, DX; \
	CMPQ    DX, BX; \
	JLE     loop; \
	LEAQ    -8(DX), AX; \
	MOVQ    BX, DX; \
	CMPQ    AX, BX; \
	JLT     loop

// PRODUCT adds 16 products of a key's elements and the query's, Y8, to a position's sums.
#define PRODUCT(k, sum) \
	VPMOVSXBW k, Y9; \
	VPMADDWD  Y8, Y9, Y9; \
	VPADDD    Y9, sum, sum

// func dotsAVX2(dots *int32, q *int16, k *int8, width, t int)
// width is a multiple of 16. 8 positions by 16 columns take 25 instructions, and the sums across registers, once
// for 8 positions, 10.
TEXT ·dotsAVX2(SB), NOSPLIT, $0-40
	MOVQ dots+0(FP), DI
	MOVQ k+16(FP), R8
	MOVQ width+24(FP), R9
	MOVQ t+32(FP), CX
	LEAQ -8(CX), BX
	LEAQ (R9)(R9*2), R10 // 3K
	XORQ DX, DX

loop:
	MOVQ  DX, SI
	IMULQ R9, SI
	ADDQ  R8, SI           // positions DX..DX+3
	LEAQ  (SI)(R9*4), R11  // positions DX+4..DX+7
	MOVQ  q+8(FP), R12
	LEAQ  (R12)(R9*2), R13 // the query's end
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

columns:
	VMOVDQU (R12), Y8
	PRODUCT((SI), Y0)
	PRODUCT((SI)(R9*1), Y1)
	PRODUCT((SI)(R9*2), Y2)
	PRODUCT((SI)(R10*1), Y3)
	PRODUCT((R11), Y4)
	PRODUCT((R11)(R9*1), Y5)
	PRODUCT((R11)(R9*2), Y6)
	PRODUCT((R11)(R10*1), Y7)
	ADDQ $32, R12
	ADDQ $16, SI
	ADDQ $16, R11
	CMPQ R12, R13
	JLT  columns

	VPHADDD    Y1, Y0, Y0
	VPHADDD    Y3, Y2, Y2
	VPHADDD    Y5, Y4, Y4
	VPHADDD    Y7, Y6, Y6
	VPHADDD    Y2, Y0, Y0
	VPHADDD    Y6, Y4, Y4
	VPERM2I128 $0x20, Y4, Y0, Y1
	VPERM2I128 $0x31, Y4, Y0, Y2
	VPADDD     Y2, Y1, Y1
	VMOVDQU    Y1, (DI)(DX*4)
	NEXT(loop)
	VZEROUPPER
	RET

// func scaleAVX2(scores *float32, dots *int32, sk *float32, t int, sq, inverseRootK float32) (highest float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-44
	MOVQ         scores+0(FP), DI
	MOVQ         dots+8(FP), SI
	MOVQ         sk+16(FP), R8
	MOVQ         t+24(FP), CX
	VBROADCASTSS sq+32(FP), Y4
	VBROADCASTSS inverseRootK+36(FP), Y5
	VMOVUPS      lowest<>(SB), Y6
	LEAQ         -8(CX), BX
	XORQ         DX, DX

loop:
	VMULPS    (R8)(DX*4), Y4, Y0
	VMULPS    Y5, Y0, Y0
	VCVTDQ2PS (SI)(DX*4), Y1
	VMULPS    Y1, Y0, Y0
	VMAXPS    Y0, Y6, Y6
	VMOVUPS   Y0, (DI)(DX*4)
	NEXT(loop)

	VEXTRACTF128 $1, Y6, X0
	VMAXPS       X0, X6, X6
	VPSHUFD      $0x4e, X6, X0
	VMAXPS       X0, X6, X6
	VPSHUFD      $0xb1, X6, X0
	VMAXPS       X0, X6, X6
	VMOVSS       X6, highest+40(FP)
	VZEROUPPER
	RET

// func largestAVX2(x *float32, t int) (a float32)
TEXT ·largestAVX2(SB), NOSPLIT, $0-20
	MOVQ  x+0(FP), DI
	MOVQ  t+8(FP), CX
	VPXOR Y6, Y6, Y6
	LEAQ  -8(CX), BX
	XORQ  DX, DX

loop:
	VMAXPS (DI)(DX*4), Y6, Y6
	NEXT(loop)

	VEXTRACTF128 $1, Y6, X0
	VMAXPS       X0, X6, X6
	VPSHUFD      $0x4e, X6, X0
	VMAXPS       X0, X6, X6
	VPSHUFD      $0xb1, X6, X0
	VMAXPS       X0, X6, X6
	VMOVSS       X6, a+16(FP)
	VZEROUPPER
	RET

// func softmaxAVX2(weights *int32, scores *float32, n int, highest float32, sums *[8]int32)
// n is a multiple of 8, and at least 8.
TEXT ·softmaxAVX2(SB), NOSPLIT, $0-40
	MOVQ         weights+0(FP), DI
	MOVQ         scores+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS highest+24(FP), Y4
	MOVQ         sums+32(FP), R8
	VMOVUPS      toInteger<>(SB), Y5
	VMOVUPS      weightOne<>(SB), Y6
	VPXOR        Y7, Y7, Y7
	XORQ         DX, DX

loop:
	VMOVUPS (SI)(DX*4), Y0
	VSUBPS  Y4, Y0, Y0
	EXP(Y0, Y1, Y2, Y3)
	VMULPS  Y6, Y0, Y0
	VADDPS  Y5, Y0, Y0
	VPSUBD  Y5, Y0, Y0
	VPADDD  Y0, Y7, Y7
	VMOVDQU Y0, (DI)(DX*4)
	ADDQ    $8, DX
	CMPQ    DX, CX
	JLT     loop
	VMOVDQU Y7, (R8)
	VZEROUPPER
	RET

// func coefficientsAVX2(coeff *int16, weights *int32, sv *float32, t int, greatest float32)
TEXT ·coefficientsAVX2(SB), NOSPLIT, $0-36
	MOVQ         coeff+0(FP), DI
	MOVQ         weights+8(FP), SI
	MOVQ         sv+16(FP), R8
	MOVQ         t+24(FP), CX
	VBROADCASTSS greatest+32(FP), Y4
	VMOVUPS      toInteger<>(SB), Y5
	LEAQ         -8(CX), BX
	XORQ         DX, DX

loop:
	VMOVUPS      (R8)(DX*4), Y0
	VDIVPS       Y4, Y0, Y0
	VCVTDQ2PS    (SI)(DX*4), Y1
	VMULPS       Y1, Y0, Y0
	VADDPS       Y5, Y0, Y0
	VPSUBD       Y5, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VMOVDQU      X0, (DI)(DX*2)
	NEXT(loop)
	VZEROUPPER
	RET

// PAIR adds coefficients times values of two positions, 16 columns: the elements of the two rows are
// interleaved, so that VPMADDWD adds the positions' products.
#define PAIR(c, row0, row1) \
	VPBROADCASTD c, Y2; \
	VPMOVSXBW    row0, Y3; \
	VPMOVSXBW    row1, Y4; \
	VPUNPCKLWD   Y4, Y3, Y5; \
	VPUNPCKHWD   Y4, Y3, Y6; \
	VPMADDWD     Y2, Y5, Y5; \
	VPMADDWD     Y2, Y6, Y6; \
	VPADDD       Y5, Y0, Y0; \
	VPADDD       Y6, Y1, Y1

// func sumsAVX2(sum *int32, coeff *int16, v *int8, width, pairs, second int)
// It adds to sum, (K), coefficients times values of pairs of positions. The second row of a pair is
// second elements after the first: width, or 0 for a single position and a coefficient of 0.
// width is a multiple of 16; pairs is at least 1. 32 products take 9 instructions.
TEXT ·sumsAVX2(SB), NOSPLIT, $0-48
	MOVQ sum+0(FP), DI
	MOVQ v+16(FP), R8
	MOVQ width+24(FP), R9
	MOVQ second+40(FP), R10
	MOVQ R9, R13             // columns left

columns:
	MOVQ  coeff+8(FP), SI
	MOVQ  pairs+32(FP), CX
	MOVQ  R8, R11
	LEAQ  (R8)(R9*2), R12
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	SUBQ  $2, CX
	JLT   last

loop:
	PAIR((SI), (R11), (R11)(R10*1))
	PAIR(4(SI), (R12), (R12)(R10*1))
	LEAQ (R11)(R9*4), R11
	LEAQ (R12)(R9*4), R12
	ADDQ $8, SI
	SUBQ $2, CX
	JGE  loop

last:
	ADDQ $2, CX
	JEQ  store
	PAIR((SI), (R11), (R11)(R10*1))

store:
	VPERM2I128 $0x20, Y1, Y0, Y2
	VPERM2I128 $0x31, Y1, Y0, Y3
	VPADDD     (DI), Y2, Y2
	VPADDD     32(DI), Y3, Y3
	VMOVDQU    Y2, (DI)
	VMOVDQU    Y3, 32(DI)
	ADDQ       $64, DI
	ADDQ       $16, R8
	SUBQ       $16, R13
	JNZ        columns
	VZEROUPPER
	RET

// func timesAVX2(out *float32, sum *int32, n int, by float32)
// n is a multiple of 8, and at least 8.
TEXT ·timesAVX2(SB), NOSPLIT, $0-28
	MOVQ         out+0(FP), DI
	MOVQ         sum+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS by+24(FP), Y4
	XORQ         DX, DX

loop:
	VCVTDQ2PS (SI)(DX*4), Y0
	VMULPS    Y4, Y0, Y0
	VMOVUPS   Y0, (DI)(DX*4)
	ADDQ      $8, DX
	CMPQ      DX, CX
	JLT       loop
	VZEROUPPER
	RET
