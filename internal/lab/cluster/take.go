package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lmz/internal/lab/study"
)

// Headers of a task.
const (
	submitHeader     = "Lmz-Submit"     // random, of each time that the task was submitted
	deliveriesHeader = "Lmz-Deliveries" // before it was passed on
	returnedHeader   = "Lmz-Returned"   // when, in ms by its clock, and by which worker
	failedHeader     = "Lmz-Failed"     // the same, once for each time that it failed
	blobHeader       = "Lmz-Blob"       // the body is this blob of the job
)

// taker takes tasks of jobs for one worker.
type taker struct {
	conn   *Conn
	worker string
	jobs   *jobs
	only   string                          // the job, "" for any
	fits   func(subject) bool              // whether a model fits this worker's memory
	holds  func(job *job, key string) bool // whether a model is at hand, if it is not the last
	may    func(*delivery) bool            // whether the task is one for this worker
	can    func(job *job, key string) bool // whether this worker has not found out that it cannot do a subject's

	mu        sync.Mutex
	lastJob   string // of the task that was taken last
	lastKey   string
	held      []*delivery // taken, and not asked for yet
	ahead     int         // tasks to be taken at once, at least 1
	lookedAt  time.Time   // when tasks that were passed on were last asked for
	shun      map[string]time.Time
	consumers map[string]jetstream.Consumer
}

func (c *Conn) newTaker(worker string, jobs *jobs, only string) *taker {
	return &taker{conn: c, worker: worker, jobs: jobs, only: only, ahead: 1,
		fits: func(subject) bool { return true }, holds: func(*job, string) bool { return false }, may: func(*delivery) bool { return true },
		can:  func(*job, string) bool { return true },
		shun: map[string]time.Time{}, consumers: map[string]jetstream.Consumer{}}
}

// delivery is a task that was taken.
type delivery struct {
	taker  *taker
	job    *job
	key    string // of its subject
	msg    jetstream.Msg
	tries  int    // deliveries, this one included
	submit string // of the submission

	mu    sync.Mutex
	fresh time.Time // when the lease began, or was extended
	over  bool
}

// source is where tasks come from: a subject's, plain or passed on.
type source struct {
	job  *job
	key  string
	kind string // plainTasks or passedTasks
}

func (s source) consumer() string { return s.kind + "-" + s.key }

// lists are the jobs that this worker may work for. study.ErrBanned is the error if its only one has banned it.
func (t *taker) lists() ([]*job, error) {
	all := t.jobs.all()
	if t.only != "" {
		all = slices.DeleteFunc(all, func(j *job) bool { return j.ID != t.only })
		if len(all) == 1 && slices.Contains(all[0].Banned, t.worker) {
			return nil, study.ErrBanned
		}
	}
	return slices.DeleteFunc(all, func(j *job) bool { return slices.Contains(j.Banned, t.worker) }), nil
}

