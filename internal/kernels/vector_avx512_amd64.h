// EXP512 is EXP for 16 elements. Its constants are memory operands, of which a core loads as many a cycle as it
// starts such operations.
#define EXP512(x, k, r, p) \
	VMAXPS.BCST expLeast<>(SB), x, x; \
	VMINPS.BCST expGreatest<>(SB), x, x; \
	VMULPS.BCST log2e<>(SB), x, k; \
	VADDPS.BCST toInteger<>(SB), k, k; \
	VSUBPS.BCST toInteger<>(SB), k, r; \
	VPSLLD      $23, k, k; \
	VPADDD.BCST one<>(SB), k, k; \
	VMULPS.BCST ln2High<>(SB), r, p; \
	VSUBPS      p, x, x; \
	VMULPS.BCST ln2Low<>(SB), r, p; \
	VSUBPS      p, x, x; \
	VMULPS.BCST exp5<>(SB), x, p; \
	VADDPS.BCST exp4<>(SB), p, p; \
	VMULPS      x, p, p; \
	VADDPS.BCST exp3<>(SB), p, p; \
	VMULPS      x, p, p; \
	VADDPS.BCST exp2<>(SB), p, p; \
	VMULPS      x, p, p; \
	VADDPS.BCST exp1<>(SB), p, p; \
	VMULPS      x, p, p; \
	VADDPS.BCST exp0<>(SB), p, p; \
	VMULPS      x, p, p; \
	VMULPS      x, p, p; \
	VADDPS      x, p, p; \
	VADDPS.BCST one<>(SB), p, p; \
	VMULPS      k, p, x
