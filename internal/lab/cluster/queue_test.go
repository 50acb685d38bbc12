//go:build unix

package cluster

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"lmz/internal/lab/study"
	"lmz/internal/lab/study/queuetest"
)

// testLog logs to the test.
func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(string(bytes.TrimSpace(p)))
	}
	return len(p), nil
}

// TestQueue holds the queue of a cluster of three servers to what every queue does.
func TestQueue(t *testing.T) {
	t.Parallel()
	s := startServers(t, 3, "")
	n := 0
	queuetest.Run(t, func(t *testing.T) queuetest.Setup {
		n++
		id := keyOf(fmt.Sprint(t.Name(), n))
		const lease, deliveries = 2 * time.Second, 3
		reopen := func() study.Queue {
			q, err := OpenQueue(t.Context(), s.dial(t), id, t.Name(), QueueOptions{Lease: lease, Deliveries: deliveries})
			if err != nil {
				t.Fatal(err)
			}
			return q
		}
		workers := map[string]*StudyTasks{}
		return queuetest.Setup{Queue: reopen(), Reopen: reopen, Lease: lease, Deliveries: deliveries, Worker: func(name string) study.Tasks {
			if workers[name] == nil {
				w, err := OpenTasks(t.Context(), s.dial(t), id, name)
				if err != nil {
					t.Fatal(err)
				}
				workers[name] = w
			}
			return workers[name]
		}}
	})
}
