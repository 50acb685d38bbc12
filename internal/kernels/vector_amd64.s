//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

// func geluBlocksAVX2(x *float32, n int)
// n is a multiple of 8, and at least 8.
TEXT ·geluBlocksAVX2(SB), NOSPLIT, $0-16
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX

loop:
	VMOVUPS   (DI), Y0
	VANDPS    magnitude<>(SB), Y0, Y1
	VMULPS    normalP<>(SB), Y1, Y1
	VMOVUPS   one<>(SB), Y3
	VADDPS    Y3, Y1, Y1
	VDIVPS    Y1, Y3, Y1                     // t
	VMULPS    Y0, Y0, Y2
	VMULPS    negativeHalfLog2e<>(SB), Y2, Y2
	EXP2(Y2, Y4, Y5, Y6, Y7)
	VMULPS    Y1, Y1, Y4
	VMULPS    normal5<>(SB), Y1, Y5
	VADDPS    normal4<>(SB), Y5, Y5
	VMULPS    Y4, Y5, Y5
	VMULPS    normal3<>(SB), Y1, Y6
	VADDPS    normal2<>(SB), Y6, Y6
	VADDPS    Y6, Y5, Y5
	VMULPS    Y1, Y5, Y5
	VADDPS    normal1<>(SB), Y5, Y5
	VMULPS    Y1, Y5, Y5
	VMULPS    Y2, Y5, Y5                     // beyond
	VSUBPS    Y5, Y3, Y3                     // 1 - beyond
	VBLENDVPS Y0, Y5, Y3, Y3                 // beyond where x has the sign
	VMULPS    Y3, Y0, Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $32, DI
	SUBQ      $8, CX
	JNZ       loop
	VZEROUPPER
	RET

// The order in which packing leaves the quarters of four registers: 0, 2, 4, 6 of the lower halves, then of the upper.
DATA quarters<>+0(SB)/8, $0x0000000400000000
DATA quarters<>+8(SB)/8, $0x0000000500000001
DATA quarters<>+16(SB)/8, $0x0000000600000002
DATA quarters<>+24(SB)/8, $0x0000000700000003
GLOBL quarters<>(SB), RODATA|NOPTR, $32

// func quantizeBlocksAVX2(q *int8, x *float32, n int) (bits uint32)
// n is a multiple of 8, and at least 8. bits are those of the largest magnitude.
TEXT ·quantizeBlocksAVX2(SB), NOSPLIT, $0-28
	MOVQ    q+0(FP), DI
	MOVQ    x+8(FP), SI
	MOVQ    n+16(FP), CX
	VMOVUPS magnitude<>(SB), Y5
	VPXOR   Y0, Y0, Y0
	XORQ    DX, DX

largest:
	VPAND   (SI)(DX*4), Y5, Y1
	VPMAXUD Y1, Y0, Y0
	ADDQ    $8, DX
	CMPQ    DX, CX
	JLT     largest

	VEXTRACTI128 $1, Y0, X1
	VPMAXUD      X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VPMAXUD      X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VPMAXUD      X1, X0, X0
	VMOVSS       X0, bits+24(FP)

	// 127/a, or 0 where a is below 2^-100.
	VPBROADCASTD X0, Y0
	VMOVUPS      int8Most<>(SB), Y1
	VDIVPS       Y0, Y1, Y1
	VCMPPS       $13, least<>(SB), Y0, Y2 // a >= least
	VANDPS       Y2, Y1, Y1
	VMOVDQU      quarters<>(SB), Y6
	XORQ         DX, DX
	SUBQ         $32, CX
	JLT          rest

// 32 at a time: packing takes the quarters of its registers in turn, so that they must be put in order at the end.
loop:
	VMULPS     (SI)(DX*4), Y1, Y2
	VMULPS     32(SI)(DX*4), Y1, Y3
	VMULPS     64(SI)(DX*4), Y1, Y4
	VMULPS     96(SI)(DX*4), Y1, Y5
	VCVTPS2DQ  Y2, Y2
	VCVTPS2DQ  Y3, Y3
	VCVTPS2DQ  Y4, Y4
	VCVTPS2DQ  Y5, Y5
	VPACKSSDW  Y3, Y2, Y2
	VPACKSSDW  Y5, Y4, Y4
	VPACKSSWB  Y4, Y2, Y2
	VPERMD     Y2, Y6, Y2
	VMOVDQU    Y2, (DI)(DX*1)
	ADDQ       $32, DX
	CMPQ       DX, CX
	JLE        loop

rest:
	ADDQ $32, CX
	JMP  check

eight:
	VMULPS       (SI)(DX*4), Y1, Y2
	VCVTPS2DQ    Y2, Y2
	VEXTRACTI128 $1, Y2, X3
	VPACKSSDW    X3, X2, X2
	VPACKSSWB    X2, X2, X2
	VMOVQ        X2, (DI)(DX*1)
	ADDQ         $8, DX

check:
	CMPQ DX, CX
	JLT  eight
	VZEROUPPER
	RET

// func addToAVX2(p *[16]float32, x *float32, n int)
// n is a multiple of 16, and at least 16.
TEXT ·addToAVX2(SB), NOSPLIT, $0-24
	MOVQ    p+0(FP), DI
	MOVQ    x+8(FP), SI
	MOVQ    n+16(FP), CX
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1

