//go:build !purego

#include "textflag.h"

// Go's assembler does not know the instructions of AMX, nor those of AVX512_BF16.
#define LDTILECFG_AX BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0x00
#define TILERELEASE BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0xC0

// Tiles 0 to 3 are C: 0 and 1 at DX, 2 and 3 at R11, BX bytes from row to row.
#define ZERO_C \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC0; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC8; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD0; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD8

#define LOAD_C \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x04; BYTE $0x1A; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x4C; BYTE $0x1A; BYTE $0x40; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7B; BYTE $0x4B; BYTE $0x14; BYTE $0x1B; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7B; BYTE $0x4B; BYTE $0x5C; BYTE $0x1B; BYTE $0x40

#define STORE_C \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x04; BYTE $0x1A; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x4C; BYTE $0x1A; BYTE $0x40; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7A; BYTE $0x4B; BYTE $0x14; BYTE $0x1B; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7A; BYTE $0x4B; BYTE $0x5C; BYTE $0x1B; BYTE $0x40

// Tiles 4 and 5 are of A, at SI and R9, tiles 6 and 7 of B, at DI and R10, R8 = 64 bytes from row to row.
#define LOAD_AB \
	BYTE $0xC4; BYTE $0xA2; BYTE $0x7B; BYTE $0x4B; BYTE $0x24; BYTE $0x06; \
	BYTE $0xC4; BYTE $0x82; BYTE $0x7B; BYTE $0x4B; BYTE $0x2C; BYTE $0x01; \
	BYTE $0xC4; BYTE $0xA2; BYTE $0x7B; BYTE $0x4B; BYTE $0x34; BYTE $0x07; \
	BYTE $0xC4; BYTE $0x82; BYTE $0x7B; BYTE $0x4B; BYTE $0x3C; BYTE $0x02

// TDPBF16PS: tile 0 += 4 x 6, 1 += 4 x 7, 2 += 5 x 6, 3 += 5 x 7.
#define MULTIPLY \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x4A; BYTE $0x5C; BYTE $0xC4; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x42; BYTE $0x5C; BYTE $0xCC; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x4A; BYTE $0x5C; BYTE $0xD5; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x42; BYTE $0x5C; BYTE $0xDD

// VCVTNE2PS2BF16: the values of Z0, then of Z1, rounded to bfloat16, in Z0.
#define ROUND BYTE $0x62; BYTE $0xF2; BYTE $0x77; BYTE $0x48; BYTE $0x72; BYTE $0xC0

// All eight tiles have 16 rows of 64 bytes.
DATA tileConfig<>+0(SB)/8, $1
DATA tileConfig<>+8(SB)/8, $0
DATA tileConfig<>+16(SB)/8, $0x0040004000400040
DATA tileConfig<>+24(SB)/8, $0x0040004000400040
DATA tileConfig<>+32(SB)/8, $0
DATA tileConfig<>+40(SB)/8, $0
DATA tileConfig<>+48(SB)/8, $0x1010101010101010
DATA tileConfig<>+56(SB)/8, $0
GLOBL tileConfig<>(SB), RODATA|NOPTR, $64

// func multiplyAMX(blocks, steps int, a, b *uint16, c *float32, ldc int, accumulate bool)
// Blocks of C are far apart in memory, row from row, and mostly not in a near cache: each step asks for two rows of the next block.
TEXT ·multiplyAMX(SB), NOSPLIT, $0-49
	MOVQ blocks+0(FP), R13
	MOVQ steps+8(FP), R12
	MOVQ a+16(FP), R15
	MOVQ b+24(FP), DI
	MOVQ c+32(FP), DX
	MOVQ ldc+40(FP), BX
	SHLQ $2, BX
	MOVQ $64, R8
	LEAQ tileConfig<>(SB), AX
	LDTILECFG_AX
	MOVQ R12, AX
	SHLQ $10, AX // bytes of 16 rows of A, or 16 columns of B

