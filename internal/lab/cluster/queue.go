package cluster

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lmz/internal/lab/study"
)

// Queue is the study.Queue of a cluster: what waits and what was measured is kept by the servers, whatever becomes of the coordinator.
// One coordinator has a study at a time; a later one takes it over.
type Queue struct {
	conn                 *Conn
	job                  *job
	tasks, results, dead jetstream.Stream
	supply               func(context.Context, study.Task) (subject, error)
	reports              chan *study.Report // to be settled; without a buffer, since each may be large
	news                 chan *study.Report // that may be lost
	stop                 context.CancelCauseFunc
	running              context.Context // its cause is why this coordinator has the queue no more
	group                sync.WaitGroup

	mu      sync.Mutex
	workers map[string]*study.WorkerStatus // that were heard of in this queue
	deaths  map[uint64]*study.Report       // not settled, by their place in the stream
}

// QueueOptions of a study. The zero value is right for most.
type QueueOptions struct {
	Lease      time.Duration // of a task that its worker does not extend, 0 for 30 s
	Deliveries int           // of a task before it is given up, 0 for 5

	// Supply puts what a task needs where workers find it, before the first task of its subject or its data is submitted.
	Supply *Supply
}

// ErrTakenOver is the error of a Queue after another coordinator has opened it.
var ErrTakenOver = errors.New("cluster: another coordinator has taken this study over")

const (
	resultLimit = 64 << 20  // bytes of a report: rows of a range with the code length of each token
	deathLimit  = 256 << 10 // bytes of what is told of a dead task
)

// StudyID names the job of the study whose results go into a store, by the two and this machine.
func StudyID(name, storePath string) string {
	if absolute, err := filepath.Abs(storePath); err == nil {
		storePath = absolute
	}
	host, _ := os.Hostname()
	return keyOf(strings.Join([]string{"study", name, host, storePath}, "\x00"))
}

// OpenQueue opens the queue of a study, which is made if it is not there, and takes it over from a coordinator before.
func OpenQueue(ctx context.Context, c *Conn, id, name string, o QueueOptions) (*Queue, error) {
	host, _ := os.Hostname()
	q := &Queue{conn: c, reports: make(chan *study.Report), news: make(chan *study.Report, 64), workers: map[string]*study.WorkerStatus{}, deaths: map[uint64]*study.Report{},
		job: &job{ID: id, Kind: studyJob, Name: name, Owner: fmt.Sprintf("%s, process %d", host, os.Getpid()), Begun: time.Now().UTC(),
			Lease: o.Lease, Deliveries: o.Deliveries, Subjects: map[string]subject{}}}
	if q.job.Lease == 0 {
		q.job.Lease = 30 * time.Second
	}
	if q.job.Deliveries == 0 {
		q.job.Deliveries = 5
	}
	if o.Supply != nil {
		q.supply = o.Supply.task
	}
	err := q.claim(ctx)
	if err != nil {
		return nil, err
	}
	if q.tasks, q.results, q.dead, err = c.makeStreams(ctx, q.job); err != nil {
		return nil, err
	}
	results, err := q.takeOver(ctx, q.results)
	if err != nil {
		return nil, err
	}
	dead, err := q.takeOver(ctx, q.dead)
	if err != nil {
		return nil, err
	}
	// What was in the queue is submitted again where it is missing, by this version of lmz. Workers that are at a task deliver it all the same.
	if err := c.retry(ctx, "emptying the queue", func(ctx context.Context) error { return q.tasks.Purge(ctx) }); err != nil {
		return nil, err
	}
	q.running, q.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	news, err := c.nc.Subscribe(q.job.subject("news"), q.heard)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	context.AfterFunc(q.running, func() { news.Unsubscribe() })
	q.group.Go(func() { c.pump(q.running, q.stop, results, q.measured) })
	q.group.Go(func() { c.pump(q.running, q.stop, dead, q.died) })
	q.group.Go(q.sweep)
	return q, nil
}

