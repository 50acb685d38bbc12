package measure

import (
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/dataset"
)

// Protocol says what is coded of a chunk, in what context, and what is counted. A measurement names it with its version,
// which changes whenever the figures of some measurement would.
type Protocol struct {
	Name    string
	Version int
	About   string // one line, for people
	mapping func(dataset.Kind) mapping
	header  headerPolicy
	context contextPolicy
}

// contextPolicy is what a model sees before it predicts.
type contextPolicy int

const (
	chunkAlone      contextPolicy = iota // nothing but start-of-text and the chunk itself
	fileBefore                           // as lmz FILE codes the data
	secondAlone                          // the chunk's second half, without its first
	secondShuffled                       // the second half after the first, whose tokens have been shuffled
	secondInContext                      // the second half after the first
	published                            // bharadwaj-2025
)

// headerPolicy is what is counted of a classical compressor's files.
type headerPolicy int

const (
	headerCounted headerPolicy = iota
	headerOnce                 // a file of one zero byte is what every chunk but the first has for free
)

// Protocols are all there are, the default first. docs/method.md says what each counts.
var Protocols = []Protocol{
	{Name: "lossless", Version: 1, About: "each chunk by itself, every byte coded, every bit counted"},
	{Name: "stream", Version: 2, About: "the data as one file, as lmz FILE or the classical compressor makes it", context: fileBefore},
	{Name: "deletang-2023", Version: 1, About: "7-bit symbols, the lost bits counted; classical headers counted once (Deletang et al. 2023)",
		mapping: sevenBits, header: headerOnce},
	{Name: "bharadwaj-2025", Version: 1, About: "the published code lengths, faults included; no stream, not decodable (Bharadwaj 2025)",
		context: published},
	{Name: "no-context", Version: 1, About: "the second half of each chunk, without the first", context: secondAlone},
	{Name: "shuffled-context", Version: 1, About: "the second half of each chunk, after the first with its tokens shuffled", context: secondShuffled},
	{Name: "true-context", Version: 1, About: "the second half of each chunk, after the first", context: secondInContext},
}

// ParseProtocol finds a protocol by its name.
func ParseProtocol(name string) (Protocol, error) {
	i := slices.IndexFunc(Protocols, func(p Protocol) bool { return p.Name == name })
	if i < 0 {
		return Protocol{}, fmt.Errorf("measure: protocol %q, want one of %s", name, strings.Join(ProtocolNames(), ", "))
	}
	return Protocols[i], nil
}

// ProtocolNames are the names of all protocols.
func ProtocolNames() []string {
	var names []string
	for _, p := range Protocols {
		names = append(names, p.Name)
	}
	return names
}

// String is the name with the version, as records have it.
func (p Protocol) String() string { return fmt.Sprintf("%s/%d", p.Name, p.Version) }

// modelsOnly says why no classical compressor can be measured, or is "".
func (p Protocol) modelsOnly() string {
	switch p.context {
	case published:
		return "it is the arithmetic of a model's probabilities"
	case secondAlone, secondShuffled, secondInContext:
		return "a classical compressor cannot be given a context"
	}
	return ""
}

// mapping changes the bytes of a chunk to those that a model sees, in place of which lost bits are counted.
type mapping int

const (
	identity   mapping = iota
	shifted            // every byte loses its lowest bit
	asciiOnly          // every byte from 128 on loses its highest bit, and that it did
	moduloOnly         // every byte loses its highest bit, which nobody counts
)

// sevenBits is what Deletang et al. do to data of a kind: text loses the highest bit of what is not ASCII, whatever else its
// lowest bits.
func sevenBits(k dataset.Kind) mapping {
	if k == dataset.Text {
		return asciiOnly
	}
	return shifted
}

func (p Protocol) mappingOf(k dataset.Kind) mapping {
	if p.mapping == nil {
		return identity
	}
	return p.mapping(k)
}

// apply returns the mapped bytes, which may be b itself, and the bits that are counted for what they lack.
func (m mapping) apply(b []byte) (mapped []byte, lostBits int64) {
	if m == identity {
		return b, 0
	}
	mapped = slices.Clone(b)
	for i, x := range b {
		switch {
		case m == shifted:
			mapped[i] = x >> 1
			lostBits++
		case m == asciiOnly && x >= 128:
			mapped[i] = x & 127
			lostBits++
		case m == moduloOnly:
			mapped[i] = x & 127
		}
	}
	return mapped, lostBits
}

// invert gives back the bytes that were mapped: from the lowest bits if those were what was lost, which a file would hold as they
// are. It is false where the bytes are not known.
func (m mapping) invert(mapped, original []byte) ([]byte, bool) {
	switch m {
	case identity:
		return mapped, true
	case shifted:
		b := make([]byte, len(mapped))
		for i, x := range mapped {
			b[i] = x<<1 | original[i]&1
		}
		return b, true
	}
	return nil, false
}
