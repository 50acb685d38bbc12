package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// Identity says which chunks a Spec makes, and of what.
type Identity struct {
	ID      [32]byte  // see Digest
	Kind    Kind      // never ""
	Chunks  int       // fewer than Spec.Count if the source has no more
	Bytes   int64     // of all chunks
	Sources []Source  // files on disk that chunks were made of, in the order in which they were read
	Skipped []Skipped // files met on the way that make no chunk
	Columns []Column  // of Float32 and Int16
	Signal  Signal
}

// Source is a file as it lies on disk: an archive, not what it holds.
type Source struct {
	Name   string `json:"name"`   // below Spec.Source; of a source that is one file its base name
	SHA256 string `json:"sha256"` // hex
	Bytes  int64  `json:"bytes"`
}

// Skipped is a file that makes no chunk, and why.
type Skipped struct {
	Name   string `json:"name"` // below Spec.Source
	Reason string `json:"reason"`
}

// Signal says what the bytes of chunks are samples of, for compressors that want to know.
type Signal struct {
	Width       int // pixels in a row of an image or frame, 0 for no image
	SampleBytes int // bytes of an integer sample, 1 or 2, 0 for none
	SampleRate  int // samples a second, 0 if not known
}

// Identify reads what Open reads, and all files that chunks are made of to their end: an archive with damage
// anywhere in what it packs as one is an error, even if its first chunks are sound.
func Identify(ctx context.Context, spec Spec) (Identity, error) {
	return IdentifyEach(ctx, spec, func([]byte) {})
}

// IdentifyEach is Identify that shows each chunk, which is good until the next.
func IdentifyEach(ctx context.Context, spec Spec, each func(chunk []byte)) (Identity, error) {
	spec, from, err := open(ctx, spec)
	if err != nil {
		return Identity{}, err
	}
	from.whole = true
	id := Identity{Kind: spec.Kind}
	digest := NewDigest()
	id.Signal, err = makeChunks(ctx, spec, from, func(chunk []byte) error {
		digest.Add(chunk)
		each(chunk)
		id.Chunks++
		id.Bytes += int64(len(chunk))
		return nil
	})
	if err != nil {
		return Identity{}, err
	}
	id.ID, id.Skipped, id.Columns = digest.ID(), from.skipped, from.columns
	for _, name := range from.used {
		s, err := from.hash(ctx, name)
		if err != nil {
			return Identity{}, err
		}
		id.Sources = append(id.Sources, s)
	}
	return id, nil
}

// Digest makes the ID of chunks: the SHA-256 over each one's length in bytes as uint32 little-endian and its bytes.
type Digest struct{ sum hash.Hash }

// NewDigest is that of no chunks.
func NewDigest() Digest { return Digest{sha256.New()} }

// Add takes the next chunk into account.
func (d Digest) Add(chunk []byte) {
	d.sum.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(chunk))))
	d.sum.Write(chunk)
}

// ID is that of the chunks so far.
func (d Digest) ID() [32]byte { return [32]byte(d.sum.Sum(nil)) }

// hash reads a file on disk.
func (s *source) hash(ctx context.Context, name string) (Source, error) {
	p := s.root
	if info, err := os.Stat(p); err == nil && info.IsDir() {
		p = filepath.Join(p, filepath.FromSlash(name))
	}
	disk, err := os.Open(p)
	if err != nil {
		return Source{}, &FileError{p, err}
	}
	defer disk.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, &checked{ctx: ctx, path: p, r: disk})
	return Source{name, hex.EncodeToString(sum.Sum(nil)), n}, err
}
