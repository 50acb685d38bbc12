package surprisal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"lmz"
	"lmz/internal/container"
)

// Part is bytes of an .lmz file that are for one thing (docs/format.md, section 2).
type Part struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Bytes int64  `json:"bytes"`
}

// Parts is an .lmz file by what its bytes are for: they add up to its size.
type Parts struct {
	Size    int64         `json:"size"` // of the file
	RawSize int64         `json:"rawSize"`
	Members []MemberParts `json:"members"`
	Parts   []Part        `json:"parts"` // of all members, those that are not empty
	Frames  []FrameParts  `json:"frames"`
}

// MemberParts is what the header of a member says.
type MemberParts struct {
	Offset   int64  `json:"offset"`
	Size     int64  `json:"size"`
	RawSize  int64  `json:"rawSize"`
	Model    string `json:"model"` // identity
	Numerics int    `json:"numerics"`
	Policy   string `json:"policy"`
	Mixed    bool   `json:"mixed"` // predictions are mixed
}

// FrameParts is a frame by what its bytes are for.
type FrameParts struct {
	Member   int    `json:"member"`
	Offset   int64  `json:"offset"` // in the file
	Kind     string `json:"kind"`
	RawSize  int    `json:"rawSize"`
	Segments int    `json:"segments"`
	Head     int    `json:"head"`     // bytes: kind, raw length, number of segments
	Lengths  int    `json:"lengths"`  // bytes: the payloads' lengths
	Checksum int    `json:"checksum"` // bytes
	Body     int    `json:"body"`     // bytes: payloads, stored bytes, or the byte of a fill
}

func (f FrameParts) size() int { return f.Head + f.Lengths + f.Checksum }

// The parts of a file, in its order.
const (
	partMagic = iota
	partSettings
	partModel
	partRawSize
	partHeaderSum
	partFrames
	partLengths
	partFrameSums
	partPayloads
	partStored
	partFills
	partEnd
	partIndex
	partRawSum
	partEndSum
	partCount
)

// parts names them.
var parts = [partCount]Part{
	partMagic:     {Name: "magic", About: "what an lmz file begins with"},
	partSettings:  {Name: "settings", About: "versions, flags, context policy"},
	partModel:     {Name: "model identity", About: "half a SHA-256"},
	partRawSize:   {Name: "raw size", About: "of all the data"},
	partHeaderSum: {Name: "header checksum", About: "CRC-32C"},
	partFrames:    {Name: "frame heads", About: "kind, raw length, segments"},
	partLengths:   {Name: "payload lengths", About: "where segments begin"},
	partFrameSums: {Name: "frame checksums", About: "CRC-32C of the raw bytes"},
	partPayloads:  {Name: "payload", About: "the data, coded"},
	partStored:    {Name: "stored", About: "data that did not shrink"},
	partFills:     {Name: "fills", About: "one byte for many equal ones"},
	partEnd:       {Name: "end", About: "kind, frames, its own length"},
	partIndex:     {Name: "index", About: "raw length and size of frames"},
	partRawSum:    {Name: "raw checksum", About: "CRC-64 of all raw bytes"},
	partEndSum:    {Name: "end checksum", About: "CRC-32C"},
}

// ReadParts lists a file of size bytes. It reads all of it, a frame at a time, and decodes nothing: checksums of raw bytes are not
// compared.
func ReadParts(ctx context.Context, file io.ReaderAt, size int64) (*Parts, error) {
	members, err := container.ReadIndex(file, size)
	if err != nil {
		return nil, err
	}
	p := &Parts{Size: size}
	var sum [partCount]int64
	for i, m := range members {
		h := m.Header
		p.RawSize += m.RawSize
		p.Members = append(p.Members, MemberParts{m.Offset, m.Size, m.RawSize, lmz.ModelID(h.Model).String(), int(h.Numerics), h.Policy.String(), h.Mixed})
		sum[partMagic] += 4
		sum[partSettings] += 4
		sum[partModel] += 16
		sum[partHeaderSum] += 4
		header := int64(28)
		if h.RawSize >= 0 {
			header += int64(uvarint(uint64(h.RawSize)))
		}
		sum[partRawSize] += header - 28
		for _, at := range m.Frames {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			f, err := readFrame(file, m.Offset, header, at)
			if err != nil {
				return nil, err
			}
			f.Member = i
			p.Frames = append(p.Frames, f)
			sum[partFrames] += int64(f.Head)
			sum[partLengths] += int64(f.Lengths)
			sum[partFrameSums] += int64(f.Checksum)
			sum[map[string]int{"coded": partPayloads, "stored": partStored, "fill": partFills}[f.Kind]] += int64(f.Body)
			sum[partIndex] += int64(uvarint(uint64(at.RawLen)) + uvarint(uint64(at.Size)))
		}
		sum[partEnd] += int64(1 + uvarint(uint64(len(m.Frames))) + 4)
		sum[partRawSum] += 8
		sum[partEndSum] += 4
	}
	var all int64
	for i, n := range sum {
		all += n
		if n > 0 {
			part := parts[i]
			part.Bytes = n
			p.Parts = append(p.Parts, part)
		}
	}
	if all != size {
		panic(fmt.Sprintf("surprisal: parts of %d bytes of a file of %d", all, size))
	}
	return p, nil
}

// readFrame reads one frame of a member that begins at an offset and has a header of so many bytes. A container.Reader wants members from
// their beginning: it is given the header and this frame.
func readFrame(file io.ReaderAt, member, header int64, at container.FrameIndex) (FrameParts, error) {
	r := container.NewReader(io.MultiReader(io.NewSectionReader(file, member, header), io.NewSectionReader(file, at.Offset, int64(at.Size))))
	if _, err := r.NextMember(); err != nil {
		return FrameParts{}, err
	}
	f, err := r.NextFrame()
	if err == io.EOF {
		err = &container.FormatError{Offset: header, Msg: "the member's end, want a frame as the index says"}
	}
	if format := (*container.FormatError)(nil); errors.As(err, &format) {
		format.Offset += at.Offset - header
	}
	if err != nil {
		return FrameParts{}, err
	}
	parts := head(f)
	parts.Offset = at.Offset
	if parts.size()+parts.Body != at.Size || f.RawLen != at.RawLen {
		return FrameParts{}, &container.FormatError{Offset: at.Offset, Msg: fmt.Sprintf("a frame of %d raw bytes in %d, the index says %d in %d",
			f.RawLen, parts.size()+parts.Body, at.RawLen, at.Size)}
	}
	return parts, nil
}

// head tells what the bytes of a frame are for.
func head(f *container.Frame) FrameParts {
	p := FrameParts{Offset: f.Offset, Kind: f.Kind.String(), RawSize: f.RawLen, Segments: len(f.Payloads), Head: 1 + uvarint(uint64(f.RawLen)), Checksum: 4}
	switch f.Kind {
	case container.Stored:
		p.Body = len(f.Stored)
	case container.Fill:
		p.Body = 1
	case container.Coded:
		p.Head += uvarint(uint64(len(f.Payloads)))
		for _, b := range f.Payloads {
			p.Lengths += uvarint(uint64(len(b)))
			p.Body += len(b)
		}
	}
	return p
}

// uvarint is how many bytes LEB128 takes for x.
func uvarint(x uint64) int { return (max(bits.Len64(x), 1) + 6) / 7 }
