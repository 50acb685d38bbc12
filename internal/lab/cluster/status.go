package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"lmz/internal/lab/study"
)

// StudyStatus is where a study's work stands on a cluster.
type StudyStatus struct {
	Running          bool // there is a queue of it; else the study was finished, or never begun there
	Owner            string
	Begun            time.Time
	Waiting, Working int        // tasks in the queue; of those, at work
	Results          int        // that no coordinator has taken in yet
	Workers          []Presence // all that are there
	Banned           []string
	Rate             float64 // raw bytes a second of the workers that are at this study
	Dead             []Death
	TooLarge         []TooLarge
}

// Death is a task that was given up, and that no coordinator has dealt with yet.
type Death struct {
	Subject, Data, Range string
	Worker, Error        string
}

// TooLarge is a subject whose model fits no worker.
type TooLarge struct {
	Subject string
	Memory  int64 // bytes that it takes
	Most    int64 // that a worker has
}

// Study says where a study stands.
func (c *Conn) Study(ctx context.Context, id string) (*StudyStatus, error) {
	s := &StudyStatus{}
	var err error
	if s.Workers, err = c.Workers(ctx); err != nil {
		return nil, err
	}
	j, err := c.readJob(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.Running, s.Owner, s.Begun, s.Banned = true, j.Owner, j.Begun, j.Banned
	for _, w := range s.Workers {
		if w.Job == j.Name {
			s.Rate += w.Rate
		}
	}
	var tasks, results, dead jetstream.Stream
	for _, of := range []struct {
		name string
		into *jetstream.Stream
	}{{j.taskStream(), &tasks}, {j.resultStream(), &results}, {j.deadStream(), &dead}} {
		err := c.retry(ctx, "opening "+of.name, func(ctx context.Context) (err error) {
			*of.into, err = c.js.Stream(ctx, of.name)
			return err
		})
		if errors.Is(err, jetstream.ErrStreamNotFound) { // it ends just now
			return &StudyStatus{Workers: s.Workers}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	counts, err := c.queueStatus(ctx, tasks)
	if err != nil {
		return nil, err
	}
	s.Waiting, s.Working = counts.Waiting, counts.Working
	if info := results.CachedInfo(); info != nil {
		s.Results = int(info.State.Msgs)
	}
	s.TooLarge = tooLarge(j, s.Workers)
	s.Dead, err = c.deaths(ctx, dead)
	return s, err
}

// tooLarge are the subjects of a job that fit no worker.
func tooLarge(j *job, workers []Presence) (list []TooLarge) {
	var most int64
	for _, w := range workers {
		if w.Memory == 0 {
			return nil
		}
		most = max(most, w.Memory)
	}
	for _, of := range j.Subjects {
		if of.Memory > most && len(workers) > 0 {
			list = append(list, TooLarge{of.Name, of.Memory, most})
		}
	}
	slices.SortFunc(list, func(a, b TooLarge) int { return int(a.Memory - b.Memory) })
	return list
}

const maxDeaths = 100 // that are told

// deaths reads the stream of dead tasks, without taking any from a coordinator.
func (c *Conn) deaths(ctx context.Context, dead jetstream.Stream) (list []Death, err error) {
	state := dead.CachedInfo().State
	for n := state.FirstSeq; n <= state.LastSeq && n > 0 && len(list) < maxDeaths; n++ {
		var m *jetstream.RawStreamMsg
		err := c.retry(ctx, "reading dead tasks", func(ctx context.Context) (err error) {
			m, err = dead.GetMsg(ctx, n)
			return err
		})
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // it was dealt with
		}
		if err != nil {
			return list, err
		}
		of, t, err := parseObituary[study.Task](m.Data)
		if err != nil {
			continue
		}
		list = append(list, Death{t.Cell.Name, t.Cell.Dataset, fmt.Sprint(t.Range), of.Worker, of.Error})
	}
	return list, nil
}

// queueStatus counts a job's tasks.
func (c *Conn) queueStatus(ctx context.Context, tasks jetstream.Stream) (s study.Status, err error) {
	err = c.retry(ctx, "looking at the queue", func(ctx context.Context) error {
		s = study.Status{}
		info, err := tasks.Info(ctx)
		if err != nil {
			return err
		}
		consumers := tasks.ListConsumers(ctx)
		for of := range consumers.Info() {
			s.Working += of.NumAckPending
		}
		s.Waiting = max(0, int(info.State.Msgs)-s.Working)
		return consumers.Err()
	})
	return s, err
}
