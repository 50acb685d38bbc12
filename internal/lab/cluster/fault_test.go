//go:build unix

package cluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lmz"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
	"lmz/internal/lab/study/queuetest"
)

// faultJob makes a job of one subject, "aa".
func faultJob(t *testing.T, c *Conn, kind string) *job {
	t.Helper()
	j := &job{ID: keyOf(t.Name()), Kind: kind, Name: t.Name(), Deliveries: 5, Lease: 30 * time.Second, Subjects: map[string]subject{"aa": {Name: "aa"}}}
	tasks, _, _, err := c.makeJob(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.makeConsumers(t.Context(), tasks, j, "aa"); err != nil {
		t.Fatal(err)
	}
	return j
}

// faultTask puts a task into such a job.
func faultTask(t *testing.T, c *Conn, j *job, submit string, body []byte) {
	t.Helper()
	m := &nats.Msg{Subject: j.subject(plainTasks, "aa", "cell"), Data: body, Header: nats.Header{submitHeader: {submit}}}
	if err := c.publish(t.Context(), m, ""); err != nil {
		t.Fatal(err)
	}
}

// faultTaker takes tasks of any job.
func faultTaker(t *testing.T, c *Conn, worker string) *taker {
	t.Helper()
	jobs, err := c.watchJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.newTaker(worker, jobs, "")
}

// soon is a time in which what does not hang is done.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// TestEnded checks that whoever has to do with a job that was removed is told so, does not try for ever, and makes none of its streams again.
func TestEnded(t *testing.T) {
	t.Parallel()
	s := startServers(t, 3, "")
	c := s.dial(t)
	j := faultJob(t, c, studyJob)
	tk := faultTaker(t, c, "late")
	take := func() *delivery {
		t.Helper()
		faultTask(t, c, j, "task", []byte("{}"))
		d, err := tk.take(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	small, large, returned, failed := take(), take(), take(), take()
	failed.tries = j.Deliveries
	w := &Worker{Name: "late", Log: testLog(t), Conn: c, taker: tk}
	frame := take()
	frame.job = &job{ID: j.ID, Kind: fileJob, Lease: j.Lease}
	tk.held = append(tk.held, take())
	q, err := OpenQueue(t.Context(), c, keyOf("queue"), "queue", QueueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for _, id := range []*job{j, q.job} {
		if err := c.endJob(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	for what, do := range map[string]func(context.Context) error{
		"deliver":         func(ctx context.Context) error { return small.deliver(ctx, []byte("{}"), "x") },
		"deliver a large": func(ctx context.Context) error { return large.deliver(ctx, make([]byte, 1<<20), "y") },
		"pass":            returned.pass,
		"die":             func(ctx context.Context) error { _, err := failed.fail(ctx, "why not"); return err },
		"frame":           func(ctx context.Context) error { _, err := w.frame(ctx, frame); return err },
		"submit":          func(ctx context.Context) error { return q.Submit(ctx, queuetest.NewTask("a", 0, 1)) },
	} {
		if err := do(soon(t)); !errors.Is(err, jetstream.ErrStreamNotFound) || what != "submit" && !errors.Is(err, errEnded) {
			t.Errorf("%s: %v, want an error that says that the job has ended", what, err)
		}
	}
	if err := large.extend(); err != nil {
		t.Errorf("%v: the lease is not extended while a large result is on its way", err)
	}
	for tk.jobs.get(j.ID) != nil {
		time.Sleep(10 * time.Millisecond)
	}
	if d := tk.fromHeld(); d != nil {
		t.Error("a task of a job that has ended is done")
	}
	names := c.js.StreamNames(t.Context())
	for name := range names.Name() {
		if strings.HasPrefix(name, "LMZ-"+j.ID) {
			t.Errorf("stream %s was made again", name)
		}
	}
}

// faultWorker is a worker of a taker's, as Run makes it, whose tasks are done one by one.
func faultWorker(t *testing.T, tk *taker) *Worker {
	cache := t.TempDir()
	return &Worker{Name: tk.worker, Threads: 1, Cache: cache, Log: testLog(t), Conn: tk.conn, taker: tk, stock: newStock(tk.conn, cache)}
}

// left waits until a job has so many tasks, at work or not, and so many that were given up.
func left(t *testing.T, c *Conn, j *job, tasks, dead uint64) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var found []uint64
		for _, name := range []string{j.taskStream(), j.deadStream()} {
			s, err := c.js.Stream(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, s.CachedInfo().State.Msgs)
		}
		if found[0] == tasks && found[1] == dead {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d tasks are left and %d are dead, want %d and %d", found[0], found[1], tasks, dead)
		}
	}
}

// TestFrameTwice checks that a frame that comes again after it was done is dropped, and that the file's coordinator ignores frames that
// were given up and that it does not wait for.
func TestFrameTwice(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	j := faultJob(t, c, fileJob)
	tk := faultTaker(t, c, "one")
	w := faultWorker(t, tk)
	m, err := lmz.DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.jobBlobs(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := b.in("0").putBytes(t.Context(), []byte("a frame"))
	if err != nil {
		t.Fatal(err)
	}
	task := mustJSON(t, frameTask{Model: m.ID().String(), Precision: lmz.Int8.String(), Policy: uint8(lmz.Fresh), RawLen: 7, Blob: hash})
	for i, want := range []error{nil, errEnded} {
		faultTask(t, c, j, "task", task)
		d, err := tk.take(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.frame(soon(t), d); !errors.Is(err, want) {
			t.Errorf("time %d: %v, want %v", i+1, err, want)
		}
		left(t, c, j, 0, 0)
		if err := b.in("0").removeAll(t.Context()); err != nil { // as the coordinator does
			t.Fatal(err)
		}
	}
	if err := c.endJob(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	raw := smallInput()
	ended := make(chan error, 1)
	f := newFile(t, c)
	f.Progress = func(int) {
		for _, task := range []string{string(task), `"no task"`, `{"number":1,"submitted":"before"}`} {
			body := mustJSON(t, obituary{Task: []byte(task), Worker: "one", Error: "long ago"})
			if err := c.publish(t.Context(), &nats.Msg{Subject: f.job.subject("dead"), Data: body}, ""); err != nil {
				t.Error(err)
			}
		}
		for range 20 { // until it has had the time to take them in
			time.Sleep(10 * time.Millisecond)
		}
	}
	go func() { ended <- f.Compress(t.Context(), io.Discard, bytes.NewReader(raw), lmz.Fresh, 0) }()
	startWorker(t, s, "two")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestNoJSON checks that a task that cannot be read is given up at once, with what it says.
func TestNoJSON(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	j := faultJob(t, c, studyJob)
	faultTask(t, c, j, "task", []byte("{no \xff task"))
	startWorker(t, s, "one")
	left(t, c, j, 0, 1)
	stream, err := c.js.Stream(t.Context(), j.deadStream())
	if err != nil {
		t.Fatal(err)
	}
	of, err := stream.GetMsg(t.Context(), 1)
	if err != nil || !strings.Contains(string(of.Data), "{no") {
		t.Errorf("%q, %v, want an obituary that quotes the task", of.Data, err)
	}
}

// TestBrokenWorker checks that a worker which fails all tasks does not make others' work fail, and takes fewer and fewer.
func TestBrokenWorker(t *testing.T) {
	t.Parallel()
	file := chaosStudy(t, t.TempDir())
	s := startServers(t, 1, "")
	broken, _ := startWorker(t, s, "broken")
	if err := os.WriteFile(filepath.Join(broken.Cache, "data"), nil, 0o666); err != nil { // where a directory should be
		t.Fatal(err)
	}
	startWorker(t, s, "good one")
	startWorker(t, s, "good two")
	noticed, rows := runStudy(t, s.dial(t), file, 0)
	if !reflect.DeepEqual(rows, measureLocally(t, file)) {
		t.Error("the store has other rows than one process measures")
	}
	if n := broken.counts.failed.Load(); n == 0 || n > 12 {
		t.Errorf("the broken worker failed %d tasks, want some and few\n%q", n, noticed)
	}
}

// TestFailedElsewhere checks that a task goes to workers that did not fail it, as long as there are any, and that it dies where there are none.
func TestFailedElsewhere(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	j := faultJob(t, c, studyJob)
	one, two := faultTaker(t, c, "one"), faultTaker(t, c, "two")
	faultTask(t, c, j, "task", []byte("{}"))
	fail := func(tk *taker, tries int) (dead bool) {
		t.Helper()
		d, err := tk.take(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if d.tries != tries {
			t.Errorf("attempt %d, want %d", d.tries, tries)
		}
		if dead, err = d.fail(soon(t), "no such luck"); err != nil {
			t.Fatal(err)
		}
		return dead
	}
	fail(one, 1) // and again: nobody else is there
	fail(one, 2)
	if err := c.announce(t.Context(), Presence{Name: "two"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if d, err := one.take(ctx); err == nil {
		t.Errorf("took %+v, want it left to the other", d)
	}
	fail(two, 3)
	fail(one, 4) // both have failed it
	if !fail(two, 5) {
		t.Error("it is not dead")
	}
	left(t, c, j, 0, 1)
}

// TestOtherModel checks that a worker which carries another model than a file was made by leaves its frames to others.
func TestOtherModel(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	j := faultJob(t, c, fileJob)
	tk := faultTaker(t, c, "old")
	w := faultWorker(t, tk)
	b, err := c.jobBlobs(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := b.in("0").putBytes(t.Context(), []byte("a frame"))
	if err != nil {
		t.Fatal(err)
	}
	faultTask(t, c, j, "task", mustJSON(t, frameTask{Model: "another", Precision: lmz.Int8.String(), RawLen: 7, Blob: hash}))
	d, err := tk.take(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if w.one(soon(t), d); w.failing != 0 || w.isFit(j, "aa", "") {
		t.Errorf("the worker has %d failures, want none, and to take no more", w.failing)
	}
	d, err = faultTaker(t, c, "new").take(soon(t))
	if err != nil || d.tries != 1 {
		t.Errorf("%+v, %v, want it for the first time", d, err)
	}
}

// TestOtherSoftware checks that a task that an older version left does not keep a worker from those of its own, and that a worker takes none
// of a subject that is for another version now.
func TestOtherSoftware(t *testing.T) {
	t.Parallel()
	j := &job{ID: keyOf(t.Name()), Subjects: map[string]subject{"aa": {}}}
	w := &Worker{Name: "new", Log: testLog(t)}
	w.unfitFor(j, "aa", "old", errUnfit) // as when it took a task of the old version's
	for software, want := range map[string]bool{"old": false, "new": true} {
		j.Subjects["aa"] = subject{Name: "aa", Software: software}
		if w.can(j, "aa") != want {
			t.Errorf("the subject is for software %s: the worker looks at its tasks: %v, want %v", software, !want, want)
		}
		body := mustJSON(t, study.Task{Task: measure.Task{Cell: store.Cell{Software: software}}})
		if w.may(&delivery{job: j, key: "aa", msg: bare{data: body}}) != want {
			t.Errorf("the task is for software %s: the worker takes it: %v, want %v", software, !want, want)
		}
	}
}

// bare is a message that nobody delivered.
type bare struct {
	jetstream.Msg
	data []byte
}

func (b bare) Data() []byte { return b.data }

// TestFileStuck checks that a file's frames say how much memory they need, and that who waits is told what it waits for.
func TestFileStuck(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	f := newFile(t, c)
	if err := f.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	need := f.job.Subjects[f.key].Memory
	if need < 128<<20 {
		t.Errorf("frames need %d bytes, want the model's", need)
	}
	here := Presence{Version: measure.Release()}
	strong, weak, old := here, here, here
	strong.Memory, weak.Memory, old.Version = need, need-1, "another"
	for _, test := range []struct {
		workers []Presence
		want    string
	}{{nil, "no worker"}, {[]Presence{weak, weak}, "waiting for memory"}, {[]Presence{weak, strong}, ""}, {[]Presence{old}, "no worker is of lmz"}, {[]Presence{old, here}, ""}} {
		if why := f.stuck(test.workers); !strings.HasPrefix(why, test.want) || test.want == "" && why != "" {
			t.Errorf("workers %+v: %q, want %q", test.workers, why, test.want)
		}
	}
	if err := c.endJob(t.Context(), f.job); err != nil {
		t.Fatal(err)
	}
}

// TestFileEndsOnce checks that a frame that is ended twice keeps nobody waiting, as after a cancellation, when nobody receives.
func TestFileEndsOnce(t *testing.T) {
	p := &pendingFrame{done: make(chan error, 1)}
	p.end(io.ErrShortWrite)
	p.end(nil)
	if err := <-p.done; err != io.ErrShortWrite {
		t.Errorf("%v, want the first word", err)
	}
}

// TestFileServersFault checks that no worker is banned for what the servers do not give, and that the file ends then.
func TestFileServersFault(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	f := newFile(t, c)
	f.Notice = func(text string) { t.Error(text) }
	if err := f.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		if err := c.announce(t.Context(), Presence{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	p := &pendingFrame{task: frameTask{Submitted: "now"}, done: make(chan error, 1)}
	f.waiting[0] = p
	if err := c.js.DeleteStream(t.Context(), f.job.blobStream()); err != nil {
		t.Fatal(err)
	}
	f.result(soon(t), frameResult{Submitted: "now", Worker: "one", Blob: hashOf([]byte("a frame"))})
	select {
	case err := <-p.done:
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Errorf("%v, want an error that says that the stream is gone", err)
		}
	default:
		t.Error("the frame goes on")
	}
	if p.refuse != 0 || len(f.job.Banned) > 0 {
		t.Errorf("%d results are refused, and banned are %q", p.refuse, f.job.Banned)
	}
}
