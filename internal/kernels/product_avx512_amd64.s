//go:build !purego

#include "textflag.h"

// VPDPBUSD adds to each of 16 sums four products of an unsigned and a signed byte, exactly, modulo 2^32. A step
// is four columns: four registers of weights, Z0 to Z3, hold them for 64 outputs, and four activations of a row
// stand in every lane of another. A tile of 6 rows takes 24 of the 32 registers for its sums.
//
// The bound is VPDPBUSD: 64 multiply-adds each, two a cycle on ports 0 and 5 of an Ice Lake or Sapphire Rapids
// server and on Zen 5, one a cycle on Zen 4, whose registers are half as wide, and on Ice Lake without port 5's
// multiplier. A step of 6 rows has 24 of them, so 12 cycles at least, beside 10 loads, of the 24 that fit, and 38
// instructions, of the 60 that a core issues which takes five a cycle. An activation is broadcast by itself for its
// four uses: as the memory operand of each VPDPBUSD it would be 28 loads, more than fit.
//
// Beginning and end of a tile take some 60 cycles, most of them the 96 multiplications, conversions and additions of floats on
// the same ports, beside 768 for 256 columns: 93% of the bound, 98% for 1024. The panel comes from the first-level cache
// or, at 21 bytes a cycle, from the second, which loads that depend on nothing are far enough ahead to hide.
//
// 24 sums hide the latency of 4 or 5 cycles. Few rows do not need as many: a step of 1 row has four sums and so takes
// 5 cycles, in which a second-level cache, where panels that are read once come from, gives hardly more than its 256 bytes.

#define SUMS(row, a, b, c, d) \
	VPBROADCASTD row, a; \
	VMOVDQA64    a, b; \
	VMOVDQA64    a, c; \
	VMOVDQA64    a, d

#define LOAD(a, b, c, d) \
	VMOVDQU32 (AX), a; \
	VMOVDQU32 64(AX), b; \
	VMOVDQU32 128(AX), c; \
	VMOVDQU32 192(AX), d; \
	ADDQ      BX, AX

#define STORE(a, b, c, d) \
	VMOVDQU32 a, (DX); \
	VMOVDQU32 b, 64(DX); \
	VMOVDQU32 c, 128(DX); \
	VMOVDQU32 d, 192(DX); \
	ADDQ      BX, DX

#define WEIGHTS \
	VMOVDQU32 (DI), Z0; \
	VMOVDQU32 64(DI), Z1; \
	VMOVDQU32 128(DI), Z2; \
	VMOVDQU32 192(DI), Z3

#define ROW(row, x, a, b, c, d) \
	VPBROADCASTD row, x; \
	VPDPBUSD     x, Z0, a; \
	VPDPBUSD     x, Z1, b; \
	VPDPBUSD     x, Z2, c; \
	VPDPBUSD     x, Z3, d

#define ROW0 ROW((SI), Z4, Z8, Z9, Z10, Z11)
#define ROW1 ROW((SI)(R8*1), Z5, Z12, Z13, Z14, Z15)
#define ROW2 ROW((SI)(R8*2), Z6, Z16, Z17, Z18, Z19)
#define ROW3 ROW((SI)(R9*1), Z7, Z20, Z21, Z22, Z23)
#define ROW4 ROW((SI)(R8*4), Z4, Z24, Z25, Z26, Z27)
#define ROW5 ROW((SI)(R10*1), Z5, Z28, Z29, Z30, Z31)

#define NEXT(loop) \
	ADDQ $4, SI; \
	ADDQ $256, DI; \
	DECQ CX; \
	JNZ  loop

