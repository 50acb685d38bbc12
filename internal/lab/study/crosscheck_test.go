//go:build unix

package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// instant measures as fake does, and takes no time.
func instant(t Task) []store.Chunk {
	var rows []store.Chunk
	for i := t.Range.First; i < t.Range.End(); i++ {
		rows = append(rows, store.Chunk{Index: i, RawBytes: 100, CountedBits: float64(8 * (10*i + 5)), CodedBytes: int64(10*i + 5)})
	}
	return rows
}

// staff are goroutines that take tasks from a local queue; what each makes of rows is its own.
func staff(t testing.TB, q *Local, changes map[string]func(Task, []store.Chunk) []store.Chunk) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for name, change := range changes {
		tasks := q.Worker(name)
		group.Go(func() {
			for {
				l, err := tasks.Take(ctx)
				if err != nil {
					if !errors.Is(err, context.Canceled) && !errors.Is(err, ErrBanned) {
						t.Errorf("%s: %v", name, err)
					}
					return
				}
				if err := l.Deliver(ctx, change(l.Task(), instant(l.Task())), time.Millisecond); err != nil && !errors.Is(err, ErrLost) {
					t.Errorf("%s: %v", name, err)
				}
				time.Sleep(time.Millisecond) // that others have their turn
			}
		})
	}
	return func() {
		cancel()
		group.Wait()
	}
}

func honest(_ Task, rows []store.Chunk) []store.Chunk { return rows }

// flips changes a bit of every so many-th row, and is of one mind: the rows look sound.
func flips(every int) func(Task, []store.Chunk) []store.Chunk {
	return func(_ Task, rows []store.Chunk) []store.Chunk {
		for i := range rows {
			if rows[i].Index%every == 0 {
				rows[i].CodedBytes ^= 1
				rows[i].CountedBits = float64(8 * rows[i].CodedBytes)
			}
		}
		return rows
	}
}

// checking is a supervisor of a plan, on a queue of its own.
func checking(t *testing.T, p *Plan, check int) (*Supervisor, *Local, *[]string) {
	t.Helper()
	s := newSupervisor(t, p)
	q := NewLocal(3, time.Minute)
	t.Cleanup(func() { q.Close() })
	var said []string
	s.Queue, s.Workers, s.Ahead, s.Check, s.CheckWait = q, 4, 16, check, time.Minute
	s.Noticed = func(text string) { said = append(said, text) }
	described(t, s)
	return s, q, &said
}