// take waits for a task: of the subject that this worker had last if there is one, else of one whose model is at hand, else of one that
// no other worker has, else any.
func (t *taker) take(ctx context.Context) (*delivery, error) {
	for idle := 0; ; idle++ {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		all, err := t.lists()
		if err != nil {
			return nil, err
		}
		if d := t.fromHeld(); d != nil {
			return d, nil
		}
		d, waitFor, err := t.look(ctx, all)
		if err != nil || d != nil {
			return d, err
		}
		if waitFor != nil {
			d, err = t.fetch(ctx, *waitFor, min(waitFor.job.Lease/4, time.Second))
			if err != nil || d != nil {
				return d, err
			}
			continue
		}
		timer := time.NewTimer(backoff(min(idle+2, 5)))
		select {
		case <-ctx.Done():
		case <-t.jobs.news:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// look asks for a task that is there. Where there is none, waitFor is the source to wait at, if there is one.
func (t *taker) look(ctx context.Context, all []*job) (d *delivery, waitFor *source, err error) {
	// What somebody passed on is for few, or urgent.
	if time.Since(t.lookedAt) > 100*time.Millisecond {
		t.lookedAt = time.Now()
		for _, j := range all {
			if key := t.lastKey; j.ID == t.lastJob && t.suits(j, key) {
				if d, err := t.fetch(ctx, source{j, key, passedTasks}, 0); err != nil || d != nil {
					return d, nil, err
				}
			}
		}
	}
	for _, j := range all {
		if j.ID == t.lastJob && t.suits(j, t.lastKey) {
			if d, err := t.fetch(ctx, source{j, t.lastKey, plainTasks}, 0); err != nil || d != nil {
				return d, nil, err
			}
		}
	}
	var sources []source
	for _, j := range all {
		list, err := t.sources(ctx, j)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range list {
			if d, err := t.fetch(ctx, s, 0); err != nil || d != nil {
				return d, nil, err
			}
		}
		sources = append(sources, list...)
	}
	sources = slices.DeleteFunc(sources, func(s source) bool { return time.Now().Before(t.shun[s.job.ID+s.consumer()]) })
	if len(sources) == 0 {
		return nil, nil, nil
	}
	// A task that comes while we wait may come from any. Mostly it is one that was delivered before, or one of a job that goes on.
	s := sources[int(time.Now().UnixNano()/1e6)%len(sources)]
	return nil, &s, nil
}

// suits says whether a job has a subject that this worker can do.
func (t *taker) suits(j *job, key string) bool {
	s, ok := j.Subjects[key]
	return ok && t.fits(s) && t.can(j, key)
}

// sources are those of a job, the best for this worker first.
func (t *taker) sources(ctx context.Context, j *job) (list []source, err error) {
	type candidate struct {
		source
		rank int
	}
	var candidates []candidate
	s, err := t.conn.js.Stream(ctx, j.taskStream())
	if errors.Is(err, jetstream.ErrStreamNotFound) { // the job ended
		return nil, nil
	}
	if err != nil {
		return nil, t.failed(ctx, err)
	}
	infos := s.ListConsumers(ctx)
	for info := range infos.Info() {
		kind, key, _ := strings.Cut(info.Name, "-")
		if kind != plainTasks && kind != passedTasks || !t.suits(j, key) {
			continue
		}
		c := candidate{source{j, key, kind}, 0}
		switch {
		case info.NumPending == 0 && info.NumAckPending == 0:
			c.rank = 8
		case info.NumPending == 0: // only what may be delivered again
			c.rank = 4
		case t.holds(j, key):
			c.rank = 0
		case info.NumAckPending > 0: // others have its model
			c.rank = 2
		default:
			c.rank = 1
		}
		candidates = append(candidates, c)
	}
	if err := infos.Err(); err != nil {
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil, nil
		}
		return nil, t.failed(ctx, err)
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(j.Subjects[a.key].Number, j.Subjects[b.key].Number), cmp.Compare(a.kind, b.kind))
	})
	for _, c := range candidates {
		list = append(list, c.source)
	}
	return list, nil
}

// failed waits a while after what went wrong with the servers, and is nil if it may go well another time.
func (t *taker) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !passing(err) && !errors.Is(err, jetstream.ErrStreamNotFound) && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("cluster: taking a task: %w", err)
	}
	return sleep(ctx, backoff(2))
}

// fetch asks a source for tasks, and waits so long for the first. It returns one; others are kept for fromHeld.
func (t *taker) fetch(ctx context.Context, s source, wait time.Duration) (*delivery, error) {
	name := s.job.ID + s.consumer()
	if time.Now().Before(t.shun[name]) {
		return nil, nil
	}
	c := t.consumers[name]
	if c == nil {
		var err error
		if c, err = t.conn.js.Consumer(ctx, s.job.taskStream(), s.consumer()); err != nil {
			return nil, t.failed(ctx, err)
		}
		t.consumers[name] = c
	}
	var batch jetstream.MessageBatch
	var err error
	many := t.ahead
	if s.kind == passedTasks { // tasks that each few workers may do: two workers must not show each other the same ones for ever
		many = 8
	}
	if wait == 0 {
		batch, err = c.FetchNoWait(many)
	} else {
		batch, err = c.Fetch(1, jetstream.FetchMaxWait(wait))
	}
	if err != nil {
		delete(t.consumers, name)
		return nil, t.failed(ctx, err)
	}
	for {
		select {
		case m, ok := <-batch.Messages():
			if ok {
				t.hold(ctx, s, m)
				continue
			}
			if d := t.fromHeld(); d != nil {
				delete(t.shun, name)
				return d, nil
			}
			if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, jetstream.ErrNoMessages) {
				delete(t.consumers, name)
				return nil, t.failed(ctx, err)
			}
			return nil, nil
		case <-ctx.Done():
			go t.giveBack(s, batch)
			return nil, context.Cause(ctx)
		}
	}
}

// giveBack is for tasks that come when nobody waits any more.
func (t *taker) giveBack(s source, batch jetstream.MessageBatch) {
	ctx, cancel := context.WithTimeout(context.Background(), attempt)
	defer cancel()
	for m := range batch.Messages() {
		d, err := t.delivery(s, m)
		switch {
		case err != nil:
		case d.tries > s.job.Deliveries:
			d.dieUnheard(ctx)
		default:
			d.pass(ctx)
		}
	}
}

