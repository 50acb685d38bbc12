package measure

import (
	"lmz/internal/codec"
	"lmz/internal/tokenizer"
)

// uniform gives every symbol the same probability: what measures nothing, and shows what a protocol leaves out. No lossless
// code is shorter on uniform random bytes (Kraft's inequality).
type uniform struct{ tokenizer tokenizer.Tokenizer }

func (u uniform) Symbols() int                                { return u.tokenizer.Symbols() }
func (u uniform) Start() int32                                { return 0 }
func (u uniform) Window() int                                 { return 1024 } // any: nothing depends on anything
func (u uniform) Lanes() int                                  { return 16 }
func (u uniform) NewSession(lanes, threads int) codec.Session { return u }
func (u uniform) Advance(rows []codec.Row, logits []float32)  { clear(logits) }
func (u uniform) Reset(lane int)                              {}