block:
	MOVQ BX, R11
	SHLQ $4, R11
	ADDQ DX, R11 // 16 rows on
	MOVQ R15, SI
	LEAQ (R15)(AX*1), R9
	LEAQ (DI)(AX*1), R10
	CMPB accumulate+48(FP), $0
	JNE  load
	ZERO_C
	JMP  start

load:
	LOAD_C

start:
	MOVQ R12, CX
	MOVQ DX, R14

step:
	LOAD_AB
	PREFETCHT0 128(R14)
	PREFETCHT0 192(R14)
	ADDQ BX, R14
	PREFETCHT0 128(R14)
	PREFETCHT0 192(R14)
	ADDQ BX, R14
	MULTIPLY
	ADDQ $1024, SI
	ADDQ $1024, R9
	ADDQ $1024, DI
	ADDQ $1024, R10
	DECQ CX
	JNZ  step

	STORE_C
	MOVQ R10, DI // behind the second 16 columns
	ADDQ $128, DX
	DECQ R13
	JNZ  block
	TILERELEASE
	RET

// func packRowsAMX(dst *uint16, src *float32, ld, lines, k int)
TEXT ·packRowsAMX(SB), NOSPLIT, $0-40
	MOVQ   dst+0(FP), DI
	MOVQ   src+8(FP), SI
	MOVQ   ld+16(FP), R8
	SHLQ   $2, R8
	MOVQ   lines+24(FP), R9
	MOVQ   k+32(FP), CX
	VPXORD Z2, Z2, Z2

step:
	MOVQ    $32, AX // masks of the values that are there
	CMPQ    CX, AX
	CMOVQLT CX, AX
	MOVL    $-1, DX
	BZHIL   AX, DX, DX
	KMOVW   DX, K1
	SHRL    $16, DX
	KMOVW   DX, K2
	MOVQ    SI, R10
	MOVQ    R9, R11

row:
	VMOVUPS.Z (R10), K1, Z0
	VMOVUPS.Z 64(R10), K2, Z1
	ROUND
	VMOVDQU32 Z0, (DI)
	ADDQ      R8, R10
	ADDQ      $64, DI
	DECQ      R11
	JNZ       row
	MOVQ      $16, R11
	SUBQ      R9, R11
	JZ        next

zeros:
	VMOVDQU32 Z2, (DI)
	ADDQ      $64, DI
	DECQ      R11
	JNZ       zeros

next:
	ADDQ $128, SI
	SUBQ $32, CX
	JGT  step
	VZEROUPPER
	RET

// Words 0 and 16, 1 and 17, and so on.
DATA pairs<>+0(SB)/8, $0x0011000100100000
DATA pairs<>+8(SB)/8, $0x0013000300120002
DATA pairs<>+16(SB)/8, $0x0015000500140004
DATA pairs<>+24(SB)/8, $0x0017000700160006
DATA pairs<>+32(SB)/8, $0x0019000900180008
DATA pairs<>+40(SB)/8, $0x001B000B001A000A
DATA pairs<>+48(SB)/8, $0x001D000D001C000C
DATA pairs<>+56(SB)/8, $0x001F000F001E000E
GLOBL pairs<>(SB), RODATA|NOPTR, $64

// func packPairsAMX(dst *uint16, src *float32, ld, lines, k int)
TEXT ·packPairsAMX(SB), NOSPLIT, $0-40
	MOVQ      dst+0(FP), DI
	MOVQ      src+8(FP), SI
	MOVQ      ld+16(FP), R8
	SHLQ      $2, R8
	MOVQ      lines+24(FP), AX
	MOVQ      k+32(FP), CX
	MOVL      $-1, DX
	BZHIL     AX, DX, DX
	KMOVW     DX, K1
	VMOVDQU32 pairs<>(SB), Z3
	VPXORD    Z2, Z2, Z2
	LEAQ      1(CX), R9
	SHRQ      $1, R9
	NEGQ      R9
	ANDQ      $15, R9 // pairs that the last tile lacks

