package checkpoint

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// OpenTorch opens a file that torch.save made of a state_dict, a dictionary of tensors by name. Tensors that
// share memory there share it here. No code is executed: a pickle that asks for anything but tensors is an
// error that names it.
func OpenTorch(path string) (*File, error) { return open(path, ParseTorch) }

// ParseTorch reads the bytes of such a file: a zip file, or what torch wrote before version 1.6. The tensors
// share b's memory, but those that do not lie in row-major order there.
func ParseTorch(b []byte) (*File, error) {
	if bytes.HasPrefix(b, legacyMagic) {
		return parseTorchLegacy(b)
	}
	entries, err := zipEntries(b)
	if err != nil {
		return nil, err
	}
	pickle, prefix, err := findPickle(entries)
	if err != nil {
		return nil, err
	}
	if order, ok := entries[prefix+"byteorder"]; ok && string(order.data) != "little" {
		return nil, &UnsupportedError{fmt.Sprintf("byte order %.20q, want little", order.data)}
	}
	if len(pickle.data) > maxPickle {
		return nil, &FormatError{pickle.offset, fmt.Sprintf("data.pkl has %d bytes, want at most %d", len(pickle.data), maxPickle)}
	}
	refs := torchReferences{storage: func(s *storage) (*storage, error) {
		e, ok := entries[prefix+"data/"+s.key]
		if !ok {
			return nil, fmt.Errorf("storage %.100q has no entry in the zip file", s.key)
		}
		if s.numel > int64(len(e.data)/s.size()) {
			return nil, fmt.Errorf("storage %.100q of %d %s, its entry has %d bytes", s.key, s.numel, s.dtype, len(e.data))
		}
		s.data = e.data[:s.numel*int64(s.size())]
		return s, nil
	}}
	value, n, err := unpickle(pickle.data, pickle.offset, "data.pkl", refs)
	if err != nil {
		return nil, err
	}
	if n != len(pickle.data) {
		return nil, &FormatError{pickle.offset + int64(n), "data.pkl goes on after its end"}
	}
	return stateDict(value, int64(len(b)))
}

// zipEntry is a file inside a zip file.
type zipEntry struct {
	offset int64 // of data in the zip file
	data   []byte
}

// zipEntries is the content of a zip file by name. All of it must be stored as it is, neither compressed
// nor encrypted. Checksums are not compared: that would read every byte of a model twice.
func zipEntries(b []byte) (map[string]zipEntry, error) {
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if errors.Is(err, zip.ErrFormat) {
		return nil, &FormatError{0, "neither a whole zip file nor what torch wrote before 1.6 (truncated, or not written by torch.save?)"}
	} else if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are looked up, never opened
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	entries := make(map[string]zipEntry)
	for _, f := range r.File {
		offset, err := f.DataOffset()
		size := f.UncompressedSize64
		switch {
		case err != nil:
			return nil, fmt.Errorf("checkpoint: zip entry %.100q: %w", f.Name, err)
		case f.Method != zip.Store || f.Flags&1 != 0 || f.CompressedSize64 != size:
			return nil, &UnsupportedError{fmt.Sprintf("zip entry %.100q is compressed or encrypted, want it stored as torch.save does", f.Name)}
		case offset > int64(len(b)) || size > uint64(int64(len(b))-offset):
			return nil, truncated("zip entry %.100q: %d bytes at offset %d of a file of %d", f.Name, size, offset, len(b))
		}
		if _, twice := entries[f.Name]; twice {
			return nil, &FormatError{offset, fmt.Sprintf("zip entry %.100q comes twice", f.Name)}
		}
		end := offset + int64(size)
		entries[f.Name] = zipEntry{offset, b[offset:end:end]}
	}
	return entries, nil
}

// findPickle finds NAME/data.pkl, and NAME/ before the names of all entries that belong to it.
func findPickle(entries map[string]zipEntry) (pickle zipEntry, prefix string, err error) {
	found := 0
	for name, e := range entries {
		if dir, ok := strings.CutSuffix(name, "data.pkl"); ok && strings.Count(name, "/") == 1 && strings.HasSuffix(dir, "/") {
			pickle, prefix = e, dir
			found++
		}
	}
	if found != 1 {
		return pickle, "", &FormatError{0, fmt.Sprintf("zip file with %d entries NAME/data.pkl, want 1 as torch.save writes it", found)}
	}
	if _, ok := entries[prefix+"constants.pkl"]; ok {
		return pickle, "", &UnsupportedError{"a TorchScript program, want a state_dict as torch.save writes it"}
	}
	return pickle, prefix, nil
}
