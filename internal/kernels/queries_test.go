package kernels

import "testing"

func TestQueriesSizes(t *testing.T) {
	for _, c := range []struct {
		outputs, stride, group, n, positions int
		fits                                 bool
	}{
		{8, 8, 1, 1, 1, true},
		{16, 8, 1, 2, 2, true},
		{50, 26, 3, 6, 2, true},
		{8, 8, 1, 0, 1, false},   // no query
		{24, 24, 0, 3, 3, false}, // no group
		{24, 24, 3, 2, 3, false}, // part of a group
		{48, 24, 3, 4, 3, false}, // and one more
		{48, 24, 3, 6, 1, false}, // more positions than the cache has
		{48, 23, 3, 6, 2, false}, // heads do not fit in the stride
		{49, 26, 3, 6, 2, false}, // nor in the outputs
	} {
		func() {
			defer func() {
				if (recover() == nil) != c.fits {
					t.Errorf("%+v", c)
				}
			}()
			newQueries(make([]float32, c.outputs), c.stride, c.group, c.n, c.positions, 8)
		}()
	}
}
