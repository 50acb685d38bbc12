package baseline

import (
	"context"
	"encoding/binary"
	"math"
)

// compress/flate finds no matches of 3 bytes and ends each stream by an empty block: on 2048 bytes of
// pixels it is 0.6% larger than zlib, on whole photographs 4.5%. A bar must not be that low, so this is
// zlib's own search at level 9 (deflate_slow and longest_match of zlib 1.3.1, by Jean-loup Gailly and
// Mark Adler), over a whole buffer instead of a sliding window. Its streams equal zlib's byte for byte.

// strategy says which matches are looked for.
type strategy int

const (
	anyMatch     strategy = iota // Z_DEFAULT_STRATEGY
	longMatch                    // Z_FILTERED: no match below 6 bytes, for noise round zero
	noMatch                      // Z_HUFFMAN_ONLY
	previousByte                 // Z_RLE: runs of one byte
)

const (
	windowSize = 1 << 15
	minMatch   = 3
	maxMatch   = 258

	// maxDeflate is the longest input: positions are int32.
	maxDeflate = math.MaxInt32

	maxDistance = windowSize - (maxMatch + minMatch + 1) // zlib's MAX_DIST

	// tooFar is how far a match of 3 bytes may lie: beyond, three literals are shorter.
	tooFar = 4096

	// Level 9 of zlib's table: effort for the match that follows one of goodMatch bytes is a quarter.
	goodMatch = 32
	maxLazy   = 258
	maxChain  = 4096
)

// deflate is raw as a deflate stream (RFC 1951). memLevel is zlib's, 8 or 9: how many symbols a block
// has, less one (1<<14 or 1<<15), and how many bits the hash (15 or 16). The error is the context's.
func deflate(ctx context.Context, raw []byte, s strategy, memLevel uint) ([]byte, error) {
	hashBits := memLevel + 7
	if len(raw) <= maxChain {
		hashBits = 12 // no chain is cut, so a table that is quicker to clear finds the same matches
	}
	d := &deflater{
		ctx: ctx, raw: raw, strategy: s,
		shift: (hashBits + 2) / 3, mask: 1<<hashBits - 1,
		block: newBlock(1<<(memLevel+6) - 1),
	}
	switch s {
	case noMatch:
		d.literals()
	case previousByte:
		d.runs()
	default:
		d.head = make([]int32, d.mask+1)
		d.prev = make([]int32, min(windowSize, len(raw)))
		d.lazy()
	}
	d.flush(len(raw), true)
	return d.out.bytes, d.err
}

// deflater turns raw into symbols. Positions are offsets in raw.
type deflater struct {
	ctx      context.Context
	err      error // the context's
	raw      []byte
	strategy strategy
	shift    uint
	mask     uint32
	head     []int32 // (1<<hash bits): the last position of each hash; 0 is none, so that nothing matches at 0, as in zlib
	prev     []int32 // (window): for a position, the one before it of the same hash

	block *block
	begin int // of the block
	out   bitWriter
}

// flush writes the block that ends before position end.
func (d *deflater) flush(end int, last bool) {
	d.block.write(&d.out, d.raw[d.begin:end], last)
	d.begin = end
	d.err = d.ctx.Err()
}

// insert enters position i, at which there are 3 bytes at least, and returns the last one of its hash.
func (d *deflater) insert(i int) (candidate int) {
	p := d.raw[i : i+minMatch]
	h := (uint32(p[0])<<(2*d.shift) ^ uint32(p[1])<<d.shift ^ uint32(p[2])) & d.mask
	before := d.head[h]
	d.prev[i%windowSize] = before
	d.head[h] = int32(i)
	return int(before)
}

// lazy takes a match unless the next position has a longer one: zlib's deflate_slow.
func (d *deflater) lazy() {
	length, start := minMatch-1, 0
	available := false // the byte before i has been passed over, and not coded
	for i := 0; i < len(d.raw) && d.err == nil; {
		candidate := 0
		if len(d.raw)-i >= minMatch {
			candidate = d.insert(i)
		}
		prevLength, prevStart := length, start
		length = minMatch - 1
		if candidate != 0 && prevLength < maxLazy && i-candidate <= maxDistance {
			length, start = d.longest(i, candidate, prevLength, prevStart)
			if length <= 5 && (d.strategy == longMatch || length == minMatch && i-start > tooFar) {
				length = minMatch - 1
			}
		}
		switch {
		case prevLength >= minMatch && length <= prevLength:
			full := d.block.match(prevLength, i-1-prevStart)
			next := i - 1 + prevLength
			for i++; i < next; i++ {
				if len(d.raw)-i >= minMatch {
					d.insert(i)
				}
			}
			available = false
			length = minMatch - 1
			if full {
				d.flush(i, false)
			}
		case available:
			if d.block.literal(d.raw[i-1]) {
				d.flush(i, false)
			}
			i++
		default:
			available = true
			i++
		}
	}
	if available && d.err == nil {
		d.block.literal(d.raw[len(d.raw)-1])
	}
}

// longest finds the longest match of position i that is longer than best, in the chain that begins at
// candidate. It returns best and bestStart where there is none.
func (d *deflater) longest(i, candidate, best, bestStart int) (length, start int) {
	ahead := min(maxMatch, len(d.raw)-i)
	if best >= ahead {
		return ahead, bestStart
	}
	chain := maxChain
	if best >= goodMatch {
		chain >>= 2
	}
	limit := max(0, i-maxDistance)
	scan := d.raw[i : i+ahead]
	for {
		match := d.raw[candidate : candidate+ahead]
		if match[best] == scan[best] && match[best-1] == scan[best-1] && match[0] == scan[0] && match[1] == scan[1] {
			if n := commonPrefix(match, scan); n > best {
				best, bestStart = n, candidate
				if n >= ahead {
					break
				}
			}
		}
		candidate = int(d.prev[candidate%windowSize])
		if chain--; candidate <= limit || chain == 0 {
			break
		}
	}
	return best, bestStart
}

// commonPrefix is how many bytes of a and b, of one length, are equal before the first that are not.
func commonPrefix(a, b []byte) int {
	n := 0
	for len(a)-n >= 8 && binary.LittleEndian.Uint64(a[n:]) == binary.LittleEndian.Uint64(b[n:]) {
		n += 8
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// literals codes no matches: zlib's deflate_huff.
func (d *deflater) literals() {
	for i := 0; i < len(d.raw) && d.err == nil; i++ {
		if d.block.literal(d.raw[i]) {
			d.flush(i+1, false)
		}
	}
}

// runs codes matches of distance 1: zlib's deflate_rle.
func (d *deflater) runs() {
	for i := 0; i < len(d.raw) && d.err == nil; {
		n := 0
		if i > 0 {
			n = runLength(d.raw[i:], d.raw[i-1])
		}
		var full bool
		if n >= minMatch {
			full = d.block.match(n, 1)
			i += n
		} else {
			full = d.block.literal(d.raw[i])
			i++
		}
		if full {
			d.flush(i, false)
		}
	}
}

// runLength is how often p begins with b, 258 at most.
func runLength(p []byte, b byte) int {
	n := 0
	for n < min(len(p), maxMatch) && p[n] == b {
		n++
	}
	return n
}
