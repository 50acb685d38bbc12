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

VECTOR(normalP, 0x3e6d3388) // 0.231641888
VECTOR(normal1, 0x3e027906) // 0.127414796
VECTOR(normal2, 0xbe11a98e) // -0.142248368
VECTOR(normal3, 0x3f35f0e3) // 0.7107068705
VECTOR(normal4, 0xbf3a00e3) // -0.7265760135
VECTOR(normal5, 0x3f07dc22) // 0.5307027145
VECTOR(negativeHalfLog2e, 0xbf38aa3b)

VECTOR(exp2Least, 0xc2fc0000) // -126
VECTOR(exp2C5, 0x3aaddcff) // 0.001326471435
VECTOR(exp2C4, 0x3c1e7544) // 0.00967151263843
VECTOR(exp2C3, 0x3d635baa) // 0.0555073377379
VECTOR(exp2C2, 0x3e75fcde) // 0.240222420858
VECTOR(exp2C1, 0x3f317215) // 0.693146977587
VECTOR(log2e, 0x3fb8aa3b) // 1.44269504

// EXP2 turns x, at most 0, into 2^x. It uses k, r, p and q. 18 instructions for 8 elements.
#define EXP2(x, k, r, p, q) \
	VMAXPS exp2Least<>(SB), x, x; \
	VADDPS toInteger<>(SB), x, k; \
	VSUBPS toInteger<>(SB), k, r; \
	VSUBPS r, x, r; \
	VPSLLD $23, k, k; \
	VPADDD one<>(SB), k, k; \
	VMULPS r, r, q; \
	VMULPS exp2C5<>(SB), r, p; \
	VADDPS exp2C4<>(SB), p, p; \
	VMULPS q, p, p; \
	VMULPS exp2C3<>(SB), r, x; \
	VADDPS exp2C2<>(SB), x, x; \
	VADDPS x, p, p; \
	VMULPS q, p, p; \
	VMULPS exp2C1<>(SB), r, x; \
	VADDPS one<>(SB), x, x; \
	VADDPS x, p, p; \
	VMULPS k, p, x
