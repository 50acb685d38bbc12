package dataset

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOrder: a directory's files come in lexical order at each level, those of an archive as they lie in it; both give the same
// identity if that is the same order.
func TestOrder(t *testing.T) {
	members := []member{{"LICENSE", "one"}, {"a/b", "two"}, {"a/c/d", "three"}, {"a.txt", "four"}, {"b", ""}, {"z", "five"}}
	want := idOf([]byte("onetwothreefourfive"))
	dir := t.TempDir()
	for _, m := range members {
		putIn(t, dir, m.name, []byte(m.content))
	}
	id := identify(t, Spec{Source: dir})
	var names []string
	for _, s := range id.Sources {
		names = append(names, s.Name)
	}
	if id.ID != want || !slices.Equal(names, []string{"LICENSE", "a/b", "a/c/d", "a.txt", "b", "z"}) {
		t.Errorf("of a directory %x, sources %q", id.ID, names)
	}
	for name, packed := range map[string][]byte{"a.zip": zipOf(t, members...), "a.tar": tarOf(t, members...)} {
		if id := identify(t, Spec{Source: put(t, name, packed)}); id.ID != want {
			t.Errorf("of %s %x", name, id.ID)
		}
	}
}

// TestLeftOut: what a directory has beside files is listed.
func TestLeftOut(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	file := putIn(t, dir, "a.txt", dull)
	putIn(t, dir, ".git/HEAD", dull)
	putIn(t, dir, "b/.DS_Store", dull)
	want := []Skipped{{".git", "hidden"}, {"b/.DS_Store", "hidden"}}
	same := [][]byte{dull}
	if os.Symlink(other, filepath.Join(dir, "other")) == nil { // Windows may not allow it
		want = append(want, Skipped{"other", "a link to a directory"})
		if err := os.Symlink(file, filepath.Join(dir, "same.txt")); err != nil {
			t.Fatal(err)
		}
		same = [][]byte{append(slices.Clone(dull), dull...)}
		link := filepath.Join(other, "link")
		if err := os.Symlink(dir, link); err != nil {
			t.Fatal(err)
		}
		dir = link // which is followed, since the user names it
	}
	id := identify(t, Spec{Source: dir, Chunk: 1 << 20})
	if id.ID != idOf(same...) || !slices.Equal(id.Skipped, want) {
		t.Errorf("%d bytes, skipped %v", id.Bytes, id.Skipped)
	}
}

// TestNoSource: what is not there is an error that names it.
func TestNoSource(t *testing.T) {
	empty, hidden := t.TempDir(), t.TempDir()
	putIn(t, hidden, ".a", dull)
	missing := filepath.Join(empty, "enwik8")
	refused(t, Spec{Source: missing}, missing)
	if _, err := Open(context.Background(), Spec{Source: missing}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want %v in it", err, fs.ErrNotExist)
	}
	refused(t, Spec{Source: empty}, empty, "an empty directory")
	refused(t, Spec{Source: empty, Kind: Image}, empty, "an empty directory")
	refused(t, Spec{Source: hidden}, hidden, "an empty directory", "hidden")
	refused(t, Spec{Source: put(t, "empty", nil)}, "no chunk of kind bytes, of 1 files")
	dangling := t.TempDir()
	if os.Symlink(missing, filepath.Join(dangling, "a")) == nil {
		refused(t, Spec{Source: dangling}, filepath.Join(dangling, "a"))
	}
	if _, err := os.Stat(os.DevNull); err == nil && filepath.IsAbs(os.DevNull) {
		refused(t, Spec{Source: os.DevNull}, os.DevNull, "want a file or a directory")
	}
	texts := t.TempDir()
	putIn(t, texts, "README", dull)
	for _, kind := range []Kind{Image, Speech, Video, DNA, Float32} {
		refused(t, Spec{Source: texts, Kind: kind}, texts, "no chunk of kind "+string(kind), "1 files", "README")
	}
}

// TestUnreadable: a file that may not be read is an error.
func TestUnreadable(t *testing.T) {
	p := put(t, "a", dull)
	if err := os.Chmod(p, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(p); err == nil {
		f.Close()
		t.Skip("this user, or this system, may read all files")
	}
	refused(t, Spec{Source: p}, p)
}

// TestCancelled: a context that is cancelled ends the pass.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	set, err := Open(ctx, Spec{Source: put(t, "a.tgz", gzipped(t, tarOf(t, member{"a", strings.Repeat(string(dull), 100)}))), Count: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	cancel()
	for err == nil {
		_, err = set.Next()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	for _, spec := range []Spec{{Source: put(t, "a", dull)}, {Source: "random"}} {
		if _, err := Identify(ctx, spec); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", spec.Source, err, context.Canceled)
		}
	}
}

// FuzzSource: no file makes Identify panic, or err without a name.
func FuzzSource(f *testing.F) {
	endings := []string{"", ".gz", ".xz", ".zst", ".bz2", ".zip", ".tar", ".tgz", ".csv", ".y4m", ".fa"}
	for i, content := range [][]byte{dull, gzipped(f, dull), xzOf(f, dull, 1000), zstdOf(f, dull), dullBzip2, zipOf(f, dullMember), tarOf(f, dullMember),
		gzipped(f, tarOf(f, dullMember)), []byte(pm25), []byte("YUV4MPEG2 W2 H2\nFRAME\nabcdef"), []byte(">a\nACGT\n")} {
		f.Add(i, 0, content)
		f.Add(0, i, content)
	}
	f.Fuzz(func(t *testing.T, ending, kind int, content []byte) {
		name := "a" + endings[uint(ending)%uint(len(endings))]
		spec := Spec{Source: put(t, name, content)}
		if kind != 0 {
			spec.Kind = Kinds[uint(kind)%uint(len(Kinds))]
		}
		if _, err := Identify(context.Background(), spec); err != nil && !strings.HasPrefix(err.Error(), "dataset: ") {
			t.Error(err)
		}
	})
}
