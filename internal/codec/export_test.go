package codec

// WithGroups changes how work is divided, which changes nothing that comes out.
func (o Options) WithGroups(lanes, rows int) Options {
	o.lanes, o.rows = lanes, rows
	return o
}

// Split divides n lanes into groups.
func (o Options) Split(n int) (groups []int) {
	for _, g := range o.withDefaults().split(make([]lane, n)) {
		groups = append(groups, len(g))
	}
	return groups
}
