//go:build unix

package cluster

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

// runStudy is lmz study run FILE --nats URL in this process, and returns what was noticed.
func runStudy(t *testing.T, c *Conn, file string, check int) (noticed []string, rows map[string][]store.Chunk) {
	t.Helper()
	ctx := t.Context()
	parsed, err := study.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chaos.db")
	s, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	v := &study.Supervisor{Plan: parsed.Plan(""), Store: s, Workers: 4, Ahead: 16, Check: check, Command: func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "LMZ_TEST_CHAOS=look")
		return cmd
	}, Noticed: func(text string) {
		t.Log(text)
		noticed = append(noticed, text)
	}}
	if err := v.Look(ctx, nil); err != nil {
		t.Fatal(err)
	}
	supply, err := OpenSupply(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	q, err := OpenQueue(ctx, c, StudyID("chaos", path), "chaos", QueueOptions{Lease: 4 * time.Second, Supply: supply})
	if err != nil {
		t.Fatal(err)
	}
	v.Queue = q
	if err := v.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := q.Remove(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return noticed, rowsOf(t, path)
}

// badWorker measures, and then makes something else of the rows, until the test ends.
func badWorker(t *testing.T, s *servers, name, id string, spoil func(l *lease, rows []store.Chunk) error) {
	t.Helper()
	c := s.dial(t)
	tasks, err := OpenTasks(t.Context(), c, id, name)
	if err != nil {
		t.Fatal(err)
	}
	tasks.taker.only = "" // whatever the study is called
	if err := c.announce(t.Context(), Presence{Name: name}); err != nil {
		t.Fatal(err)
	}
	lab := &measure.Lab{Stock: newStock(c, t.TempDir())}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			l, err := tasks.Take(ctx)
			if err != nil {
				return
			}
			task := l.(*lease)
			lab.Stock.(*stock).of(task.job)
			rows, err := lab.Code(ctx, task.Task().Task, nil)
			if err == nil {
				err = spoil(task, rows)
			}
			if err != nil && ctx.Err() == nil {
				l.Fail(ctx, err)
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// TestFlippedBits checks that a worker whose rows have a flipped bit is found and named: by the rows' hash if it happened after they were
// measured, and by a second worker's rows if the hash is that of the wrong rows. The store has the right ones.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long")
	}
	file := chaosStudy(t, t.TempDir())
	want := measureLocally(t, file)
	for name, spoil := range map[string]func(l *lease, rows []store.Chunk) error{
		"measured wrong": func(l *lease, rows []store.Chunk) error {
			r := &rows[0]
			r.CodeLength = math.Float64frombits(math.Float64bits(r.CodeLength) ^ 1)
			return l.Deliver(context.Background(), rows, time.Second)
		},
		"damaged on the way": func(l *lease, rows []store.Chunk) error {
			r := study.NewReport(l.task, l.taker.worker, rows, time.Second)
			r.Rows[0].Tokens ^= 1
			body, err := json.Marshal(r)
			if err != nil {
				return err
			}
			return l.deliver(context.Background(), body, r.Identity+"wrong")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServers(t, 1, "")
			startWorker(t, s, "good one")
			startWorker(t, s, "good two")
			badWorker(t, s, "liar", "", spoil)
			noticed, rows := runStudy(t, s.dial(t), file, 1)
			if !strings.Contains(strings.Join(noticed, "\n"), "liar") {
				t.Errorf("nobody noticed the liar: %q", noticed)
			}
			if !reflect.DeepEqual(rows, want) {
				t.Error("the store has other rows than one process measures")
			}
		})
	}
}

