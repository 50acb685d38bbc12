package cli

import (
	"context"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"lmz/internal/lab/cluster"
	"lmz/internal/lab/study"
)

// workerFlags are those of lmz worker.
type workerFlags struct {
	natsFlags
	threads            int
	memory, cache      string
	name, metrics, log string
	level              string
}

func workerCommand() *cobra.Command {
	var f workerFlags
	cmd := &cobra.Command{
		Use:   "worker --nats URL",
		Short: "Work for the studies and files of a cluster",
		Long: `Take tasks from the servers at --nats, and hand the results in: ranges of chunks of
lmz study run FILE --nats URL, and frames of lmz --nats URL FILE. Any number of workers
on any machines share them; models and data come by their hashes, and are kept in
--cache.

SIGTERM or Ctrl-C drains: the task at hand is finished and no other is taken. A
second one ends the worker at once; its task is given to another in half a minute.
docs/cluster.md says more.`,
		Example: `  lmz worker --nats nats://127.0.0.1:4222
  lmz worker --nats tls://a:4222,tls://b:4222 --creds worker.creds --threads 8 --memory 8GB`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runWorker(cmd, f) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	f.natsFlags.add(cmd)
	fs.IntVarP(&f.threads, "threads", "T", runtime.GOMAXPROCS(0), "threads")
	fs.StringVar(&f.memory, "memory", "", "memory that it may use, 4GB say: tasks of larger models are left to others (default any)")
	fs.StringVar(&f.cache, "cache", "", "directory of models and data (default lmz/worker in the user's cache)")
	fs.StringVar(&f.name, "name", "", "name that no other worker has (default of the host, the process and the time)")
	fs.StringVar(&f.metrics, "metrics", "", "answer GET /metrics for Prometheus at [HOST]:PORT; without HOST to this machine alone")
	fs.StringVar(&f.log, "log", "text", "how to log: text or json")
	fs.StringVar(&f.level, "log-level", "info", "what to log: debug, info, warn or error")
	directories(cmd, "cache")
	return cmd
}

func runWorker(cmd *cobra.Command, f workerFlags) error {
	if f.URLs == "" {
		return usagef("lmz worker wants --nats URL")
	}
	if err := f.check(); err != nil {
		return err
	}
	if f.threads < 1 {
		return usagef("--threads %d, want 1 or more", f.threads)
	}
	if len(f.name) > study.MaxWorkerName {
		return usagef("--name has %d bytes, want at most %d", len(f.name), study.MaxWorkerName)
	}
	log, err := logger(cmd.ErrOrStderr(), f.log, f.level)
	if err != nil {
		return err
	}
	w := &cluster.Worker{Name: f.name, Threads: f.threads, Cache: f.cache, Log: log}
	if f.memory != "" {
		memory, err := study.ParseSize(f.memory)
		if err != nil {
			return usagef("--memory: %w", err)
		}
		w.Memory = int64(memory)
	}
	if w.Cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return hint(err, "name a directory with --cache")
		}
		w.Cache = filepath.Join(dir, "lmz", "worker")
	}
	if w.Name == "" {
		w.Name = cluster.WorkerName()
	}
	runtime.GOMAXPROCS(f.threads)
	drain := cmd.Context()
	c, err := f.dial(drain, w.Name, true, log)
	if err != nil {
		if drain.Err() != nil {
			return nil
		}
		return err
	}
	defer c.Close()
	w.Conn = c
	if f.metrics != "" {
		at, err := w.ServeMetrics(drain, f.metrics)
		if err != nil {
			return err
		}
		log.Info("metrics", "url", "http://"+at+"/metrics")
	}
	return w.Run(context.WithoutCancel(drain), drain)
}
