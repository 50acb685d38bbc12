//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

// func quantizeWideBlocksAVX2(q *int16, x *float32, n int, most float32) (bits uint32)
// n is a multiple of 8, and at least 8. bits are those of the largest magnitude, which becomes most.
TEXT ·quantizeWideBlocksAVX2(SB), NOSPLIT, $0-36
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
	VMOVSS       X0, bits+32(FP)

	// most/a, or 0 where a is below 2^-100.
	VPBROADCASTD X0, Y0
	VBROADCASTSS most+24(FP), Y1
	VDIVPS       Y0, Y1, Y1
	VCMPPS       $13, least<>(SB), Y0, Y2 // a >= least
	VANDPS       Y2, Y1, Y1
	XORQ         DX, DX
	SUBQ         $16, CX
	JLT          rest

// 16 at a time: packing takes the halves of its two registers in turn, so that they must be put in order.
loop:
	VMULPS    (SI)(DX*4), Y1, Y2
	VMULPS    32(SI)(DX*4), Y1, Y3
	VCVTPS2DQ Y2, Y2
	VCVTPS2DQ Y3, Y3
	VPACKSSDW Y3, Y2, Y2
	VPERMQ    $0xd8, Y2, Y2
	VMOVDQU   Y2, (DI)(DX*2)
	ADDQ      $16, DX
	CMPQ      DX, CX
	JLE       loop

rest:
	ADDQ         $16, CX
	CMPQ         DX, CX
	JEQ          done
	VMULPS       (SI)(DX*4), Y1, Y2
	VCVTPS2DQ    Y2, Y2
	VEXTRACTI128 $1, Y2, X3
	VPACKSSDW    X3, X2, X2
	VMOVDQU      X2, (DI)(DX*2)

done:
	VZEROUPPER
	RET
