package kernels

import (
	"fmt"
	"math"
)

// FloatCache holds the keys and values of one head for the positions of one context, as a Cache does, in float32. One
// goroutine uses it at a time.
//
// Keys stand in panels of 16 positions, values in panels of 16 columns: the sums of attention are those of panelProduct.
type FloatCache struct {
	width, positions, room int       // K, T, and the positions that there is memory for, a multiple of 16
	k                      []float32 // (room/16, K, 16): panels, columns, positions
	v                      []float32 // (K/16, room, 16): panels, positions, columns; columns beyond K are zero
}

// NewFloatCache makes an empty FloatCache for a head of width K.
func NewFloatCache(width int) FloatCache {
	if width < 1 {
		panic(fmt.Sprintf("kernels: NewFloatCache: width %d, want at least 1", width))
	}
	return FloatCache{width: width}
}

// FloatCacheSize is how many bytes a FloatCache of so many positions of width K takes.
func FloatCacheSize(width, positions int) int64 {
	room := int64(panelWidth)
	for room < int64(positions) {
		room *= 2
	}
	return room * int64(width+panels(width)*panelWidth) * 4
}

// Len is T, the number of positions.
func (c *FloatCache) Len() int { return c.positions }

// Reset empties the cache and keeps its memory.
func (c *FloatCache) Reset() { c.positions = 0 }

// Append adds a position with key k and value v, (K) each. It panics, as QuantizeRow does, if one is not finite.
func (c *FloatCache) Append(k, v []float32) {
	sameLength("Append", len(k), c.width)
	sameLength("Append", len(v), c.width)
	var bits uint32
	for i := range k {
		bits = max(bits, math.Float32bits(k[i])&^(1<<31), math.Float32bits(v[i])&^(1<<31))
	}
	if bits >= infinity {
		panic(NotFinite("kernels: Append: a key or value with a number that is infinite or NaN"))
	}
	t := c.positions
	if t == c.room {
		c.grow()
	}
	c.positions++
	keys := c.k[t/panelWidth*panelWidth*c.width+t%panelWidth:]
	for i, x := range k {
		keys[i*panelWidth] = x
	}
	for i := 0; i < c.width; i += panelWidth {
		copy(c.values(i, t), v[i:min(i+panelWidth, c.width)])
	}
}

// values are those of the panel of column i, from position t on.
func (c *FloatCache) values(i, t int) []float32 {
	return c.v[i*c.room+t*panelWidth:][:(c.room-t)*panelWidth]
}

// grow doubles the room.
func (c *FloatCache) grow() {
	old := *c
	c.room = max(panelWidth, 2*old.room)
	c.k = append(make([]float32, 0, c.room*c.width), old.k...)[:c.room*c.width]
	c.v = make([]float32, panels(c.width)*c.room*panelWidth)
	for i := 0; i < c.width; i += panelWidth {
		copy(c.values(i, 0), old.values(i, 0))
	}
}