// described is Look without a worker process.
func described(t testing.TB, s *Supervisor) {
	t.Helper()
	for _, c := range s.Plan.Cells {
		task, d, err := fake{}.Describe(t.Context(), c.Job)
		if err != nil {
			t.Fatal(err)
		}
		c.Task, c.Record, c.Dataset, c.Chunks, c.Bytes, c.State = task, task.Cell, d, d.Chunks, d.Bytes, ToDo
		if err := s.recall(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// right wants a store to have the rows of honest workers, all of them.
func right(t *testing.T, s *Supervisor) {
	t.Helper()
	for _, c := range s.Plan.Cells {
		if c.State != Done || c.Record.Status != store.Done || c.Record.Chunks != c.Chunks {
			t.Errorf("%s: %s, %q, %+v", c.name(), c.State, c.Problem, c.Record)
		}
		whole := Task{Task: c.Task}
		rows, err := s.Store.Rows(t.Context(), c.Task.Cell.ID, whole.Range)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			rows[i].Cell = ""
		}
		if !reflect.DeepEqual(rows, instant(whole)) {
			t.Errorf("%s: %d rows are not those of honest workers", c.name(), len(rows))
		}
		var bits float64
		for _, row := range rows {
			bits += row.CountedBits
		}
		if c.Record.CountedBits != bits {
			t.Errorf("%s: %v bits counted, want %v", c.name(), c.Record.CountedBits, bits)
		}
	}
}

// TestCrossCheck: among honest workers one flips bits. It is found, named and banned, and the store is that of the honest.
func TestCrossCheck(t *testing.T) {
	for _, bad := range []struct {
		name         string
		check, every int
	}{{"always", 1, 1}, {"now and then", 1, 7}, {"seldom checked", 5, 2}} {
		t.Run(bad.name, func(t *testing.T) {
			s, q, said := checking(t, plan([]int{100, 300, 50}, "one", "two"), bad.check)
			// The others begin when eve has measured wrongly what is to be checked.
			met := make(chan struct{})
			var once sync.Once
			eve := func(task Task, rows []store.Chunk) []store.Chunk {
				for i := range rows {
					if rows[i].Index%bad.every == 0 && s.chosen(task.Cell.ID, rows[i].Index/checkBlock) {
						once.Do(func() { close(met) })
					}
				}
				return flips(bad.every)(task, rows)
			}
			late := func(_ Task, rows []store.Chunk) []store.Chunk {
				<-met
				return rows
			}
			stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": late, "bob": late, "eve": eve, "dan": late})
			if err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			stop()
			right(t, s)
			if all := strings.Join(*said, "\n"); !strings.Contains(all, `worker "eve" is banned`) || strings.Count(all, "is banned") != 1 {
				t.Errorf("said %s", all)
			}
			for _, c := range s.Plan.Cells {
				list, err := s.Store.Deliveries(t.Context(), c.Task.Cell.ID, c.Task.Range)
				if err != nil || len(list) != c.Chunks {
					t.Fatalf("%d deliveries, %v", len(list), err)
				}
				for _, d := range list {
					if chosen := s.chosen(c.Task.Cell.ID, d.Chunk/checkBlock); d.Worker == "eve" || d.Checked == "eve" || d.Checked == d.Worker || chosen != (d.Checked != "") {
						t.Errorf("chunk %d of %s by %q, checked by %q; chosen: %v", d.Chunk, c.name(), d.Worker, d.Checked, chosen)
					}
				}
			}
		})
	}
}

// TestChosen: about one block in so many, the same each time.
func TestChosen(t *testing.T) {
	s := Supervisor{Check: 100}
	n := 0
	for cell := range 100 {
		for block := range 1000 {
			if s.chosen(fmt.Sprint(cell), block) {
				n++
			}
		}
	}
	if n < 850 || n > 1150 {
		t.Errorf("%d of 100,000 blocks, want about 1,000", n)
	}
	if s.Check = 0; s.chosen("a", 0) {
		t.Error("chosen, where none is to be")
	}
}

// TestNobodyElse: where no other worker is, a check is not made, is said so, and keeps nobody from finishing; and is not counted as made.
func TestNobodyElse(t *testing.T) {
	s, q, said := checking(t, plan([]int{20}, "one"), 1)
	s.CheckWait = 10 * time.Millisecond
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	right(t, s)
	if all := strings.Join(*said, "\n"); !strings.Contains(all, "were not checked: no other worker took it") {
		t.Errorf("said %s", all)
	}
}

// TestNoReferee: two workers disagree, and no third is there: the cell fails, and says why.
func TestNoReferee(t *testing.T) {
	s, q, _ := checking(t, plan([]int{40}, "one"), 1)
	s.CheckWait = 500 * time.Millisecond
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest, "eve": flips(1)})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := s.Plan.Cells[0]; c.State != Failed || !strings.Contains(c.Problem, `"ann" "eve"`) || !strings.Contains(c.Problem, "who is right") {
		t.Errorf("%s: %s", c.State, c.Problem)
	}
}

// TestOutstanding: what a coordinator did not come to check, the next does.
func TestOutstanding(t *testing.T) {
	s, q, _ := checking(t, plan([]int{64}, "one"), 1)
	claim, err := s.Store.Claim(t.Context(), s.Plan.Cells[0].Task.Cell)
	if err != nil {
		t.Fatal(err)
	}
	whole := Task{Task: s.Plan.Cells[0].Task}
	rows := instant(whole)
	if err := claim.Put(t.Context(), "ann", rows[:20]); err != nil {
		t.Fatal(err)
	}
	if err := claim.Put(t.Context(), "eve", flips(1)(whole, slices.Clone(rows[30:]))); err != nil {
		t.Fatal(err)
	}
	if err := claim.Checked(t.Context(), "bob", measure.Range{Count: 8}); err != nil {
		t.Fatal(err)
	}
	if err := claim.Release(); err != nil {
		t.Fatal(err)
	}
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest, "bob": honest, "dan": honest})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	right(t, s)
	if status, err := q.Status(t.Context()); err != nil || !slices.ContainsFunc(status.Workers, func(w WorkerStatus) bool { return w.Name == "eve" && w.Banned }) {
		t.Errorf("%+v, %v: eve is not banned, who has left", status, err)
	}
}

// TestConflict: a task that was delivered to two workers brings rows twice, and they differ.
func TestConflict(t *testing.T) {
	s, q, said := checking(t, plan([]int{200}, "one"), 0)
	var once sync.Once
	twice := func(task Task, rows []store.Chunk) []store.Chunk { // what eve delivers comes after somebody else did
		once.Do(func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			wrong := flips(1)(task, slices.Clone(rows))
			q.report(NewReport(task, "ann", rows, time.Second))
			q.report(NewReport(task, "eve", wrong, time.Second))
		})
		return rows
	}
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": twice, "bob": honest})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	right(t, s)
	if all := strings.Join(*said, "\n"); !strings.Contains(all, `worker "eve" is banned`) || strings.Count(all, "is banned") != 1 {
		t.Errorf("said %s", all)
	}
}

