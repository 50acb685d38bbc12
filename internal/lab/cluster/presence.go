package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Presence is what a worker says of itself every presenceEvery.
type Presence struct {
	Name     string    `json:"name"`
	Host     string    `json:"host"`
	Version  string    `json:"version"`
	Kernels  string    `json:"kernels"` // by which it computes: avx512, ...
	Threads  int       `json:"threads"`
	Memory   int64     `json:"memory"` // bytes that it may use, 0 for any
	Models   []string  `json:"models"` // names of subjects whose models are loaded
	Job      string    `json:"job"`    // the name of the study or file that it works for, "" for none
	Subject  string    `json:"subject"`
	Begun    time.Time `json:"begun"`
	Tasks    int64     `json:"tasks"`     // done
	Failed   int64     `json:"failed"`    // tasks
	RawBytes int64     `json:"raw_bytes"` // of tasks that were done
	Rate     float64   `json:"rate"`      // raw bytes a second, of the last minute or so
	Draining bool      `json:"draining"`

	Seen time.Time `json:"-"` // by the servers' clock
}

const (
	presenceEvery = 5 * time.Second
	presenceLasts = 20 * time.Second // then a worker is taken to be gone
)

// announce says once that a worker is there.
func (c *Conn) announce(ctx context.Context, p Presence) error {
	kv, err := c.bucket(ctx, workerBucket, presenceLasts)
	if err != nil {
		return err
	}
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = kv.Put(ctx, keyOf(p.Name), value)
	return err
}

// leave says that a worker is gone.
func (c *Conn) leave(ctx context.Context, name string) error {
	kv, err := c.bucket(ctx, workerBucket, presenceLasts)
	if err != nil {
		return err
	}
	return kv.Delete(ctx, keyOf(name))
}

// Workers are those that are there, by name.
func (c *Conn) Workers(ctx context.Context) (list []Presence, err error) {
	kv, err := c.bucket(ctx, workerBucket, presenceLasts)
	if err != nil {
		return nil, err
	}
	err = c.retry(ctx, "listing workers", func(ctx context.Context) error {
		list = nil
		watcher, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
		if err != nil {
			return err
		}
		defer watcher.Stop()
		for {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case entry, ok := <-watcher.Updates():
				if !ok {
					return errors.New("the list broke off")
				}
				if entry == nil {
					return nil
				}
				var p Presence
				if err := json.Unmarshal(entry.Value(), &p); err != nil || keyOf(p.Name) != entry.Key() {
					continue // nobody who says who he is
				}
				p.Seen = entry.Created()
				list = append(list, p)
			}
		}
	})
	slices.SortFunc(list, func(a, b Presence) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}
