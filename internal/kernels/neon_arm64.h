// The instructions of Advanced SIMD that Go's assembler has no name for. Arguments are numbers of vector registers, the
// result first, as in Arm's manual (DDI 0487, C7.2), whose notation stands beside each.

// Products of int8, added up. The sum of two products of numbers in [-127, 127] is at most 32258, which an int16
// holds: SMULL, then one SMLAL or SMLAL2, then SADALP are exact. A third product would not be.
#define SMULL(d, n, m) WORD $(0x0e20c000 | (m)<<16 | (n)<<5 | (d)) // smull  vd.8h, vn.8b, vm.8b
#define SMULL2(d, n, m) WORD $(0x4e20c000 | (m)<<16 | (n)<<5 | (d)) // smull2 vd.8h, vn.16b, vm.16b: the upper halves
#define SMLAL(d, n, m) WORD $(0x0e208000 | (m)<<16 | (n)<<5 | (d)) // smlal vd.8h, vn.8b, vm.8b
#define SMLAL2(d, n, m) WORD $(0x4e208000 | (m)<<16 | (n)<<5 | (d)) // smlal2 vd.8h, vn.16b, vm.16b
#define SADALP(d, n) WORD $(0x4e606800 | (n)<<5 | (d)) // sadalp vd.4s, vn.8h: pairs of neighbours are added to d

// SDOT adds to each int32 of d four products of int8: of a quarter of n, and of quarter i of m, the same for all. FEAT_DotProd.
// sdot vd.4s, vn.16b, vm.4b[i]
#define SDOT(d, n, m, i) WORD $(0x4f80e000 | ((i)&1)<<21 | ((i)>>1)<<11 | (m)<<16 | (n)<<5 | (d))

// QUARTER adds products of 4 columns, quarter i of the 16 in x, by 16 lanes, w0 to w3, to a row's sums.
#define QUARTER(x, i, w0, w1, w2, w3, a0, a1, a2, a3) \
	SDOT(a0, w0, x, i); \
	SDOT(a1, w1, x, i); \
	SDOT(a2, w2, x, i); \
	SDOT(a3, w3, x, i)

// Floats, four at a time, each result rounded to nearest, ties to even.
#define FADD4(d, n, m) WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d)) // fadd vd.4s, vn.4s, vm.4s
#define FSUB4(d, n, m) WORD $(0x4ea0d400 | (m)<<16 | (n)<<5 | (d)) // fsub vd.4s, vn.4s, vm.4s
#define FMUL4(d, n, m) WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // fmul vd.4s, vn.4s, vm.4s
#define FMULI(d, n, m, i) WORD $(0x4f809000 | ((i)&1)<<21 | ((i)>>1)<<11 | (m)<<16 | (n)<<5 | (d)) // fmul vd.4s, vn.4s, vm.s[i]
#define FDIV4(d, n, m) WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d)) // fdiv vd.4s, vn.4s, vm.4s
#define FMAX4(d, n, m) WORD $(0x4e20f400 | (m)<<16 | (n)<<5 | (d)) // fmax vd.4s, vn.4s, vm.4s
#define FMIN4(d, n, m) WORD $(0x4ea0f400 | (m)<<16 | (n)<<5 | (d)) // fmin vd.4s, vn.4s, vm.4s
#define FMAXV4(d, n) WORD $(0x6e30f800 | (n)<<5 | (d)) // fmaxv sd, vn.4s: the greatest of four
#define FCMGE4(d, n, m) WORD $(0x6e20e400 | (m)<<16 | (n)<<5 | (d)) // fcmge vd.4s, vn.4s, vm.4s: all bits where n >= m
#define FABS4(d, n) WORD $(0x4ea0f800 | (n)<<5 | (d)) // fabs vd.4s, vn.4s
#define FNEG4(d, n) WORD $(0x6ea0f800 | (n)<<5 | (d)) // fneg vd.4s, vn.4s
#define SCVTF4(d, n) WORD $(0x4e21d800 | (n)<<5 | (d)) // scvtf vd.4s, vn.4s: int32 to float
#define FCVTNS4(d, n) WORD $(0x4e21a800 | (n)<<5 | (d)) // fcvtns vd.4s, vn.4s: float to int32, the function round
#define FCVTZS4(d, n) WORD $(0x4ea1b800 | (n)<<5 | (d)) // fcvtzs vd.4s, vn.4s: float to int32, truncated

// Integers.
#define DUP8(d, n, i) WORD $(0x4e020400 | (i)<<18 | (n)<<5 | (d)) // dup vd.8h, vn.h[i]
#define UMAXV4(d, n) WORD $(0x6eb0a800 | (n)<<5 | (d)) // umaxv sd, vn.4s: the greatest of four uint32
#define UADALP4(d, n) WORD $(0x6ea06800 | (n)<<5 | (d)) // uadalp vd.2d, vn.4s: pairs of neighbours are added to d
#define NEGATIVE4(d, n) WORD $(0x4ea0a800 | (n)<<5 | (d)) // cmlt vd.4s, vn.4s, #0: all bits where the sign bit is set
#define XTN4(d, n) WORD $(0x0e612800 | (n)<<5 | (d)) // xtn vd.4h, vn.4s: the lower half of each
#define XTN4HIGH(d, n) WORD $(0x4e612800 | (n)<<5 | (d)) // xtn2 vd.8h, vn.4s: to the upper half of d
#define SRSHR8(d, n, bits) WORD $(0x4f002400 | (32-(bits))<<16 | (n)<<5 | (d)) // srshr vd.8h, vn.8h, #bits: to nearest, up if halfway
#define XTN8(d, n) WORD $(0x0e212800 | (n)<<5 | (d)) // xtn vd.8b, vn.8h

// The assembler has these, but not by number.
#define ADD4(d, n, m) WORD $(0x4ea08400 | (m)<<16 | (n)<<5 | (d)) // add vd.4s, vn.4s, vm.4s
#define SHL4(d, n, bits) WORD $(0x4f205400 | (bits)<<16 | (n)<<5 | (d)) // shl vd.4s, vn.4s, #bits