// TestHostile: a worker delivers what is none, in every way; it is refused, then banned, and the store is right.
func TestHostile(t *testing.T) {
	ways := []func(rows []store.Chunk) []store.Chunk{
		func(rows []store.Chunk) []store.Chunk { return nil },
		func(rows []store.Chunk) []store.Chunk { return rows[:len(rows)-1] },
		func(rows []store.Chunk) []store.Chunk { return append(rows, rows[0]) },
		func(rows []store.Chunk) []store.Chunk { rows[0].Index++; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].Index = -1; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].Cell = "another"; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].RawBytes = 101; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].RawBytes = math.MinInt64; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].CoveredBytes = 101; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].Tokens = 1 << 60; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].CodedBytes = math.MaxInt64; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].CountedBits++; return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].CodeLength = math.NaN(); return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].EncodeSeconds = math.Inf(1); return rows },
		func(rows []store.Chunk) []store.Chunk { rows[0].DecodeSeconds = -1; return rows },
		func(rows []store.Chunk) []store.Chunk {
			rows[0].Profile = []store.Token{{Size: 1, Bits: 1}}
			return rows
		},
	}
	for i, way := range ways {
		s, q, said := checking(t, plan([]int{60}, "one"), 0)
		stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest, "mallory": func(_ Task, rows []store.Chunk) []store.Chunk { return way(rows) }})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		stop()
		right(t, s)
		if all := strings.Join(*said, "\n"); !strings.Contains(all, `result of worker "mallory" is refused`) || strings.Contains(all, `"ann"`) {
			t.Errorf("way %d: said %s", i, all)
		}
	}
}

// TestForged: reports of what was never asked for change nothing.
func TestForged(t *testing.T) {
	s, q, _ := checking(t, plan([]int{60}, "one"), 0)
	cell := s.Plan.Cells[0].Task.Cell.ID
	sound := Task{Task: s.Plan.Cells[0].Task}
	for _, r := range []*Report{
		{Kind: Measured}, {Kind: Measured, Cell: "nosuch", Worker: "x"}, {Kind: "else", Cell: cell}, {Kind: Progress, Cell: cell, RawBytes: -1}, {Kind: Retried, Cell: cell}, {Kind: Dead, Cell: cell},
		{Kind: Measured, Cell: cell, Worker: "x", Range: measure.Range{First: 55, Count: 6}}, {Kind: Measured, Cell: cell, Worker: "x", Range: measure.Range{First: 5, Count: math.MaxInt}},
		{Kind: Measured, Cell: cell, Worker: strings.Repeat("x", 1000), Range: measure.Range{First: 5, Count: 1}, Rows: instant(sound)[5:6]},
		{Kind: Measured, Cell: cell, Worker: "y", Check: 7, Range: measure.Range{First: 5, Count: 1}, Rows: instant(sound)[5:6], Identity: store.Identity(cell, instant(sound)[5:6])},
		{Kind: Measured, Cell: cell, Worker: "z", Range: measure.Range{First: 5, Count: 1}, Rows: instant(sound)[5:6], Identity: "0"},
	} {
		r.Software = sound.Cell.Software
		q.mu.Lock()
		q.report(r)
		q.mu.Unlock()
	}
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	right(t, s)
}

// TestManyWorkers: workers that fail, drain and are lost leave the store as it would be without them.
func TestManyWorkers(t *testing.T) {
	s, _, _ := checking(t, plan([]int{500, 120, 7}, "one", "two", "three"), 10)
	q := NewLocal(1000, 50*time.Millisecond)
	defer q.Close()
	s.Queue = q
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range 6 {
		tasks := q.Worker(fmt.Sprint("worker ", i))
		group.Go(func() {
			for {
				l, err := tasks.Take(ctx)
				if err != nil {
					return
				}
				switch rand.IntN(12) {
				case 0:
					time.Sleep(100 * time.Millisecond) // the lease is lost, and the rows come late
				case 1:
					l.Fail(ctx, errors.New("now and then"))
					continue
				case 2:
					l.Return(ctx)
					continue
				case 3:
					continue
				}
				l.Deliver(ctx, instant(l.Task()), time.Millisecond)
			}
		})
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel()
	group.Wait()
	right(t, s)
}

// TestRestart: a coordinator that is stopped at any moment leaves a store from which the next goes on, also with results of tasks of the one before.
func TestRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	path := filepath.Join(t.TempDir(), "test.db")
	q := NewLocal(3, time.Minute)
	defer q.Close()
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest, "bob": honest, "cid": honest})
	defer stop()
	for round := 0; ; round++ {
		st, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		s := newSupervisor(t, plan([]int{400, 300}, "one", "two"))
		s.Store, s.Queue, s.Workers, s.Ahead, s.Check = st, q, 3, 9, 3
		described(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+rand.IntN(50*(round+1)))*time.Millisecond)
		err = s.Run(ctx)
		cancel()
		if err == nil {
			right(t, s)
			st.Close()
			return
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		st.Close()
	}
}

