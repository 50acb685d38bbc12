package codec

// WithGroups changes how work is divided, which changes nothing that comes out.
func (o Options) WithGroups(lanes, rows int) Options {
	o.lanes, o.rows = lanes, rows
	return o
}

// Split divides n lanes into groups as p wants them.
func (o Options) Split(p Predictor, n int) (groups []int) {
	for _, g := range o.withDefaults(p).split(make([]lane, n)) {
		groups = append(groups, len(g))
	}
	return groups
}
