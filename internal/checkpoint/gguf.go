package checkpoint

import (
	"fmt"
	"math"
)

// GGUF is the content of a GGUF file: tensors under llama.cpp's names, and metadata. The File's own Metadata,
// that of safetensors, is empty.
type GGUF struct {
	*File
	Metadata map[string]any // see Value and Int
}

// ggmlTypes are the element types by number (enum ggml_type); the missing ones were removed, or
// are never in a file.
var ggmlTypes = map[uint32]DType{
	0: F32, 1: F16, 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0",
	10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K",
	16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS",
	24: I8, 25: "I16", 26: "I32", 27: I64, 28: "F64", 29: "IQ1_M", 30: BF16,
	34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0",
}

const (
	ggufMagic        = 0x46554747 // "GGUF"
	ggmlMaxDims      = 4          // GGML_MAX_DIMS
	defaultAlignment = 32         // GGUF_DEFAULT_ALIGNMENT
	maxAlignment     = 1 << 20
)

// OpenGGUF opens a GGUF file of version 2 or 3. It gives also tensors of types that Float32s does not
// convert, such as IQ4_XS, so that a file can be looked at; a type that ggml had not when this was written
// is an error.
func OpenGGUF(path string) (*GGUF, error) {
	var g *GGUF
	f, err := open(path, func(b []byte) (_ *File, err error) {
		if g, err = ParseGGUF(b); err != nil {
			return nil, err
		}
		return g.File, nil
	})
	if err != nil {
		return nil, err
	}
	g.File = f
	return g, nil
}

// ParseGGUF reads the bytes of a GGUF file. The tensors share b's memory, the metadata does not.
func ParseGGUF(b []byte) (*GGUF, error) {
	header := cursor{b: b[:min(len(b), maxHeader)], what: "GGUF header"}
	if magic := header.uint32(); header.err == nil && magic != ggufMagic {
		return nil, &FormatError{0, fmt.Sprintf("magic %#08x, want %#08x (is this a GGUF file?)", magic, ggufMagic)}
	}
	switch version := header.uint32(); {
	case header.err != nil:
		return nil, header.err
	case version&0xffff == 0:
		return nil, &UnsupportedError{"the GGUF file is big-endian, want little-endian"}
	case version != 2 && version != 3:
		return nil, &UnsupportedError{fmt.Sprintf("GGUF version %d, want 2 or 3", version)}
	}
	tensors, pairs := header.uint64(), header.uint64()
	g := &GGUF{Metadata: make(map[string]any)}
	for i := uint64(0); i < pairs && header.err == nil; i++ {
		g.pair(&header)
	}
	infos := tensorInfos(&header, tensors)
	if header.err != nil {
		return nil, header.err
	}
	if n, err := g.Int("split.count"); err == nil && n > 1 {
		return nil, &UnsupportedError{fmt.Sprintf("the GGUF file is one of %d parts, want them merged (llama-gguf-split --merge)", n)}
	}
	alignment := int64(defaultAlignment)
	if v, ok := g.Metadata["general.alignment"]; ok {
		n, ok := v.(uint32)
		if alignment = int64(n); !ok || n == 0 || n&(n-1) != 0 || n > maxAlignment {
			return nil, &FormatError{0, fmt.Sprintf("general.alignment is %T %v, want a uint32 power of two up to %d", v, v, maxAlignment)}
		}
	}
	start := (int64(header.pos) + alignment - 1) &^ (alignment - 1)
	var err error
	g.File, err = placeTensors(infos, b, start, alignment)
	return g, err
}

// tensorInfo is a tensor as the header describes it.
type tensorInfo struct {
	at     int // of the info in the header
	name   string
	shape  []int
	dtype  DType
	offset uint64 // from the beginning of the data
}

// tensorInfos reads n of them.
func tensorInfos(header *cursor, n uint64) []tensorInfo {
	var infos []tensorInfo
	for i := uint64(0); i < n && header.err == nil; i++ {
		info := tensorInfo{at: header.pos, name: header.text()}
		dims := header.uint32()
		if dims > ggmlMaxDims {
			header.fail(info.at, "tensor %.100q has %d dimensions, want at most %d", info.name, dims, ggmlMaxDims)
			break
		}
		info.shape = make([]int, dims)
		for d := range info.shape {
			size := header.uint64()
			if size > math.MaxInt {
				header.fail(info.at, "tensor %.100q has a dimension of %d", info.name, size)
			}
			info.shape[len(info.shape)-1-d] = int(size) // innermost first in the file
		}
		number := header.uint32()
		dtype, ok := ggmlTypes[number]
		if !ok {
			header.fail(info.at, "tensor %.100q has element type %d, which is none that this program knows", info.name, number)
		}
		info.dtype, info.offset = dtype, header.uint64()
		infos = append(infos, info)
	}
	return infos
}

// placeTensors finds the tensors in the data, which begins at start of b.
func placeTensors(infos []tensorInfo, b []byte, start, alignment int64) (*File, error) {
	f := &File{Tensors: make(map[string]Tensor)}
	var places []place
	for _, info := range infos {
		fail := func(format string, a ...any) (*File, error) {
			return nil, &FormatError{int64(info.at), fmt.Sprintf("tensor %.100q: ", info.name) + fmt.Sprintf(format, a...)}
		}
		size, err := dataSize(info.dtype, info.shape)
		if err != nil {
			return fail("%v", err)
		}
		if info.offset%uint64(alignment) != 0 {
			return fail("its data is at offset %d, want a multiple of %d", info.offset, alignment)
		}
		if room := int64(len(b)) - start; room < size || info.offset > uint64(room-size) {
			return nil, truncated("tensor %.100q: %d bytes at offset %d of %d bytes of data", info.name, size, info.offset, max(0, room))
		}
		if _, twice := f.Tensors[info.name]; twice {
			return fail("comes twice")
		}
		begin := start + int64(info.offset)
		end := begin + size
		f.Tensors[info.name] = Tensor{DType: info.dtype, Shape: info.shape, Data: b[begin:end:end]}
		if size > 0 {
			places = append(places, place{info.name, begin, end})
		}
	}
	sortPlaces(places)
	for i := 1; i < len(places); i++ {
		if a, b := places[i-1], places[i]; b.begin < a.end {
			return nil, &FormatError{b.begin, fmt.Sprintf("tensors %.100q and %.100q overlap", a.name, b.name)}
		}
	}
	return f, nil
}
