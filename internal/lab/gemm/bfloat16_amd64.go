//go:build !purego

package gemm

import "sync"

// A tile of A has 16 rows of 32 values, one of B 32 rows of 16 columns, two rows side by side. A and B are packed into
// such tiles of 1 KiB: 16 rows of A, or 16 columns of B, are a panel, its tiles one after another along k.
const (
	depthAMX  = 512 // k of a packed block: two panels of A stay in the first-level cache, B in the second
	heightAMX = 256 // rows of A that are packed together
)

// workspaceAMX is the memory of one product: packed A and B, and a block of C for the edges.
type workspaceAMX struct {
	a, b []uint16
	c    [32 * 32]float32
}

var workspacesAMX = sync.Pool{New: func() any { return new(workspaceAMX) }}

// mulAMX is Mul in bfloat16, m, n and k being at least 1.
func mulAMX(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, accumulate bool, c []float32, ldc int) {
	check("A", transA, m, k, len(a), lda)
	check("B", transB, k, n, len(b), ldb)
	check("C", false, m, n, len(c), ldc)
	w := workspacesAMX.Get().(*workspaceAMX)
	defer workspacesAMX.Put(w)
	for p := 0; p < k; p += depthAMX {
		deep := min(depthAMX, k-p)
		steps := (deep + 31) / 32
		panel := steps * 512 // values
		w.b = packAMX(w.b, !transB, transB, n, deep, b[p*pick(transB, 1, ldb):], ldb)
		for i := 0; i < m; i += heightAMX {
			rows := min(heightAMX, m-i)
			w.a = packAMX(w.a, transA, transA, rows, deep, a[i*pick(transA, 1, lda)+p*pick(transA, lda, 1):], lda)
			full := n / 32 // blocks
			for y := 0; y < rows; y += 32 {
				left, out, high := &w.a[y/16*panel], c[(i+y)*ldc:], min(32, rows-y)
				if high == 32 && full > 0 {
					multiplyAMX(full, steps, left, &w.b[0], &out[0], ldc, accumulate || p > 0)
				}
				for j := pick(high == 32, full*32, 0); j < n; j += 32 {
					w.edge(steps, left, &w.b[j/16*panel], high, min(32, n-j), accumulate || p > 0, out[j:], ldc)
				}
			}
		}
	}
}

// edge computes a block of C of which only some rows and columns are there.
func (w *workspaceAMX) edge(steps int, a, b *uint16, rows, cols int, accumulate bool, c []float32, ldc int) {
	multiplyAMX(1, steps, a, b, &w.c[0], 32, false)
	for y := range rows {
		to, from := c[y*ldc:][:cols], w.c[y*32:][:cols]
		if accumulate {
			Add(to, from)
		} else {
			copy(to, from)
		}
	}
}

// packAMX packs lines of a matrix, rows of A or columns of B, each of k values, into an even number of panels, zeros beyond the last line.
// A line's values lie together in memory, or, if across, ld values apart, those of the lines together. Both ways give half of what one
// operand or the other wants; turned, the tiles' pairs of values are transposed.
func packAMX(dst []uint16, across, turned bool, lines, k int, src []float32, ld int) []uint16 {
	steps := (k + 31) / 32
	panel := steps * 512
	size := (lines + 31) / 32 * 2 * panel
	if cap(dst) < size {
		dst = make([]uint16, size)
	}
	dst = dst[:size]
	if across { // along the rows in memory, 32 of them
		for p := range steps {
			for i := 0; i < lines; i += 16 {
				packPairsAMX(&dst[i/16*panel+p*512], &src[p*32*ld+i], ld, min(16, lines-i), min(32, k-p*32))
			}
		}
	} else {
		for i := 0; i < lines; i += 16 {
			packRowsAMX(&dst[i/16*panel], &src[i*ld], ld, min(16, lines-i), k)
		}
	}
	packed := (lines + 15) / 16 * panel
	clear(dst[packed:])
	if turned {
		transposeAMX(&dst[0], packed/512)
	}
	return dst
}

// multiplyAMX computes blocks of C side by side, 32 rows and columns each: the products of two panels of A by two panels of B for each
// block, each of steps tiles.
//
//go:noescape
func multiplyAMX(blocks, steps int, a, b *uint16, c *float32, ldc int, accumulate bool)

// packRowsAMX packs a panel of 1 to 16 lines of k values each, ld apart: row i of a tile is 32 values of line i.
//
//go:noescape
func packRowsAMX(dst *uint16, src *float32, ld, lines, k int)

// packPairsAMX packs a panel of 1 to 16 lines that lie across: row i of a tile is the values 2i and 2i+1 of each line.
//
//go:noescape
func packPairsAMX(dst *uint16, src *float32, ld, lines, k int)

// transposeAMX turns n tiles, each 16 rows of 16 pairs of values.
//
//go:noescape
func transposeAMX(tiles *uint16, n int)