// FINISH writes a row: float32(sum) * (sx * scale) + bias. Scales are in Z0 to Z3.
#define FINISH(a, b, c, d) \
	VBROADCASTSS (R8), Z7; \
	VMULPS       Z0, Z7, Z4; \
	VMULPS       Z1, Z7, Z5; \
	VMULPS       Z2, Z7, Z6; \
	VMULPS       Z3, Z7, Z7; \
	VCVTDQ2PS    a, a; \
	VCVTDQ2PS    b, b; \
	VCVTDQ2PS    c, c; \
	VCVTDQ2PS    d, d; \
	VMULPS       Z4, a, a; \
	VMULPS       Z5, b, b; \
	VMULPS       Z6, c, c; \
	VMULPS       Z7, d, d; \
	VADDPS       (R9), a, a; \
	VADDPS       64(R9), b, b; \
	VADDPS       128(R9), c, c; \
	VADDPS       192(R9), d, d; \
	VMOVUPS      a, (DX); \
	VMOVUPS      b, 64(DX); \
	VMOVUPS      c, 128(DX); \
	VMOVUPS      d, 192(DX); \
	ADDQ         $4, R8; \
	ADDQ         BX, DX

// func productAVX512(y *float32, stride int, w, x *int8, width, steps, rows int, shift *int32, sx, scale, bias *float32)
TEXT ·productAVX512(SB), NOSPLIT, $0-88
	MOVQ  y+0(FP), DX
	MOVQ  stride+8(FP), BX
	MOVQ  w+16(FP), DI
	MOVQ  x+24(FP), SI
	MOVQ  width+32(FP), R8
	MOVQ  steps+40(FP), CX
	MOVQ  rows+48(FP), R11
	MOVQ  shift+56(FP), AX
	SHLQ  $2, BX
	LEAQ  (R8)(R8*2), R9  // three rows on
	LEAQ  (R8)(R8*4), R10 // five
	TESTQ AX, AX
	JEQ   load
	SUMS((AX), Z8, Z9, Z10, Z11)
	SUMS(4(AX), Z12, Z13, Z14, Z15)
	SUMS(8(AX), Z16, Z17, Z18, Z19)
	SUMS(12(AX), Z20, Z21, Z22, Z23)
	SUMS(16(AX), Z24, Z25, Z26, Z27)
	SUMS(20(AX), Z28, Z29, Z30, Z31)
	JMP   multiply

load:
	MOVQ DX, AX
	MOVQ R11, R12
	LOAD(Z8, Z9, Z10, Z11)
	DECQ R12
	JEQ  multiply
	LOAD(Z12, Z13, Z14, Z15)
	DECQ R12
	JEQ  multiply
	LOAD(Z16, Z17, Z18, Z19)
	DECQ R12
	JEQ  multiply
	LOAD(Z20, Z21, Z22, Z23)
	DECQ R12
	JEQ  multiply
	LOAD(Z24, Z25, Z26, Z27)
	DECQ R12
	JEQ  multiply
	LOAD(Z28, Z29, Z30, Z31)

multiply:
	CMPQ R11, $5
	JGT  six
	JEQ  five
	CMPQ R11, $3
	JGT  four
	JEQ  three
	CMPQ R11, $1
	JGT  two

	PCALIGN $32

one:
	WEIGHTS
	ROW0
	NEXT(one)
	JMP end

	PCALIGN $32

two:
	WEIGHTS
	ROW0
	ROW1
	NEXT(two)
	JMP end

	PCALIGN $32

three:
	WEIGHTS
	ROW0
	ROW1
	ROW2
	NEXT(three)
	JMP end

	PCALIGN $32

four:
	WEIGHTS
	ROW0
	ROW1
	ROW2
	ROW3
	NEXT(four)
	JMP end

	PCALIGN $32

five:
	WEIGHTS
	ROW0
	ROW1
	ROW2
	ROW3
	ROW4
	NEXT(five)
	JMP end

	PCALIGN $32

six:
	WEIGHTS
	ROW0
	ROW1
	ROW2
	ROW3
	ROW4
	ROW5
	NEXT(six)

