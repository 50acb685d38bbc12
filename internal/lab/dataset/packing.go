package dataset

import (
	"bufio"
	"compress/bzip2"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packing is a way in which a file is packed.
type packing struct {
	name    string
	endings []string // of file names; what ends in .tgz and the like holds a tar
	magic   []string // the file has one of them
	magicAt int      // at this offset
	open    func(io.Reader) (io.ReadCloser, error)
}

// The file that the user names is unpacked by what it begins with, whatever it is called, unless it is called a
// document. What lies in a directory or in an archive is unpacked if its name says so, and must then begin as
// the name says: a file that is an archive for other purposes stays a file.
var (
	packings = []*packing{packedGzip, packedXz, packedZstd, packedBzip2, packedZip, packedTar}

	packedGzip  = &packing{"gzip", []string{".gz", ".gzip", ".tgz", ".taz"}, []string{"\x1f\x8b\x08"}, 0, openGzip}
	packedXz    = &packing{"xz", []string{".xz", ".txz"}, []string{"\xfd7zXZ\x00"}, 0, openXz}
	packedZstd  = &packing{"zstd", []string{".zst", ".zstd", ".tzst"}, []string{"\x28\xb5\x2f\xfd"}, 0, openZstd}
	packedBzip2 = &packing{"bzip2", []string{".bz2", ".tbz", ".tbz2"}, []string{"\x31\x41\x59\x26\x53\x59", "\x17\x72\x45\x38\x50\x90"}, 4, openBzip2}
	packedZip   = &packing{"zip", []string{".zip"}, []string{"PK\x03\x04", "PK\x05\x06"}, 0, nil}
	packedTar   = &packing{"tar", []string{".tar"}, []string{"ustar"}, tarMagicAt, nil}

	// documents are archives that their users take for one file.
	documents = []string{".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".jar", ".apk", ".whl", ".npz", ".svgz"}

	// unread are the endings of packings that cannot be read.
	unread = []string{".7z", ".rar", ".lz4", ".lz", ".lzma", ".br", ".Z", ".lzo"}
)

// tarMagicAt is where tar files since POSIX.1-1988 have their magic.
const tarMagicAt = 257 // bytes

// deepest is how many packings may lie in one another.
const deepest = 8

// unpacking is how a file came to be visited.
type unpacking struct {
	disk  *os.File // the file itself where it lies on disk, nil in an archive
	depth int      // packings around it
}

// unpack visits a file, or if it is packed, what it holds.
func (s *source) unpack(ctx context.Context, f *file, how unpacking, visit func(*file) error) error {
	p, err := recognise(f)
	if err != nil {
		return err
	}
	if p == nil {
		return visit(f)
	}
	if how.depth++; how.depth > deepest {
		return f.errorf("more than %d packings in one another", deepest)
	}
	switch p {
	case packedZip:
		return s.unpackZip(ctx, f, how, visit)
	case packedTar:
		return s.unpackTar(ctx, f, how, visit)
	}
	unpacked := &checked{ctx: ctx, path: f.path, packed: p.name}
	r, err := p.open(f.r)
	if err != nil {
		return unpacked.wrap(err)
	}
	defer r.Close()
	unpacked.r = r
	held := *f
	held.size = -1
	held.r = bufio.NewReaderSize(unpacked, peekable)
	ending := path.Ext(f.plain)
	held.plain = strings.TrimSuffix(f.plain, ending)
	if lower := strings.ToLower(ending); strings.HasPrefix(lower, ".t") && p.named(lower) {
		held.plain += ".tar"
	}
	how.disk = nil
	return s.finish(&held, s.unpack(ctx, &held, how, visit))
}

// finish reads an unpacked file to its end if s.whole, so that its checksum is compared. err is that of its visit.
func (s *source) finish(f *file, err error) error {
	if !s.whole || err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if _, damage := io.Copy(io.Discard, f.r); damage != nil {
		return damage
	}
	return err
}

// recognise finds how a file is packed, nil if it is not.
func recognise(f *file) (*packing, error) {
	begin, err := f.Peek(tarMagicAt + 5)
	if err != nil && err != io.EOF {
		return nil, err
	}
	ending := path.Ext(f.plain)
	if slices.Contains(unread, ending) {
		return nil, f.errorf("%s files are not read: unpack it", ending)
	}
	ending = strings.ToLower(ending)
	if slices.Contains(documents, ending) {
		return nil, nil
	}
	content := find(func(p *packing) bool { return p.begins(begin) })
	said := find(func(p *packing) bool { return p.named(ending) })
	switch {
	case f.named && content != nil, content == said:
		return content, nil
	case said == nil:
		return nil, nil
	case len(begin) == 0:
		return nil, f.errorf("an empty file, want %s", said.name)
	case content == nil && said == packedTar:
		return said, nil // archive/tar knows the tar files without magic too
	case content != nil:
		return nil, f.errorf("%s, want %s as its name says", content.name, said.name)
	}
	return nil, f.errorf("begins with % x, want %s as its name says", begin[:min(len(begin), 8)], said.name)
}

// find finds a packing, nil if there is none.
func find(is func(*packing) bool) *packing {
	if i := slices.IndexFunc(packings, is); i >= 0 {
		return packings[i]
	}
	return nil
}

// named reports whether a name's ending, in lower case, is that of the packing.
func (p *packing) named(ending string) bool { return slices.Contains(p.endings, ending) }

// begins reports whether a file that begins with these bytes is so packed.
func (p *packing) begins(begin []byte) bool {
	if len(begin) < p.magicAt {
		return false
	}
	return slices.ContainsFunc(p.magic, func(m string) bool { return strings.HasPrefix(string(begin[p.magicAt:]), m) })
}

// maxWindow is how far back zstd may refer: what its program reads without being asked to, --long=27.
const maxWindow = 1 << 27 // bytes

func openGzip(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

func openZstd(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

func openBzip2(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }
