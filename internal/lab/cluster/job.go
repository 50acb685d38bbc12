package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lmz/internal/lm"
)

// Kinds of jobs.
const (
	studyJob = "study"
	fileJob  = "file"
)

// job is what workers know of a study, or of a file that is coded, besides its tasks: the value of a key in the bucket of jobs. Whoever made
// the job writes it; workers watch the bucket.
type job struct {
	ID         string             `json:"id"`   // names its streams
	Kind       string             `json:"kind"` // studyJob, fileJob
	Name       string             `json:"name"` // for people
	Owner      string             `json:"owner"`
	Begun      time.Time          `json:"begun"`
	Numerics   int                `json:"numerics"`   // of the version of lmz that made it: others compute other bits
	Deliveries int                `json:"deliveries"` // of a task before it is given up
	Lease      time.Duration      `json:"lease"`      // of a task that is not extended, in ns
	Subjects   map[string]subject `json:"subjects"`   // by their keys
	Banned     []string           `json:"banned,omitempty"`

	revision uint64 // of the key, as it was read or written last; 0 for none
}

// subject is what a task needs before it can be done: a model, or a classical compressor.
type subject struct {
	Number int    `json:"number"`          // in the order of the tasks that were submitted first
	Name   string `json:"name"`            // for people
	Memory int64  `json:"memory"`          // bytes that its model takes when it is loaded, about; 0 for nothing to speak of
	Model  string `json:"model,omitempty"` // the blob that lists the model's files; "" for none

	Software string `json:"software,omitempty"` // that the tasks submitted last are for: store.Cell.Software; "" for any
}

// Names of what the servers keep. A task's subject of NATS is lmz.JOB.task.SUBJECT.CELL, or "pass" for "task" if it has been passed on or
// is not for everyone; each of the two has a consumer for each SUBJECT, which workers share, so that a worker can ask for tasks of the model
// that it has.
const (
	jobBucket    = "lmz-jobs"
	workerBucket = "lmz-workers"
	blobStream   = "LMZ-BLOBS"
	blobPrefix   = "lmz.blob"
	plainTasks   = "task"
	passedTasks  = "pass"
)

func (j *job) taskStream() string   { return "LMZ-" + j.ID + "-TASKS" }
func (j *job) resultStream() string { return "LMZ-" + j.ID + "-RESULTS" }
func (j *job) deadStream() string   { return "LMZ-" + j.ID + "-DEAD" }
func (j *job) blobStream() string   { return "LMZ-" + j.ID + "-BLOBS" }
func (j *job) blobPrefix() string   { return "lmz." + j.ID + ".blob" }
func (j *job) subject(parts ...string) string {
	return "lmz." + j.ID + "." + strings.Join(parts, ".")
}

// keyOf is a short name for anything, to be used in subjects.
func keyOf(name string) string { return hashOf([]byte(name))[:16] }

// check is an error unless the job, which came from elsewhere, can be used.
func (j *job) check() error {
	switch {
	case len(j.ID) != 16 || keyLike(j.ID) != nil:
		return fmt.Errorf("cluster: a job is called %.80q", j.ID)
	case j.Kind != studyJob && j.Kind != fileJob:
		return fmt.Errorf("cluster: job %s is of kind %.80q", j.ID, j.Kind)
	case j.Deliveries < 1 || j.Lease <= 0:
		return fmt.Errorf("cluster: job %s delivers %d times, for %v", j.ID, j.Deliveries, j.Lease)
	}
	for key := range j.Subjects {
		if err := keyLike(key); err != nil {
			return err
		}
	}
	return nil
}

func keyLike(s string) error {
	if s == "" || len(s) > 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return fmt.Errorf("cluster: %.80q is no name of a job or a subject", s)
	}
	return nil
}

// bucket opens a bucket of keys and values, which is made if it is not there. What is not written again for so long goes; 0 for never.
func (c *Conn) bucket(ctx context.Context, name string, lasts time.Duration) (kv jetstream.KeyValue, err error) {
	replicas := c.replicas
	err = c.retry(ctx, "bucket "+name, func(ctx context.Context) error {
		kv, err = c.js.KeyValue(ctx, name)
		if !errors.Is(err, jetstream.ErrBucketNotFound) {
			return err
		}
		config := jetstream.KeyValueConfig{Bucket: name, Replicas: replicas, TTL: lasts, Storage: jetstream.FileStorage}
		kv, err = c.js.CreateKeyValue(ctx, config)
		var api *jetstream.APIError
		if replicas > 1 && errors.As(err, &api) && (api.ErrorCode == codeNoPeers || api.ErrorCode == codeResources || api.ErrorCode == codeNotClustered) {
			c.log.Warn("fewer servers than replicas: keeping one copy only", "bucket", name, "replicas", replicas, "error", err)
			config.Replicas, replicas = 1, 1
			kv, err = c.js.CreateKeyValue(ctx, config)
		}
		if errors.Is(err, jetstream.ErrBucketExists) {
			kv, err = c.js.KeyValue(ctx, name)
		}
		return err
	})
	return kv, err
}

// makeJob writes down what a job is, and makes its streams: in this order, so that whoever finds the streams of one that nobody ended
// finds what it is.
func (c *Conn) makeJob(ctx context.Context, j *job) (tasks, results, dead jetstream.Stream, err error) {
	if err := c.putJob(ctx, j); err != nil {
		return nil, nil, nil, err
	}
	return c.makeStreams(ctx, j)
}

// makeStreams makes the streams of a job that are not there.
func (c *Conn) makeStreams(ctx context.Context, j *job) (tasks, results, dead jetstream.Stream, err error) {
	tasks, err = c.stream(ctx, jetstream.StreamConfig{
		Name: j.taskStream(), Description: "lmz: tasks of " + j.Name,
		Subjects:  []string{j.subject(plainTasks, ">"), j.subject(passedTasks, ">")},
		Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return nil, nil, nil, err
	}
	results, err = c.stream(ctx, jetstream.StreamConfig{
		Name: j.resultStream(), Description: "lmz: results of " + j.Name,
		Subjects:  []string{j.subject("result")},
		Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
		Duplicates: 5 * time.Minute,
	})
	if err != nil {
		return nil, nil, nil, err
	}
	dead, err = c.stream(ctx, jetstream.StreamConfig{
		Name: j.deadStream(), Description: "lmz: tasks of " + j.Name + " that were given up",
		Subjects: []string{j.subject("dead")},
		Storage:  jetstream.FileStorage, MaxMsgs: 100_000,
	})
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := c.openBlobs(ctx, j.blobStream(), j.blobPrefix()); err != nil {
		return nil, nil, nil, err
	}
	return tasks, results, dead, nil
}

// putJob tells workers what a job is now. The error is ErrTakenOver if another process has written it since this one read or wrote it.
func (c *Conn) putJob(ctx context.Context, j *job) error {
	j.Numerics = lm.Numerics
	if err := j.check(); err != nil {
		return err
	}
	kv, err := c.bucket(ctx, jobBucket, 0)
	if err != nil {
		return err
	}
	value, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return c.retry(ctx, "writing job "+j.ID, func(ctx context.Context) error {
		var revision uint64
		if j.revision == 0 {
			revision, err = kv.Create(ctx, j.ID, value)
		} else {
			revision, err = kv.Update(ctx, j.ID, value, j.revision)
		}
		if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			revision, err = writtenBefore(ctx, kv, j, value)
		}
		if err == nil {
			j.revision = revision
		}
		return err
	})
}

// errEndedByOther is the error after another process has removed the job.
var errEndedByOther = fmt.Errorf("%w, and has ended it: %w", ErrTakenOver, jetstream.ErrStreamNotFound)

// writtenBefore is the revision of a job that is there already with the value to be written: the servers did not come to say so. The error is ErrTakenOver
// if it has another.
func writtenBefore(ctx context.Context, kv jetstream.KeyValue, j *job, value []byte) (uint64, error) {
	entry, err := kv.Get(ctx, j.ID)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound) && j.revision > 0:
		return 0, errFinal{errEndedByOther}
	case err != nil:
		return 0, err
	case bytes.Equal(entry.Value(), value):
		return entry.Revision(), nil
	case entry.Revision() <= j.revision:
		return 0, errors.New("cluster: a server is behind the others")
	}
	return 0, errFinal{ErrTakenOver}
}

