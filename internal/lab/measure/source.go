package measure

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sort"

	"lmz/internal/lab/dataset"
)

// source is data that were identified: what they are, and checksums by which a part of them is known again without reading the rest.
type source struct {
	dataset.Identity
	from   origin
	groups []group
	end    group // behind the last
}

// group is some chunks, one after another: one, or as many as make groupBytes.
type group struct {
	chunk int   // the first
	byte  int64 // where it begins in all chunks joined
	sum   uint64
}

// groupBytes is what is read and checked at once: little beside a range, and with 8 bytes kept of it little in memory.
const groupBytes = 64 << 10

// seed is that of all checksums, which never leave this process.
var seed = maphash.MakeSeed()

// groups makes the groups of chunks that are shown to it.
type grouping struct {
	list []group
	at   group
	size int64 // of the group that grows
	hash maphash.Hash
}

// add takes the next chunk, and says whether it is the last of its group.
func (g *grouping) add(chunk []byte) (full bool) {
	if g.size == 0 {
		g.hash.SetSeed(seed)
	}
	maphash.WriteComparable(&g.hash, len(chunk))
	g.hash.Write(chunk)
	g.size += int64(max(len(chunk), 1))
	g.at.chunk++
	g.at.byte += int64(len(chunk))
	return g.size >= groupBytes
}

// origin is where data are read from.
type origin interface {
	key() string // equal for what is read alike
	identify(ctx context.Context, each func([]byte)) (dataset.Identity, error)
	open(ctx context.Context) (Chunks, error)
}

// specSource is data that lie where a Job says.
type specSource struct{ dataset.Spec }

func (s specSource) key() string { return fmt.Sprintf("spec %+v", s.Spec) }

func (s specSource) identify(ctx context.Context, each func([]byte)) (dataset.Identity, error) {
	return dataset.IdentifyEach(ctx, s.Spec, each)
}

func (s specSource) open(ctx context.Context) (Chunks, error) { return dataset.Open(ctx, s.Spec) }

// stockSource is a Task's data from a Stock.
type stockSource struct {
	stock Stock
	task  Task
}

func (s stockSource) key() string { return "stock " + s.task.Cell.Data }

func (s stockSource) identify(ctx context.Context, each func([]byte)) (dataset.Identity, error) {
	id := dataset.Identity{Kind: dataset.Kind(s.task.Cell.Modality), Signal: s.task.Signal}
	chunks, err := s.open(ctx)
	if err != nil {
		return id, err
	}
	defer chunks.Close()
	digest := dataset.NewDigest()
	for {
		chunk, err := chunks.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return id, err
		}
		digest.Add(chunk)
		each(chunk)
		id.Chunks++
		id.Bytes += int64(len(chunk))
	}
	id.ID = digest.ID()
	return id, nil
}

func (s stockSource) open(ctx context.Context) (Chunks, error) { return s.stock.Chunks(ctx, s.task) }

// identify reads data to their end, once for equal origins.
func (l *Lab) identify(ctx context.Context, from origin) (*source, error) {
	if known := l.data[from.key()]; known != nil {
		return known, nil
	}
	var g grouping
	var at group
	end := func() {
		at.sum = g.hash.Sum64()
		g.list = append(g.list, at)
		at, g.size = g.at, 0
	}
	identity, err := from.identify(ctx, func(chunk []byte) {
		if g.add(chunk) {
			end()
		}
	})
	if err != nil {
		return nil, err
	}
	if g.size > 0 {
		end()
	}
	s := &source{Identity: identity, from: from, groups: g.list, end: g.at}
	if l.data == nil {
		l.data = map[string]*source{}
	}
	l.data[from.key()] = s
	return s, nil
}

// errChanged is that of data that are not those which were identified.
var errChanged = errors.New("measure: the data changed while they were measured: measure them again")

// reader reads parts of a source. Going forward it reads everything once.
type reader struct {
	source *source
	chunks Chunks   // nil before the first group
	next   int      // the group to be read next
	now    [][]byte // the one before that
}

func (r *reader) close() error {
	if r.chunks == nil {
		return nil
	}
	err := r.chunks.Close()
	r.chunks, r.next, r.now = nil, 0, nil
	return err
}

// group reads a group, if it is not the one that was read last.
func (r *reader) group(ctx context.Context, i int) ([][]byte, error) {
	if i < r.next-1 || r.chunks == nil {
		if err := r.close(); err != nil {
			return nil, err
		}
		var err error
		if r.chunks, err = r.source.from.open(context.WithoutCancel(ctx)); err != nil { // it stays open for the next range
			return nil, err
		}
	}
	for r.next <= i {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := r.read(); err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	return r.now, nil
}

// read reads the next group.
func (r *reader) read() error {
	g := r.source.groups[r.next]
	end := r.source.end
	if r.next+1 < len(r.source.groups) {
		end = r.source.groups[r.next+1]
	}
	var found grouping
	r.now = r.now[:0:0]
	for range end.chunk - g.chunk {
		chunk, err := r.chunks.Next()
		if err == io.EOF {
			return fmt.Errorf("%w: %s", errChanged, r.source.from.key())
		}
		if err != nil {
			return err
		}
		found.add(chunk)
		r.now = append(r.now, chunk)
	}
	if found.hash.Sum64() != g.sum {
		return fmt.Errorf("%w: %s", errChanged, r.source.from.key())
	}
	r.next++
	return nil
}

// chunk is the one of a number.
func (r *reader) chunk(ctx context.Context, i int) ([]byte, error) {
	groups := r.source.groups
	g := sort.Search(len(groups), func(k int) bool { return groups[k].chunk > i }) - 1
	now, err := r.group(ctx, g)
	if err != nil {
		return nil, err
	}
	return now[i-groups[g].chunk], nil
}

// bytes are those from..to-1 of all chunks joined.
func (r *reader) bytes(ctx context.Context, from, to int64) ([]byte, error) {
	groups := r.source.groups
	all := make([]byte, 0, to-from)
	for g := sort.Search(len(groups), func(k int) bool { return groups[k].byte > from }) - 1; int64(len(all)) < to-from; g++ {
		now, err := r.group(ctx, g)
		if err != nil {
			return nil, err
		}
		at := groups[g].byte
		for _, chunk := range now {
			low, high := max(from-at, 0), min(to-at, int64(len(chunk)))
			if low < high {
				all = append(all, chunk[low:high]...)
			}
			at += int64(len(chunk))
		}
	}
	return all, nil
}
