// The formulas of exp.go and quantize.go, eight elements at a time: the same operations in the same order, none fused.

// VECTOR is a constant, eight times.
#define VECTOR(name, bits) \
	DATA name<>+0(SB)/4, $bits; \
	DATA name<>+4(SB)/4, $bits; \
	DATA name<>+8(SB)/4, $bits; \
	DATA name<>+12(SB)/4, $bits; \
	DATA name<>+16(SB)/4, $bits; \
	DATA name<>+20(SB)/4, $bits; \
	DATA name<>+24(SB)/4, $bits; \
	DATA name<>+28(SB)/4, $bits; \
	GLOBL name<>(SB), RODATA|NOPTR, $32

VECTOR(toInteger, 0x4b400000) // 1.5 * 2^23
VECTOR(magnitude, 0x7fffffff) // all bits but the sign
VECTOR(one, 0x3f800000)

VECTOR(int8Most, 0x42fe0000) // 127
VECTOR(least, 0x0d800000) // 2^-100

VECTOR(expLeast, 0xc2ae0000) // -87
VECTOR(expGreatest, 0x42b00000) // 88
VECTOR(log2e, 0x3fb8aa3b) // 1.44269504
VECTOR(ln2High, 0x3f318000) // 0.693359375
VECTOR(ln2Low, 0xb95e8083) // -0.00021219444
VECTOR(exp5, 0x39506967) // 0.000198756915
VECTOR(exp4, 0x3ab743ce) // 0.00139819995
VECTOR(exp3, 0x3c088908) // 0.00833345191
VECTOR(exp2, 0x3d2aa9c1) // 0.0416657959
VECTOR(exp1, 0x3e2aaaaa) // 0.166666655
VECTOR(exp0, 0x3f000000) // 0.5

VECTOR(half, 0x3f000000)
VECTOR(signs, 0x80000000)
VECTOR(sqrtHalf, 0x3f3504f3) // 0.707106781
VECTOR(erfP, 0x3ea7ba05) // 0.3275911
VECTOR(erf1, 0x3e827906) // 0.254829592
VECTOR(erf2, 0xbe91a98e) // -0.284496736
VECTOR(erf3, 0x3fb5f0e3) // 1.42141374
VECTOR(erf4, 0xbfba00e3) // -1.45315203
VECTOR(erf5, 0x3f87dc22) // 1.06140543

// EXP turns x into e^x. It uses k, r and p. About 24 instructions for 8 elements.
#define EXP(x, k, r, p) \
	VMAXPS expLeast<>(SB), x, x; \
	VMINPS expGreatest<>(SB), x, x; \
	VMULPS log2e<>(SB), x, k; \
	VADDPS toInteger<>(SB), k, k; \
	VSUBPS toInteger<>(SB), k, r; \
	VPSLLD $23, k, k; \
	VPADDD one<>(SB), k, k; \
	VMULPS ln2High<>(SB), r, p; \
	VSUBPS p, x, x; \
	VMULPS ln2Low<>(SB), r, p; \
	VSUBPS p, x, x; \
	VMULPS exp5<>(SB), x, p; \
	VADDPS exp4<>(SB), p, p; \
	VMULPS x, p, p; \
	VADDPS exp3<>(SB), p, p; \
	VMULPS x, p, p; \
	VADDPS exp2<>(SB), p, p; \
	VMULPS x, p, p; \
	VADDPS exp1<>(SB), p, p; \
	VMULPS x, p, p; \
	VADDPS exp0<>(SB), p, p; \
	VMULPS x, p, p; \
	VMULPS x, p, p; \
	VADDPS x, p, p; \
	VADDPS one<>(SB), p, p; \
	VMULPS k, p, x
