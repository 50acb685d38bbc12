// The formula of exp.go, eight elements at a time: the same operations in the same order, none fused. Of a pair of registers
// the first is named. Two are computed abreast because each operation waits for the one before, some 4 cycles, and the smaller
// cores do not look far enough ahead to find others.

#define FADD8(d, n, m) FADD4(d, n, m); FADD4((d)+1, (n)+1, (m)+1)
#define FSUB8(d, n, m) FSUB4(d, n, m); FSUB4((d)+1, (n)+1, (m)+1)
#define FMUL8(d, n, m) FMUL4(d, n, m); FMUL4((d)+1, (n)+1, (m)+1)
#define SCVTF8(d, n) SCVTF4(d, n); SCVTF4((d)+1, (n)+1)
#define FCVTNS8(d, n) FCVTNS4(d, n); FCVTNS4((d)+1, (n)+1)

// Those with a constant, c, which is a single register.
#define FADDC(d, n, c) FADD4(d, n, c); FADD4((d)+1, (n)+1, c)
#define FSUBC(d, n, c) FSUB4(d, n, c); FSUB4((d)+1, (n)+1, c)
#define FMULC(d, n, c) FMUL4(d, n, c); FMUL4((d)+1, (n)+1, c)

DATA exp2Constants<>+0(SB)/4, $0xc2fc0000 // exp2Least, -126
DATA exp2Constants<>+4(SB)/4, $0x3aaddcff // exp2C5
DATA exp2Constants<>+8(SB)/4, $0x3c1e7544 // exp2C4
DATA exp2Constants<>+12(SB)/4, $0x3d635baa // exp2C3
DATA exp2Constants<>+16(SB)/4, $0x3e75fcde // exp2C2
DATA exp2Constants<>+20(SB)/4, $0x3f317215 // exp2C1
DATA exp2Constants<>+24(SB)/4, $0x3fb8aa3b // log2e
DATA exp2Constants<>+28(SB)/4, $0x3f800000 // 1
GLOBL exp2Constants<>(SB), RODATA|NOPTR, $32

// LOG2E and ONE are among the constants; others use them too.
#define LOG2E 22
#define ONE 23

// EXP2CONSTANTS loads V16 to V23. It uses R.
#define EXP2CONSTANTS(R) \
	MOVD    $exp2Constants<>(SB), R; \
	VLD1R.P 4(R), [V16.S4]; \
	VLD1R.P 4(R), [V17.S4]; \
	VLD1R.P 4(R), [V18.S4]; \
	VLD1R.P 4(R), [V19.S4]; \
	VLD1R.P 4(R), [V20.S4]; \
	VLD1R.P 4(R), [V21.S4]; \
	VLD1R.P 4(R), [V22.S4]; \
	VLD1R.P 4(R), [V23.S4]

// EXP2 turns the pair x, at most 0, into 2^x. It uses the pairs k, n, p and q, and what EXP2CONSTANTS has loaded.
// 36 instructions.
#define EXP2(x, k, n, p, q) \
	FMAX4(x, x, 16); \
	FMAX4((x)+1, (x)+1, 16); \
	FCVTNS8(n, x); \
	SCVTF8(k, n); \
	FSUB8(x, x, k); \
	FMUL8(k, x, x); \
	FMULC(p, x, 17); \
	FADDC(p, p, 18); \
	FMUL8(p, p, k); \
	FMULC(q, x, 19); \
	FADDC(q, q, 20); \
	FADD8(p, p, q); \
	FMUL8(p, p, k); \
	FMULC(x, x, 21); \
	FADDC(x, x, ONE); \
	FADD8(p, p, x); \
	SHL4(n, n, 23); \
	SHL4((n)+1, (n)+1, 23); \
	ADD4(n, n, ONE); \
	ADD4((n)+1, (n)+1, ONE); \
	FMUL8(x, p, n)