loop:
	VADDPS  (SI), Y0, Y0
	VADDPS  32(SI), Y1, Y1
	ADDQ    $64, SI
	SUBQ    $16, CX
	JNZ     loop
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VZEROUPPER
	RET

// func addSquaresToAVX2(p *[16]float32, x *float32, n int, mean float32)
TEXT ·addSquaresToAVX2(SB), NOSPLIT, $0-28
	MOVQ         p+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS mean+24(FP), Y4
	VMOVUPS      (DI), Y0
	VMOVUPS      32(DI), Y1

loop:
	VMOVUPS (SI), Y2
	VMOVUPS 32(SI), Y3
	VSUBPS  Y4, Y2, Y2
	VSUBPS  Y4, Y3, Y3
	VMULPS  Y2, Y2, Y2
	VMULPS  Y3, Y3, Y3
	VADDPS  Y2, Y0, Y0
	VADDPS  Y3, Y1, Y1
	ADDQ    $64, SI
	SUBQ    $16, CX
	JNZ     loop
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VZEROUPPER
	RET

// func normalizeAVX2(y, x, gain, bias *float32, n int, mean, scale float32)
// n is a multiple of 8, and at least 8.
TEXT ·normalizeAVX2(SB), NOSPLIT, $0-48
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         gain+16(FP), R8
	MOVQ         bias+24(FP), R9
	MOVQ         n+32(FP), CX
	VBROADCASTSS mean+40(FP), Y4
	VBROADCASTSS scale+44(FP), Y5
	XORQ         DX, DX

loop:
	VMOVUPS (SI)(DX*4), Y0
	VSUBPS  Y4, Y0, Y0
	VMULPS  Y5, Y0, Y0
	VMULPS  (R8)(DX*4), Y0, Y0
	VADDPS  (R9)(DX*4), Y0, Y0
	VMOVUPS Y0, (DI)(DX*4)
	ADDQ    $8, DX
	CMPQ    DX, CX
	JLT     loop
	VZEROUPPER
	RET

// func scaleRowAVX2(y, x, gain *float32, n int, scale float32)
// n is a multiple of 8, and at least 8, here and in the one below.
TEXT ·scaleRowAVX2(SB), NOSPLIT, $0-36
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         gain+16(FP), R8
	MOVQ         n+24(FP), CX
	VBROADCASTSS scale+32(FP), Y4
	XORQ         DX, DX

loop:
	VMULPS  (SI)(DX*4), Y4, Y0
	VMULPS  (R8)(DX*4), Y0, Y0
	VMOVUPS Y0, (DI)(DX*4)
	ADDQ    $8, DX
	CMPQ    DX, CX
	JLT     loop
	VZEROUPPER
	RET

// func splitBlocksAVX2(rest, outliers, x *float32, n int, threshold float32) (any bool)
TEXT ·splitBlocksAVX2(SB), NOSPLIT, $0-41
	MOVQ         rest+0(FP), DI
	MOVQ         outliers+8(FP), R8
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), CX
	VBROADCASTSS threshold+32(FP), Y4
	VMOVUPS      magnitude<>(SB), Y5
	VXORPS       Y6, Y6, Y6
	XORQ         DX, DX

loop:
	VMOVUPS (SI)(DX*4), Y0
	VANDPS  Y5, Y0, Y1
	VCMPPS  $13, Y4, Y1, Y1   // |x| >= threshold
	VORPS   Y1, Y6, Y6
	VANDPS  Y0, Y1, Y2
	VANDNPS Y0, Y1, Y3
	VMOVUPS Y2, (R8)(DX*4)
	VMOVUPS Y3, (DI)(DX*4)
	ADDQ    $8, DX
	CMPQ    DX, CX
	JLT     loop
	VMOVMSKPS Y6, AX
	TESTL   AX, AX
	SETNE   any+40(FP)
	VZEROUPPER
	RET

// func rotateBlocksAVX2(low, high, cos, sin *float32, n int)
// n is a multiple of 4, and at least 4: rotary parts are short.
TEXT ·rotateBlocksAVX2(SB), NOSPLIT, $0-40
	MOVQ low+0(FP), DI
	MOVQ high+8(FP), SI
	MOVQ cos+16(FP), R8
	MOVQ sin+24(FP), R9
	MOVQ n+32(FP), CX
	XORQ DX, DX

loop:
	VMOVUPS (DI)(DX*4), X0
	VMOVUPS (SI)(DX*4), X1
	VMOVUPS (R8)(DX*4), X2
	VMOVUPS (R9)(DX*4), X3
	VMULPS  X2, X0, X4
	VMULPS  X3, X1, X5
	VSUBPS  X5, X4, X4
	VMULPS  X2, X1, X1
	VMULPS  X3, X0, X0
	VADDPS  X0, X1, X1
	VMOVUPS X4, (DI)(DX*4)
	VMOVUPS X1, (SI)(DX*4)
	ADDQ    $4, DX
	CMPQ    DX, CX
	JLT     loop
	VZEROUPPER
	RET