// delivery is what came with a message.
func (t *taker) delivery(s source, m jetstream.Msg) (*delivery, error) {
	d := &delivery{taker: t, job: s.job, key: s.key, msg: m, fresh: time.Now(), submit: m.Headers().Get(submitHeader)}
	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}
	before, _ := strconv.Atoi(m.Headers().Get(deliveriesHeader))
	d.tries = max(before, 0) + int(meta.NumDelivered)
	return d, nil
}

// hold keeps a task that came, unless it is none for this worker.
func (t *taker) hold(ctx context.Context, s source, m jetstream.Msg) {
	d, err := t.delivery(s, m)
	if err != nil {
		t.conn.log.Warn("a task without metadata", "error", err)
		return
	}
	if d.tries > s.job.Deliveries {
		d.dieUnheard(ctx)
		return
	}
	t.mu.Lock()
	enough := s.kind == passedTasks && len(t.held) > 0
	t.mu.Unlock()
	if enough || !t.may(d) || d.leave(ctx) {
		if !enough {
			shun := min(s.job.Lease/4, time.Second)
			t.shun[s.job.ID+s.consumer()] = time.Now().Add(shun/2 + rand.N(shun))
		}
		if err := d.passSince(ctx, d.when(returnedHeader, t.worker)); err != nil && ctx.Err() == nil {
			t.conn.log.Warn("passing a task on", "error", err)
		}
		return
	}
	t.mu.Lock()
	t.held = append(t.held, d)
	t.mu.Unlock()
}

// fromHeld is a task that was taken before, nil if there is none.
func (t *taker) fromHeld() *delivery {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.held) > 0 {
		d := t.held[0]
		t.held = t.held[1:]
		if d.lost() || t.jobs.get(d.job.ID) == nil {
			continue
		}
		t.lastJob, t.lastKey = d.job.ID, d.key
		return d
	}
	return nil
}

// extendHeld extends the leases of tasks that were taken and not asked for yet.
func (t *taker) extendHeld() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.held {
		d.extend()
	}
}

// returnHeld gives back what was taken and not asked for.
func (t *taker) returnHeld(ctx context.Context) {
	for d := t.fromHeld(); d != nil; d = t.fromHeld() {
		d.pass(ctx)
	}
}

// lost says whether the servers have given the task to another worker by now. It errs on the side of yes.
func (d *delivery) lost() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Since(d.fresh) > d.job.Lease-min(d.job.Lease/20, time.Second)
}

// end makes the caller the one that ends the delivery.
func (d *delivery) end() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := !d.over
	d.over = true
	return first
}

// extend says that the worker is alive. study.ErrLost is the error if that is too late.
func (d *delivery) extend() error {
	if d.lost() {
		return study.ErrLost
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return study.ErrLost
	}
	now := time.Now()
	if err := d.msg.InProgress(); err != nil {
		return nil // the connection is being made again
	}
	if d.taker.conn.nc.IsConnected() {
		d.fresh = now
	}
	return nil
}

// deliver publishes a result, and then says that the task is done. id is that of the result's content.
func (d *delivery) deliver(ctx context.Context, result []byte, id string) error {
	m := &nats.Msg{Subject: d.job.subject("result"), Data: result, Header: nats.Header{}}
	if err := d.outOfLine(ctx, m); err != nil { // it may take long: the lease is extended meanwhile
		return ended(err)
	}
	if !d.end() {
		return study.ErrLost
	}
	if err := d.taker.conn.publish(ctx, m, keyOf(d.submit+d.taker.worker+id)); err != nil {
		return ended(err)
	}
	return d.acknowledge(ctx)
}

// errEnded is the error for a task whose result nobody waits for any more. It is dropped.
var errEnded = errors.New("cluster: the task is done already, or its job has ended")

// ended is an error of the streams of a task's job: errEnded if they are gone.
func ended(err error) error {
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("%w: %w", errEnded, err)
	}
	return err
}

// outOfLine moves the body of a message that is too large for one into a blob of the job.
func (d *delivery) outOfLine(ctx context.Context, m *nats.Msg) error {
	if int64(len(m.Data)) <= d.taker.conn.nc.MaxPayload()/2 {
		return nil
	}
	b, err := d.taker.conn.jobBlobs(ctx, d.job)
	if err != nil {
		return err
	}
	hash, err := b.putBytes(ctx, m.Data)
	m.Data = nil
	m.Header.Set(blobHeader, hash)
	return err
}

// fail says why the task could not be done. It comes again, to others first, or if that was its last delivery it is dead.
func (d *delivery) fail(ctx context.Context, reason string) (dead bool, err error) {
	if d.lost() || !d.end() {
		return false, study.ErrLost
	}
	if d.tries >= d.job.Deliveries {
		return true, d.die(ctx, fmt.Sprintf("%s (attempt %d of %d)", reason, d.tries, d.job.Deliveries))
	}
	header := nats.Header{failedHeader: slices.Clone(d.msg.Headers().Values(failedHeader))}
	header.Add(failedHeader, noted(time.Now(), d.taker.worker))
	return false, d.again(ctx, d.tries, header)
}

