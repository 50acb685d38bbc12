package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lmz"
	"lmz/internal/container"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/study"
)

// File is the work on one file that a cluster shares. Its fields are set before Compress or Decompress.
type File struct {
	Conn      *Conn
	Model     *lmz.Model
	ModelName string        // by which lm.Open finds it, "" for the one that lmz carries
	Precision lmz.Precision // of the model
	Label     string        // for people
	Progress  func(rawBytes int)
	Notice    func(text string) // told what somebody should know; nil for nobody
	Window    int               // frames that are with workers, or wait to be written; 0 for 32: 4 MiB each, and what is made of it

	job     *job
	key     string
	blobs   *blobs
	results jetstream.Stream
	running context.Context

	mu      sync.Mutex
	waiting map[int]*pendingFrame
}

// pendingFrame is a frame that workers have.
type pendingFrame struct {
	task   frameTask
	check  func(body []byte) error // keeps what a worker made, if that is right
	done   chan error
	refuse int // results that were not
}

// end says that the frame is done, or why it is not. The first word counts; nobody may wait for it any more.
func (p *pendingFrame) end(err error) {
	select {
	case p.done <- err:
	default:
	}
}

const (
	fileLease      = 30 * time.Second
	fileDeliveries = 5
	fileRefresh    = 30 * time.Second
	fileForgotten  = 10 * time.Minute // after which a file that nobody refreshed is taken off the servers
	fileRefusals   = 3                // results of a frame that may be wrong
)

// Compress writes to dst the file that a Writer with these options makes of src, its frames coded by workers. What they make is checked as
// far as it can be without decoding it: lmz -t does that.
func (f *File) Compress(ctx context.Context, dst io.Writer, src io.Reader, policy lmz.Policy, rawSize int64) error {
	o := lmz.Options{Model: f.Model, Policy: policy, RawSize: rawSize}
	h, err := o.Header()
	if err != nil {
		return err
	}
	w := container.NewWriter(dst, h)
	err = f.run(ctx, func(ctx context.Context, add func(*frame) error) error {
		for n := 0; ; n++ {
			raw := make([]byte, lmz.FrameSize)
			size, err := io.ReadFull(src, raw)
			if err == io.EOF {
				return nil
			}
			if err != nil && err != io.ErrUnexpectedEOF {
				return err
			}
			raw = raw[:size]
			fr := &frame{}
			fr.task = frameTask{Number: n, Policy: uint8(policy), Mixed: h.Mixed, RawLen: len(raw)}
			fr.body = raw
			fr.check = func(body []byte) error {
				parsed, err := container.ParseFrame(body, h.Mixed)
				if err != nil {
					return err
				}
				if err := lmz.CheckFrame(h, parsed, raw); err != nil {
					return err
				}
				fr.made = parsed
				return nil
			}
			fr.write = func() error { return w.WriteFrame(fr.made, raw) }
			if err := add(fr); err != nil {
				return err
			}
			if size < lmz.FrameSize {
				return nil
			}
		}
	})
	if err != nil {
		return err
	}
	return w.Close()
}

// Decompress writes to dst what the file src holds, its frames decoded by workers. Each is confirmed by its checksum before it is written, and the
// errors are those of lmz.Reader.
func (f *File) Decompress(ctx context.Context, dst io.Writer, src io.Reader) error {
	r := container.NewReader(src)
	r.Ahead = true
	return f.run(ctx, func(ctx context.Context, add func(*frame) error) error {
		for n := 0; ; {
			offset := r.Offset()
			h, err := r.NextMember()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := f.Model.Check(h, offset); err != nil {
				return err
			}
			for {
				if r.AtEnd() { // all before must be verified
					if err := add(nil); err != nil {
						return err
					}
				}
				next, err := r.NextFrame()
				if err == io.EOF {
					break
				}
				if err != nil {
					return errors.Join(add(nil), err)
				}
				fr := &frame{}
				fr.task = frameTask{Number: n, Decode: true, Policy: uint8(h.Policy), Mixed: h.Mixed, RawLen: next.RawLen}
				fr.body = next.Append(nil)
				fr.check = func(body []byte) error {
					fr.raw = body
					return next.Verify(body)
				}
				fr.write = func() error {
					if err := r.Verify(next, fr.raw); err != nil {
						return err
					}
					_, err := dst.Write(fr.raw)
					return err
				}
				if err := add(fr); err != nil {
					return err
				}
				n++
			}
		}
	})
}

// frame is one that is on its way.
type frame struct {
	pendingFrame
	body  []byte // for the worker
	made  *container.Frame
	raw   []byte
	write func() error // called in the order of frames
}

