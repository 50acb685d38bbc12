package checkpoint

import "fmt"

// legacyMagic begins what torch wrote before version 1.6: five pickles (a magic number, a version, facts about
// the machine, the state_dict, a list of the storages' keys), then in the list's order for each storage
// its number of elements in 8 bytes, and its elements.
var legacyMagic = []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.")

// legacyVersion is the only one there was, torch.serialization.PROTOCOL_VERSION.
const legacyVersion = 1001

// parseTorchLegacy reads a file that begins with legacyMagic.
func parseTorchLegacy(b []byte) (*File, error) {
	storages := make(map[string]*storage)
	refs := torchReferences{storage: func(s *storage) (*storage, error) {
		first, ok := storages[s.key]
		if !ok {
			storages[s.key] = s
			return s, nil
		}
		if first.dtype != s.dtype || first.numel != s.numel {
			return nil, fmt.Errorf("storage %.100q is of %d %s here and of %d %s before", s.key, s.numel, s.dtype, first.numel, first.dtype)
		}
		return first, nil
	}}
	at := len(legacyMagic)
	var values [4]any
	for i, what := range []string{"version", "machine", "state_dict", "keys of storages"} {
		value, n, err := unpickle(b[at:], int64(at), "pickle of the "+what, refs)
		if err != nil {
			return nil, err
		}
		values[i] = value
		at += n
	}
	if values[0] != any(int64(legacyVersion)) {
		return nil, &UnsupportedError{fmt.Sprintf("a version other than %d of torch's format of before 1.6", legacyVersion)}
	}
	if !isLittleEndian(values[1]) {
		return nil, &UnsupportedError{"torch's format of before 1.6 without the mark little_endian"}
	}
	keys, ok := values[3].(*list)
	if !ok {
		return nil, &FormatError{int64(at), "no list of storages"}
	}
	data := cursor{b: b, pos: at, what: "storages"}
	for _, key := range keys.items {
		key, _ := key.(string)
		s, ok := storages[key]
		if !ok || s.data != nil {
			return nil, &FormatError{int64(data.pos), fmt.Sprintf("storage %.100q is none of the state_dict's, or comes twice", key)}
		}
		if n := data.uint64(); data.err == nil && n != uint64(s.numel) {
			return nil, &FormatError{int64(data.pos - 8), fmt.Sprintf("storage %.100q has %d elements, want %d", key, n, s.numel)}
		}
		if s.numel > int64(len(b)/s.size()) {
			return nil, truncated("storage %.100q of %d %s in a file of %d bytes", key, s.numel, s.dtype, len(b))
		}
		if s.data = data.take(uint64(s.numel) * uint64(s.size())); data.err != nil {
			return nil, data.err
		}
	}
	for key, s := range storages {
		if s.data == nil {
			return nil, &FormatError{int64(data.pos), fmt.Sprintf("storage %.100q is not in the file", key)}
		}
	}
	return stateDict(values[2], int64(len(b)))
}

// isLittleEndian looks up little_endian in the facts about the machine.
func isLittleEndian(facts any) bool {
	d, ok := facts.(*dict)
	for i := 0; ok && i < len(d.keys); i++ {
		if d.keys[i] == any("little_endian") {
			return d.values[i] == any(true)
		}
	}
	return false
}
