//go:build unix

package study

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// TestMain has the test's own program be a worker, or a supervisor, when a test starts it as one.
func TestMain(m *testing.M) {
	name, path := os.Getenv("LMZ_STUDY_TEST"), os.Getenv("LMZ_STUDY_STORE")
	if name == "" {
		os.Exit(m.Run())
	}
	var err error
	switch name {
	case "worker":
		err = serve(fake{})
	case "measuring worker":
		err = serve(&measure.Lab{})
	case "supervisor":
		err = supervise(path, plan([]int{120, 90, 150}, "one", "two"), "worker")
	case "measuring supervisor":
		err = supervise(path, measuring(), "measuring worker")
	default:
		panic(name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(m Measurer) error {
	return Serve(context.Background(), os.Stdin, os.Stdout, m)
}

// supervise runs a plan to its end.
func supervise(path string, p *Plan, worker string) error {
	store, err := openStore(path)
	if err != nil {
		return err
	}
	defer store.Close()
	s := &Supervisor{Plan: p, Store: store, Command: func() *exec.Cmd { return role(worker, path) }, Workers: 2}
	if err := s.Look(context.Background(), nil); err != nil {
		return err
	}
	s.Plan.Retry()
	if err := s.Run(context.Background()); err != nil {
		return err
	}
	if p.Count(Done) != len(p.Cells) {
		return fmt.Errorf("failed: %v %v", p.Problems(Failed), p.Problems(Missing))
	}
	return nil
}

// measuring is a plan of what takes a moment and needs nothing.
func measuring() *Plan {
	s, err := Parse("measuring.yaml", []byte(`
name: measuring
data:
  - {name: noise, kind: random, count: 150}
  - {name: short, kind: random, count: 100, chunk: 1000, seed: 2}
protocols: [deletang-2023, lossless]
runs:
  - baselines: [gzip]
    whole: [false, true]
  - models: [uniform]
    profile: true
`))
	if err != nil {
		panic(err)
	}
	return s.Plan("")
}

func openStore(path string) (*store.Store, error) {
	if path == "" {
		return nil, nil
	}
	return store.Open(context.Background(), path)
}

// role is the test's program in a role.
func role(name, store string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LMZ_STUDY_TEST="+name, "LMZ_STUDY_STORE="+store)
	return cmd
}

// fake measures nothing: rows follow from the job and the chunk's number. What a model is called says what happens.
type fake struct{}

func (fake) Describe(_ context.Context, j measure.Job) (measure.Task, store.Dataset, error) {
	if strings.HasPrefix(j.Data.Source, "missing") {
		return measure.Task{}, store.Dataset{}, fmt.Errorf("fake: no data %s", j.Data.Source)
	}
	if j.Model == "heavy" {
		misbehave("eat", "")
	}
	if j.Model == "absent" {
		return measure.Task{}, store.Dataset{}, errors.New("fake: no model absent")
	}
	c := store.Cell{Subject: j.Model + j.Baseline, Data: j.Data.Source, Protocol: j.Protocol + "/1", Whole: j.Whole, Name: j.Model + j.Baseline, Kind: "model",
		Dataset: j.Name, Params: int64(len(j.Model)), Software: "fake", ChunkSize: 100}
	c.ID = store.CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	t := measure.Task{Job: j, Cell: c, Chunks: j.Data.Count, Bytes: int64(j.Data.Count) * 100, Range: measure.Range{Count: j.Data.Count}}
	return t, store.Dataset{ID: c.Data, Chunks: t.Chunks, Bytes: t.Bytes}, nil
}

// Code misbehaves in the second half of the chunks, if the model is called so.
func (f fake) Code(ctx context.Context, t measure.Task, progress func(int)) (rows []store.Chunk, err error) {
	j := t.Job
	what, file, _ := strings.Cut(j.Model, ":")
	for i := t.Range.First; i < t.Range.End(); i++ {
		if i >= j.Data.Count/2 {
			if err := misbehave(what, file); err != nil {
				return nil, err
			}
		}
		row := store.Chunk{Index: i, RawBytes: 100, CountedBits: float64(8 * (10*i + len(j.Name))), CodedBytes: int64(10*i + len(j.Name))}
		if i == 0 {
			row.EncodeSeconds = 1 // of the cell
		}
		rows = append(rows, row)
		progress(100)
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return rows, nil
}

// misbehave does what a fake model is called.
func misbehave(what, file string) error {
	switch what {
	case "crash-once": // the file says that it has
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		os.WriteFile(file, nil, 0o666)
		panic("crash-once crashes")
	case "crash":
		panic("crash crashes")
	case "fail":
		return errors.New("fake: fail fails")
	case "fail-once":
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		os.WriteFile(file, nil, 0o666)
		return errors.New("fake: fail-once fails")
	case "eat":
		var eaten [][]byte
		for range 4096 {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = 1
			}
			eaten = append(eaten, b)
			time.Sleep(time.Millisecond)
		}
		runtime.KeepAlive(eaten)
	case "hang":
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		select {} // other threads stop at once, this one perhaps some rows later
	case "slow":
		time.Sleep(time.Hour)
	}
	return nil
}

// plan has a cell for each model and number of chunks.
func plan(chunks []int, models ...string) *Plan {
	p := &Plan{}
	for _, m := range models {
		for _, n := range chunks {
			name := fmt.Sprintf("data%d", n)
			p.Cells = append(p.Cells, &Cell{Label: m, State: Unknown, Job: measure.Job{Model: m, Name: name, Protocol: "lossless", Data: dataset.Spec{Source: name, Count: n}}})
		}
	}
	return p
}

// newSupervisor is one of a plan on an empty store.
func newSupervisor(t testing.TB, p *Plan) *Supervisor {
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &Supervisor{Plan: p, Store: s, Command: func() *exec.Cmd { return role("worker", path) }}
}

func run(t *testing.T, s *Supervisor) {
	t.Helper()
	if err := s.Look(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// rows is all that a store has, timings and counts of attempts aside.
func rows(t *testing.T, path string) (cells []store.Cell, chunks []store.Chunk) {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if cells, err = s.Cells(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range cells {
		for row, err := range s.Chunks(t.Context(), cells[i].ID) {
			if err != nil {
				t.Fatal(err)
			}
			row.EncodeSeconds, row.DecodeSeconds = 0, 0
			chunks = append(chunks, row)
		}
		cells[i].EncodeSeconds, cells[i].DecodeSeconds, cells[i].Attempts = 0, 0, 0
	}
	return cells, chunks
}

func TestRun(t *testing.T) {
	s := newSupervisor(t, plan([]int{5, 7}, "long-name", "one"))
	var done []string
	s.Changed = func(c *Cell) {
		if c.State == Done {
			done = append(done, c.Label+c.Job.Name)
		}
	}
	run(t, s)
	if want := []string{"onedata5", "onedata7", "long-namedata5", "long-namedata7"}; !slices.Equal(done, want) {
		t.Errorf("done in the order %v, want %v: models by their size", done, want)
	}
	if n := s.Snapshot(); n.Cells != 4 || n.Done != 4 || n.Bytes != 2400 || n.OfBytes != 2400 || n.Left != 0 || n.Unknown != 0 {
		t.Errorf("%+v", n)
	}

	// The same again does nothing.
	again := &Supervisor{Plan: plan([]int{5, 7}, "long-name", "one"), Store: s.Store, Command: s.Command}
	again.Changed = func(c *Cell) { t.Errorf("%s: %s", c.Label, c.State) }
	run(t, again)
	for _, c := range again.Plan.Cells {
		if c.State != Done || !c.Stored {
			t.Errorf("%+v", c)
		}
	}
	if d, known := again.Estimate(&Cell{Job: measure.Job{Model: "one"}, Record: store.Cell{Protocol: "lossless/1"}, Bytes: 1200}); !known || d != 2*time.Second {
		t.Errorf("1200 bytes take %v, %v; want 2 s, what the store's cells of 1200 bytes took", d, known)
	}
}

// TestTrouble has cells that fail in every way, among others that do not.
func TestTrouble(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		model, problem string
		state          State
		attempts       int
	}{
		{"good", "", Done, 0},
		{"crash-once:" + filepath.Join(dir, "a"), "", Done, 1},
		{"crash", "the worker process died: exit status 2: panic: crash crashes", Failed, 2},
		{"fail-once:" + filepath.Join(dir, "b"), "", Done, 1},
		{"fail", "fake: fail fails", Failed, 2},
		{"eat", "the worker process was killed: it used ", Failed, 2},
		{"hang", "the worker process was killed: it said nothing for 1.5s", Failed, 2},
	} {
		t.Run(c.model[:min(4, len(c.model))], func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS != "linux" && c.model == "eat" {
				t.Skip("the memory of a process is known on Linux only")
			}
			s := newSupervisor(t, plan([]int{6}, c.model, "other"))
			s.Memory, s.silence = 200e6, 1500*time.Millisecond
			run(t, s)
			for _, cell := range s.Plan.Cells {
				record, err := s.Store.Cell(t.Context(), cell.Record.ID)
				if err != nil {
					t.Fatal(err)
				}
				if cell.Label == "other" {
					if cell.State != Done {
						t.Errorf("the other cell is %s", cell.State)
					}
					continue
				}
				if cell.State != c.state || record.Status != string(c.state) || record.Attempts != c.attempts {
					t.Errorf("%s, in the store %s after %d failed attempts; want %s, %d", cell.State, record.Status, record.Attempts, c.state, c.attempts)
				}
				if c.state == Failed && !(strings.HasPrefix(record.Error, c.problem) && strings.HasPrefix(cell.Problem, c.problem)) {
					t.Errorf("%q, in the store %q; want %q", cell.Problem, record.Error, c.problem)
				}
			}
		})
	}
}

// TestEstimate has a run tell how long cells take from the first chunks of one of their subject.
func TestEstimate(t *testing.T) {
	s := newSupervisor(t, plan([]int{300, 600}, "one"))
	if err := s.Look(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := s.Snapshot(); n.Unknown != 2 || n.Left != 0 {
		t.Errorf("before anything is measured: %+v", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	for {
		n := s.Snapshot()
		if len(n.Running) == 1 && n.Running[0].Speed > 0 {
			if n.Unknown != 0 || n.Left < 2*n.Running[0].Left { // the other has twice as much
				t.Errorf("%+v", n)
			}
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRetry: what failed before is said to have failed, and measured again by the next run.
func TestRetry(t *testing.T) {
	s := newSupervisor(t, plan([]int{6}, "fail"))
	run(t, s)
	again := &Supervisor{Plan: plan([]int{6}, "fail"), Store: s.Store, Command: s.Command}
	if err := again.Look(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if c := again.Plan.Cells[0]; c.State != Failed || c.StoredChunks != 3 {
		t.Errorf("%+v, want one that failed after 3 chunks", c)
	}
	tried := 0
	again.Changed = func(c *Cell) {
		if c.State == Running {
			tried++
		}
	}
	again.Plan.Retry()
	if err := again.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := again.Plan.Cells[0]; c.State != Failed || tried != attempts {
		t.Errorf("%+v after %d attempts, want a failure after %d", c, tried, attempts)
	}
}

// TestMissing wants all that is missing at once, of data and of models.
func TestMissing(t *testing.T) {
	p := plan([]int{6}, "one", "absent")
	for _, c := range plan([]int{6}, "one", "absent").Cells {
		c.Job.Data.Source = "missing"
		p.Cells = append(p.Cells, c)
	}
	only := plan([]int{6}, "absent") // whose data are missing too
	only.Cells[0].Job.Data.Source = "missing"
	for _, p := range []*Plan{p, only} {
		s := newSupervisor(t, p)
		if err := s.Look(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, problem := range p.Problems(Missing) {
			said = append(said, problem.Text)
		}
		all := strings.Join(said, "\n")
		if !strings.Contains(all, "no data missing") || !strings.Contains(all, "no model absent") {
			t.Errorf("missing: %q", said)
		}
		if err := s.Run(t.Context()); err != nil { // goes on with the rest
			t.Fatal(err)
		}
		if p.Count(Done) != len(p.Cells)/4 {
			t.Errorf("%d done", p.Count(Done))
		}
	}
}

// TestHeavy has a model that does not fit into memory: the plan is made without it, and quickly for all of its cells.
func TestHeavy(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is known on Linux only")
	}
	t.Parallel()
	s := newSupervisor(t, plan([]int{5, 6, 7}, "heavy", "other"))
	s.Memory = 200e6
	run(t, s)
	if n := s.Plan.Count(Done); n != 3 {
		t.Errorf("%d cells are done, want 3", n)
	}
	if missing := s.Plan.Problems(Missing); len(missing) != 1 || missing[0].Cells != 3 || !strings.Contains(missing[0].Text, "more than the 200.0 MB that it may") {
		t.Errorf("%+v", missing)
	}
}

// TestInterrupted stops a run as Ctrl-C does: soon, and its rows are kept.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := newSupervisor(t, plan([]int{2000}, "one"))
	if err := s.Look(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan time.Time, 1)
	go func() { // when some rows are there
		for n := s.Snapshot(); len(n.Running) == 0 || n.Running[0].At.Chunks == 0; n = s.Snapshot() {
			time.Sleep(time.Millisecond)
		}
		stopped <- time.Now()
		cancel()
	}()
	err := s.Run(ctx)
	if took := time.Since(<-stopped); !errors.Is(err, context.Canceled) || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	c := s.Plan.Cells[0]
	again := &Supervisor{Plan: plan([]int{2000}, "one"), Store: s.Store, Command: s.Command}
	if err := again.Look(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if now := again.Plan.Cells[0]; c.State != ToDo || now.StoredChunks == 0 || now.StoredChunks == 2000 {
		t.Errorf("%s, then %+v", c.State, now)
	}
	if claim, err := s.Store.Claim(t.Context(), c.Record); err != nil {
		t.Errorf("the cell is not free: %v", err)
	} else {
		claim.Release()
	}
}

// TestOrphan kills a supervisor: its workers end too.
func TestOrphan(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	cmd := role("supervisor", path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Duration(200+rand.IntN(200)) * time.Millisecond)
	cmd.Process.Kill()
	cmd.Wait()
	time.Sleep(300 * time.Millisecond)
	_, before := rows(t, path)
	time.Sleep(200 * time.Millisecond)
	if _, after := rows(t, path); len(after) != len(before) {
		t.Errorf("%d rows, later %d: somebody goes on", len(before), len(after))
	}
}

// TestKilled kills supervisors and workers at random moments until one run ends: the store's rows are those of an undisturbed run.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		supervisor    string
		cells, chunks int
	}{{"supervisor", 6, 720}, {"measuring supervisor", 12, 1004}} {
		t.Run(c.supervisor, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			calm, wild := filepath.Join(dir, "calm.db"), filepath.Join(dir, "wild.db")
			if out, err := role(c.supervisor, calm).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			runKilled(t, c.supervisor, wild)
			compare(t, calm, wild, c.cells, c.chunks)
		})
	}
}

// runKilled starts a supervisor until it comes to its end, and meanwhile kills it or its workers, ten times if it takes that long.
func runKilled(t *testing.T, supervisor, path string) {
	const enough = 10
	kills := 0
	for ended := false; !ended; {
		cmd := role(supervisor, path)
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		var killer sync.WaitGroup
		killer.Go(func() {
			for ; kills < enough; kills++ {
				select {
				case <-over:
					return
				case <-time.After(time.Duration(20+rand.IntN(200)) * time.Millisecond):
				}
				if children := childrenOf(cmd.Process.Pid); kills%3 == 0 && len(children) > 0 {
					syscall.Kill(children[rand.IntN(len(children))], syscall.SIGKILL)
				} else {
					cmd.Process.Kill()
				}
			}
		})
		err := cmd.Wait()
		close(over)
		killer.Wait()
		ended = err == nil
		if cmd.ProcessState.ExitCode() > 0 && !strings.Contains(said.String(), "worker process") {
			t.Fatalf("%v: %s", err, &said)
		}
	}
	if kills < 3 { // a fast machine has done it before the tenth
		t.Errorf("killed %d times: the run is too short to tell anything", kills)
	}
}

// TestTwo has two supervisors work on one store.
func TestTwo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	alone, shared := filepath.Join(dir, "alone.db"), filepath.Join(dir, "shared.db")
	if out, err := role("supervisor", alone).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if out, err := role("supervisor", shared).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
	compare(t, alone, shared, 6, 720)
}

func compare(t *testing.T, want, got string, cells, chunks int) {
	t.Helper()
	wantCells, wantChunks := rows(t, want)
	gotCells, gotChunks := rows(t, got)
	if len(wantCells) != cells || len(wantChunks) != chunks {
		t.Errorf("an undisturbed run has %d cells, %d chunks", len(wantCells), len(wantChunks))
	}
	if got, want := fmt.Sprintf("%+v", gotCells), fmt.Sprintf("%+v", wantCells); got != want { // NaN too equals itself
		t.Errorf("cells are %s\nwant %s", got, want)
	}
	if !reflect.DeepEqual(gotChunks, wantChunks) {
		t.Errorf("%d chunks are not the %d of an undisturbed run", len(gotChunks), len(wantChunks))
	}
}

// childrenOf are the processes that a process started, where /proc tells.
func childrenOf(pid int) (pids []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		b, _ := os.ReadFile(file)
		for _, f := range strings.Fields(string(b)) {
			var child int
			if _, err := fmt.Sscan(f, &child); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}