// claim makes this coordinator the one that writes the job, which is made if it is not there.
func (q *Queue) claim(ctx context.Context) error {
	lease, deliveries := q.job.Lease, q.job.Deliveries
	for n := 1; ; n++ {
		j := q.job
		before, err := q.conn.readJob(ctx, j.ID)
		switch {
		case err == nil: // its consumers have its lease
			j.Begun, j.Subjects, j.Banned, j.Lease, j.Deliveries, j.revision = before.Begun, before.Subjects, before.Banned, before.Lease, before.Deliveries, before.revision
		case errors.Is(err, jetstream.ErrKeyNotFound):
			j.Subjects, j.Banned, j.Lease, j.Deliveries, j.revision = map[string]subject{}, nil, lease, deliveries, 0
		default:
			return err
		}
		for _, worker := range j.Banned {
			q.workers[worker] = &study.WorkerStatus{Name: worker}
		}
		if err := q.conn.putJob(ctx, j); !errors.Is(err, ErrTakenOver) {
			return err
		}
		if err := sleep(ctx, backoff(n)); err != nil { // the one before is alive, and wrote at the same time
			return err
		}
	}
}

// takeOver makes this coordinator the only one that is given a stream's messages: those that were not settled come again.
func (q *Queue) takeOver(ctx context.Context, s jetstream.Stream) (c jetstream.Consumer, err error) {
	name := "coordinator-" + strings.ToLower(rand.Text())
	err = q.conn.retry(ctx, "taking over", func(ctx context.Context) error {
		names := s.ConsumerNames(ctx)
		for of := range names.Name() {
			if strings.HasPrefix(of, "coordinator-") && of != name {
				if err := s.DeleteConsumer(ctx, of); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
					return err
				}
			}
		}
		if err := names.Err(); err != nil {
			return err
		}
		c, err = s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy,
			AckWait: 5 * time.Minute, MaxAckPending: 10_000})
		return err
	})
	return c, err
}

// sweep takes up tasks whose workers were not heard of while no worker asks for any: those that were delivered as often as they may be are dead, the
// others are passed on.
func (q *Queue) sweep() {
	ctx := q.running
	t := q.conn.newTaker("", nil, q.job.ID)
	for sleep(ctx, q.job.Lease/2) == nil {
		consumers := q.tasks.ListConsumers(ctx)
		for of := range consumers.Info() {
			kind, key, _ := strings.Cut(of.Name, "-")
			if of.NumPending > 0 || of.NumAckPending == 0 || of.NumWaiting > 0 {
				continue
			}
			c, err := q.tasks.Consumer(ctx, of.Name)
			if err != nil {
				continue
			}
			if batch, err := c.Fetch(16, jetstream.FetchMaxWait(min(attempt, q.job.Lease/4))); err == nil {
				t.giveBack(source{q.job, key, kind}, batch)
			}
		}
	}
}

// heard takes in what may be lost.
func (q *Queue) heard(m *nats.Msg) {
	r, err := study.ParseReport(m.Data)
	if err != nil || r.Kind != study.Progress && r.Kind != study.Retried {
		return
	}
	q.seen(r.Worker)
	select {
	case q.news <- r:
	default: // nobody receives
	}
}

// measured takes in a result.
func (q *Queue) measured(m jetstream.Msg) {
	r, err := q.parse(m)
	if err != nil {
		if q.running.Err() == nil {
			q.conn.log.Warn("a result that cannot be read", "error", err)
			m.Term()
		}
		return
	}
	q.seen(r.Worker)
	r.OnSettle(func(ctx context.Context) error {
		return q.conn.retry(ctx, "settling a result", func(ctx context.Context) error {
			err := m.DoubleAck(ctx)
			if errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
				return nil
			}
			return err
		})
	})
	q.report(r)
}

func (q *Queue) report(r *study.Report) {
	select {
	case q.reports <- r:
	case <-q.running.Done():
	}
}

// parse reads a result, which anybody may have written.
func (q *Queue) parse(m jetstream.Msg) (*study.Report, error) {
	body := m.Data()
	if hash := m.Headers().Get(blobHeader); hash != "" {
		b, err := q.conn.jobBlobs(q.running, q.job)
		if err != nil {
			return nil, err
		}
		if body, err = b.getBytes(q.running, hash, resultLimit); err != nil {
			return nil, err
		}
	}
	r, err := study.ParseReport(body)
	if err != nil {
		return nil, fmt.Errorf("cluster: a result: %w", err)
	}
	if r.Kind != study.Measured {
		return nil, fmt.Errorf("cluster: a result of kind %.80q, want %s", r.Kind, study.Measured)
	}
	return r, nil
}

