// MASK makes K1 the mask of the first CX lanes, 0 to 15. It uses AX.
#define MASK \
	MOVL  $1, AX; \
	SHLL  CX, AX; \
	DECL  AX; \
	KMOVW AX, K1

// EXP2_512 is EXP2 for 16 elements. Its constants are memory operands, of which a core loads as many a cycle as it
// starts such operations.
#define EXP2_512(x, k, r, p, q) \
	VMAXPS.BCST exp2Least<>(SB), x, x; \
	VADDPS.BCST toInteger<>(SB), x, k; \
	VSUBPS.BCST toInteger<>(SB), k, r; \
	VSUBPS      r, x, r; \
	VPSLLD      $23, k, k; \
	VPADDD.BCST one<>(SB), k, k; \
	VMULPS      r, r, q; \
	VMULPS.BCST exp2C5<>(SB), r, p; \
	VADDPS.BCST exp2C4<>(SB), p, p; \
	VMULPS      q, p, p; \
	VMULPS.BCST exp2C3<>(SB), r, x; \
	VADDPS.BCST exp2C2<>(SB), x, x; \
	VADDPS      x, p, p; \
	VMULPS      q, p, p; \
	VMULPS.BCST exp2C1<>(SB), r, x; \
	VADDPS.BCST one<>(SB), x, x; \
	VADDPS      x, p, p; \
	VMULPS      k, p, x
