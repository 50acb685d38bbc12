//go:build unix

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
	"lmz/internal/lab/study/queuetest"
)

// TestTakenOver checks that a coordinator which was busy while another took its study over changes nothing of the job, and says why it ends.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	s := startServers(t, 3, "")
	id := keyOf("taken over")
	open := func() *Queue {
		q, err := OpenQueue(t.Context(), s.dial(t), id, t.Name(), QueueOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { q.Close() })
		return q
	}
	first := open()
	busy, goOn := make(chan bool), make(chan bool)
	first.supply = func(context.Context, study.Task) (subject, error) { // an upload that takes its time
		close(busy)
		<-goOn
		return subject{}, nil
	}
	ended := make(chan error)
	go func() { ended <- first.Submit(t.Context(), queuetest.NewTask("old", 0, 1)) }()
	<-busy
	second := open()
	if err := second.Submit(t.Context(), queuetest.NewTask("new", 0, 1)); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	if err := <-ended; !errors.Is(err, ErrTakenOver) {
		t.Errorf("Submit: %v, want ErrTakenOver", err)
	}
	if _, err := first.Receive(t.Context()); !errors.Is(err, ErrTakenOver) {
		t.Errorf("Receive: %v, want ErrTakenOver", err)
	}
	if err := first.Ban(t.Context(), "somebody"); !errors.Is(err, ErrTakenOver) {
		t.Errorf("Ban: %v, want ErrTakenOver", err)
	}
	if err := second.Submit(t.Context(), queuetest.NewTask("newer", 0, 1)); err != nil {
		t.Fatal(err)
	}
	j, err := second.conn.readJob(t.Context(), id)
	if err != nil || len(j.Subjects) != 2 || j.Subjects[keyOf("new")].Name != "new" || j.Subjects[keyOf("newer")].Name != "newer" || j.Banned != nil {
		t.Errorf("the job is %+v, %v, want that of the second coordinator", j, err)
	}
}

// TestPutJob checks that a job which was written without that the servers came to say so is no other's.
func TestPutJob(t *testing.T) {
	t.Parallel()
	c := startServers(t, 1, "").dial(t)
	j := &job{ID: keyOf("put"), Kind: studyJob, Name: "put", Deliveries: 1, Lease: time.Second}
	for range 2 {
		if err := c.putJob(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		before := *j
		j.Deliveries++
		if err := c.putJob(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		j.revision = before.revision
		if err := c.putJob(t.Context(), j); err != nil {
			t.Errorf("again: %v", err)
		}
		if err := c.putJob(t.Context(), &before); !errors.Is(err, ErrTakenOver) {
			t.Errorf("what was changed meanwhile: %v, want ErrTakenOver", err)
		}
		if err := c.endJob(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		if err := c.putJob(t.Context(), j); !errors.Is(err, ErrTakenOver) {
			t.Errorf("what was removed: %v, want ErrTakenOver", err)
		}
		j.revision = 0
	}
}

// TestEndJob checks that streams are gone when the job is: else nobody would find those that are left of one that was killed meanwhile.
func TestEndJob(t *testing.T) {
	t.Parallel()
	c := startServers(t, 1, "").dial(t)
	q, err := OpenQueue(t.Context(), c, keyOf("end"), "end", QueueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := c.watchJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- c.EndStudy(t.Context(), q.job.ID) }()
	for jobs.get(q.job.ID) != nil {
		time.Sleep(time.Millisecond)
	}
	for _, name := range []string{q.job.taskStream(), q.job.resultStream(), q.job.deadStream()} {
		if _, err := c.js.Stream(t.Context(), name); !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Errorf("the job is gone, and stream %s is not: %v", name, err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := c.EndStudy(t.Context(), q.job.ID); err != nil {
		t.Errorf("again: %v", err)
	}
}

// TestStaleTasks checks that tasks of another version of lmz, which an old worker gives back after the queue was emptied, keep nobody from those of this one.
func TestStaleTasks(t *testing.T) {
	t.Parallel()
	file := chaosStudy(t, t.TempDir())
	s := startServers(t, 1, "")
	c := s.dial(t)
	jobs, err := c.watchJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan map[string][]store.Chunk)
	go func() {
		_, rows := runStudy(t, c, file, 0)
		done <- rows
	}()
	for given := map[string]bool{}; len(given) < 2; time.Sleep(10 * time.Millisecond) { // two subjects
		for _, j := range jobs.all() {
			stream, err := c.js.Stream(t.Context(), j.taskStream())
			if err != nil {
				continue
			}
			for key := range j.Subjects {
				m, err := stream.GetLastMsgForSubject(t.Context(), j.subject(plainTasks, key, "*"))
				if err != nil || given[key] {
					continue
				}
				var task study.Task
				if err := json.Unmarshal(m.Data, &task); err != nil {
					t.Fatal(err)
				}
				task.Cell.Software = "lmz of old"
				old := &nats.Msg{Subject: strings.Replace(m.Subject, plainTasks, passedTasks, 1), Data: mustJSON(t, task), Header: nats.Header{submitHeader: {key}}}
				if err := c.publish(t.Context(), old, ""); err != nil {
					t.Fatal(err)
				}
				given[key] = true
			}
		}
	}
	startWorker(t, s, "new")
	select {
	case rows := <-done:
		if !reflect.DeepEqual(rows, measureLocally(t, file)) {
			t.Error("the store has other rows than one process measures")
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("nobody does the tasks")
	}
}

// TestStop checks that a worker ends when it is told to, also while it waits for servers.
func TestStop(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	w := &Worker{Name: "waiting", Cache: t.TempDir(), Conn: s.dial(t)}
	s.kill(0)
	drain, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(t.Context(), drain) }()
	select {
	case err := <-ended:
		t.Fatalf("%v, with no servers", err)
	case <-time.After(500 * time.Millisecond):
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not end")
	}
}

// TestDataSize checks that data of another size than their task says are not read.
func TestDataSize(t *testing.T) {
	dir := t.TempDir()
	data := []byte("\x03\x00\x00\x00abc\x02\x00\x00\x00de")
	name := filepath.Join(dir, "data", hashOf(data))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	stock := newStock(nil, dir)
	for size, right := range map[int64]bool{4: false, 5: true, 6: false, 4 << 30: false} {
		chunks, err := stock.Chunks(t.Context(), measure.Task{Cell: store.Cell{Data: hashOf(data)}, Chunks: 2, Bytes: size})
		if right != (err == nil) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if err == nil {
			chunks.Close()
		}
	}
}

// TestObituary checks that what is told of a dead task is bounded.
func TestObituary(t *testing.T) {
	task := mustJSON(t, queuetest.NewTask("a", 0, 1))
	if of, got, err := parseObituary[study.Task](mustJSON(t, obituary{task, "ann", "why"})); err != nil || of.Error != "why" || got.ID() != queuetest.NewTask("a", 0, 1).ID() {
		t.Errorf("%+v, %+v, %v", of, got, err)
	}
	for _, of := range []obituary{{task, "ann", strings.Repeat("w", deathLimit)}, {task, strings.Repeat("a", 201), "why"}} {
		if _, _, err := parseObituary[study.Task](mustJSON(t, of)); err == nil {
			t.Errorf("taken: an error of %d bytes by a worker of %d", len(of.Error), len(of.Worker))
		}
	}
}