pair:
	VMOVUPS.Z (SI), K1, Z0
	VMOVDQA32 Z2, Z1
	CMPQ      CX, $1
	JE        last
	VMOVUPS.Z (SI)(R8*1), K1, Z1

last:
	ROUND
	VPERMW    Z0, Z3, Z0
	VMOVDQU32 Z0, (DI)
	LEAQ      (SI)(R8*2), SI
	ADDQ      $64, DI
	SUBQ      $2, CX
	JGT       pair
	TESTQ     R9, R9
	JZ        done

zeros:
	VMOVDQU32 Z2, (DI)
	ADDQ      $64, DI
	DECQ      R9
	JNZ       zeros

done:
	VZEROUPPER
	RET

// FOUR makes of four rows a, b, c, d the columns i, i+4, i+8, i+12 of them, i = 0 to 3, each in 128 bits.
#define FOUR(a, b, c, d) \
	VUNPCKLPS b, a, Z16; \
	VUNPCKHPS b, a, Z17; \
	VUNPCKLPS d, c, Z18; \
	VUNPCKHPS d, c, Z19; \
	VUNPCKLPD Z18, Z16, a; \
	VUNPCKHPD Z18, Z16, b; \
	VUNPCKLPD Z19, Z17, c; \
	VUNPCKHPD Z19, Z17, d

// SPREAD stores columns i, i+4, i+8 and i+12, i*64 = at, of what FOUR left in a, b, c, d of all rows.
#define SPREAD(a, b, c, d, at) \
	VSHUFF32X4 $0x88, b, a, Z16; \
	VSHUFF32X4 $0xDD, b, a, Z17; \
	VSHUFF32X4 $0x88, d, c, Z18; \
	VSHUFF32X4 $0xDD, d, c, Z19; \
	VSHUFF32X4 $0x88, Z18, Z16, Z20; \
	VSHUFF32X4 $0x88, Z19, Z17, Z21; \
	VSHUFF32X4 $0xDD, Z18, Z16, Z22; \
	VSHUFF32X4 $0xDD, Z19, Z17, Z23; \
	VMOVUPS Z20, (at+0)(DI); \
	VMOVUPS Z21, (at+256)(DI); \
	VMOVUPS Z22, (at+512)(DI); \
	VMOVUPS Z23, (at+768)(DI)

// func transposeAMX(tiles *uint16, n int)
TEXT ·transposeAMX(SB), NOSPLIT, $0-16
	MOVQ tiles+0(FP), DI
	MOVQ n+8(FP), CX

tile:
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VMOVUPS 128(DI), Z2
	VMOVUPS 192(DI), Z3
	VMOVUPS 256(DI), Z4
	VMOVUPS 320(DI), Z5
	VMOVUPS 384(DI), Z6
	VMOVUPS 448(DI), Z7
	VMOVUPS 512(DI), Z8
	VMOVUPS 576(DI), Z9
	VMOVUPS 640(DI), Z10
	VMOVUPS 704(DI), Z11
	VMOVUPS 768(DI), Z12
	VMOVUPS 832(DI), Z13
	VMOVUPS 896(DI), Z14
	VMOVUPS 960(DI), Z15
	FOUR(Z0, Z1, Z2, Z3)
	FOUR(Z4, Z5, Z6, Z7)
	FOUR(Z8, Z9, Z10, Z11)
	FOUR(Z12, Z13, Z14, Z15)
	SPREAD(Z0, Z4, Z8, Z12, 0)
	SPREAD(Z1, Z5, Z9, Z13, 64)
	SPREAD(Z2, Z6, Z10, Z14, 128)
	SPREAD(Z3, Z7, Z11, Z15, 192)
	ADDQ    $1024, DI
	DECQ    CX
	JNZ     tile
	VZEROUPPER
	RET
