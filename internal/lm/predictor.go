package lm

import (
	"lmz/internal/codec"
	"lmz/internal/model"
)

// Predictor is the model as the codec sees it, with a policy for contexts longer than its window.
func (m *Model) Predictor(p Policy) codec.Predictor { return NewPredictor(m.model, p) }

// NewPredictor is a model without a tokenizer as the codec sees it.
func NewPredictor(m *model.Model, p Policy) codec.Predictor { return predictor{m, p} }

type predictor struct {
	model  *model.Model
	policy Policy
}

func (p predictor) Symbols() int { return p.model.Symbols() }
func (p predictor) Start() int32 { return p.model.Start() }
func (p predictor) Window() int {
	if p.policy == Fresh {
		return p.model.Config.Window
	}
	return 0
}

// Lanes is 4 to 16, in fours as kernels like rows. A step of a decoder reads the weights once for all lanes, and what each lane
// remembers: while that stays in the processor's cache, of which a thread has some 6 MiB for it, more lanes than fit
// there lose more than they save. Where not even four fit, as with large windows, 16 share the weights, in up to 1 GiB.
// Both bounds are measured: docs/performance.md.
func (p predictor) Lanes() int {
	size := p.model.MemoryPerLane()
	room := int64(6 << 20)
	if 4*size > 16<<20 {
		room = 1 << 30
	}
	return 4 * int(min(max(room/size/4, 1), 4))
}

func (p predictor) NewSession(lanes, threads int) codec.Session {
	return &session{state: p.model.NewState(lanes, threads, p.policy)}
}

// session passes the codec's rows to a model's State.
type session struct {
	state *model.State
	rows  []model.Row
}

func (s *session) Advance(rows []codec.Row, logits []float32) {
	s.rows = s.rows[:0]
	for _, r := range rows {
		s.rows = append(s.rows, model.Row(r))
	}
	s.state.Advance(s.rows, logits)
}

func (s *session) Reset(lane int) { s.state.Reset(lane) }
