package study

import (
	"context"
	"maps"
	"runtime"
	"time"

	"lmz/internal/lab/measure"
)

// pace is how fast a running cell goes.
type pace struct {
	begun    time.Time
	progress measure.Progress
	first    measure.Progress // when it was first told: what the store had of an interrupted cell took no time
	since    time.Time
	workers  int       // at the cell, 1 at least
	told     time.Time // when that was last told
	busy     float64   // seconds of all workers until then
}

func newPace() *pace { return &pace{begun: time.Now(), workers: 1} }

func (p *pace) tell(now measure.Progress, workers int) {
	if p.since.IsZero() {
		p.first, p.since = now, time.Now()
	} else {
		p.busy = p.busySeconds()
	}
	p.progress, p.workers, p.told = now, max(workers, 1), time.Now()
}

// measured is the raw bytes that were coded in so many seconds.
func (p *pace) measured() (bytes, seconds float64) {
	if p.since.IsZero() {
		return 0, 0
	}
	return float64(p.progress.Bytes - p.first.Bytes), time.Since(p.since).Seconds()
}

// busySeconds is the time of all workers together: that of one is a byte's, however many there are.
func (p *pace) busySeconds() float64 { return p.busy + float64(p.workers)*time.Since(p.told).Seconds() }

// alike is what cells have in common that take about as long a byte. The zero values of its last fields mean any.
type alike struct {
	subject  string
	whole    bool
	protocol string
	modality string
}

// alike are those of a cell, the closest first.
func (c *Cell) alike() []alike {
	return []alike{{c.subject(), c.Record.Whole, c.Record.Protocol, c.Record.Modality}, {c.subject(), c.Record.Whole, "", ""}}
}

// paces are the seconds and bytes of cells alike that were measured.
type paces map[alike]struct{ bytes, seconds float64 }

func (s *paces) count(c *Cell, bytes, seconds float64) {
	if !(bytes > 0 && seconds > 0) {
		return
	}
	if *s == nil {
		*s = paces{}
	}
	for _, k := range c.alike() {
		sum := (*s)[k]
		sum.bytes += bytes
		sum.seconds += seconds
		(*s)[k] = sum
	}
}

func (s *paces) add(c *Cell, p *pace) {
	if bytes, seconds := p.measured(); seconds > 0 {
		s.count(c, bytes, p.busySeconds())
	}
}

// seconds is how long so many bytes of a cell take, if cells like it were measured.
func (s paces) seconds(c *Cell, bytes float64) (seconds float64, known bool) {
	for _, k := range c.alike() {
		if sum, ok := s[k]; ok {
			return bytes * sum.seconds / sum.bytes, true
		}
	}
	return 0, false
}

// learn takes the paces of the store's cells, and counts the chunks of unfinished ones. Rows of classical compressors have the times of
// threads beside each other, taken to be as many as now.
func (s *Supervisor) learn(ctx context.Context) error {
	if s.Store == nil {
		return nil
	}
	for _, c := range s.Plan.Cells {
		if c.Record.ID == "" {
			continue
		}
		if c.State == Done {
			s.paces.count(c, float64(c.Record.RawBytes), (c.Record.EncodeSeconds+c.Record.DecodeSeconds)/s.beside(c))
			continue
		}
		var bytes, seconds float64
		for row, err := range s.Store.Chunks(ctx, c.Record.ID) {
			if err != nil {
				return err
			}
			c.StoredChunks++
			bytes += float64(row.RawBytes)
			seconds += row.EncodeSeconds + row.DecodeSeconds
		}
		s.paces.count(c, bytes, seconds/s.beside(c))
	}
	return nil
}

// beside is how many chunks of a cell are measured at once, each with its own time.
func (s *Supervisor) beside(c *Cell) float64 {
	if c.Job.Baseline == "" || c.Job.Whole {
		return 1
	}
	return float64(s.threads(c))
}

// threads is how many a cell has.
func (s *Supervisor) threads(c *Cell) int {
	if c.Job.Threads > 0 {
		return c.Job.Threads
	}
	return max(1, runtime.GOMAXPROCS(0)/max(s.Workers, 1))
}

// Estimate is how long a cell will take, if cells like it were measured.
func (s *Supervisor) Estimate(c *Cell) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paces.estimate(c, float64(c.Bytes))
}

func (s paces) estimate(c *Cell, bytes float64) (time.Duration, bool) {
	seconds, known := s.seconds(c, bytes)
	return time.Duration(seconds * float64(time.Second)), known
}

// sofar are the paces with those of the cells that are running.
func (s *Supervisor) sofar() paces {
	all := maps.Clone(s.paces)
	for c, p := range s.running {
		all.add(c, p)
	}
	return all
}

// tell says how far a running cell is, and how many workers are at it.
func (s *Supervisor) tell(c *Cell, p measure.Progress, workers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pace := s.running[c]; pace != nil {
		pace.tell(p, workers)
	}
}

// Snapshot is where a run stands.
type Snapshot struct {
	Cells, Done, Failed, Waiting int           // of the plan, Missing ones left out; Done with those that were before
	Bytes, OfBytes               int64         // raw, of all these cells
	Left                         time.Duration // at least, for the rest
	Unknown                      int           // cells of which nobody knows yet how long they take; Left is without them
	Running                      []RunningCell
}

// RunningCell is where one cell of a run stands.
type RunningCell struct {
	Cell  *Cell
	At    measure.Progress
	Speed float64       // raw bytes a second; 0 if it is not known yet
	Left  time.Duration // negative if it is not known yet
}

// Snapshot says where the run stands.
func (s *Supervisor) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n Snapshot
	var left time.Duration
	paces := s.sofar()
	for _, c := range s.Plan.Cells {
		if c.State == Missing || c.State == Unknown {
			continue
		}
		n.Cells++
		n.OfBytes += c.Bytes
		switch c.State {
		case Done:
			n.Done++
			n.Bytes += c.Bytes
		case Failed:
			n.Failed++
			n.Bytes += c.Bytes
		case Running:
			r := s.runningCell(c, paces)
			n.Running = append(n.Running, r)
			n.Bytes += r.At.Bytes
			if r.Left < 0 {
				n.Unknown++
			} else {
				left += r.Left * time.Duration(s.running[c].workers)
			}
		case Waiting:
			n.Waiting++
		default:
			if t, known := paces.estimate(c, float64(c.Bytes)); known {
				left += t
			} else {
				n.Unknown++
			}
		}
	}
	n.Left = left / time.Duration(max(s.Workers, 1))
	return n
}

func (s *Supervisor) runningCell(c *Cell, paces paces) RunningCell {
	p := s.running[c]
	r := RunningCell{Cell: c, At: p.progress, Left: -1}
	if r.At.OfBytes == 0 {
		r.At.OfBytes, r.At.OfChunks = c.Bytes, c.Chunks
	}
	rest := float64(r.At.OfBytes - r.At.Bytes)
	if bytes, seconds := p.measured(); bytes > 0 && seconds > 0 {
		r.Speed = bytes / seconds
		r.Left = time.Duration(rest / r.Speed * float64(time.Second))
	} else if t, known := paces.estimate(c, rest); known {
		r.Left = t
	}
	return r
}
