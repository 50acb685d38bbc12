package dataset

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// dull is a text of 4400 bytes, and dullBzip2 it packed by Python 3.11's bz2.compress.
var (
	dull         = []byte(strings.Repeat("All work and no play makes Jack a dull boy.\n", 100))
	dullBzip2, _ = base64.StdEncoding.DecodeString("QlpoOTFBWSZTWS/CXa8AAlfVgAAQQAEgED4P2qAwANgFA00MjJiFA00MjJiBSqmEZMhpppgRfSLYRbkWhF0RbkXBFkRYkWhFqItiL4RYEWZF2ItCLgiwIvJF8IuSLMi7iLki/EX0i0IsyLsRakXRF+IsSLgi6IuSLEi8EWRF/F3JFOFCQL8Jdrw=")
)

// member is a file in an archive to be made.
type member struct{ name, content string }

var dullMember = member{"dull.txt", string(dull)}

func closed(t testing.TB, w io.Closer, err error) {
	t.Helper()
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func gzipped(t testing.TB, raw []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(raw)
	closed(t, w, err)
	return b.Bytes()
}

// xzOf packs raw as xz in blocks of the given size in bytes.
func xzOf(t testing.TB, raw []byte, block int64) []byte {
	var b bytes.Buffer
	w, err := xz.WriterConfig{BlockSize: block, DictCap: 1 << 16}.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(raw)
	closed(t, w, err)
	return b.Bytes()
}

func zstdOf(t testing.TB, raw []byte) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(raw)
	closed(t, w, err)
	return b.Bytes()
}

func zipOf(t testing.TB, members ...member) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err == nil {
			_, err = io.WriteString(w, m.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closed(t, z, nil)
	return b.Bytes()
}

func tarOf(t testing.TB, members ...member) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.content)), Format: tar.FormatPAX}
		if strings.HasSuffix(m.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.content); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, w, nil)
	return b.Bytes()
}

// put writes a file into a directory of the test and returns its path.
func put(t testing.TB, name string, content []byte) string {
	t.Helper()
	return putIn(t, t.TempDir(), name, content)
}

func putIn(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return p
}

// identify is Identify of what must be sound.
func identify(t testing.TB, spec Spec) Identity {
	t.Helper()
	id, err := Identify(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// refused checks that neither Identify nor, chunk by chunk, Open takes spec, and that the error has all the words.
func refused(t *testing.T, spec Spec, words ...string) {
	t.Helper()
	_, err := Identify(context.Background(), spec)
	if err == nil {
		t.Fatalf("%+v is taken, want an error with %q", spec, words)
	}
	words = append(words, "dataset: ")
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v: want %q in it", err, word)
		}
	}
	if strings.Count(err.Error(), "dataset: ") != 1 {
		t.Errorf("%v: names the room twice", err)
	}
}

// idOf is an identity computed anew.
func idOf(chunks ...[]byte) [32]byte {
	sum := sha256.New()
	for _, c := range chunks {
		sum.Write([]byte{byte(len(c)), byte(len(c) >> 8), byte(len(c) >> 16), byte(len(c) >> 24)})
		sum.Write(c)
	}
	return [32]byte(sum.Sum(nil))
}

// dullID is the identity of dull in chunks of 1000 bytes.
var dullID = idOf(dull[:1000], dull[1000:2000], dull[2000:3000], dull[3000:4000], dull[4000:])

