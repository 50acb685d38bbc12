//go:build unix

package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

// The processes of chaos: a worker and a coordinator, as lmz worker and lmz study run --nats are, so that they can be killed.

// chaosStudy is a study of four subjects, one of them a model in a directory, of some 250 chunks each, in a directory.
func chaosStudy(t testing.TB, dir string) string {
	t.Helper()
	var text strings.Builder
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the of a chunk is measured by worker who may be killed at any moment and its range goes to another one")
	for text.Len() < 64_000 {
		text.WriteString(words[r.IntN(len(words))] + " ")
	}
	for name, content := range map[string]string{
		"text.txt":   text.String(),
		"chaos.yaml": "name: chaos\ndata:\n  - name: text\n    source: text.txt\n    chunk: 256\n    count: 250\nmodels: [default, uniform, ./model]\nbaselines: [gzip]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	model := filepath.Join("..", "..", "..", "studies", "lmz-suite", "models", "50k", "step-16")
	if err := os.CopyFS(filepath.Join(dir, "model"), os.DirFS(model)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "chaos.yaml")
}

// chaosWorker is lmz worker.
func chaosWorker(urls, dir string) int {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx := context.Background()
	w := &Worker{Name: WorkerName(), Threads: 1, Cache: dir, Log: log}
	c, err := Dial(ctx, Server{URLs: urls, Name: w.Name, Patient: true, Log: log, Insecure: true})
	if err == nil {
		w.Conn = c
		err = w.Run(ctx, ctx)
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// chaosCoordinator is lmz study run FILE --nats URL, of short leases and small ranges.
func chaosCoordinator(urls, file string) int {
	err := func() error {
		ctx := context.Background()
		parsed, err := study.Load(file)
		if err != nil {
			return err
		}
		path := filepath.Join(filepath.Dir(file), "chaos.db")
		s, err := store.Open(ctx, path)
		if err != nil {
			return err
		}
		defer s.Close()
		v := &study.Supervisor{Plan: parsed.Plan(""), Store: s, Workers: 4, Ahead: 16, Check: 10, CheckWait: 20 * time.Second, Command: func() *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "LMZ_TEST_CHAOS=look")
			return cmd
		}, Noticed: func(text string) { fmt.Fprintln(os.Stderr, "NOTICE", text) }}
		if err := v.Look(ctx, nil); err != nil {
			return err
		}
		v.Plan.Retry()
		c, err := Dial(ctx, Server{URLs: urls, Name: "coordinator", Patient: true, Insecure: true, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
		if err != nil {
			return err
		}
		defer c.Close()
		supply, err := OpenSupply(ctx, c)
		if err != nil {
			return err
		}
		q, err := OpenQueue(ctx, c, StudyID("chaos", path), "chaos", QueueOptions{Lease: 4 * time.Second, Deliveries: 50, Supply: supply})
		if err != nil {
			return err
		}
		v.Queue = q
		if err := v.Run(ctx); err != nil {
			return err
		}
		for _, c := range v.Plan.Cells {
			if c.State != study.Done {
				return fmt.Errorf("%s is %s: %s", c.Label, c.State, c.Problem)
			}
		}
		return q.Remove(ctx)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// chaosMain is TestMain's for these processes.
func chaosMain(role string) int {
	switch role {
	case "worker":
		return chaosWorker(os.Getenv("LMZ_TEST_CHAOS_URLS"), os.Getenv("LMZ_TEST_CHAOS_DIR"))
	case "coordinator":
		return chaosCoordinator(os.Getenv("LMZ_TEST_CHAOS_URLS"), os.Getenv("LMZ_TEST_CHAOS_DIR"))
	case "look":
		if err := study.Serve(context.Background(), os.Stdin, os.Stdout, &measure.Lab{}); err != nil {
			return 1
		}
		return 0
	}
	return 2
}

// process starts this test's program in a role; what it says goes to a file.
func process(t testing.TB, role, urls, dir, log string) *exec.Cmd {
	t.Helper()
	return processWithin(t, nil, role, urls, dir, log)
}

func processWithin(t testing.TB, within []string, role, urls, dir, log string) *exec.Cmd {
	t.Helper()
	line := append(within[:len(within):len(within)], os.Args[0])
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "LMZ_TEST_CHAOS="+role, "LMZ_TEST_CHAOS_URLS="+urls, "LMZ_TEST_CHAOS_DIR="+dir)
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

// rowsOf are the rows of a store's cells, without the seconds, which differ, by the cell.
func rowsOf(t testing.TB, path string) map[string][]store.Chunk {
	t.Helper()
	s, err := store.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cells, err := s.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]store.Chunk{}
	for _, c := range cells {
		if c.Status != store.Done {
			t.Errorf("cell %s is %s", c.Name, c.Status)
		}
		for row, err := range s.Chunks(t.Context(), c.ID) {
			if err != nil {
				t.Fatal(err)
			}
			row.EncodeSeconds, row.DecodeSeconds = 0, 0
			all[c.ID] = append(all[c.ID], row)
		}
	}
	return all
}

// measureLocally is the study by one process, its rows.
func measureLocally(t testing.TB, file string) map[string][]store.Chunk {
	t.Helper()
	wantServers(t)
	parsed, err := study.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "local.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	lab := &measure.Lab{}
	for _, c := range parsed.Plan("").Cells {
		if _, err := lab.Run(t.Context(), s, c.Job, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return rowsOf(t, path)
}

// TestChaos kills workers, a server and the coordinator, and suspends a worker beyond its lease, at random moments: the store must have
// what one process measures, row for row. LMZ_CLUSTER_ROUNDS says how often, LMZ_CLUSTER_SEED of which moments.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of processes that are killed")
	}
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv("LMZ_CLUSTER_ROUNDS")); err == nil {
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("LMZ_CLUSTER_SEED"), 10, 64); err == nil {
		seed = n
	}
	want := measureLocally(t, chaosStudy(t, t.TempDir()))
	for round := range rounds {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Logf("LMZ_CLUSTER_SEED=%d", seed+uint64(round))
			chaosRound(t, rand.New(rand.NewPCG(seed+uint64(round), 0)), want)
		})
	}
}

func chaosRound(t *testing.T, r *rand.Rand, want map[string][]store.Chunk) {
	s := startServers(t, 3, "")
	dir := t.TempDir()
	file := chaosStudy(t, dir)
	log := func(name string) string { return filepath.Join(dir, name+".log") }
	workers := make([]*exec.Cmd, 4)
	for i := range workers {
		workers[i] = process(t, "worker", s.url(), filepath.Join(dir, fmt.Sprint("cache", i)), log(fmt.Sprint("worker", i)))
	}
	coordinator := process(t, "coordinator", s.url(), file, log("coordinator"))
	ended := make(chan error, 1)
	go func() { ended <- coordinator.Wait() }()
	deadline := time.After(4 * time.Minute)
	down, killed, events := -1, 0, []string{"worker", "server", "coordinator", "suspend", "worker"}
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	next := time.After(time.Second)
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				said, _ := os.ReadFile(log("coordinator"))
				t.Fatalf("the coordinator: %v\n%s", err, tail(said))
			}
			running = false
		case <-deadline:
			said, _ := os.ReadFile(log("coordinator"))
			worker, _ := os.ReadFile(log("worker0"))
			t.Fatalf("not done after so long; the coordinator said\n%s\nworker 0 said\n%s", tail(said), tail(worker))
		case <-next:
			next = time.After(time.Duration(300+r.IntN(2000)) * time.Millisecond)
			if down >= 0 { // one server of three at a time
				s.launch(down)
				s.await(down)
				down = -1
			}
			if len(events) == 0 {
				next = nil
				continue
			}
			event := events[0]
			events = events[1:]
			killed++
			switch i := r.IntN(len(workers)); event {
			case "worker":
				workers[i].Process.Kill()
				workers[i].Wait()
				workers[i] = process(t, "worker", s.url(), filepath.Join(dir, fmt.Sprint("cache", i)), log(fmt.Sprint("worker", i)))
			case "suspend":
				p := workers[i].Process
				p.Signal(syscall.SIGSTOP)
				time.AfterFunc(7*time.Second, func() { p.Signal(syscall.SIGCONT) })
			case "server":
				down = r.IntN(3)
				s.kill(down)
			case "coordinator":
				coordinator.Process.Kill()
				<-ended
				coordinator = process(t, "coordinator", s.url(), file, log("coordinator"))
				go func() { ended <- coordinator.Wait() }()
			}
			t.Logf("%s killed", event)
		}
	}
	if killed < 5 {
		t.Logf("the study was done after %d events", killed)
	}
	got := rowsOf(t, filepath.Join(dir, "chaos.db"))
	if len(got) != len(want) {
		t.Errorf("%d cells, want %d", len(got), len(want))
	}
	for cell, rows := range want {
		if !reflect.DeepEqual(got[cell], rows) {
			t.Errorf("cell %.8s: %d rows, and not the %d of one process", cell, len(got[cell]), len(rows))
		}
	}
}

// tail is the end of what a process said.
func tail(b []byte) string { return string(b[max(0, len(b)-4000):]) }
