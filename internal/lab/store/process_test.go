package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// childEnv names the store on which the test binary works as a child process, instead of running tests.
const childEnv = "LMZ_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := work(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	workCells  = 6
	workChunks = 60
)

// work is what a process of a study does: it takes cells until all are done, and prints the ones that it finished and,
// chunk by chunk, where it is.
func work(path string) error {
	ctx, out := context.Background(), bufio.NewWriter(os.Stdout)
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	for done := 0; done < workCells; {
		done = 0
		for i := range workCells {
			cell := someCell(fmt.Sprint("subject ", i))
			c, err := s.Claim(ctx, cell)
			switch {
			case errors.Is(err, ErrDone):
				done++
				continue
			case errors.Is(err, ErrBusy):
				continue
			case err != nil:
				return err
			}
			for {
				missing, err := s.Missing(ctx, cell.ID, workChunks)
				if err != nil {
					return err
				}
				if len(missing) == 0 {
					break
				}
				from := missing[0].First
				end := min(from+1+from%7, workChunks)
				if err := c.Put(ctx, "", someChunks("", from, end)); err != nil {
					return err
				}
				fmt.Fprintln(out, "put", i, end)
				out.Flush()
				time.Sleep(time.Millisecond) // that there is somebody else's turn
			}
			if err := c.Finish(ctx, finished(cell, workChunks)); err != nil {
				return err
			}
			fmt.Fprintln(out, "finished", i)
			out.Flush()
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// child is a process at work.
func child(t *testing.T, path string, out *bytes.Buffer) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childEnv+"="+path)
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// checkWork compares a store with one on which a process worked undisturbed, row for row.
func checkWork(t *testing.T, path string) {
	t.Helper()
	s := open(t, path)
	var sound string
	if err := s.db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Errorf("the file is damaged: %s %v", sound, err)
	}
	alone := filepath.Join(t.TempDir(), "alone.db")
	var out bytes.Buffer
	if err := child(t, alone, &out).Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	want := open(t, alone)
	for _, table := range []Table{Cells, Chunks, Tokens} {
		if exported(t, s, table, JSONL) != exported(t, want, table, JSONL) {
			t.Errorf("%s is not that of an undisturbed process", table)
		}
	}
	if n := strings.Count(exported(t, want, Chunks, JSONL), "\n"); n != workCells*workChunks {
		t.Errorf("an undisturbed process leaves %d rows, want %d", n, workCells*workChunks)
	}
}

// TestTwoProcesses has processes, and two stores in this one, make one file and work on it.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	outs := make([]bytes.Buffer, 2)
	var all sync.WaitGroup
	for i := range outs {
		c := child(t, path, &outs[i])
		all.Go(func() {
			if err := c.Wait(); err != nil {
				t.Errorf("%v\n%s", err, outs[i].String())
			}
		})
	}
	all.Wait()
	var finishes int
	for i := range outs {
		n := strings.Count(outs[i].String(), "finished")
		t.Logf("process %d finished %d of %d cells", i, n, workCells)
		finishes += n
	}
	if finishes != workCells {
		t.Errorf("%d cells were finished, want each of %d once", finishes, workCells)
	}
	checkWork(t, path)
}

// TestGoroutines has goroutines on two stores of this process share the cells of one file.
func TestGoroutines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	stores := []*Store{open(t, path), open(t, path)}
	const cells, chunks = 12, 20
	var mutex sync.Mutex
	finishes := map[string]int{}
	var all sync.WaitGroup
	for g := range 6 {
		s := stores[g%2]
		all.Go(func() {
			for i := range cells {
				cell := someCell(fmt.Sprint((i + g) % cells))
				c, err := s.Claim(t.Context(), cell)
				if errors.Is(err, ErrDone) || errors.Is(err, ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				for from := range chunks {
					if err := c.Put(t.Context(), "", someChunks("", from, from+1)); err != nil {
						t.Error(err)
						return
					}
				}
				if err := c.Finish(t.Context(), finished(cell, chunks)); err != nil {
					t.Error(err)
				}
				mutex.Lock()
				finishes[cell.ID]++
				mutex.Unlock()
			}
		})
	}
	all.Wait()
	for i := range cells {
		id := someCell(fmt.Sprint(i)).ID
		if finishes[id] != 1 {
			t.Errorf("cell %d was finished %d times", i, finishes[id])
		}
		if n := len(collect(t, stores[0].Chunks(t.Context(), id))); n != chunks {
			t.Errorf("cell %d has %d chunks, want %d", i, n, chunks)
		}
	}
}

// TestKill kills processes at work, and has another go on each time.
func TestKill(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere a killed process's lease lasts for " + leaseFor.String())
	}
	path := filepath.Join(t.TempDir(), "study.db")
	for kill := range 6 {
		var out bytes.Buffer
		c := child(t, path, &out)
		time.Sleep(time.Duration(20+rand.IntN(120)) * time.Millisecond)
		if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		err := c.Wait()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		t.Logf("kill %d: %v after %q", kill, err, lines[len(lines)-1])
	}
	var out bytes.Buffer
	start := time.Now()
	if err := child(t, path, &out).Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if waited := time.Since(start); waited > leaseFor {
		t.Errorf("the last process took %v: it waited for a lease of the dead", waited)
	}
	checkWork(t, path)
}

// TestGone checks that a process that was killed is seen to be gone before anybody waited for it, and one with its number
// and another start too.
func TestGone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	if gone(os.Getpid(), started(os.Getpid())) || realm() == "" {
		t.Error("this process is gone")
	}
	if !gone(os.Getpid(), "1") {
		t.Error("a process with the number of this one, started with the machine, is there")
	}
	sleeper := exec.Command("sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Skip(err)
	}
	defer sleeper.Wait()
	pid := sleeper.Process.Pid
	start := started(pid)
	if start == "" || gone(pid, start) {
		t.Errorf("process %d, started at %q, is gone", pid, start)
	}
	if err := sleeper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); !gone(pid, start); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a process that was killed is not gone")
		}
	}
}