// TestPackings: the same bytes have the same identity however they are packed, and the source is the packed file.
func TestPackings(t *testing.T) {
	twice := func(b []byte) []byte { return append(b[:len(b):len(b)], b...) }
	half := len(dull) / 2
	for name, packed := range map[string][]byte{
		"dull.txt":         dull,
		"dull":             dull,
		"dull.gz":          gzipped(t, dull),
		"DULL.GZ":          gzipped(t, dull),
		"gzip":             gzipped(t, dull),
		"gzip.txt":         gzipped(t, dull),
		"gzip.zip":         gzipped(t, dull), // content counts more than the name
		"two-members.gz":   twice(gzipped(t, dull[:half])),
		"dull.xz":          xzOf(t, dull, 1<<20),
		"blocks.xz":        xzOf(t, dull, 1000),
		"padded.xz":        append(xzOf(t, dull, 1<<20), 0, 0, 0, 0, 0, 0, 0, 0),
		"two-streams.xz":   twice(xzOf(t, dull[:half], 1<<20)),
		"dull.zst":         zstdOf(t, dull),
		"two-frames.zst":   twice(zstdOf(t, dull[:half])),
		"dull.bz2":         dullBzip2,
		"bzip2":            dullBzip2,
		"dull.zip":         zipOf(t, dullMember),
		"zip":              zipOf(t, dullMember),
		"dull.tar":         tarOf(t, dullMember),
		"tar":              tarOf(t, dullMember),
		"v7.tar":           withoutMagic(tarOf(t, dullMember)),
		"dull.tar.gz":      gzipped(t, tarOf(t, member{"a/", ""}, member{"a/dull.txt", string(dull)})),
		"dull.tgz":         gzipped(t, tarOf(t, dullMember)),
		"tar.gz.txt":       gzipped(t, tarOf(t, dullMember)),
		"dull.txz":         xzOf(t, tarOf(t, dullMember), 1<<20),
		"dull.tar.zst":     zstdOf(t, tarOf(t, dullMember)),
		"gz-in-tar.tar":    tarOf(t, member{"dull.gz", string(gzipped(t, dull))}),
		"zip-in-tar.tgz":   gzipped(t, tarOf(t, member{"dull.zip", string(zipOf(t, dullMember))})),
		"tar-in-tar.tar":   tarOf(t, member{"n01440764.tar", string(tarOf(t, dullMember))}),
		"zip-in-zip.zip":   zipOf(t, member{"a.zip", string(zipOf(t, dullMember))}),
		"zip.gz":           gzipped(t, zipOf(t, dullMember)),
		"two-members.zip":  zipOf(t, member{"a", string(dull[:half])}, member{"b/c", string(dull[half:])}),
		"empty-member.zip": zipOf(t, dullMember, member{"empty", ""}),
		"hidden.zip":       zipOf(t, member{"__MACOSX/._dull.txt", "x"}, dullMember, member{".DS_Store", "y"}),
	} {
		t.Run(name, func(t *testing.T) {
			p := put(t, name, packed)
			id := identify(t, Spec{Source: p, Chunk: 1000})
			if id.ID != dullID || id.Chunks != 5 || id.Bytes != 4400 || id.Kind != Text {
				t.Errorf("%x, %d chunks, %d bytes, %s", id.ID, id.Chunks, id.Bytes, id.Kind)
			}
			sum := sha256.Sum256(packed)
			want := Source{name, hex.EncodeToString(sum[:]), int64(len(packed))}
			if len(id.Sources) != 1 || id.Sources[0] != want {
				t.Errorf("sources %v, want %v", id.Sources, want)
			}
			if hidden := name == "hidden.zip"; hidden != (len(id.Skipped) == 2) || !hidden && len(id.Skipped) > 0 {
				t.Errorf("skipped %v", id.Skipped)
			}
		})
	}
}

