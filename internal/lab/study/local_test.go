package study_test

import (
	"testing"
	"time"

	"lmz/internal/lab/study"
	"lmz/internal/lab/study/queuetest"
)

func TestLocal(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queuetest.Setup {
		q := study.NewLocal(3, 200*time.Millisecond)
		return queuetest.Setup{Queue: q, Worker: q.Worker, Lease: 200 * time.Millisecond, Deliveries: 3}
	})
}
