package cluster

import (
	"context"

	"lmz/internal/lab/study"
)

// Supply puts what tasks need where workers find it.
type Supply struct{}

func (s *Supply) task(ctx context.Context, t study.Task) (subject, error) { return subject{}, nil }