// withoutMagic makes a tar of before 1988 of one whose only header is at its beginning.
func withoutMagic(b []byte) []byte {
	clear(b[tarMagicAt : tarMagicAt+8])
	sum := 8 * int(' ')
	for i, c := range b[:512] {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(b[148:], []byte{'0' + byte(sum>>15&7), '0' + byte(sum>>12&7), '0' + byte(sum>>9&7), '0' + byte(sum>>6&7), '0' + byte(sum>>3&7), '0' + byte(sum&7), 0, ' '})
	return b
}

// TestUnpackedByName: in a directory and in an archive only what is called so is unpacked.
func TestUnpackedByName(t *testing.T) {
	packed := gzipped(t, dull)
	for name, want := range map[string][]byte{"a.gz": dull, "a.bin": packed, "a.jar": zipOf(t, dullMember)} {
		content := want
		if name == "a.gz" {
			content = packed
		}
		dir := t.TempDir()
		putIn(t, dir, name, content)
		for _, source := range []string{dir, put(t, "x.tar", tarOf(t, member{name, string(content)}))} {
			if id := identify(t, Spec{Source: source, Chunk: 1 << 20}); id.ID != idOf(want) {
				t.Errorf("%s in %s: not the bytes that are wanted", name, filepath.Base(source))
			}
		}
	}
	jar := zipOf(t, dullMember)
	if id := identify(t, Spec{Source: put(t, "a.jar", jar), Chunk: 1 << 20}); id.ID != idOf(jar) {
		t.Error("a document that the user names is unpacked")
	}
}

// TestDamagedPackings: whatever is missing at the end or changed in the middle, there is an error that names the file,
// or the same chunks.
func TestDamagedPackings(t *testing.T) {
	plainTar := tarOf(t, dullMember)
	for name, packed := range map[string][]byte{
		"dull.gz":        gzipped(t, dull),
		"dull.xz":        xzOf(t, dull, 1000),
		"dull.zst":       zstdOf(t, dull),
		"dull.bz2":       dullBzip2,
		"dull.zip":       zipOf(t, dullMember),
		"dull.tar":       plainTar,
		"dull.tar.gz":    gzipped(t, plainTar),
		"gz-in-zip.zip":  zipOf(t, member{"dull.gz", string(gzipped(t, dull))}),
		"zip-in-tar.tgz": gzipped(t, tarOf(t, member{"dull.zip", string(zipOf(t, dullMember))})),
	} {
		t.Run(name, func(t *testing.T) {
			spec := Spec{Source: filepath.Join(t.TempDir(), name), Kind: Text, Chunk: 1000, Count: 1}
			identifies := func(content []byte) bool {
				putIn(t, filepath.Dir(spec.Source), name, content)
				id, err := Identify(context.Background(), spec)
				if err != nil {
					if !strings.HasPrefix(err.Error(), "dataset: "+spec.Source) {
						t.Errorf("%v: does not name the file", err)
					}
					return false
				}
				return id.ID == idOf(dull[:1000]) || t.Failed() || fail(t, "%d bytes: other chunks without an error", len(content))
			}
			if !identifies(packed) {
				t.Fatal("the sound file is refused")
			}
			// Of a tar, what is missing after its last file does not count; a file that is cut between
			// two blocks of 512 bytes in there is whole.
			end := len(packed)
			if name == "dull.tar" {
				end = 512 + len(dull)
			}
			step := max(1, end/30)
			for n := 0; n < end; n += step {
				if identifies(packed[:n]) {
					t.Errorf("the first %d of %d bytes are taken", n, len(packed))
				}
			}
			if identifies(packed[:end-1]) {
				t.Error("all bytes but the last are taken")
			}
			if name == "dull.tar" || name == "gz-in-zip.zip" {
				return // content has no checksum, or the name that says to unpack has none
			}
			for i := 0; i < len(packed); i += step {
				changed := bytes.Clone(packed)
				changed[i] ^= 0x55
				identifies(changed)
			}
		})
	}
}

func fail(t *testing.T, format string, args ...any) bool {
	t.Helper()
	t.Errorf(format, args...)
	return true
}

// TestDamageBehindChunks: damage behind the chunks that are used is found by Identify, in each packing.
func TestDamageBehindChunks(t *testing.T) {
	long := bytes.Repeat(dull, 100)
	for name, packed := range map[string][]byte{
		"a.gz":  gzipped(t, long),
		"a.xz":  xzOf(t, long, 1000),
		"a.zst": zstdOf(t, long),
		"a.tgz": gzipped(t, tarOf(t, dullMember, member{"b", string(long)})),
		"a.tar": tarOf(t, dullMember, member{"b", string(long)}),
	} {
		p := put(t, name, packed[:len(packed)-len(packed)/20-1])
		refused(t, Spec{Source: p, Kind: Text, Count: 1}, p, "damaged or truncated")
	}
}

// TestRefusedPackings: what cannot be unpacked is an error that says so.
func TestRefusedPackings(t *testing.T) {
	nested := dull
	for range deepest + 1 {
		nested = gzipped(t, nested)
	}
	for _, c := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"enwik8.gz", []byte("<html>Not Found</html>"), []string{"begins with 3c 68 74 6d", "want gzip"}},
		{"enwik8.zip", nil, []string{"empty file, want zip"}},
		{"enwik8.7z", []byte("7z\xbc\xaf\x27\x1c"), []string{".7z files are not read"}},
		{"enwik8.Z", []byte("\x1f\x9d\x90"), []string{".Z files are not read"}},
		{"deep", nested, []string{"more than 8 packings"}},
		{"empty.zip", zipOf(t), []string{"zip without files"}},
		{"empty.tar", tarOf(t, member{"a/", ""}), []string{"tar without files"}},
		{"noise.tar", bytes.Repeat([]byte("noise"), 300), []string{"damaged or truncated tar"}},
		{"a.zip", rawZip(t, zip.FileHeader{Name: "b", Flags: 1}), []string{"a.zip/b", "encrypted"}},
		{"a.zip", rawZip(t, zip.FileHeader{Name: "b", Method: 99}), []string{"a.zip/b", "method 99"}},
		{"a.tar", tarOf(t, member{"b.gz", "noise"}), []string{"a.tar/b.gz", "want gzip"}},
		{"a.tar", tarOf(t, member{"b.xz", string(gzipped(t, dull))}), []string{"a.tar/b.xz", "gzip, want xz"}},
	} {
		p := put(t, c.name, c.content)
		refused(t, Spec{Source: p}, append(c.words, p)...)
	}
}

// rawZip is a zip of a file of four bytes with this header.
func rawZip(t *testing.T, h zip.FileHeader) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h.CompressedSize64, h.UncompressedSize64 = 4, 4
	w, err := z.CreateRaw(&h)
	if err == nil {
		_, err = io.WriteString(w, "abcd")
	}
	closed(t, z, err)
	return b.Bytes()
}

// A window that would take gigabytes of memory is refused.
func TestZstdWindow(t *testing.T) {
	header := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00} // window 2^31, an empty last block
	refused(t, Spec{Source: put(t, "a.zst", header)}, "damaged or truncated zstd", "window")
}
