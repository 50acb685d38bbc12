package store

import (
	"context"
	"fmt"
	"os"
	"time"
)

const (
	// leaseFor is how long a cell stays with a process that nobody can see to be gone.
	leaseFor = 15 * time.Second
	// renewEvery leaves a process that is alive several tries.
	renewEvery = 3 * time.Second
	// patience is how long one waits for the file, and how much longer the lease of a process that can be seen to be
	// alive lasts: another process may have kept it from renewing, by a long import say.
	patience = 5 * time.Minute
)

// lease says which claim has a cell, and until when if it is not renewed.
type lease struct {
	Cell    string `json:"cell"`
	Owner   string `json:"owner"`   // the claim
	Host    string `json:"host"`    // for people
	Realm   string `json:"realm"`   // where Process means this process: the boot of a machine and the name space; "" if not known
	Process int    `json:"process"` // its number
	Started string `json:"started"` // when it was started, since numbers are used again
	Expires int64  `json:"expires"` // milliseconds since 1970
}

func newLease(cell, owner string, lasts time.Duration) lease {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	pid := os.Getpid()
	return lease{cell, owner, host, realm(), pid, started(pid), time.Now().Add(lasts).UnixMilli()}
}

// live reports whether the claim may still be at work: a process that can be seen decides that by being there, another by
// renewing the lease.
func (l lease) live() bool {
	now, expires := time.Now(), time.UnixMilli(l.Expires)
	if l.Realm == "" || l.Realm != realm() {
		return now.Before(expires)
	}
	return now.Before(expires.Add(patience)) && !gone(l.Process, l.Started)
}

// free returns ErrBusy, with who, if the lease is live.
func (l lease) free() error {
	if !l.live() {
		return nil
	}
	return fmt.Errorf("%w by process %d on %s: %s", ErrBusy, l.Process, l.Host, l.Cell)
}

// checkFree returns ErrBusy if a cell has a live lease.
func checkFree(ctx context.Context, q querier, cell string) error {
	l, found, err := find[lease](ctx, q, leases, "cell = ?", cell)
	if err != nil || !found {
		return err
	}
	return l.free()
}