// died takes in a task that was given up.
func (q *Queue) died(m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		return
	}
	settle := func(ctx context.Context) error {
		m.Ack()
		q.mu.Lock()
		delete(q.deaths, meta.Sequence.Stream)
		q.mu.Unlock()
		return q.conn.retry(ctx, "settling a dead task", func(ctx context.Context) error {
			err := q.dead.DeleteMsg(ctx, meta.Sequence.Stream)
			if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) || errors.Is(err, jetstream.ErrMsgNotFound) {
				return nil
			}
			return err
		})
	}
	of, t, err := parseObituary[study.Task](m.Data())
	if err != nil {
		if q.running.Err() == nil {
			q.conn.log.Warn("a dead task that cannot be read", "error", err)
			settle(q.running)
		}
		return
	}
	r := &study.Report{Kind: study.Dead, Cell: t.Cell.ID, Range: t.Range, Check: t.Check, Worker: of.Worker, Error: of.Error}
	r.OnSettle(settle)
	q.mu.Lock()
	q.deaths[meta.Sequence.Stream] = r
	q.mu.Unlock()
	q.report(r)
}

// parseObituary reads what is told of a dead task, which anybody may have written, and the task.
func parseObituary[Task study.Task | frameTask](data []byte) (of obituary, t Task, err error) {
	if len(data) > deathLimit {
		return of, t, fmt.Errorf("cluster: a dead task in %d bytes, want at most %d", len(data), deathLimit)
	}
	if err = json.Unmarshal(data, &of); err == nil {
		err = json.Unmarshal(of.Task, &t)
	}
	if err == nil && len(of.Worker) > study.MaxWorkerName {
		err = fmt.Errorf("cluster: a dead task by a worker whose name has %d bytes", len(of.Worker))
	}
	return of, t, err
}

