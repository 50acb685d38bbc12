// Package gemm holds the arithmetic that training spends its time in: the general matrix product, of float32 or of
// values rounded to bfloat16, and the few functions applied to each element that would otherwise take as long.
//
// Products are fused and summed in the order that suits the processor. Results repeat for the same
// processor and arguments, and differ in the last bits between processors: nothing here may be used
// where a file is coded. The products of the coding path are in internal/kernels.
//
// The product follows Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
// ACM TOMS 34(3), 2008: a micro-kernel keeps a tile of C in registers and runs along a panel of B
// that was packed into the cache. Rows of A are read in place, but for those of a transposed A, which lie
// whole rows apart from step to step and so fall into few sets of the cache. They are copied too, unless
// B is narrow, as in attention, where that would cost more than it saves.
package gemm

import "sync"

const (
	depth  = 256 // k of a packed panel of B: one of 16 or 32 columns stays in the first-level cache
	height = 96  // rows of A that run along all panels of B before the next rows: in the second-level cache
	narrow = 64  // columns of B up to which rows of a transposed A are read in place
)

// workspace is the memory of one product: the packed B, rows of a transposed A, (steps, height), and a
// tile of A and C for the edges.
type workspace struct{ a, b, edgeA, edgeC []float32 }

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// Mul computes C = op(A) op(B), or C += op(A) op(B) if accumulate. op(A) is (m, k), op(B) is (k, n),
// C is (m, n). All are row-major with lda, ldb, ldc values from one row to the next; op transposes
// where transA or transB is set, so that A is then stored (k, m) and B (n, k).
// It panics if a slice is too short. It is single-threaded and safe for concurrent use.
func Mul(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, accumulate bool, c []float32, ldc int) {
	check("A", transA, m, k, len(a), lda)
	check("B", transB, k, n, len(b), ldb)
	check("C", false, m, n, len(c), ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 && !accumulate {
		for i := range m {
			clear(c[i*ldc:][:n])
		}
	}
	rowStride, stepStride := lda, 1 // from one row of op(A) to the next, and along k
	if transA {
		rowStride, stepStride = 1, lda
	}
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	for p := 0; p < k; p += depth {
		steps := min(depth, k-p)
		w.pack(transB, n, steps, b[p*pick(transB, 1, ldb):], ldb)
		for i := 0; i < m; i += height {
			rows, block := min(height, m-i), a[i*rowStride+p*stepStride:]
			along := stepStride
			if transA && n > narrow {
				w.a = grow(w.a, steps*height)
				for q := range steps {
					copy(w.a[q*height:][:rows], block[q*lda:])
				}
				block, along = w.a, height
			}
			w.panels(rows, n, steps, block, rowStride, along, accumulate || p > 0, c[i*ldc:], ldc)
		}
	}
}

// check panics unless a matrix fits into its slice.
func check(name string, trans bool, rows, cols, length, stride int) {
	if trans {
		rows, cols = cols, rows
	}
	if rows < 0 || cols < 0 || stride < cols || rows > 0 && cols > 0 && (rows-1)*stride+cols > length {
		panic("gemm: matrix " + name + " does not fit into its slice")
	}
}

func pick(condition bool, yes, no int) int {
	if condition {
		return yes
	}
	return no
}

// pack copies rows of op(B), steps of them, into panels as wide as the tile, zeros beyond n.
// A panel is (steps, tile columns).
func (w *workspace) pack(trans bool, n, steps int, b []float32, ldb int) {
	cols := tile.cols
	panels := (n + cols - 1) / cols
	w.b = grow(w.b, panels*steps*cols)
	for j := 0; j < n; j += cols {
		panel, width := w.b[j*steps:][:steps*cols], min(cols, n-j)
		if width < cols {
			clear(panel)
		}
		if trans {
			for x := range width {
				for p, v := range b[(j+x)*ldb:][:steps] {
					panel[p*cols+x] = v
				}
			}
			continue
		}
		for p := range steps {
			copy(panel[p*cols:][:width], b[p*ldb+j:])
		}
	}
}

// panels multiplies rows of A with all panels of B.
func (w *workspace) panels(rows, n, steps int, a []float32, rowStride, stepStride int, accumulate bool, c []float32, ldc int) {
	full := rows - rows%tile.rows
	if full < rows { // the last rows are copied, so that the kernel need not know where A ends
		w.edgeA = grow(w.edgeA, tile.rows*steps)
		clear(w.edgeA)
		for i := range rows - full {
			for p := range steps {
				w.edgeA[i*steps+p] = a[(full+i)*rowStride+p*stepStride]
			}
		}
	}
	w.edgeC = grow(w.edgeC, tile.rows*tile.cols)
	for j := 0; j < n; j += tile.cols {
		panel, width := &w.b[j*steps], min(tile.cols, n-j)
		for i := 0; i < rows; i += tile.rows {
			ai, rs, ss := a, rowStride, stepStride
			if i == full {
				ai, rs, ss = w.edgeA, steps, 1
			} else {
				ai = a[i*rowStride:]
			}
			if i < full && width == tile.cols {
				tile.run(steps, &ai[0], rs, ss, panel, &c[i*ldc+j], ldc, accumulate)
				continue
			}
			tile.run(steps, &ai[0], rs, ss, panel, &w.edgeC[0], tile.cols, false)
			for y := range min(tile.rows, rows-i) {
				to, from := c[(i+y)*ldc+j:][:width], w.edgeC[y*tile.cols:][:width]
				if accumulate {
					Add(to, from)
				} else {
					copy(to, from)
				}
			}
		}
	}
}

func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
