//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"
#include "vector_avx512_amd64.h"

// VPDPWSSD adds to each of 16 sums two products of int16, exactly, modulo 2^32: 32 products, two such a cycle on ports 0 and
// 5 of an Intel server and on Zen 5, one a cycle on Zen 4. VPMOVSXBW, which widens a panel's 16 pairs, takes port 5 too.

// STEP adds the products of a pair of x, in every lane, and 16 pairs of w of each of two panels, in Z8 and Z9.
#define STEP(x, a, b) \
	VPBROADCASTD x, Z10; \
	VPDPWSSD     Z8, Z10, a; \
	VPDPWSSD     Z9, Z10, b

#define STORE(a, b) \
	VMOVDQU32 a, (SI); \
	VMOVDQU32 b, (SI)(AX*1); \
	ADDQ      R13, SI

// STEPS is a step of 4 rows, and ASKING asks meanwhile for the bytes that are wanted after those of either panel.
#define STEPS \
	STEP((AX), Z0, Z1); \
	STEP((AX)(R9*1), Z2, Z3); \
	STEP((AX)(R9*2), Z4, Z5); \
	STEP((AX)(R10*1), Z6, Z7)
#define ASKING \
	PREFETCHT0 (SI)(R14*1); \
	PREFETCHT0 (SI)(R15*1); \
	STEPS

// PAIRSUMS4 takes two panels at once: 8 VPDPWSSD and 2 VPMOVSXBW take 5 cycles of two ports, as long as a sum waits for the one
// before, and 18 instructions. Panels one by one would be half as many sums, in the same 5 cycles. So an odd panel, the last, is
// computed with the one before it, again; one alone, with itself.
#define PAIRSUMS4(steps) \
	MOVQ sum+0(FP), DI; \
	MOVQ sumStride+8(FP), R13; \
	SHLQ $2, R13; \
	MOVQ x+16(FP), R8; \
	MOVQ xStride+24(FP), R9; \
	SHLQ $1, R9; \
	LEAQ (R9)(R9*2), R10; \
	MOVQ w+32(FP), R12; \
	MOVQ step+40(FP), DX; \
	MOVQ panel+48(FP), R11; \
	MOVQ panels+64(FP), BX; \
	CMPQ BX, $1; \
	JNE  panels; \
	XORQ R11, R11; \
panels: \
	MOVQ   R12, SI; \
	MOVQ   R8, AX; \
	MOVQ   pairs+56(FP), CX; \
	VPXORD Z0, Z0, Z0; \
	VPXORD Z1, Z1, Z1; \
	VPXORD Z2, Z2, Z2; \
	VPXORD Z3, Z3, Z3; \
	VPXORD Z4, Z4, Z4; \
	VPXORD Z5, Z5, Z5; \
	VPXORD Z6, Z6, Z6; \
	VPXORD Z7, Z7, Z7; \
	PCALIGN $32; \
pairs: \
	VPMOVSXBW (SI), Z8; \
	VPMOVSXBW (SI)(R11*1), Z9; \
	steps; \
	ADDQ DX, SI; \
	ADDQ $4, AX; \
	DECQ CX; \
	JNZ  pairs; \
	XORL  AX, AX; \
	TESTQ R11, R11; \
	SETNE AX; \
	SHLQ  $6, AX; /* from the sums of a panel to those of the next, or of itself */ \
	MOVQ  DI, SI; \
	STORE(Z0, Z1); \
	STORE(Z2, Z3); \
	STORE(Z4, Z5); \
	STORE(Z6, Z7); \
	LEAQ  (R12)(R11*2), R12; \
	ADDQ  $128, DI; \
	SUBQ  $2, BX; \
	JLE   done; \
	CMPQ  BX, $1; \
	JNE   panels; \
	SUBQ  R11, R12; \
	SUBQ  $64, DI; \
	JMP   panels; \
done: \
	VZEROUPPER; \
	RET

// func pairSums4AVX512(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int)
TEXT ·pairSums4AVX512(SB), NOSPLIT, $0-72
	PAIRSUMS4(STEPS)

// func pairSums4NextAVX512(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int, next *int8)
// Like pairSums4NextAVX2.
TEXT ·pairSums4NextAVX512(SB), NOSPLIT, $0-80
	MOVQ next+72(FP), R14
	SUBQ w+32(FP), R14      // from w to next
	MOVQ panel+48(FP), R15
	ADDQ R14, R15
	PAIRSUMS4(ASKING)

