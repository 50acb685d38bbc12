package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// open opens a store that is closed at the test's end.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fresh(t *testing.T) *Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "study.db"))
}

// someCell is a cell, before it is measured.
func someCell(subject string) Cell {
	c := Cell{
		Subject: subject, Data: strings.Repeat("d", 64), Protocol: "lossless/1",
		Name: "xz -9e", Kind: "baseline", Step: -1, Dataset: "enwik8, \"the\" first\nbytes", Modality: "text",
		ChunkSize: 2048, Seed: math.MaxUint64 - 1, Software: "xz 5.4.1",
	}
	c.ID = CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	return c
}

// someChunks are rows from..to-1 of a cell, every third with a profile.
func someChunks(cell string, from, to int) []Chunk {
	var rows []Chunk
	for i := from; i < to; i++ {
		c := Chunk{
			Cell: cell, Index: i, RawBytes: 2048, CoveredBytes: 2048, Tokens: int64(500 + i), CodeLength: 1234.5 / float64(i+3),
			CodedBytes: 700, LostBits: 1, HeaderBytes: 32, CountedBits: 5600, EncodeSeconds: 0.1 * float64(i), DecodeSeconds: 1e-9,
		}
		if i%3 == 0 {
			c.Profile = []Token{{4, 1.5}, {i, float32(i) / 7}}
		}
		rows = append(rows, c)
	}
	return rows
}

// finished is what a cell becomes.
func finished(c Cell, chunks int) Cell {
	c.Status = Done
	c.Result = Result{
		Chunks: chunks, RawBytes: int64(2048 * chunks), CountedBits: 5600 * float64(chunks), BitsPerByte: 2.734375,
		Low: math.NaN(), High: math.NaN(), Ratio: 0.341796875, EncodeSeconds: 1 / 3.0, Decodable: true, Verified: true, Note: "none",
	}
	return c
}

// measured puts a finished cell of n chunks into a store.
func measured(t *testing.T, s *Store, subject string, n int) Cell {
	t.Helper()
	cell := someCell(subject)
	c, err := s.Claim(t.Context(), cell)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Put(t.Context(), "", someChunks("", 0, n)); err != nil {
		t.Fatal(err)
	}
	if err := c.Finish(t.Context(), finished(cell, n)); err != nil {
		t.Fatal(err)
	}
	return finished(cell, n)
}

