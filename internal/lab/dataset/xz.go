package dataset

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/ulikunitz/xz"
)

// xzFooter is the size in bytes of what ends an xz stream: the CRC-32 of the next 6 bytes, the index's size,
// flags, and the magic YZ (The .xz File Format 1.2.1, section 2.1.2). Only zeros may follow it.
const xzFooter = 12

// xzReader unpacks xz. The decoder takes a file that ends between two blocks for complete, so the footer
// is looked at here.
type xzReader struct {
	*xz.Reader
	packed *endKeeper
}

func openXz(r io.Reader) (io.ReadCloser, error) {
	packed := &endKeeper{r: r}
	unpacked, err := xz.NewReader(packed)
	if err != nil {
		return nil, err
	}
	return xzReader{unpacked, packed}, nil
}

func (x xzReader) Read(p []byte) (int, error) {
	n, err := x.Reader.Read(p)
	if err != io.EOF {
		return n, err
	}
	end := x.packed.end
	if len(end) < xzFooter || !bytes.HasSuffix(end, []byte("YZ")) ||
		!bytes.Equal(end[:4], crc(end[4:10])) {
		return n, fmt.Errorf("no footer: %w", io.ErrUnexpectedEOF)
	}
	return n, io.EOF
}

func (x xzReader) Close() error { return nil }

// crc is the CRC-32 of p, little-endian.
func crc(p []byte) []byte {
	sum := crc32.ChecksumIEEE(p)
	return []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)}
}

// endKeeper is a reader that remembers the last xzFooter bytes that it read, zeros at the end left out.
type endKeeper struct {
	r     io.Reader
	end   []byte
	zeros int // read since
}

func (k *endKeeper) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	content := bytes.TrimRight(p[:n], "\x00")
	if len(content) > 0 {
		k.end = append(k.end, make([]byte, min(k.zeros, xzFooter))...)
		k.end = append(k.end, content[max(0, len(content)-xzFooter):]...)
		k.end = k.end[max(0, len(k.end)-xzFooter):]
		k.zeros = 0
	}
	k.zeros += n - len(content)
	return n, err
}
