package surprisal

import (
	"bytes"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"unicode/utf8"

	"lmz/internal/lab/dataset"
)

// Archive is the kind of an .lmz file, of which ReadParts tells.
const Archive dataset.Kind = "lmz"

// KindOf finds how a file is explained by how it begins, some 64 KiB of it: as Archive, Image, Speech, Text or Bytes.
func KindOf(begin []byte) dataset.Kind {
	has := func(magic string) bool { return bytes.HasPrefix(begin, []byte(magic)) }
	switch {
	case has("\xcclmz"):
		return Archive
	case has("fLaC"), has("RIFF") && len(begin) >= 12 && string(begin[8:12]) == "WAVE":
		return dataset.Speech
	}
	if _, _, err := image.DecodeConfig(bytes.NewReader(begin)); err == nil {
		return dataset.Image
	}
	for i := 1; i < min(utf8.UTFMax, len(begin)+1); i++ { // the last character may be cut
		if cut := begin[len(begin)-i:]; utf8.RuneStart(cut[0]) && !utf8.FullRune(cut) {
			begin = begin[:len(begin)-i]
			break
		}
	}
	if utf8.Valid(begin) && bytes.IndexByte(begin, 0) < 0 {
		return dataset.Text
	}
	return dataset.Bytes
}