// stored is how many chunks the store has of a claim's cell, up to the first that it lacks.
func stored(t *testing.T, c *Claim) int {
	t.Helper()
	missing, err := c.store.Missing(t.Context(), c.cell, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return missing[0].First
}

func collect[T any](t *testing.T, records iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for r, err := range records {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// equal compares records, NaN with NaN equal.
func equal(t *testing.T, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

// wantError checks that an error holds some words, and is target if that is not nil.
func wantError(t *testing.T, err error, target error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) || target != nil && !errors.Is(err, target) {
		t.Errorf("error %v, want %v with %q", err, target, words)
	}
}

func TestCellLife(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	cell := someCell("a")
	c, err := s.Claim(ctx, cell)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Put(ctx, "", someChunks("", 0, 5)); err != nil {
		t.Fatal(err)
	}
	if err := c.Put(ctx, "", nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Claim(ctx, cell)
	wantError(t, err, ErrBusy, "by process")
	wantError(t, s.Delete(ctx, cell.ID), ErrBusy, cell.ID)

	if err := c.Fail(ctx, errors.New("no\r\nmemory\xff")); err != nil {
		t.Fatal(err)
	}
	failed := cell
	failed.Status, failed.Error, failed.Attempts = Failed, "no\nmemory\uFFFD", 1
	got, err := s.Cell(ctx, cell.ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, failed)
	wantError(t, c.Put(ctx, "", someChunks("", 5, 6)), ErrLost, cell.ID)

	again, err := s.Claim(ctx, cell)
	if err != nil {
		t.Fatal(err)
	}
	if stored(t, again) != 5 {
		t.Errorf("%d chunks are stored, want 5", stored(t, again))
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
	if again, err = s.Claim(ctx, cell); err != nil {
		t.Fatal(err)
	}
	if err := again.Put(ctx, "", someChunks(cell.ID, 5, 7)); err != nil {
		t.Fatal(err)
	}
	want := finished(cell, 7)
	want.Attempts = 1
	if err := again.Finish(ctx, finished(cell, 7)); err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}

	_, err = s.Claim(ctx, cell)
	wantError(t, err, ErrDone, "")
	all, err := s.Cells(ctx)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, all, []Cell{want})
	rows := someChunks(cell.ID, 0, 7)
	var profiles []Profile
	for i := range rows {
		if rows[i].Profile != nil {
			profiles = append(profiles, Profile{i, rows[i].Profile})
			rows[i].Profile = nil
		}
	}
	equal(t, collect(t, s.Chunks(ctx, cell.ID)), rows)
	equal(t, collect(t, s.Profile(ctx, cell.ID)), profiles)

	if err := s.Delete(ctx, cell.ID); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"cells", "chunks", "tokens", "leases"} {
		var n int
		if err := s.db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s has %d rows after Delete, %v", table, n, err)
		}
	}
	wantError(t, s.Delete(ctx, cell.ID), ErrMissing, cell.ID)
	_, err = s.Cell(ctx, cell.ID)
	wantError(t, err, ErrMissing, cell.ID)
}

func TestPutRefuses(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	c, err := s.Claim(ctx, someCell("a"))
	if err != nil {
		t.Fatal(err)
	}
	infinite := someChunks("", 0, 2)
	infinite[1].CodeLength = math.Inf(1)
	profiled := someChunks("", 0, 1)
	profiled[0].Profile[1].Bits = float32(math.NaN())
	for words, rows := range map[string][]Chunk{
		"of cell \"another\"":                 someChunks("another", 0, 1),
		"code_length_bits is +Inf":            infinite,
		"token 1 has NaN bits, want a finite": profiled,
	} {
		wantError(t, c.Put(ctx, "", rows), nil, words)
	}
	if n := len(collect(t, s.Chunks(ctx, someCell("a").ID))); n != 0 {
		t.Errorf("%d rows that were refused are stored", n)
	}
	if err := c.Put(ctx, "", someChunks("", 0, 2)); err != nil {
		t.Fatal(err)
	}
	endless := finished(someCell("a"), 2)
	endless.Ratio = math.NaN()
	wantError(t, c.Finish(ctx, endless), nil, "ratio is NaN")
	wantError(t, c.Finish(ctx, finished(someCell("b"), 2)), nil, "which was claimed")
	if err := c.Finish(ctx, finished(someCell("a"), 2)); err != nil {
		t.Fatal(err)
	}
}

// TestIdentity pins an identity: to change it would orphan the cells of every store.
func TestIdentity(t *testing.T) {
	const want = "0d809495" // sha256("2:xz1:d10:lossless/16:chunks")
	if id := CellID("xz", "d", "lossless/1", false); id[:8] != want || len(id) != 64 {
		t.Errorf("%s, want %s...", id, want)
	}
	seen := map[string]string{}
	for _, parts := range [][3]string{{"a", "b", "c"}, {"ab", "", "c"}, {"a", "bc", ""}, {"", "ab", "c"}, {"a1:b", "", "c"}, {"a", "b1:c", ""}, {"a1:b1:c", "", ""}} {
		for _, whole := range []bool{false, true} {
			id, of := CellID(parts[0], parts[1], parts[2], whole), fmt.Sprint(parts, whole)
			if other, ok := seen[id]; ok {
				t.Errorf("%s and %s are one cell", other, of)
			}
			seen[id] = of
		}
	}
	s := fresh(t)
	wrong := someCell("a")
	wrong.Whole = true
	_, err := s.Claim(t.Context(), wrong)
	wantError(t, err, nil, "have the identity")
	wrong = someCell("a\xff")
	_, err = s.Claim(t.Context(), wrong)
	wantError(t, err, nil, "no text")
}

func TestOtherSoftwareBeginsAnew(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	cell := someCell("a")
	for i, software := range []string{"xz 5.4.1", "xz 5.4.1", "xz 5.6.0"} {
		cell.Software = software
		c, err := s.Claim(ctx, cell)
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{0, 3, 0}[i]; stored(t, c) != want {
			t.Errorf("claim %d by %s finds %d chunks, want %d", i, software, stored(t, c), want)
		}
		if err := c.Put(ctx, "", someChunks("", stored(t, c), 3)); err != nil {
			t.Fatal(err)
		}
		if err := c.Release(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLease checks who may take a cell: nobody while its lease is renewed, anybody when it is not by a process that cannot
// be seen.
func TestLease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	a, b, ctx := open(t, path), open(t, path), t.Context()
	a.leaseFor, a.renewEvery = 300*time.Millisecond, 50*time.Millisecond
	cell := someCell("a")
	first, err := a.Claim(ctx, cell)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(600 * time.Millisecond); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		_, err := b.Claim(ctx, cell)
		wantError(t, err, ErrBusy, "")
	}
	first.stop() // as if the process were suspended
	<-first.stopped
	time.Sleep(350 * time.Millisecond)
	if realm() != "" {
		_, err := b.Claim(ctx, cell)
		wantError(t, err, ErrBusy, "") // it can be seen to be there
	}
	if _, err := b.db.Exec("UPDATE leases SET realm = 'another machine'"); err != nil {
		t.Fatal(err)
	}
	second, err := b.Claim(ctx, cell)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, first.Put(ctx, "", someChunks("", 0, 1)), ErrLost, cell.ID)
	wantError(t, first.Finish(ctx, finished(cell, 0)), ErrLost, cell.ID)
	wantError(t, first.Fail(ctx, errors.New("")), ErrLost, cell.ID)
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := second.Put(ctx, "", someChunks("", 0, 1)); err != nil {
		t.Fatal(err)
	}
}

// TestCloseReleases checks that a store that is closed in mid-cell leaves the cell to the next process at once.
func TestCloseReleases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	a, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Claim(t.Context(), someCell("a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(); err != nil {
		t.Errorf("Release after Close: %v", err)
	}
	if _, err := a.Claim(t.Context(), someCell("b")); err == nil {
		t.Error("a closed store gives claims")
	}
	if _, err := open(t, path).Claim(t.Context(), someCell("a")); err != nil {
		t.Error(err)
	}
}

func TestCellsInOrder(t *testing.T) {
	s := fresh(t)
	for _, subject := range []string{"c", "a", "d", "b"} {
		cell := someCell(subject)
		cell.Name, cell.Dataset, cell.Step = "model", "enwik8", int64(subject[0])
		c, err := s.Claim(t.Context(), cell)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Release(); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var order string
	for _, c := range all {
		order += c.Subject
		if c.Status != Running {
			t.Errorf("a released cell is %s, want %s", c.Status, Running)
		}
	}
	if order != "abcd" {
		t.Errorf("the order is %s, want that of the steps, abcd", order)
	}
}

func TestDatasets(t *testing.T) {
	s := fresh(t)
	d := Dataset{ID: "d1", Spec: `{"source":"enwik8"}`, Chunks: 3, Bytes: 6144, Sources: "[]", Skipped: "[]"}
	packed := d
	packed.Spec = `{"source":"enwik8.zip"}`
	for _, d := range []Dataset{d, packed} {
		if err := s.PutDataset(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Dataset(t.Context(), "d1")
	if err != nil || !reflect.DeepEqual(got, d) {
		t.Errorf("%+v %v, want %+v", got, err, d)
	}
	_, err = s.Dataset(t.Context(), "d2")
	wantError(t, err, ErrMissing, "d2")
}

// TestReadingWhileWriting checks that a loop over chunks may use the store, and sees the cell as it was.
func TestReadingWhileWriting(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	c, err := s.Claim(ctx, someCell("a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Put(ctx, "", someChunks("", 0, 10)); err != nil {
		t.Fatal(err)
	}
	var n int
	for _, err := range s.Chunks(ctx, someCell("a").ID) {
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Put(ctx, "", someChunks("", 10+n, 11+n)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Cell(ctx, someCell("a").ID); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 10 || stored(t, c) != 20 {
		t.Errorf("read %d chunks, want the 10 that there were; %d are stored, want 20", n, stored(t, c))
	}
}

// TestFullDisk checks that a Put for which there is no room leaves the store and the claim as they were.
func TestFullDisk(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	c, err := s.Claim(ctx, someCell("a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Put(ctx, "", someChunks("", 0, 5)); err != nil {
		t.Fatal(err)
	}
	s.db.SetMaxOpenConns(1)                                           // since each connection has its own limit
	if _, err := s.db.Exec("PRAGMA max_page_count = 1"); err != nil { // which is what there are now
		t.Fatal(err)
	}
	wantError(t, c.Put(ctx, "", someChunks("", 5, 1000)), nil, "database or disk is full")
	if n := len(collect(t, s.Chunks(ctx, someCell("a").ID))); n != 5 {
		t.Errorf("%d chunks are stored, want the 5 before", n)
	}
	if _, err := s.db.Exec("PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	if err := c.Put(ctx, "", someChunks("", 5, 1000)); err != nil {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	s := fresh(t)
	cell := measured(t, s, "a", 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Claim(ctx, someCell("b")); !errors.Is(err, context.Canceled) {
		t.Errorf("Claim: %v", err)
	}
	for _, err := range s.Chunks(ctx, cell.ID) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Chunks: %v", err)
		}
	}
}