// func pairSums1AVX512(sum *int32, x *int16, w *int8, step, panel, pairs, panels int, next *int8)
// Four sums, of every fourth pair each, so that none waits long for the one before: for 128 bytes, 4 VPDPWSSD and 4 VPMOVSXBW
// take 4 cycles of two ports, and 10 loads 5 cycles. Two of these ask for the bytes that are wanted after these, at next: a
// line of 64 has two pairs, or two panels of a pair, so panels ask in turns for the even pairs and the odd ones.
TEXT ·pairSums1AVX512(SB), NOSPLIT, $0-64
	MOVQ sum+0(FP), DI
	MOVQ x+8(FP), R8
	MOVQ w+16(FP), R12
	MOVQ step+24(FP), DX
	LEAQ (DX)(DX*2), R10
	MOVQ panel+32(FP), R13
	MOVQ panels+48(FP), BX
	MOVQ next+56(FP), R9
	SUBQ R12, R9              // from w to next

panels:
	MOVQ    R12, SI
	LEAQ    (R12)(R9*1), R11
	LEAQ    (R11)(DX*1), AX
	TESTQ   $1, BX
	CMOVQNE AX, R11
	MOVQ    R8, AX
	MOVQ    pairs+40(FP), CX
	VPXORD  Z0, Z0, Z0
	VPXORD  Z1, Z1, Z1
	VPXORD  Z2, Z2, Z2
	VPXORD  Z3, Z3, Z3
	PCALIGN $32

pairs:
	VPMOVSXBW     (SI), Z8
	VPMOVSXBW     (SI)(DX*1), Z9
	VPMOVSXBW     (SI)(DX*2), Z10
	VPMOVSXBW     (SI)(R10*1), Z11
	PREFETCHT0    (R11)
	PREFETCHT0    (R11)(DX*2)
	VPDPWSSD.BCST (AX), Z8, Z0
	VPDPWSSD.BCST 4(AX), Z9, Z1
	VPDPWSSD.BCST 8(AX), Z10, Z2
	VPDPWSSD.BCST 12(AX), Z11, Z3
	LEAQ          (SI)(DX*4), SI
	LEAQ          (R11)(DX*4), R11
	ADDQ          $16, AX
	SUBQ          $4, CX
	JNZ           pairs

	VPADDD    Z1, Z0, Z0
	VPADDD    Z3, Z2, Z2
	VPADDD    Z2, Z0, Z0
	VMOVDQU32 Z0, (DI)
	ADDQ      $64, DI
	ADDQ      R13, R12
	DECQ      BX
	JNZ       panels
	VZEROUPPER
	RET

// SCORES makes scores of 16 dots.
#define SCORES(sk, dots, x, y) \
	VMULPS    sk, Z4, x; \
	VMULPS    Z5, x, x; \
	VCVTDQ2PS dots, y; \
	VMULPS    y, x, x

// func scoresAVX512(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)
// Two maxima, since one would wait 4 cycles for the one before, and 16 scores take 5 operations, of two a cycle.
TEXT ·scoresAVX512(SB), NOSPLIT, $0-44
	MOVQ         scores+0(FP), DI
	MOVQ         dots+8(FP), SI
	MOVQ         sk+16(FP), R8
	MOVQ         t+24(FP), CX
	VBROADCASTSS sq+32(FP), Z4
	VBROADCASTSS root+36(FP), Z5
	MOVL         $0xff7fffff, AX // -MaxFloat32
	VPBROADCASTD AX, Z6
	VMOVAPS      Z6, Z7
	VMOVAPS      Z6, Z8
	XORQ         DX, DX
	SUBQ         $32, CX
	JLT          sixteen

loop:
	SCORES((R8)(DX*4), (SI)(DX*4), Z0, Z1)
	SCORES(64(R8)(DX*4), 64(SI)(DX*4), Z2, Z3)
	VMAXPS  Z0, Z6, Z6
	VMAXPS  Z2, Z7, Z7
	VMOVUPS Z0, (DI)(DX*4)
	VMOVUPS Z2, 64(DI)(DX*4)
	ADDQ    $32, DX
	CMPQ    DX, CX
	JLE     loop

