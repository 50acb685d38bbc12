package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// ServeMetrics answers GET /metrics with the worker's figures in Prometheus's text format, until ctx ends. An address without a host is
// of loopback alone.
func (w *Worker) ServeMetrics(ctx context.Context, address string) (at string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("cluster: address of metrics %q, want [HOST]:PORT: %w", address, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", fmt.Errorf("cluster: metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(r http.ResponseWriter, _ *http.Request) {
		r.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.WriteMetrics(r)
	})
	s := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { s.Close() })
	go func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) && w.Log != nil {
			w.Log.Error("metrics", "error", err)
		}
	}()
	return l.Addr().String(), nil
}

// WriteMetrics writes the worker's figures in Prometheus's text format, version 0.0.4.
func (w *Worker) WriteMetrics(out io.Writer) {
	p := w.presence()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	connected := 0.0
	if w.Conn != nil && w.Conn.nc.IsConnected() {
		connected = 1
	}
	working, draining := 0.0, 0.0
	if p.Job != "" {
		working = 1
	}
	if p.Draining {
		draining = 1
	}
	fmt.Fprintf(out, "# HELP lmz_worker_info What the worker is.\n# TYPE lmz_worker_info gauge\nlmz_worker_info{worker=%s,version=%s,kernels=%s} 1\n",
		label(p.Name), label(p.Version), label(p.Kernels))
	for _, m := range []struct {
		name, kind, help string
		value            float64
	}{
		{"lmz_worker_tasks_total", "counter", "Tasks done.", float64(p.Tasks)},
		{"lmz_worker_tasks_failed_total", "counter", "Tasks that failed here.", float64(p.Failed)},
		{"lmz_worker_tasks_redelivered_total", "counter", "Tasks taken that another delivery had not finished.", float64(w.counts.redelivered.Load())},
		{"lmz_worker_raw_bytes_total", "counter", "Raw bytes of the tasks done.", float64(p.RawBytes)},
		{"lmz_worker_busy_seconds_total", "counter", "Seconds at tasks.", time.Duration(w.counts.busy.Load()).Seconds()},
		{"lmz_worker_working", "gauge", "Whether it is at a task.", working},
		{"lmz_worker_draining", "gauge", "Whether it takes no more tasks.", draining},
		{"lmz_worker_connected", "gauge", "Whether it is connected to a server.", connected},
		{"lmz_worker_threads", "gauge", "Threads it codes on.", float64(p.Threads)},
		{"lmz_worker_heap_bytes", "gauge", "Bytes of its heap.", float64(memory.HeapAlloc)},
		{"lmz_worker_start_time_seconds", "gauge", "When it began, in seconds since 1970.", float64(p.Begun.UnixMilli()) / 1000},
	} {
		fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %s\n", m.name, m.help, m.name, m.kind, m.name, strconv.FormatFloat(m.value, 'g', -1, 64))
	}
}

// label is a label's value: quoted, with the three escapes that the format has.
func label(s string) string {
	b := []byte{'"'}
	for _, c := range []byte(s) {
		switch c {
		case '\\', '"':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