// TestBanned: who was banned before a coordinator began has no rows in the store at its end: neither those that the one before did not live to
// discard, nor those that waited in the queue.
func TestBanned(t *testing.T) {
	s, q, _ := checking(t, plan([]int{40, 60}, "one"), 0)
	finished, waiting := s.Plan.Cells[0], s.Plan.Cells[1]
	wrong := func(c *Cell) (task Task, rows []store.Chunk) {
		task = Task{Task: c.Task}
		return task, flips(1)(task, instant(task))
	}
	claim, err := s.Store.Claim(t.Context(), finished.Task.Cell)
	if err != nil {
		t.Fatal(err)
	}
	_, rows := wrong(finished)
	if err := claim.Put(t.Context(), "eve", rows); err != nil {
		t.Fatal(err)
	}
	if err := measure.Finish(t.Context(), s.Store, claim, finished.Task); err != nil {
		t.Fatal(err)
	}
	described(t, s)
	if finished.State != Done {
		t.Fatalf("%s is %s", finished.name(), finished.State)
	}
	if err := q.Ban(t.Context(), "eve"); err != nil {
		t.Fatal(err)
	}
	task, rows := wrong(waiting)
	q.mu.Lock()
	q.report(NewReport(task, "eve", rows, time.Second))
	q.mu.Unlock()
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	right(t, s)
}

// TestEarly: rows that an earlier coordinator had measured are taken in, also those of cells that are not open, and that another process has for a while;
// they are settled when the store has them, and measured by nobody else.
func TestEarly(t *testing.T) {
	s, q, _ := checking(t, plan([]int{20, 30, 40}, "one"), 0)
	s.Workers, s.Ahead = 1, 1 // the first cell alone is opened
	todo, busy := s.Plan.Cells[1], s.Plan.Cells[2]
	claim, err := s.Store.Claim(t.Context(), busy.Task.Cell)
	if err != nil {
		t.Fatal(err)
	}
	settled := map[string]int{}
	for _, c := range []*Cell{todo, busy, busy} { // one comes twice
		r := NewReport(Task{Task: c.Task}, "old", instant(Task{Task: c.Task}), time.Second)
		r.OnSettle(func(ctx context.Context) error {
			settled[r.Cell]++
			if list, err := s.Store.Deliveries(ctx, r.Cell, c.Task.Range); err != nil || len(list) != c.Chunks {
				t.Errorf("settled when the store has %d rows of %s, %v", len(list), c.name(), err)
			}
			return nil
		})
		q.mu.Lock()
		q.report(r)
		q.mu.Unlock()
	}
	freed := false
	s.Changed = func(c *Cell) {
		if c == todo && c.State == Done && !freed {
			freed = true
			time.AfterFunc(askForBusy/2, func() { claim.Release() })
		}
	}
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	right(t, s)
	for _, c := range []*Cell{todo, busy} {
		list, err := s.Store.Deliveries(t.Context(), c.Task.Cell.ID, c.Task.Range)
		if err != nil || settled[c.Task.Cell.ID] != 1 || slices.ContainsFunc(list, func(d store.Delivery) bool { return d.Worker != "old" }) {
			t.Errorf("%s: settled %d times, %+v, %v, want the rows of the old worker", c.name(), settled[c.Task.Cell.ID], list, err)
		}
	}
}

// TestOtherSoftware: rows of a task of another version of lmz are not taken, and are no reason to ban the worker.
func TestOtherSoftware(t *testing.T) {
	s, q, said := checking(t, plan([]int{20}, "one"), 0)
	for range refusals + 1 {
		task := Task{Task: s.Plan.Cells[0].Task}
		r := NewReport(task, "old", flips(1)(task, instant(task)), time.Second)
		r.Software = "lmz of old"
		q.mu.Lock()
		q.report(r)
		q.mu.Unlock()
	}
	stop := staff(t, q, map[string]func(Task, []store.Chunk) []store.Chunk{"ann": honest})
	defer stop()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	right(t, s)
	if len(*said) > 0 {
		t.Errorf("said %q", *said)
	}
}