// TestHostileResults checks that results which are none, of anyone who can write to the servers, do no harm.
func TestHostileResults(t *testing.T) {
	t.Parallel()
	file := chaosStudy(t, t.TempDir())
	s := startServers(t, 1, "")
	c := s.dial(t)
	startWorker(t, s, "good")
	jobs, err := c.watchJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			for _, j := range jobs.all() {
				for _, body := range []string{"", "{", "null", `{"kind":"dead"}`, `{"kind":"measured","cell":"x"}`, `{"kind":"measured","rows":[{"chunk":-1}],"range":{"first":-5,"count":99999999}}`,
					`{"kind":"measured","worker":"` + strings.Repeat("w", 5000) + `"}`,
					`{"kind":"measured","rows":[{}` + strings.Repeat(",{}", 100_000) + `]}`} {
					c.nc.Publish(j.subject("result"), []byte(body))
					c.nc.Publish(j.subject("dead"), []byte(body))
					c.nc.Publish(j.subject("news"), []byte(body))
				}
				c.nc.PublishMsg(&nats.Msg{Subject: j.subject("result"), Header: nats.Header{blobHeader: {"../x"}}})
			}
			sleep(ctx, 300*time.Millisecond)
		}
	})
	_, rows := runStudy(t, c, file, 0)
	cancel()
	running.Wait()
	if !reflect.DeepEqual(rows, measureLocally(t, file)) {
		t.Error("the store has other rows than one process measures")
	}
}

// TestDrain checks that a worker which drains finishes what it has, and gives the rest back at once; and that a worker says how it is.
func TestDrain(t *testing.T) {
	t.Parallel()
	file := chaosStudy(t, t.TempDir())
	s := startServers(t, 1, "")
	w, stop := startWorker(t, s, "first")
	at, err := w.ServeMetrics(t.Context(), ":0")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(at, "127.0.0.1:") {
		t.Errorf("metrics at %s, want loopback", at)
	}
	done := make(chan bool)
	var rows map[string][]store.Chunk
	go func() {
		defer close(done)
		_, rows = runStudy(t, s.dial(t), file, 0)
	}()
	for w.counts.tasks.Load() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	answer, err := http.Get("http://" + at + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || !strings.Contains(string(text), "\nlmz_worker_connected 1\n") || !strings.Contains(string(text), `lmz_worker_info{worker="first"`) {
		t.Errorf("metrics: %v\n%s", err, text)
	}
	stop()
	startWorker(t, s, "second")
	<-done
	if !reflect.DeepEqual(rows, measureLocally(t, file)) {
		t.Error("the store has other rows than one process measures")
	}
	workers, err := s.dial(t).Workers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range workers {
		if of.Name == "first" {
			t.Errorf("%+v has left and is there", of)
		}
	}
}

// TestMemory checks that tasks of a model that does not fit are left to workers that have the room, and that who asks is told that none has.
func TestMemory(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	small := &job{ID: keyOf("memory"), Kind: studyJob, Name: "memory", Deliveries: 3, Lease: time.Second, Subjects: map[string]subject{"aa": {Name: "giant", Memory: 1 << 40}, "bb": {Name: "dwarf", Memory: 1 << 20}}}
	tasks, _, _, err := c.makeJob(t.Context(), small)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"aa", "bb"} {
		if err := c.makeConsumers(t.Context(), tasks, small, key); err != nil {
			t.Fatal(err)
		}
		if err := c.publish(t.Context(), &nats.Msg{Subject: small.subject(plainTasks, key, "cell"), Data: []byte("{}")}, ""); err != nil {
			t.Fatal(err)
		}
	}
	jobs, err := c.watchJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	weak := c.newTaker("weak", jobs, "")
	weak.fits = func(s subject) bool { return s.Memory <= 1<<30 }
	d, err := weak.take(t.Context())
	if err != nil || d.key != "bb" {
		t.Fatalf("took %+v, %v, want the dwarf's", d, err)
	}
	d.deliver(t.Context(), []byte("{}"), "x")
	if err := c.announce(t.Context(), Presence{Name: "weak", Memory: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	status, err := c.Study(t.Context(), small.ID)
	if err != nil || len(status.TooLarge) != 1 || status.TooLarge[0].Subject != "giant" || status.Waiting != 1 {
		t.Errorf("%+v, %v, want the giant waiting for memory", status, err)
	}
	strong := c.newTaker("strong", jobs, "")
	if d, err := strong.take(t.Context()); err != nil || d.key != "aa" || d.tries != 1 {
		t.Errorf("took %+v, %v, want the giant's for the first time", d, err)
	}
}