// seen notes that a worker was heard of.
func (q *Queue) seen(worker string) {
	if len(worker) > study.MaxWorkerName {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.workers[worker]
	if w == nil {
		if len(q.workers) > 100_000 { // nobody has as many
			return
		}
		w = &study.WorkerStatus{Name: worker}
		q.workers[worker] = w
	}
	w.Seen = time.Now()
}

// Submit puts tasks into the queue, and what they need where workers find it.
func (q *Queue) Submit(ctx context.Context, tasks ...study.Task) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(q.running, func() { cancel(context.Cause(q.running)) })()
	var acks []jetstream.PubAckFuture
	var messages []*nats.Msg
	if err := q.prepare(ctx, tasks); err != nil {
		return err
	}
	for _, t := range tasks {
		key := keyOf(t.Cell.Subject)
		body, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
		kind := plainTasks
		if len(t.Not) > 0 {
			kind = passedTasks
		}
		m := &nats.Msg{Subject: q.job.subject(kind, key, keyOf(t.Cell.ID)), Data: body, Header: nats.Header{submitHeader: {rand.Text()}}}
		ack, err := q.conn.js.PublishMsgAsync(m)
		if err != nil { // too many are on their way
			if err := q.conn.publish(ctx, m, ""); err != nil {
				return err
			}
			continue
		}
		acks, messages = append(acks, ack), append(messages, m)
	}
	for i, ack := range acks {
		late := time.NewTimer(attempt)
		var err error
		select {
		case <-ack.Ok():
		case err = <-ack.Err():
		case <-late.C:
			err = nats.ErrTimeout
		case <-ctx.Done():
			late.Stop()
			return context.Cause(ctx)
		}
		late.Stop()
		if err != nil { // it may be there twice then
			again := &nats.Msg{Subject: messages[i].Subject, Data: messages[i].Data, Header: nats.Header{submitHeader: messages[i].Header[submitHeader]}}
			if err := q.conn.publish(ctx, again, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepare has the tasks of subjects taken, and their models and data found.
func (q *Queue) prepare(ctx context.Context, tasks []study.Task) error {
	type need struct{ subject, data string }
	seen, fresh := map[need]bool{}, map[string]subject{}
	q.mu.Lock()
	number := len(q.job.Subjects)
	q.mu.Unlock()
	for _, t := range tasks {
		n := need{t.Cell.Subject, t.Cell.Data}
		if seen[n] {
			continue
		}
		seen[n] = true
		of := subject{Name: t.Cell.Name}
		if q.supply != nil {
			var err error
			if of, err = q.supply(ctx, t); err != nil {
				return err
			}
		}
		of.Software = t.Cell.Software
		key := keyOf(t.Cell.Subject)
		q.mu.Lock()
		before, known := q.job.Subjects[key]
		q.mu.Unlock()
		if of.Number = before.Number; !known {
			if last, twice := fresh[key]; twice { // of other data
				of.Number = last.Number
			} else {
				of.Number = number
				number++
			}
		}
		if !known || before != of {
			fresh[key] = of
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	var making sync.WaitGroup
	failed := make(chan error, len(fresh))
	for key := range fresh {
		making.Go(func() { failed <- q.conn.makeConsumers(ctx, q.tasks, q.job, key) })
	}
	making.Wait()
	for range fresh {
		if err := <-failed; err != nil {
			return err
		}
	}
	q.mu.Lock()
	maps.Copy(q.job.Subjects, fresh)
	q.mu.Unlock()
	return q.put(ctx)
}

// put tells workers of a change of the job. It ends this coordinator if another has changed it.
func (q *Queue) put(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	err := q.conn.putJob(ctx, q.job)
	if errors.Is(err, ErrTakenOver) {
		q.stop(ErrTakenOver)
	}
	return err
}

// Withdraw takes the tasks of a cell out.
func (q *Queue) Withdraw(ctx context.Context, cell string) error {
	for _, kind := range []string{plainTasks, passedTasks} {
		err := q.conn.retry(ctx, "withdrawing a cell", func(ctx context.Context) error {
			return q.tasks.Purge(ctx, jetstream.WithPurgeSubject(q.job.subject(kind, "*", keyOf(cell))))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Receive waits for the next report. ErrTakenOver is the error after another coordinator came.
func (q *Queue) Receive(ctx context.Context) (*study.Report, error) {
	select {
	case r := <-q.reports:
		return r, nil
	case r := <-q.news:
		return r, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-q.running.Done():
		return nil, context.Cause(q.running)
	}
}

// Ban has a worker given no more tasks. One that can be reached knows it when Ban returns.
func (q *Queue) Ban(ctx context.Context, worker string) error {
	q.mu.Lock()
	if !slices.Contains(q.job.Banned, worker) {
		q.job.Banned = append(q.job.Banned, worker)
	}
	q.mu.Unlock()
	if err := q.put(ctx); err != nil {
		return err
	}
	q.seen(worker)
	once, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := q.conn.nc.RequestWithContext(once, workerSubject(worker), []byte(q.job.ID))
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// workerSubject is where a worker is told that it is banned from a job.
func workerSubject(worker string) string { return "lmz.worker." + keyOf(worker) }

// Status says where the queue stands.
func (q *Queue) Status(ctx context.Context) (s study.Status, err error) {
	if s, err = q.conn.queueStatus(ctx, q.tasks); err != nil {
		return s, err
	}
	workers, err := q.conn.Workers(ctx)
	if err != nil {
		return s, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range workers {
		s.Workers = append(s.Workers, study.WorkerStatus{Name: w.Name, Banned: slices.Contains(q.job.Banned, w.Name), Subject: w.Subject, Seen: w.Seen})
	}
	for _, w := range q.workers {
		if !slices.ContainsFunc(s.Workers, func(of study.WorkerStatus) bool { return of.Name == w.Name }) {
			s.Workers = append(s.Workers, study.WorkerStatus{Name: w.Name, Banned: slices.Contains(q.job.Banned, w.Name), Seen: w.Seen})
		}
	}
	for _, r := range q.deaths {
		s.Dead = append(s.Dead, r)
	}
	return s, nil
}

// Close ends the coordinator's use of the queue: workers go on, and the next coordinator finds what they did.
func (q *Queue) Close() error {
	q.stop(errors.New("cluster: the queue is closed"))
	q.group.Wait()
	return nil
}

// Remove takes all that there is of the study off the servers, and closes the queue.
func (q *Queue) Remove(ctx context.Context) error {
	q.Close()
	return q.conn.endJob(ctx, q.job)
}

var _ study.Queue = (*Queue)(nil)