end:
	MOVQ    scale+72(FP), AX
	TESTQ   AX, AX
	JEQ     store
	MOVQ    sx+64(FP), R8
	MOVQ    bias+80(FP), R9
	VMOVUPS (AX), Z0
	VMOVUPS 64(AX), Z1
	VMOVUPS 128(AX), Z2
	VMOVUPS 192(AX), Z3
	FINISH(Z8, Z9, Z10, Z11)
	DECQ    R11
	JEQ     done
	FINISH(Z12, Z13, Z14, Z15)
	DECQ    R11
	JEQ     done
	FINISH(Z16, Z17, Z18, Z19)
	DECQ    R11
	JEQ     done
	FINISH(Z20, Z21, Z22, Z23)
	DECQ    R11
	JEQ     done
	FINISH(Z24, Z25, Z26, Z27)
	DECQ    R11
	JEQ     done
	FINISH(Z28, Z29, Z30, Z31)
	JMP     done

store:
	STORE(Z8, Z9, Z10, Z11)
	DECQ R11
	JEQ  done
	STORE(Z12, Z13, Z14, Z15)
	DECQ R11
	JEQ  done
	STORE(Z16, Z17, Z18, Z19)
	DECQ R11
	JEQ  done
	STORE(Z20, Z21, Z22, Z23)
	DECQ R11
	JEQ  done
	STORE(Z24, Z25, Z26, Z27)
	DECQ R11
	JEQ  done
	STORE(Z28, Z29, Z30, Z31)

done:
	VZEROUPPER
	RET

// func shiftsAVX512(shift *int32, x *int8, cols, n int)
// 64 columns take one VPDPBUSD, a matrix's product as many as it has outputs.
TEXT ·shiftsAVX512(SB), NOSPLIT, $0-32
	MOVQ         shift+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         cols+16(FP), DX
	MOVQ         n+24(FP), R8
	MOVL         $0x80808080, AX
	VPBROADCASTD AX, Z3
	MOVQ         DX, CX
	ANDQ         $63, CX
	MOVQ         $1, AX
	SHLQ         CX, AX
	DECQ         AX
	KMOVQ        AX, K1
	SHRQ         $6, DX

row:
	VPXORD Z0, Z0, Z0
	MOVQ   DX, BX
	TESTQ  BX, BX
	JEQ    tail

loop:
	VPDPBUSD (SI), Z3, Z0
	ADDQ     $64, SI
	DECQ     BX
	JNZ      loop

tail:
	TESTQ       CX, CX
	JEQ         sum
	VMOVDQU8.Z  (SI), K1, Z1
	VPDPBUSD    Z1, Z3, Z0
	ADDQ        CX, SI

sum:
	VEXTRACTI64X4 $1, Z0, Y1
	VPADDD        Y1, Y0, Y0
	VEXTRACTI128  $1, Y0, X1
	VPADDD        X1, X0, X0
	VPSHUFD       $0x4e, X0, X1
	VPADDD        X1, X0, X0
	VPSHUFD       $0xb1, X0, X1
	VPADDD        X1, X0, X0
	VMOVD         X0, AX
	NEGL          AX
	MOVL          AX, (DI)
	ADDQ          $4, DI
	DECQ          R8
	JNZ           row
	VZEROUPPER
	RET

#define PEAK(a, b, c, d) \
	VPDPBUSD Z4, Z0, a; \
	VPDPBUSD Z4, Z1, b; \
	VPDPBUSD Z4, Z2, c; \
	VPDPBUSD Z4, Z3, d

// func peakAVX512(steps int)
// The inner loop of six rows without its loads: what the products could reach at most. A step is 24 VPDPBUSD.
TEXT ·peakAVX512(SB), NOSPLIT, $0-8
	MOVQ   steps+0(FP), CX
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	VPXORD Z4, Z4, Z4
	PCALIGN $32

loop:
	PEAK(Z8, Z9, Z10, Z11)
	PEAK(Z12, Z13, Z14, Z15)
	PEAK(Z16, Z17, Z18, Z19)
	PEAK(Z20, Z21, Z22, Z23)
	PEAK(Z24, Z25, Z26, Z27)
	PEAK(Z28, Z29, Z30, Z31)
	DECQ CX
	JNZ  loop
	VZEROUPPER
	RET
