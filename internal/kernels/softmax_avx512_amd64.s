//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"
#include "vector_avx512_amd64.h"

// LARGEST takes 16 elements into the highest and the greatest magnitude so far: 3 operations, of two a cycle.
#define LARGEST(x, m, a) \
	VMOVUPS x, Z9; \
	VMAXPS  Z9, m, m; \
	VPANDD  Z9, Z8, Z9; \
	VPMAXUD Z9, a, a

// func highestAVX512(x *float32, n int) (m float32, magnitude uint32)
// As highestAVX2, and n is at least 1.
TEXT ·highestAVX512(SB), NOSPLIT, $0-24
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VPBROADCASTD magnitude<>(SB), Z8
	VBROADCASTSS (SI), Z0
	VMOVAPS      Z0, Z1
	VMOVAPS      Z0, Z2
	VMOVAPS      Z0, Z3
	VPXORD       Z4, Z4, Z4
	VPXORD       Z5, Z5, Z5
	VPXORD       Z6, Z6, Z6
	VPXORD       Z7, Z7, Z7
	SUBQ         $64, CX
	JLT          few

// Four sums, so that no maximum waits for the one before.
loop:
	LARGEST((SI), Z0, Z4)
	LARGEST(64(SI), Z1, Z5)
	LARGEST(128(SI), Z2, Z6)
	LARGEST(192(SI), Z3, Z7)
	ADDQ $256, SI
	SUBQ $64, CX
	JGE  loop

	VMAXPS  Z2, Z0, Z0
	VMAXPS  Z3, Z1, Z1
	VMAXPS  Z1, Z0, Z0
	VPMAXUD Z6, Z4, Z4
	VPMAXUD Z7, Z5, Z5
	VPMAXUD Z5, Z4, Z4

few:
	ADDQ $48, CX
	JLT  last

sixteen:
	LARGEST((SI), Z0, Z4)
	ADDQ $64, SI
	SUBQ $16, CX
	JGE  sixteen

last: // CX is 16 less than what is left, 0 to 15
	ADDQ      $16, CX
	JEQ       fold
	MASK
	VMOVUPS.Z (SI), K1, Z9
	VMAXPS    Z9, Z0, K1, Z0
	VPANDD    Z9, Z8, Z9
	VPMAXUD   Z9, Z4, Z4

fold:
	VEXTRACTF64X4 $1, Z0, Y1
	VMAXPS        Y1, Y0, Y0
	VEXTRACTF128  $1, Y0, X1
	VMAXPS        X1, X0, X0
	VPSHUFD       $0x4e, X0, X1
	VMAXPS        X1, X0, X0
	VPSHUFD       $0xb1, X0, X1
	VMAXPS        X1, X0, X0
	VMOVSS        X0, m+16(FP)
	VEXTRACTI64X4 $1, Z4, Y1
	VPMAXUD       Y1, Y4, Y4
	VEXTRACTI128  $1, Y4, X1
	VPMAXUD       X1, X4, X4
	VPSHUFD       $0x4e, X4, X1
	VPMAXUD       X1, X4, X4
	VPSHUFD       $0xb1, X4, X1
	VPMAXUD       X1, X4, X4
	VMOVSS        X4, magnitude+20(FP)
	VZEROUPPER
	RET

// func firstAVX512(x *float32, n int, m float32) (index int)
// The lowest index whose element equals m, one of x; -0 equals +0.
TEXT ·firstAVX512(SB), NOSPLIT, $0-32
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS m+16(FP), Z4
	XORQ         DX, DX
	SUBQ         $16, CX
	JLT          last

loop:
	VCMPPS $0, (SI)(DX*4), Z4, K2
	KMOVW  K2, AX
	TESTL  AX, AX
	JNZ    found
	ADDQ   $16, DX
	CMPQ   DX, CX
	JLE    loop

last: // It is among these, 1 to 15.
	ADDQ   $16, CX
	SUBQ   DX, CX
	MASK
	VCMPPS $0, (SI)(DX*4), Z4, K1, K2
	KMOVW  K2, AX

found:
	BSFL AX, AX
	ADDQ DX, AX
	MOVQ AX, index+24(FP)
	VZEROUPPER
	RET

// WEIGHTS makes x the weights of 16 logits, and 0 of those beyond the mask.
#define WEIGHTS(logits, weights, mask, x) \
	VMOVUPS.Z    logits, mask, x; \
	VSUBPS       Z8, x, x; \
	VMULPS       Z9, x, x; \
	EXP2_512(x, Z4, Z5, Z6, Z7); \
	VMULPS       Z10, x, x; \
	VCVTTPS2DQ.Z x, mask, x; \
	VMOVDQU32    x, mask, weights

// func weightsAVX512(weights *uint32, before *uint64, logits *float32, n int, m float32)
// n is at least 1. 16 weights take 22 operations, of two a cycle, the sums of a block of 64 weights 16 more.
TEXT ·weightsAVX512(SB), NOSPLIT, $0-36
	MOVQ         weights+0(FP), DI
	MOVQ         before+8(FP), R8
	MOVQ         logits+16(FP), SI
	MOVQ         n+24(FP), CX
	VBROADCASTSS m+32(FP), Z8
	VBROADCASTSS log2e<>(SB), Z9
	MOVL         $0x4e800000, AX   // 2^30
	VPBROADCASTD AX, Z10
	VPTERNLOGD   $0xff, Z11, Z11, Z11
	VPSRLQ       $32, Z11, Z11     // the lower halves of lanes of 64 bits
	KXNORW       K1, K1, K1
	KXNORW       K2, K2, K2
	KXNORW       K3, K3, K3
	KXNORW       K4, K4, K4
	XORQ         DX, DX

block:
	MOVQ DX, (R8)
	CMPQ CX, $64
	JGE  whole

	// The last block is not full.
	MOVQ  $1, AX
	SHLQ  CX, AX
	DECQ  AX
	KMOVW AX, K1
	SHRQ  $16, AX
	KMOVW AX, K2
	SHRQ  $16, AX
	KMOVW AX, K3
	SHRQ  $16, AX
	KMOVW AX, K4

whole:
	WEIGHTS((SI), (DI), K1, Z0)
	WEIGHTS(64(SI), 64(DI), K2, Z1)
	WEIGHTS(128(SI), 128(DI), K3, Z2)
	WEIGHTS(192(SI), 192(DI), K4, Z3)

	// Two weights are at most 2^31, which 32 bits hold; four may be 2^32.
	VPADDD        Z1, Z0, Z0
	VPADDD        Z3, Z2, Z2
	VPSRLQ        $32, Z0, Z1
	VPSRLQ        $32, Z2, Z3
	VPANDQ        Z11, Z0, Z0
	VPANDQ        Z11, Z2, Z2
	VPADDQ        Z1, Z0, Z0
	VPADDQ        Z3, Z2, Z2
	VPADDQ        Z2, Z0, Z0
	VEXTRACTI64X4 $1, Z0, Y1
	VPADDQ        Y1, Y0, Y0
	VEXTRACTI128  $1, Y0, X1
	VPADDQ        X1, X0, X0
	VPSHUFD       $0x4e, X0, X1
	VPADDQ        X1, X0, X0
	VMOVQ         X0, AX
	ADDQ          AX, DX
	ADDQ          $256, SI
	ADDQ          $256, DI
	ADDQ          $8, R8
	SUBQ          $64, CX
	JGT           block
	MOVQ          DX, (R8)
	VZEROUPPER
	RET