// run has the frames done that read adds, and writes them in their order. add(nil) waits until all are written.
func (f *File) run(ctx context.Context, read func(ctx context.Context, add func(*frame) error) error) (err error) {
	if f.Window == 0 {
		f.Window = 32
	}
	if f.Notice == nil {
		f.Notice = func(string) {}
	}
	if f.Progress == nil {
		f.Progress = func(int) {}
	}
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := f.open(ctx); err != nil {
		return err
	}
	defer func() {
		last, done := context.WithTimeout(context.WithoutCancel(ctx), attempt)
		defer done()
		if e := f.Conn.endJob(last, f.job); e != nil && err == nil {
			f.Notice("what the servers kept of the file could not be removed: " + e.Error())
		}
	}()
	var background sync.WaitGroup
	defer background.Wait()
	defer cancel(nil)
	f.running = ctx
	background.Go(func() { f.refresh(ctx) })
	background.Go(func() {
		select {
		case <-f.Conn.closed:
			cancel(nats.ErrConnectionClosed)
		case <-ctx.Done():
		}
	})
	if err := f.receive(ctx, cancel, &background); err != nil {
		return err
	}
	var queue []*frame
	oldest := func() error {
		fr := queue[0]
		select {
		case err := <-fr.done:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		queue = queue[1:]
		if err := fr.write(); err != nil {
			return err
		}
		f.Progress(fr.task.RawLen)
		return nil
	}
	add := func(fr *frame) error {
		for len(queue) > 0 && (fr == nil || len(queue) >= f.Window) {
			if err := oldest(); err != nil {
				return err
			}
		}
		if fr == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		fr.done = make(chan error, 1)
		queue = append(queue, fr)
		background.Go(func() {
			if err := f.submit(ctx, fr); err != nil {
				fr.end(err)
			}
		})
		return nil
	}
	err = read(ctx, add)
	if err == nil {
		err = add(nil)
	}
	if outer.Err() != nil {
		return context.Cause(outer)
	}
	return err
}

// open makes the job of the file.
func (f *File) open(ctx context.Context) error {
	var random [8]byte
	rand.Read(random[:])
	host, _ := os.Hostname()
	id := f.Model.ID()
	f.key = keyOf("file " + id.String())
	of := subject{Name: f.Model.Name(), Memory: modelMemory(f.Model.Parameters(), f.Precision.String())}
	if f.ModelName != "" {
		supply, err := OpenSupply(ctx, f.Conn)
		if err != nil {
			return err
		}
		if of.Model, err = supply.model(ctx, f.ModelName); err != nil {
			return err
		}
	}
	f.job = &job{ID: hex.EncodeToString(random[:]), Kind: fileJob, Name: f.Label, Owner: fmt.Sprintf("%s, process %d", host, os.Getpid()), Begun: time.Now().UTC(),
		Lease: fileLease, Deliveries: fileDeliveries, Subjects: map[string]subject{f.key: of}}
	f.waiting = map[int]*pendingFrame{}
	f.forget(ctx)
	tasks, results, _, err := f.Conn.makeJob(ctx, f.job)
	if err != nil {
		return err
	}
	f.results = results
	if f.blobs, err = f.Conn.jobBlobs(ctx, f.job); err != nil {
		return err
	}
	return f.Conn.makeConsumers(ctx, tasks, f.job, f.key)
}

// forget takes files off the servers whose lmz did not live to do so.
func (f *File) forget(ctx context.Context) {
	kv, err := f.Conn.bucket(ctx, jobBucket, 0)
	if err != nil {
		return
	}
	var entries []jetstream.KeyValueEntry
	keys, err := kv.ListKeys(ctx)
	if err != nil {
		return
	}
	for key := range keys.Keys() {
		if e, err := kv.Get(ctx, key); err == nil {
			entries = append(entries, e)
		}
	}
	for _, e := range entries {
		j, err := parseJob(e)
		if err == nil && j.Kind == fileJob && time.Since(e.Created()) > fileForgotten {
			f.Conn.log.Info("a file that nobody works on any more is taken off the servers", "file", j.Name, "of", j.Owner)
			f.Conn.endJob(ctx, j)
		}
	}
}

// refresh says that somebody waits for the file, and says so if nobody works.
func (f *File) refresh(ctx context.Context) {
	said := false
	for n := 1; sleep(ctx, presenceEvery) == nil; n++ {
		if time.Duration(n)*presenceEvery%fileRefresh == 0 {
			f.mu.Lock()
			err := f.Conn.putJob(ctx, f.job)
			f.mu.Unlock()
			if err != nil {
				f.Conn.log.Warn("refreshing the job", "error", err)
			}
		}
		workers, err := f.Conn.Workers(ctx)
		if err != nil || said {
			continue
		}
		if why := f.stuck(workers); why != "" {
			f.Notice(why)
			said = true
		}
	}
}

// stuck says why perhaps nobody works on the file, "" if somebody does.
func (f *File) stuck(workers []Presence) string {
	if len(workers) == 0 {
		return "no worker is connected: lmz worker --nats URL starts one; waiting"
	}
	for _, m := range tooLarge(f.job, workers) {
		return fmt.Sprintf("waiting for memory: %s takes %v, and the largest worker has %v: start one with more", m.Subject, study.Size(m.Memory), study.Size(m.Most))
	}
	same := func(w Presence) bool { return w.Version == measure.Release() }
	if f.ModelName == "" && !slices.ContainsFunc(workers, same) {
		return fmt.Sprintf("no worker is of lmz %s, as this is: those that carry another model leave the file alone", measure.Release())
	}
	return ""
}

// submit hands a frame to the workers.
func (f *File) submit(ctx context.Context, fr *frame) error {
	t := &fr.task
	t.Model, t.Name, t.Precision = f.Model.ID().String(), f.ModelName, f.Precision.String()
	var err error
	if t.Blob, err = f.blobs.in(strconv.Itoa(t.Number)).putBytes(ctx, fr.body); err != nil {
		return err
	}
	fr.body = nil
	f.mu.Lock()
	f.waiting[t.Number] = &fr.pendingFrame
	f.mu.Unlock()
	return f.send(ctx, &fr.pendingFrame)
}

// send publishes a frame's task.
func (f *File) send(ctx context.Context, p *pendingFrame) error {
	f.mu.Lock()
	p.task.Submitted = rand.Text()
	body, err := json.Marshal(p.task)
	m := &nats.Msg{Subject: f.job.subject(plainTasks, f.key, f.job.ID), Data: body, Header: nats.Header{submitHeader: {p.task.Submitted}}}
	f.mu.Unlock()
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return f.Conn.publish(ctx, m, "")
}

// receive takes in what comes back.
func (f *File) receive(ctx context.Context, cancel context.CancelCauseFunc, background *sync.WaitGroup) error {
	var results, dead jetstream.Consumer
	deaths, err := f.Conn.js.Stream(ctx, f.job.deadStream())
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	for _, of := range []struct {
		stream jetstream.Stream
		into   *jetstream.Consumer
	}{{f.results, &results}, {deaths, &dead}} {
		err := f.Conn.retry(ctx, "making a consumer", func(ctx context.Context) (err error) {
			*of.into, err = of.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "coordinator", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute})
			return err
		})
		if err != nil {
			return err
		}
	}
	background.Go(func() {
		f.Conn.pump(ctx, cancel, results, func(m jetstream.Msg) {
			var r frameResult
			if err := json.Unmarshal(m.Data(), &r); err == nil {
				background.Go(func() { f.result(ctx, r) })
			}
			m.Ack()
		})
	})
	background.Go(func() {
		f.Conn.pump(ctx, cancel, dead, func(m jetstream.Msg) {
			m.Ack()
			of, t, err := parseObituary[frameTask](m.Data())
			if err != nil {
				f.Conn.log.Warn("a dead frame that cannot be read", "error", err)
				return
			}
			if f.wanted(t.Number, t.Submitted) == nil { // it was delivered again after it was done
				return
			}
			cancel(fmt.Errorf("cluster: a frame was given up: %s (the last worker was %.80q)", of.Error, of.Worker))
		})
	})
	return nil
}

