package codec

// WithGroups changes how work is divided, which changes nothing that comes out.
func (o Options) WithGroups(lanes, rows int) Options {
	o.lanes, o.rows = lanes, rows
	return o
}
