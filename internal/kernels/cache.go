package kernels

import "fmt"

// cachePanel is how many positions of a Cache stand abreast.
const cachePanel = 16

// Cache holds the keys and values of one head for the positions of one context (the KV cache), in int8 with
// one scale each. One goroutine uses it at a time.
//
// Both are packed in the order in which attention sums them up, in pairs, since one instruction adds the
// products of a pair: keys in panels of 16 positions, and in these in pairs of columns; values in pairs
// of positions.
type Cache struct {
	width, padded  int       // K, and K rounded up to a multiple of 16; columns beyond K are zero
	positions      int       // T
	k              []int8    // (T/16, K/2, 16, 2): panels, pairs of columns, positions, columns
	v              []int8    // (T/2, K, 2): pairs of positions, columns, positions
	kScale, vScale []float32 // (T), room for whole panels
	kMost, vMost   []float32 // (T) the greatest scale of the positions up to this one
	vShare         []float32 // (T) vScale in parts of the last of vMost; room for whole panels
}

// NewCache makes an empty Cache for a head of width K.
func NewCache(width int) Cache {
	if width < 1 {
		panic(fmt.Sprintf("kernels: NewCache: width %d, want at least 1", width))
	}
	return Cache{width: width, padded: (width + 15) &^ 15}
}

// CacheSize is how many bytes a Cache of so many positions of width K takes.
func CacheSize(width, positions int) int64 {
	c := NewCache(width)
	room := int64(cachePanel)
	for room < int64(positions) {
		room *= 2
	}
	return room * int64(2*c.padded+5*4)
}

// Len is T, the number of positions.
func (c *Cache) Len() int { return c.positions }

// Reset empties the cache and keeps its memory.
func (c *Cache) Reset() { c.positions = 0 }

// Append adds a position, whose key k and value v, (K) each, it quantises as QuantizeRow does.
func (c *Cache) Append(k, v []float32, s *AttendScratch) {
	sameLength("Append", len(k), c.width)
	sameLength("Append", len(v), c.width)
	s.grow(0, c.padded)
	key, value := s.key[:c.width], s.value[:c.width]
	kScale := QuantizeRow(key, k)
	vScale := QuantizeRow(value, v)
	c.put(key, value, kScale, vScale)
}

// put adds a position whose key and value are quantised.
func (c *Cache) put(key, value []int8, kScale, vScale float32) {
	t := c.positions
	if t == len(c.kMost) {
		c.grow()
	}
	c.positions++
	keys := c.k[c.keyAt(t, 0):]
	for i := 0; i+1 < len(key); i += 2 {
		pair := keys[i*cachePanel:][:2]
		pair[0], pair[1] = key[i], key[i+1]
	}
	if i := len(key) - 1; i%2 == 0 {
		keys[i*cachePanel] = key[i]
	}
	values := c.v[c.valueAt(t, 0):]
	for i, x := range value {
		values[2*i] = x
	}
	c.kScale[t], c.vScale[t] = kScale, vScale
	c.kMost[t], c.vMost[t] = kScale, vScale
	if t > 0 {
		c.kMost[t], c.vMost[t] = max(kScale, c.kMost[t-1]), max(vScale, c.vMost[t-1])
	}
	if most := c.vMost[t]; t > 0 && most == c.vMost[t-1] {
		shares(c.vShare[t:t+1], c.vScale[t:], most)
	} else {
		shares(c.vShare[:t+1], c.vScale, most)
	}
}

// grow doubles the room, in whole panels.
func (c *Cache) grow() {
	panels := max(1, 2*len(c.kMost)/cachePanel)
	positions := panels * cachePanel
	c.k = append(make([]int8, 0, positions*c.padded), c.k...)[:positions*c.padded]
	c.v = append(make([]int8, 0, positions*c.padded), c.v...)[:positions*c.padded]
	for _, x := range []*[]float32{&c.kScale, &c.vScale, &c.kMost, &c.vMost, &c.vShare} {
		*x = append(make([]float32, 0, positions), *x...)[:positions]
	}
}

// keyAt is where component i of the key of position t is.
func (c *Cache) keyAt(t, i int) int {
	return t/cachePanel*cachePanel*c.padded + i/2*2*cachePanel + t%cachePanel*2 + i%2
}

// valueAt is where component i of the value of position t is.
func (c *Cache) valueAt(t, i int) int { return t/2*2*c.padded + 2*i + t%2 }

// shares writes scales of values in parts of the greatest, 0 if that is 0.
func shares(share, scale []float32, greatest float32) {
	if greatest == 0 {
		clear(share)
		return
	}
	for t := range share {
		share[t] = scale[t] / greatest
	}
}
