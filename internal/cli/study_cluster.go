package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"lmz/internal/lab/cluster"
	"lmz/internal/lab/study"
	"lmz/internal/lab/table"
)

const (
	clusterCheck = 100  // one range in so many is measured by a second worker
	clusterAhead = 1024 // tasks in the queue: workers may come that were not there when the run began
	fewSubjects  = 4    // at work at once, where there are few workers
)

// superviseCluster runs the plan on the workers of a cluster.
func superviseCluster(ctx context.Context, stderr io.Writer, v *study.Supervisor, name, path string, f studyFlags) error {
	if v.Plan.Count(study.ToDo) == 0 {
		if v.Plan.Count(study.Done) == len(v.Plan.Cells) {
			endCluster(ctx, stderr, name, path, f)
		}
		return nil
	}
	c, err := f.dial(ctx, hostProcess("study "+name), false, natsLog(stderr))
	if err != nil {
		return err
	}
	defer c.Close()
	supply, err := cluster.OpenSupply(ctx, c)
	if err != nil {
		return err
	}
	q, err := cluster.OpenQueue(ctx, c, cluster.StudyID(name, path), name, cluster.QueueOptions{Supply: supply})
	if err != nil {
		return err
	}
	defer q.Close()
	workers, err := c.Workers(ctx)
	if err != nil {
		return err
	}
	if len(workers) == 0 && !f.quiet {
		fmt.Fprintln(stderr, "no worker is connected: lmz worker --nats URL starts one; waiting")
	}
	v.Queue, v.Workers, v.Ahead = q, max(fewSubjects, len(workers)), max(clusterAhead, 4*len(workers))
	if err := superviseStudy(ctx, stderr, v, f.quiet); err != nil {
		return err
	}
	return q.Remove(ctx)
}

// endCluster removes what the servers keep of a study that is done: the last run may have been killed before it did.
func endCluster(ctx context.Context, stderr io.Writer, name, path string, f studyFlags) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := f.dial(ctx, hostProcess("study "+name), false, natsLog(stderr))
	if err == nil {
		defer c.Close()
		err = c.EndStudy(ctx, cluster.StudyID(name, path))
	}
	if err != nil {
		fmt.Fprintf(stderr, "what the servers keep of the study could not be removed: %s\n", printable(err.Error()))
	}
}

// clusterStatus says who is at a study on a cluster, and how far it is.
func clusterStatus(ctx context.Context, stdout, stderr io.Writer, p *study.Plan, name, path string, f studyFlags) error {
	c, err := f.dial(ctx, hostProcess("status"), false, natsLog(stderr))
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.Study(ctx, cluster.StudyID(name, path))
	if err != nil {
		return err
	}
	t := &table.Table{Title: "Workers", Head: []string{"worker", "host", "at", "model", "threads", "kernels", "memory", "tasks", "failed", "kB/s", "seen"}, Left: 4}
	for _, w := range s.Workers {
		at, memory := w.Job, "any"
		switch {
		case w.Draining:
			at = "draining"
		case at == "":
			at = "idle"
		}
		if w.Memory > 0 {
			memory = study.Size(w.Memory).String()
		}
		t.Rows = append(t.Rows, []string{printable(w.Name), printable(w.Host), printable(at), printable(strings.Join(w.Models, ", ")), fmt.Sprint(w.Threads), printable(w.Kernels), memory,
			fmt.Sprint(w.Tasks), fmt.Sprint(w.Failed), fmt.Sprintf("%.1f", w.Rate/1000), duration(max(time.Since(w.Seen), time.Second)) + " ago"})
	}
	if len(s.Workers) == 0 {
		fmt.Fprint(stdout, "\nNo worker is connected: lmz worker --nats URL starts one.\n")
	} else {
		fmt.Fprintf(stdout, "\n%s", t.Text())
	}
	if !s.Running {
		fmt.Fprintln(stdout, "Queue: the servers have nothing of this study: it was finished, or not begun from here.")
		return nil
	}
	fmt.Fprintf(stdout, "Queue: %d ranges at work, %d waiting, %d results to be taken in; %.1f kB/s%s\n", s.Working, s.Waiting, s.Results, s.Rate/1000, clusterLeft(p, s.Rate))
	fmt.Fprintf(stdout, "Coordinator: %s, since %s\n", printable(s.Owner), s.Begun.Local().Format(time.DateTime))
	for _, name := range s.Banned {
		fmt.Fprintf(stdout, "banned: %s: its rows were not those of other workers\n", printable(name))
	}
	for _, m := range s.TooLarge {
		fmt.Fprintf(stdout, "waiting for memory: %s takes %v, and the largest worker has %v: start one with more\n", printable(m.Subject), study.Size(m.Memory), study.Size(m.Most))
	}
	for _, d := range s.Dead {
		fmt.Fprintf(stdout, "dead: %s of %s, chunks %s (worker %s): %s\n", printable(d.Subject), printable(d.Data), d.Range, printable(d.Worker), printable(d.Error))
	}
	return nil
}

// clusterLeft is how long the rest takes at a rate in raw bytes a second.
func clusterLeft(p *study.Plan, rate float64) string {
	if rate <= 0 {
		return ""
	}
	var left float64
	for _, c := range p.Cells {
		if c.State == study.ToDo && c.Chunks > 0 {
			left += float64(c.Bytes) * (1 - min(1, float64(c.StoredChunks)/float64(c.Chunks)))
		}
	}
	return ", " + duration(time.Duration(left/rate*float64(time.Second))) + " left"
}