sixteen:
	ADDQ    $32, CX
	SUBQ    DX, CX                         // 0 to 31 are left
	TESTQ   $16, CX
	JEQ     rest
	SCORES((R8)(DX*4), (SI)(DX*4), Z0, Z1)
	VMAXPS  Z0, Z6, Z6
	VMOVUPS Z0, (DI)(DX*4)
	ADDQ    $16, DX

rest:
	ANDQ    $15, CX
	JEQ     done
	MASK
	SCORES((R8)(DX*4), (SI)(DX*4), Z0, Z1)
	VMOVAPS Z0, K1, Z8                     // the other lanes stay the lowest number
	VMAXPS  Z8, Z7, Z7
	VMOVUPS Z8, (DI)(DX*4)

done:
	VMAXPS        Z7, Z6, Z6
	VEXTRACTF64X4 $1, Z6, Y0
	VMAXPS        Y0, Y6, Y6
	VEXTRACTF128  $1, Y6, X0
	VMAXPS        X0, X6, X6
	VPSHUFD       $0x4e, X6, X0
	VMAXPS        X0, X6, X6
	VPSHUFD       $0xb1, X6, X0
	VMAXPS        X0, X6, X6
	VMOVSS        X6, highest+40(FP)
	VZEROUPPER
	RET

// func coefficientsAVX512(coeff *int16, scores, share *float32, n int, highest float32) (z int64)
// 16 positions take 25 operations and 2 of the narrowing store, of two a cycle. An integer is the lowest bits of x + 1.5 * 2^23,
// and stays among the others: the store leaves these out, and at the end they are subtracted from the sums. Lanes of int32 hold the
// sums of 2^22 positions, weights being below 2^13.
TEXT ·coefficientsAVX512(SB), NOSPLIT, $0-48
	MOVQ         coeff+0(FP), DI
	MOVQ         scores+8(FP), SI
	MOVQ         share+16(FP), R8
	MOVQ         n+24(FP), CX
	VBROADCASTSS highest+32(FP), Z4
	VBROADCASTSS toInteger<>(SB), Z5
	MOVL         $0x45fff800, AX     // 8191
	VPBROADCASTD AX, Z6
	VPXORD       Z7, Z7, Z7
	XORQ         DX, DX
	PCALIGN      $32

loop:
	VMOVUPS (SI)(DX*4), Z0
	VSUBPS  Z4, Z0, Z0
	EXP2_512(Z0, Z1, Z2, Z3, Z8)
	VMULPS  Z6, Z0, Z0
	VADDPS  Z5, Z0, Z0
	VPADDD  Z0, Z7, Z7           // e
	VSUBPS  Z5, Z0, Z0           // e as a float
	VMULPS  (R8)(DX*4), Z0, Z0
	VADDPS  Z5, Z0, Z0
	VPMOVDW Z0, (DI)(DX*2)       // c
	ADDQ    $16, DX
	CMPQ    DX, CX
	JLT     loop

	SHRQ          $4, CX
	IMULL         toInteger<>(SB), CX
	VPBROADCASTD  CX, Z0
	VPSUBD        Z0, Z7, Z7
	VPMOVZXDQ     Y7, Z0
	VEXTRACTI64X4 $1, Z7, Y1
	VPMOVZXDQ     Y1, Z1
	VPADDQ        Z1, Z0, Z0
	VEXTRACTI64X4 $1, Z0, Y1
	VPADDQ        Y1, Y0, Y0
	VEXTRACTI128  $1, Y0, X1
	VPADDQ        X1, X0, X0
	VPSHUFD       $0x4e, X0, X1
	VPADDQ        X1, X0, X0
	VMOVQ         X0, AX
	MOVQ          AX, z+40(FP)
	VZEROUPPER
	RET

// func timesAVX512(out *float32, sum *int32, n int, by float32)
TEXT ·timesAVX512(SB), NOSPLIT, $0-28
	MOVQ         out+0(FP), DI
	MOVQ         sum+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS by+24(FP), Z4
	XORQ         DX, DX

loop:
	VCVTDQ2PS (SI)(DX*4), Z0
	VMULPS    Z4, Z0, Z0
	VMOVUPS   Z0, (DI)(DX*4)
	ADDQ      $16, DX
	CMPQ      DX, CX
	JLT       loop
	VZEROUPPER
	RET
