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

// live reports whether the claim may still be at work: a lease lasts until it expires, unless its process is seen to be gone.
func (l lease) live() bool {
	if time.Now().UnixMilli() >= l.Expires {
		return false
	}
	return l.Realm == "" || l.Realm != realm() || !gone(l.Process, l.Started)
}

// checkFree returns ErrBusy, with who, if a cell has a live lease.
func checkFree(ctx context.Context, q querier, cell string) error {
	l, found, err := find[lease](ctx, q, leases, "cell = ?", cell)
	if err != nil || !found || !l.live() {
		return err
	}
	return fmt.Errorf("%w by process %d on %s: %s", ErrBusy, l.Process, l.Host, cell)
}