// wanted is a frame that somebody waits for, by its submission; nil if it is done already, or was never asked for.
func (f *File) wanted(number int, submitted string) *pendingFrame {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.waiting[number]; p != nil && p.task.Submitted == submitted {
		return p
	}
	return nil
}

// result takes in what a worker made, which may be anything.
func (f *File) result(ctx context.Context, r frameResult) {
	p := f.wanted(r.Number, r.Submitted)
	if p == nil {
		return
	}
	most := int64(maxFrameBytes)
	if p.task.Decode {
		most = int64(p.task.RawLen)
	}
	body, err := f.blobs.in(strconv.Itoa(r.Number)).getBytes(ctx, r.Blob, most)
	if err != nil && !errors.Is(err, errNoBlob) && !errors.Is(err, errBadBlob) { // the servers do not give it, whoever made it
		p.end(err)
		return
	}
	f.mu.Lock()
	current := f.waiting[r.Number] == p && p.task.Submitted == r.Submitted
	if current {
		if err == nil {
			err = p.check(body)
		}
		if err == nil {
			delete(f.waiting, r.Number)
		} else {
			p.refuse++
		}
	}
	refused := p.refuse
	f.mu.Unlock()
	switch {
	case !current || ctx.Err() != nil:
		return
	case err == nil:
		p.end(nil)
		if err := f.blobs.in(strconv.Itoa(r.Number)).removeAll(ctx); err != nil {
			f.Conn.log.Debug("removing a frame", "error", err)
		}
	case refused >= fileRefusals:
		p.end(fmt.Errorf("frame %d: no worker made it right: %w", r.Number, err))
	default:
		f.Notice(fmt.Sprintf("frame %d of worker %.80q is refused, and done again: %v", r.Number, r.Worker, err))
		f.ban(ctx, r.Worker)
		if err := f.send(ctx, p); err != nil {
			p.end(err)
		}
	}
}

// ban has a worker given no more frames of this file, if there is another.
func (f *File) ban(ctx context.Context, worker string) {
	workers, err := f.Conn.Workers(ctx)
	if err != nil || len(worker) > 200 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	banned := append(f.job.Banned[:len(f.job.Banned):len(f.job.Banned)], worker)
	left := 0
	for _, w := range workers {
		if !slices.Contains(banned, w.Name) {
			left++
		}
	}
	if left == 0 {
		return
	}
	f.job.Banned = banned
	if err := f.Conn.putJob(ctx, f.job); err != nil {
		f.Conn.log.Warn("banning a worker", "error", err)
	}
}