// readJob reads what a job is. The error is jetstream.ErrKeyNotFound if there is none.
func (c *Conn) readJob(ctx context.Context, id string) (*job, error) {
	kv, err := c.bucket(ctx, jobBucket, 0)
	if err != nil {
		return nil, err
	}
	var entry jetstream.KeyValueEntry
	err = c.retry(ctx, "reading job "+id, func(ctx context.Context) error {
		if entry, err = kv.Get(ctx, id); errors.Is(err, jetstream.ErrKeyNotFound) {
			return errFinal{err}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return parseJob(entry)
}

func parseJob(entry jetstream.KeyValueEntry) (*job, error) {
	j := &job{}
	if err := json.Unmarshal(entry.Value(), j); err != nil {
		return nil, fmt.Errorf("cluster: job %s: %w", entry.Key(), err)
	}
	if err := j.check(); err != nil {
		return nil, err
	}
	if j.ID != entry.Key() {
		return nil, fmt.Errorf("cluster: job %s calls itself %s", entry.Key(), j.ID)
	}
	j.revision = entry.Revision()
	return j, nil
}

// endJob removes what the servers keep of a job. What it is goes last: by it the rest is found again if this process is killed before.
func (c *Conn) endJob(ctx context.Context, j *job) error {
	for _, name := range []string{j.taskStream(), j.resultStream(), j.deadStream(), j.blobStream()} {
		err := c.retry(ctx, "removing stream "+name, func(ctx context.Context) error {
			err := c.js.DeleteStream(ctx, name)
			if errors.Is(err, jetstream.ErrStreamNotFound) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	kv, err := c.bucket(ctx, jobBucket, 0)
	if err != nil {
		return err
	}
	return c.retry(ctx, "removing job "+j.ID, func(ctx context.Context) error { return kv.Purge(ctx, j.ID) })
}

// EndStudy removes what the servers keep of a study that is done, if its last coordinator did not live to do so.
func (c *Conn) EndStudy(ctx context.Context, id string) error {
	j, err := c.readJob(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.endJob(ctx, j)
}

// jobs are those that there are, as a worker sees them.
type jobs struct {
	mu   sync.Mutex
	list map[string]*job
	news chan struct{} // has a value when something changed
}

// watchJobs keeps jobs up to date until ctx ends.
func (c *Conn) watchJobs(ctx context.Context) (*jobs, error) {
	kv, err := c.bucket(ctx, jobBucket, 0)
	if err != nil {
		return nil, err
	}
	s := &jobs{list: map[string]*job{}, news: make(chan struct{}, 1)}
	var watcher jetstream.KeyWatcher
	err = c.retry(ctx, "watching jobs", func(context.Context) error {
		watcher, err = kv.WatchAll(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	known := make(chan struct{})
	go func() {
		defer watcher.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case entry, ok := <-watcher.Updates():
				switch {
				case !ok:
					return
				case entry == nil: // all that there were
					close(known)
				default:
					s.update(c, entry)
				}
			}
		}
	}()
	select {
	case <-known:
		return s, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *jobs) update(c *Conn, entry jetstream.KeyValueEntry) {
	j, err := (*job)(nil), error(nil)
	if entry.Operation() == jetstream.KeyValuePut {
		if j, err = parseJob(entry); err != nil {
			c.log.Warn("a job that cannot be read", "error", err)
		} else if j.Numerics != lm.Numerics {
			c.log.Warn("a job for another version of lmz, which computes other bits", "job", j.Name, "numerics", j.Numerics, "ours", lm.Numerics)
			j = nil
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if j == nil {
		delete(s.list, entry.Key())
	} else {
		s.list[j.ID] = j
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// get is a job, nil if there is none.
func (s *jobs) get(id string) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[id]
}

// all are the jobs, files first, since somebody waits for them, then the oldest.
func (s *jobs) all() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.list), func(a, b *job) int {
		if a.Kind != b.Kind {
			return strings.Compare(a.Kind, b.Kind)
		}
		return a.Begun.Compare(b.Begun)
	})
}

// makeConsumers makes those of a subject's tasks.
func (c *Conn) makeConsumers(ctx context.Context, s jetstream.Stream, j *job, key string) error {
	for _, kind := range []string{plainTasks, passedTasks} {
		err := c.retry(ctx, "consumer "+kind+"-"+key, func(ctx context.Context) error {
			_, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
				Durable: kind + "-" + key, FilterSubject: j.subject(kind, key, "*"),
				AckPolicy: jetstream.AckExplicitPolicy, AckWait: j.Lease, MaxDeliver: -1, // who takes a task counts: see hold
				MaxAckPending: 100_000, MaxWaiting: 10_000,
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pumpBytes bounds the messages that have come and that nobody has dealt with.
const pumpBytes = 64 << 20

// pump hands a coordinator's messages on until ctx ends, which it ends if another coordinator has taken the consumer away or the connection is closed.
func (c *Conn) pump(ctx context.Context, stop context.CancelCauseFunc, of jetstream.Consumer, handle func(jetstream.Msg)) {
	most := max(1, min(256, int(pumpBytes/max(c.nc.MaxPayload(), 1))))
	for n := 0; ctx.Err() == nil; {
		batch, err := of.Fetch(most, jetstream.FetchMaxWait(time.Second))
		if err == nil {
			for m := range batch.Messages() {
				n = 0
				handle(m)
			}
			err = batch.Error()
		}
		if err == nil || errors.Is(err, nats.ErrTimeout) || ctx.Err() != nil {
			continue
		}
		if n++; n > 2 {
			once, cancel := context.WithTimeout(ctx, attempt)
			_, err := of.Info(once)
			cancel()
			switch {
			case errors.Is(err, jetstream.ErrConsumerNotFound):
				stop(ErrTakenOver)
				return
			case errors.Is(err, jetstream.ErrStreamNotFound):
				stop(errEndedByOther)
				return
			}
		}
		select {
		case <-c.closed:
			stop(nats.ErrConnectionClosed)
		default:
			sleep(ctx, backoff(n))
		}
	}
}
