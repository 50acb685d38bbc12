package dataset

import (
	"bytes"
	"context"
	"unicode/utf8"
)

// maker makes the chunks of a kind: it walks the source, gives each chunk to emit, which keeps the slice, and
// ends at the first error, that of emit too, and returns it. The Signal says what the chunks are of; it
// need not be right with an error. spec is complete and valid.
type maker func(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error)

// makers has a maker for each kind.
var makers = map[Kind]maker{
	Text:    makePlain,
	Bytes:   makePlain,
	Random:  makeRandom,
	DNA:     makeDNA,
	Video:   makeVideo,
	Image:   makeImages,
	Speech:  makeSpeech,
	Speech8: makeSpeech,
	Float32: makeFloat32,
	Int16:   makeInt16,
}

// looked is how many files of a source say what kind it is.
const looked = 64

// findKind finds what kind of data a source has: that of most of its first files, of the earlier kind if there are as
// many of two. Series are not found: a CSV file is text.
func findKind(ctx context.Context, from *source) (Kind, error) {
	count, most := map[Kind]int{}, Bytes
	var order []Kind
	files := 0
	err := from.look(ctx, func(f *file) error {
		begin, err := f.Peek(peekable)
		if len(begin) == 0 {
			return ignoreEnd(err)
		}
		kind := kindOf(begin)
		if count[kind] == 0 {
			order = append(order, kind)
		}
		count[kind]++
		if files++; files == looked {
			return errEnough
		}
		return ignoreEnd(err)
	})
	if err != nil && err != errEnough {
		return "", err
	}
	for _, kind := range order {
		if count[kind] > count[most] {
			most = kind
		}
	}
	return most, nil
}

// kindOf finds the kind of a file by how it begins.
func kindOf(begin []byte) Kind {
	has := func(magic string) bool { return bytes.HasPrefix(begin, []byte(magic)) }
	switch {
	case has("\xff\xd8\xff"), has("\x89PNG\r\n\x1a\n"), has("GIF87a"), has("GIF89a"):
		return Image
	case has("fLaC"), has("RIFF") && len(begin) >= 12 && string(begin[8:12]) == "WAVE":
		return Speech
	case has(y4mMagic):
		return Video
	case isFASTA(begin):
		return DNA
	case isText(begin):
		return Text
	}
	return Bytes
}

// isText reports whether a file that begins so is UTF-8 without NUL; its last character may be cut.
func isText(begin []byte) bool {
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRune(begin); r != utf8.RuneError || size != 1 {
			break
		}
		begin = begin[:len(begin)-1]
	}
	return utf8.Valid(begin) && bytes.IndexByte(begin, 0) < 0
}
