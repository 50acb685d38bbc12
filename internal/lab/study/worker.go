package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	watchEach = 100 * time.Millisecond
	silence   = time.Minute      // after which a worker, which says something each second, is taken for stuck
	farewell  = 10 * time.Second // that a worker has to stop when it is asked to
)

// worker is a process that runs Serve, from the outside.
type worker struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	replies chan reply    // closed when the process says nothing more
	ended   chan struct{} // closed when it is gone
	said    head          // on standard error
	silent  atomic.Int32  // turns of watch since it last said something

	mu     sync.Mutex
	reason string // why it was killed
	status string // as it ended
}

// deathError says that a worker process ended in the middle of a request.
type deathError struct{ msg string }

func (e *deathError) Error() string { return e.msg }

// startWorker starts a process which may use so much memory, 0 for any amount. It dies with this process.
func startWorker(cmd *exec.Cmd, memory Size, silence time.Duration) (*worker, error) {
	w := &worker{cmd: cmd, replies: make(chan reply), ended: make(chan struct{})}
	if memory > 0 { // Go's own limit is a soft one, and is for Go's memory alone
		cmd.Env = append(cmd.Environ(), fmt.Sprintf("GOMEMLIMIT=%dB", memory/10*9))
	}
	cmd.Stderr = &w.said
	cmd.WaitDelay = farewell
	apart(cmd)
	var err error
	if w.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("study: worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("study: worker: %w", err)
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Linux kills the child when the thread that started it ends
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		w.read(out)
		err = cmd.Wait()
		w.mu.Lock()
		w.status = "it ended"
		if err != nil {
			w.status = err.Error()
		}
		w.mu.Unlock()
		close(w.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("study: worker: %w", err)
	}
	go w.watch(memory, silence)
	return w, nil
}

// read passes replies on until there are none.
func (w *worker) read(out io.Reader) {
	defer close(w.replies)
	for lines := json.NewDecoder(out); ; {
		var r reply
		if err := lines.Decode(&r); err != nil {
			if err != io.EOF {
				w.kill("it wrote what is no reply")
				io.Copy(io.Discard, out)
			}
			return
		}
		w.silent.Store(0)
		if r.RawBytes != 0 || r.End != "" {
			w.replies <- r
		}
	}
}

// watch kills the process when it uses more memory than it may, or says nothing any more. It counts its turns rather than
// looking at a clock, which goes on while both processes are suspended.
func (w *worker) watch(memory Size, silence time.Duration) {
	tick := time.NewTicker(watchEach)
	defer tick.Stop()
	for {
		select {
		case <-w.ended:
			return
		case <-tick.C:
		}
		if resident := resident(w.cmd.Process.Pid); memory > 0 && resident > int64(memory) {
			w.kill(fmt.Sprintf("it used %s of memory, more than the %s that it may: give more with --memory, or fewer --jobs", Size(resident), memory))
		}
		if time.Duration(w.silent.Add(1))*watchEach > silence {
			w.kill(fmt.Sprintf("it said nothing for %v", silence))
		}
	}
}

// kill ends the process and its children at once.
func (w *worker) kill(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reason == "" {
		w.reason = reason
	}
	kill(w.cmd)
}

// stop has the process stop what it does, and end.
func (w *worker) stop() {
	w.in.Close()
	late := time.AfterFunc(farewell, func() { w.kill("it did not stop") })
	defer late.Stop()
	for range w.replies { // none is waited for
	}
	<-w.ended
}

// do has a request done. The error is that of ctx, whose end stops the process, a *deathError, or what the request's End says.
func (w *worker) do(ctx context.Context, r request, progress func(rawBytes int64)) (reply, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return reply{}, fmt.Errorf("study: %w", err)
	}
	go w.in.Write(append(line, '\n')) // an error is a process that ended, which its replies tell
	for {
		select {
		case <-ctx.Done():
			w.stop()
			return reply{}, ctx.Err()
		case r, ok := <-w.replies:
			switch {
			case !ok:
				<-w.ended
				return reply{}, w.death()
			case r.End == "":
				progress(r.RawBytes)
			case r.End == endFailed:
				return r, errors.New(r.Error)
			case r.End == endInterrupted:
				return r, &deathError{"the worker process was interrupted: " + r.Error}
			default:
				return r, nil
			}
		}
	}
}

// death says why the process ended.
func (w *worker) death() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reason != "" {
		return &deathError{"the worker process was killed: " + w.reason}
	}
	msg := "the worker process died: " + w.status
	if said := w.said.firstLine(); said != "" {
		msg += ": " + said
	}
	return &deathError{msg}
}

// head keeps the beginning of what is written to it: the cause of a panic stands before its traces.
type head struct {
	mu   sync.Mutex
	text []byte
}

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, p[:min(len(p), 4096-len(h.text))]...)
	return len(p), nil
}

func (h *head) firstLine() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	line, _, _ := bytes.Cut(bytes.TrimSpace(h.text), []byte("\n"))
	return strings.TrimSpace(string(line))
}