// dieUnheard gives up a task that was delivered as often as it may be, and that nobody finished. JetStream has such a limit too, but tells of it in
// a message that may be lost.
func (d *delivery) dieUnheard(ctx context.Context) {
	reason := fmt.Sprintf("nothing was heard of the workers that took it, %d times", d.job.Deliveries)
	if err := d.die(ctx, reason); err != nil && ctx.Err() == nil {
		d.taker.conn.log.Warn("giving up a task", "error", err)
	}
}

// obituary is a message of the stream of dead tasks.
type obituary struct {
	Task   json.RawMessage `json:"task"` // as a text if it is no JSON
	Worker string          `json:"worker"`
	Error  string          `json:"error"`
}

// die gives the task up.
func (d *delivery) die(ctx context.Context, reason string) error {
	if len(reason) > 4096 {
		reason = reason[:4096]
	}
	task := json.RawMessage(d.msg.Data())
	if !json.Valid(task) {
		task, _ = json.Marshal(string(task[:min(len(task), 4096)]))
	}
	body, err := json.Marshal(obituary{task, d.taker.worker, reason})
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if err := d.taker.conn.publish(ctx, &nats.Msg{Subject: d.job.subject("dead"), Data: body}, keyOf("dead"+d.submit)); err != nil {
		return ended(err)
	}
	return d.msg.Term()
}

// leaveToOthers is how long a worker does not take a task that it gave back.
const leaveToOthers = 2 * time.Second

// leave says whether this worker leaves the task to others for now: because it gave it back, or because it failed it and others are there that did
// not. They have as long as a lease: the model may not fit their memory.
func (d *delivery) leave(ctx context.Context) bool {
	return time.Since(d.when(returnedHeader, d.taker.worker)) < leaveToOthers ||
		time.Since(d.when(failedHeader, d.taker.worker)) < d.job.Lease && d.othersMay(ctx)
}

// othersMay says whether workers are there that may have the task and did not fail it.
func (d *delivery) othersMay(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	workers, err := d.taker.conn.Workers(ctx)
	return err != nil || slices.ContainsFunc(workers, func(w Presence) bool {
		return !w.Draining && !slices.Contains(d.job.Banned, w.Name) && d.when(failedHeader, w.Name).IsZero()
	})
}

// when is the last time that a header has for a worker, the zero time for none.
func (d *delivery) when(header, worker string) (last time.Time) {
	for _, text := range d.msg.Headers().Values(header) {
		at, by, _ := strings.Cut(text, " ")
		if ms, err := strconv.ParseInt(at, 10, 64); err == nil && by == worker {
			last = time.UnixMilli(ms)
		}
	}
	return last
}

// noted is what such a header has for a time and a worker.
func noted(at time.Time, worker string) string { return fmt.Sprint(at.UnixMilli(), " ", worker) }

// pass puts the task back as one that was not delivered, for others. JetStream itself would count it.
func (d *delivery) pass(ctx context.Context) error { return d.passSince(ctx, time.Now()) }

// passSince is pass for a task that this worker gave back first at a time, or never: it is not for this worker.
func (d *delivery) passSince(ctx context.Context, at time.Time) error {
	if d.lost() || !d.end() {
		return study.ErrLost
	}
	header := nats.Header{failedHeader: d.msg.Headers().Values(failedHeader)}
	if !at.IsZero() {
		header.Set(returnedHeader, noted(at, d.taker.worker))
	}
	return d.again(ctx, d.tries-1, header)
}

// again puts the task back for others, as one that was delivered so often.
func (d *delivery) again(ctx context.Context, deliveries int, header nats.Header) error {
	header.Set(submitHeader, d.submit)
	header.Set(deliveriesHeader, strconv.Itoa(deliveries))
	parts := strings.Split(d.msg.Subject(), ".")
	m := &nats.Msg{Subject: d.job.subject(passedTasks, d.key, parts[len(parts)-1]), Data: d.msg.Data(), Header: header}
	if err := d.taker.conn.publish(ctx, m, ""); err != nil {
		return ended(err)
	}
	return d.acknowledge(ctx)
}

// drop says that nobody waits for the task any more.
func (d *delivery) drop(ctx context.Context) error {
	if !d.end() {
		return study.ErrLost
	}
	return d.acknowledge(ctx)
}

// acknowledge says that the task is done with. Where that does not reach the server the task comes again, which does no harm.
func (d *delivery) acknowledge(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := d.msg.DoubleAck(ctx); err != nil {
		d.taker.conn.log.Debug("acknowledging a task", "error", err)
	}
	return nil
}
