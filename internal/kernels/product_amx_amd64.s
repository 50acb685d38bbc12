//go:build !purego

#include "textflag.h"

// TDPBSUD multiplies a tile of 16 rows of 64 activations, signed, by one of 64 rows, four of them side by side, of 16 outputs of weights, unsigned,
// and adds to 256 sums, exactly, modulo 2^32. Go's assembler does not know it, nor the other instructions of AMX.

#define LDTILECFG_AX BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0x00
#define TILERELEASE BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0xC0

// Tiles 0 to 3 are sums: 0 and 1 at DX, 2 and 3 at R11, BX bytes from row to row.
#define ZERO_SUMS \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC0; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC8; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD0; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD8

#define LOAD_SUMS \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x04; BYTE $0x1A; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x4C; BYTE $0x1A; BYTE $0x40; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7B; BYTE $0x4B; BYTE $0x14; BYTE $0x1B; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7B; BYTE $0x4B; BYTE $0x5C; BYTE $0x1B; BYTE $0x40

#define STORE_SUMS \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x04; BYTE $0x1A; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x4C; BYTE $0x1A; BYTE $0x40; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7A; BYTE $0x4B; BYTE $0x14; BYTE $0x1B; \
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7A; BYTE $0x4B; BYTE $0x5C; BYTE $0x1B; BYTE $0x40

// Tiles 4 and 5 are activations, at SI and R9, R8 bytes from row to row; 6 and 7 weights, at DI, R10 bytes from row to row.
#define LOAD_FACTORS \
	BYTE $0xC4; BYTE $0xA2; BYTE $0x7B; BYTE $0x4B; BYTE $0x24; BYTE $0x06; \
	BYTE $0xC4; BYTE $0x82; BYTE $0x7B; BYTE $0x4B; BYTE $0x2C; BYTE $0x01; \
	BYTE $0xC4; BYTE $0xA2; BYTE $0x7B; BYTE $0x4B; BYTE $0x34; BYTE $0x17; \
	BYTE $0xC4; BYTE $0xA2; BYTE $0x7B; BYTE $0x4B; BYTE $0x7C; BYTE $0x17; BYTE $0x40

// TDPBSUD: tile 0 += 4 x 6, 1 += 4 x 7, 2 += 5 x 6, 3 += 5 x 7.
#define MULTIPLY \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x4A; BYTE $0x5E; BYTE $0xC4; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x42; BYTE $0x5E; BYTE $0xCC; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x4A; BYTE $0x5E; BYTE $0xD5; \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x42; BYTE $0x5E; BYTE $0xDD

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

// func tileSumsAMX(sums *float32, stride int, w, x *int8, width, blocks int, more bool)
TEXT ·tileSumsAMX(SB), NOSPLIT, $0-49
	MOVQ sums+0(FP), DX
	MOVQ stride+8(FP), BX
	MOVQ w+16(FP), R14
	MOVQ x+24(FP), R15
	MOVQ width+32(FP), R8
	MOVQ blocks+40(FP), R13
	SHLQ $2, BX
	MOVQ $256, R10
	LEAQ tileConfig<>(SB), AX
	LDTILECFG_AX

block:
	MOVQ BX, R11
	SHLQ $4, R11
	ADDQ DX, R11 // 16 rows on
	MOVQ R15, SI
	MOVQ R8, R9
	SHLQ $4, R9
	ADDQ SI, R9
	MOVQ R14, DI
	MOVQ R8, CX
	SHRQ $6, CX
	CMPB more+48(FP), $0
	JNE  load
	ZERO_SUMS
	JMP  step

load:
	LOAD_SUMS

step:
	LOAD_FACTORS
	MULTIPLY
	ADDQ $64, SI
	ADDQ $64, R9
	ADDQ $4096, DI // 16 quads of columns
	DECQ CX
	JNZ  step

	STORE_SUMS
	LEAQ (R11)(R11*1), AX
	SUBQ DX, AX
	MOVQ AX, DX // 32 rows on
	MOVQ R8, AX
	SHLQ $5, AX
	ADDQ AX, R15
	DECQ R13
	JNZ  block
	TILERELEASE
	RET

// func finishAMX(y *float32, stride, rows int, shift *int32, sx, scale, bias *float32)
TEXT ·finishAMX(SB), NOSPLIT, $0-56
	MOVQ    y+0(FP), DX
	MOVQ    stride+8(FP), BX
	MOVQ    rows+16(FP), CX
	MOVQ    shift+24(FP), SI
	MOVQ    sx+32(FP), R8
	MOVQ    scale+40(FP), AX
	MOVQ    bias+48(FP), R9
	SHLQ    $2, BX
	VMOVUPS (AX), Z0
	VMOVUPS 64(AX), Z1
	VMOVUPS 128(AX), Z2
	VMOVUPS 192(AX), Z3
	VMOVUPS (R9), Z4
	VMOVUPS 64(R9), Z5
	VMOVUPS 128(R9), Z6
	VMOVUPS 192(R9), Z7

row:
	VPBROADCASTD (SI), Z8
	VBROADCASTSS (R8), Z9
	VPADDD       (DX), Z8, Z10
	VPADDD       64(DX), Z8, Z11
	VPADDD       128(DX), Z8, Z12
	VPADDD       192(DX), Z8, Z13
	VMULPS       Z0, Z9, Z14
	VMULPS       Z1, Z9, Z15
	VMULPS       Z2, Z9, Z16
	VMULPS       Z3, Z9, Z17
	VCVTDQ2PS    Z10, Z10
	VCVTDQ2PS    Z11, Z11
	VCVTDQ2PS    Z12, Z12
	VCVTDQ2PS    Z13, Z13
	VMULPS       Z14, Z10, Z10
	VMULPS       Z15, Z11, Z11
	VMULPS       Z16, Z12, Z12
	VMULPS       Z17, Z13, Z13
	VADDPS       Z4, Z10, Z10
	VADDPS       Z5, Z11, Z11
	VADDPS       Z6, Z12, Z12
	VADDPS       Z7, Z13, Z13
	VMOVUPS      Z10, (DX)
	VMOVUPS      Z11, 64(DX)
	VMOVUPS      Z12, 128(DX)
	VMOVUPS      Z13, 192(DX)
	ADDQ         $4, SI
	ADDQ         $4, R8
	ADDQ         BX, DX
	DECQ         CX
	JNZ          row
	VZEROUPPER
	RET

// func peakAMX(steps int)
// The inner loop without its loads. A step is four TDPBSUD.
TEXT ·peakAMX(SB), NOSPLIT, $0-8
	MOVQ steps+0(FP), CX
	LEAQ tileConfig<>(SB), AX
	LDTILECFG_AX
	PCALIGN $32

loop:
	MULTIPLY
	DECQ CX
	JNZ  loop
	TILERELEASE
	RET
