//go:build unix

package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

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

