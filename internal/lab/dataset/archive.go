package dataset

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
)

// unpackTar visits the files of a tar.
func (s *source) unpackTar(ctx context.Context, f *file, how unpacking, visit func(*file) error) error {
	r := &checked{ctx: ctx, path: f.path, packed: "tar", r: f.r}
	if how.disk != nil { // which archive/tar seeks in: files that are not read are not read
		if _, err := how.disk.Seek(0, io.SeekStart); err != nil {
			return r.wrap(err)
		}
		r.r = how.disk
	}
	t := tar.NewReader(r.seeker())
	var enough error
	for found := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := t.Next()
		if err == io.EOF {
			if found == 0 {
				return f.errorf("a tar without files")
			}
			return enough
		}
		if err != nil {
			return r.wrap(err)
		}
		if header.Typeflag == tar.TypeDir || header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		found++
		held := f.member(header.Name)
		switch {
		case enough != nil:
		case anyHidden(header.Name):
			held.skip("hidden")
		case header.Typeflag != tar.TypeReg:
			held.skip("not a regular file")
		default:
			held.size = header.Size
			held.r = bufio.NewReaderSize(&checked{ctx, held.path, "tar", t}, peekable)
			switch err := s.unpack(ctx, held, unpacking{depth: how.depth}, visit); {
			case errors.Is(err, errEnough) && s.whole:
				enough = err
			case err != nil:
				return err
			}
		}
	}
}

// unpackZip visits the files of a zip. One that lies in another archive is copied to a temporary file first,
// since its directory stands at its end.
func (s *source) unpackZip(ctx context.Context, f *file, how unpacking, visit func(*file) error) error {
	disk, size := how.disk, f.size
	if disk == nil {
		copied, err := os.CreateTemp("", "lmz-*.zip")
		if err != nil {
			return f.errorf("%w", err)
		}
		defer os.Remove(copied.Name())
		defer copied.Close()
		if size, err = io.Copy(copied, f.r); err != nil {
			return (&checked{ctx: ctx, path: f.path}).wrap(err)
		}
		disk = copied
	}
	archive := &checked{ctx: ctx, path: f.path, packed: "zip"}
	z, err := zip.NewReader(disk, size)
	if err != nil {
		return archive.wrap(err)
	}
	found := 0
	for _, member := range z.File {
		if strings.HasSuffix(member.Name, "/") {
			continue
		}
		found++
		held := f.member(member.Name)
		if anyHidden(member.Name) {
			held.skip("hidden")
			continue
		}
		if !member.Mode().IsRegular() {
			held.skip("not a regular file")
			continue
		}
		if member.Flags&1 != 0 {
			return held.errorf("encrypted: unpack it")
		}
		r, err := member.Open()
		switch {
		case errors.Is(err, zip.ErrAlgorithm):
			return held.errorf("packed by method %d, want 0 (stored) or 8 (deflate): unpack it", member.Method)
		case err != nil:
			return archive.wrap(err)
		}
		held.size = int64(min(member.UncompressedSize64, 1<<62))
		held.r = bufio.NewReaderSize(&checked{ctx, held.path, "zip", r}, peekable)
		err = s.finish(held, s.unpack(ctx, held, unpacking{depth: how.depth}, visit))
		r.Close()
		if err != nil {
			return err
		}
	}
	if found == 0 {
		return f.errorf("a zip without files")
	}
	return nil
}

// member is a file in an archive f, without its content.
func (f *file) member(name string) *file {
	return &file{name: f.name + "/" + name, path: f.path + "/" + name, plain: name, disk: f.disk, from: f.from}
}

// seeker is c as an io.Seeker too, if what it reads is one.
func (c *checked) seeker() io.Reader {
	s, ok := c.r.(io.Seeker)
	if !ok {
		return c
	}
	return struct {
		io.Reader
		io.Seeker
	}{c, s}
}
