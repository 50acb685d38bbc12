// Package container is the file format of docs/format.md: members of a header, frames and an end with an
// index, and the checksums of all. What the payloads of a coded frame mean is not its concern; the model
// and the numerics that a header names, it reports and does not judge.
//
// Start with Writer and Reader, which stream, then ReadIndex, which lists a file without reading its
// payloads. Writer and Reader stand side by side in header.go, frame.go and end.go.
//
// A Reader meets hostile bytes: it allocates nothing for a length before as many bytes have come, and a
// file in error is a *FormatError, a file for a later version an *UnsupportedError, a file cut
// short an error that wraps io.ErrUnexpectedEOF.
package container

import (
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"io"
)

const (
	// Version is the format's.
	Version = 1

	// MaxFrame bounds the raw bytes of a frame, 16 MiB, and so a reader's memory.
	MaxFrame = 1 << 24

	// MaxSegments bounds the segments of a frame.
	MaxSegments = 256

	// MaxSegment bounds the raw bytes of a segment, 64 KiB, and MaxMixedSegment those of one whose predictions are mixed, 256 KiB.
	// A payload of no bytes may stand for so many, and decoding them takes seconds: many of them can at least be decoded abreast.
	MaxSegment      = 1 << 16
	MaxMixedSegment = 1 << 18

	// MaxFrames bounds the frames of a member, so that the length of its end fits 32 bits.
	MaxFrames = 1 << 28
)

// magic begins every member. Its first two bytes are not UTF-8, so that no text is taken for a file.
const magic = "\xcclmz"

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	ecma       = crc64.MakeTable(crc64.ECMA)
)

// ErrEmpty is the error of a Reader, and of ReadIndex, for an input of no bytes at all. It wraps
// io.ErrUnexpectedEOF.
var ErrEmpty = fmt.Errorf("container: empty input, want an lmz file: %w", io.ErrUnexpectedEOF)

// ErrRawSize is a Writer's whose header gave another raw size than is written.
var ErrRawSize = errors.New("container: another raw size")

// ErrNoEnd is that of ReadIndex where no member ends: at the end of a file that is cut short, or that something follows.
// It wraps io.ErrUnexpectedEOF.
var ErrNoEnd = fmt.Errorf("no member ends here: %w", io.ErrUnexpectedEOF)

// errFrames is a Writer's. A member of 2^28 frames of 64 KiB is 16 TiB.
var errFrames = errors.New("container: a member has at most 2^28 frames: close it and begin another")

// FormatError reports bytes that no Writer writes.
type FormatError struct {
	Offset int64 // in bytes from the start of the file, of the field in error
	Msg    string
}

func (e *FormatError) Error() string { return fmt.Sprintf("container: offset %d: %s", e.Offset, e.Msg) }

// UnsupportedError reports a file of another format version than Version.
type UnsupportedError struct {
	Offset int64 // as in FormatError
	Msg    string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("container: offset %d: %s", e.Offset, e.Msg)
}
