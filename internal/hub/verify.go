package hub

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// The hub names a file in large file storage by its SHA-256, any other as Git does: by the SHA-1 of "blob SIZE\0" and its bytes.
const (
	sha256Digits = 2 * sha256.Size
	sha1Digits   = 2 * sha1.Size
)

// pointer begins a file that Git has in place of one in large file storage; it is shorter than 1024 bytes
// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
var pointer = []byte("version https://git-lfs.github.com/spec/")

// verify reads a file from r and compares it with its hash.
func verify(r io.Reader, f remoteFile) error {
	var sum hash.Hash
	if len(f.hash) == sha256Digits {
		sum = sha256.New()
	} else {
		sum = sha1.New()
		fmt.Fprintf(sum, "blob %d\x00", f.size)
	}
	begin := make([]byte, min(f.size, int64(len(pointer))))
	if _, err := io.ReadFull(r, begin); err != nil {
		return fmt.Errorf("hub: %s: %w", f.name, err)
	}
	sum.Write(begin)
	n, err := io.Copy(sum, io.LimitReader(r, f.size-int64(len(begin))))
	if err != nil {
		return fmt.Errorf("hub: %s: %w", f.name, err)
	}
	if n += int64(len(begin)); n != f.size {
		return fmt.Errorf("hub: %s: %d bytes, want %d: %w", f.name, n, f.size, io.ErrUnexpectedEOF)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.hash {
		return &HashError{f.name, got, f.hash}
	}
	if f.size < 1024 && bytes.Equal(begin, pointer) {
		return fmt.Errorf("hub: %s: the server sent Git's pointer to the file, want the file", f.name)
	}
	return nil
}
