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

DATA expConstants<>+0(SB)/4, $0xc2ae0000 // expLeast, -87
DATA expConstants<>+4(SB)/4, $0x42b00000 // expGreatest, 88
DATA expConstants<>+8(SB)/4, $0x3fb8aa3b // log2e
DATA expConstants<>+12(SB)/4, $0x3f318000 // ln2High
DATA expConstants<>+16(SB)/4, $0xb95e8083 // ln2Low
DATA expConstants<>+20(SB)/4, $0x39506967 // exp5
DATA expConstants<>+24(SB)/4, $0x3ab743ce // exp4
DATA expConstants<>+28(SB)/4, $0x3c088908 // exp3
DATA expConstants<>+32(SB)/4, $0x3d2aa9c1 // exp2
DATA expConstants<>+36(SB)/4, $0x3e2aaaaa // exp1
DATA expConstants<>+40(SB)/4, $0x3f000000 // exp0, 0.5
DATA expConstants<>+44(SB)/4, $0x3f800000 // 1
GLOBL expConstants<>(SB), RODATA|NOPTR, $48

// HALF and ONE are constants of exp that others use too.
#define HALF 26
#define ONE 27

// EXPCONSTANTS loads V16 to V27. It uses R.
#define EXPCONSTANTS(R) \
	MOVD    $expConstants<>(SB), R; \
	VLD1R.P 4(R), [V16.S4]; \
	VLD1R.P 4(R), [V17.S4]; \
	VLD1R.P 4(R), [V18.S4]; \
	VLD1R.P 4(R), [V19.S4]; \
	VLD1R.P 4(R), [V20.S4]; \
	VLD1R.P 4(R), [V21.S4]; \
	VLD1R.P 4(R), [V22.S4]; \
	VLD1R.P 4(R), [V23.S4]; \
	VLD1R.P 4(R), [V24.S4]; \
	VLD1R.P 4(R), [V25.S4]; \
	VLD1R.P 4(R), [V26.S4]; \
	VLD1R.P 4(R), [V27.S4]

// EXP turns the pair x into e^x. It uses the pairs k, n and p, and what EXPCONSTANTS has loaded. 52 instructions.
#define EXP(x, k, n, p) \
	FMAX4(x, x, 16); \
	FMAX4((x)+1, (x)+1, 16); \
	FMIN4(x, x, 17); \
	FMIN4((x)+1, (x)+1, 17); \
	FMULC(n, x, 18); \
	FCVTNS8(n, n); \
	SCVTF8(k, n); \
	FMULC(p, k, 19); \
	FSUB8(x, x, p); \
	FMULC(p, k, 20); \
	FSUB8(x, x, p); \
	FMULC(p, x, 21); \
	FADDC(p, p, 22); \
	FMUL8(p, p, x); \
	FADDC(p, p, 23); \
	FMUL8(p, p, x); \
	FADDC(p, p, 24); \
	FMUL8(p, p, x); \
	FADDC(p, p, 25); \
	FMUL8(p, p, x); \
	FADDC(p, p, HALF); \
	FMUL8(p, p, x); \
	FMUL8(p, p, x); \
	FADD8(p, p, x); \
	FADDC(p, p, ONE); \
	SHL4(n, n, 23); \
	SHL4((n)+1, (n)+1, 23); \
	ADD4(n, n, ONE); \
	ADD4((n)+1, (n)+1, ONE); \
	FMUL8(x, p, n)
