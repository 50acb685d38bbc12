package hub

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// partial is a file on its way. Its bytes stand where they belong; after them, until it is complete, stands a
// table of 8-byte little-endian numbers: the size of a part, then for each part how many bytes of its beginning
// are there, then the size of the file. A table that is lost or wrong costs a download, and makes no wrong file:
// the hash decides.
type partial struct {
	file     *os.File
	size     int64 // of the file when it is complete, in bytes
	partSize int64
	done     []int64 // of each part, in bytes
	shared   bool    // has the name under which the next download looks for it
}

// incomplete ends the name of a partial file. Other tools append to files that end in HASH.incomplete.
const incomplete = ".lmz.incomplete"

func parts(size, partSize int64) int64 { return (size + partSize - 1) / partSize }

// openPartial continues the partial file of a blob, or begins it. What another process works on at the time is left to it:
// then the file has a name of its own.
func openPartial(blob string, size, partSize int64) (*partial, error) {
	for range 3 {
		file, err := os.OpenFile(blob+incomplete, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if !tryLock(file) {
			file.Close()
			break
		}
		if here, err := os.Stat(file.Name()); err != nil || !sameFile(file, here) { // it was completed or removed meanwhile
			file.Close()
			continue
		}
		p := &partial{file: file, shared: true}
		if p.readTable() && p.size == size {
			return p, nil
		}
		p.size = size
		return p, p.restart(partSize)
	}
	file, err := os.OpenFile(fmt.Sprintf("%s.%08x%s", blob, rand.Uint32(), incomplete), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	p := &partial{file: file, size: size}
	return p, p.restart(partSize)
}

func sameFile(file *os.File, info os.FileInfo) bool {
	own, err := file.Stat()
	return err == nil && os.SameFile(own, info)
}

// restart forgets what is there and begins with parts of the given size.
func (p *partial) restart(partSize int64) error {
	p.partSize = partSize
	p.done = make([]int64, parts(p.size, partSize))
	table := make([]byte, 8*(len(p.done)+2))
	binary.LittleEndian.PutUint64(table, uint64(partSize))
	binary.LittleEndian.PutUint64(table[len(table)-8:], uint64(p.size))
	if err := p.file.Truncate(p.size); err != nil {
		return err
	}
	_, err := p.file.WriteAt(table, p.size)
	return err
}

// readTable reads the table of a file, and reports whether it makes sense.
func (p *partial) readTable() bool {
	info, err := p.file.Stat()
	if err != nil || info.Size() < 16 {
		return false
	}
	last := make([]byte, 8)
	if _, err := p.file.ReadAt(last, info.Size()-8); err != nil {
		return false
	}
	p.size = int64(binary.LittleEndian.Uint64(last))
	tableSize := info.Size() - p.size
	if p.size < 0 || tableSize < 16 || tableSize > maxListing || tableSize%8 != 0 {
		return false
	}
	table := make([]byte, tableSize)
	if _, err := p.file.ReadAt(table, p.size); err != nil {
		return false
	}
	p.partSize = int64(binary.LittleEndian.Uint64(table))
	n := tableSize/8 - 2
	if p.partSize < 1 || p.partSize > maxFile || p.size > maxFile || parts(p.size, p.partSize) != n {
		return false
	}
	p.done = make([]int64, n)
	for i := range p.done {
		p.done[i] = int64(binary.LittleEndian.Uint64(table[8+8*i:]))
		if p.done[i] < 0 || p.done[i] > p.length(i) {
			return false
		}
	}
	return true
}

// length is the size of part i.
func (p *partial) length(i int) int64 { return min(p.partSize, p.size-int64(i)*p.partSize) }

// have is the number of bytes that are there.
func (p *partial) have() int64 {
	sum := int64(0)
	for _, n := range p.done {
		sum += n
	}
	return sum
}

// record writes down how much of part i is there, after those bytes themselves.
func (p *partial) record(i int) error {
	if !p.shared {
		return nil
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	_, err := p.file.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(p.done[i])), p.size+8+8*int64(i))
	return err
}

// finish makes a complete partial file the blob.
func (p *partial) finish(blob string) error {
	err := errors.Join(p.file.Truncate(p.size), p.file.Sync(), p.file.Close())
	if err == nil {
		err = os.Rename(p.file.Name(), blob)
	}
	if _, there := os.Stat(blob); err != nil && there == nil { // another process was faster
		os.Remove(p.file.Name())
		return nil
	}
	return err
}

// discard removes the file.
func (p *partial) discard() {
	p.file.Close()
	os.Remove(p.file.Name())
}

// leave closes the file and keeps it for the next download if that would find it.
func (p *partial) leave() {
	if !p.shared {
		p.discard()
		return
	}
	p.file.Close()
}

// resumable is how many bytes of a file are there already in a partial file, 0 if there is none.
func resumable(path string) int64 {
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer file.Close()
	p := &partial{file: file}
	if !p.readTable() {
		return 0
	}
	return p.have()
}

// content reads the file from its beginning.
func (p *partial) content() io.Reader { return io.NewSectionReader(p.file, 0, p.size) }
