package lmz

import (
	"context"

	"lmz/internal/codec"
)

// Data that is compressed or encrypted already takes a model as long as text does, to no avail. A
// frame that looks like noise is therefore probed before it is modelled whole: slices of it are coded, and
// if they do not shrink it is stored. Both steps are exact integer work: every machine decides alike.
const (
	probeFrame  = 64 << 10 // smaller frames are not probed: modelling them takes seconds at most
	probeSlices = 16       // spread evenly, coded abreast
	probeSlice  = 512      // bytes: the probe costs 1/8 of the smallest frame and 1/512 of a full one
)

// incompressible reports whether a frame is to be stored without modelling all of it.
func incompressible(ctx context.Context, p codec.Predictor, model *Model, raw []byte, threads int) (bool, error) {
	if len(raw) < probeFrame || !uniform(raw) {
		return false, nil
	}
	slices := make([][]int32, probeSlices)
	for i := range slices {
		at := i * (len(raw) - probeSlice) / (probeSlices - 1)
		slices[i] = model.lm.Tokenizer().Encode(nil, raw[at:at+probeSlice])
	}
	payloads, _, err := codec.Encode(ctx, p, slices, codec.Options{Threads: threads, Mixed: model.lm.Mixes()})
	if err != nil {
		return false, err
	}
	return size(payloads)*100 >= probeSlices*probeSlice*99, nil
}

// uniform reports whether byte values are spread so evenly that counting them saves next to nothing:
// two bytes drawn at random agree with a probability below 1/239, which is a collision entropy of more
// than 7.9 bits a byte. Shannon's entropy is never less, and would need logarithms.
func uniform(raw []byte) bool {
	var count [256]uint64
	for _, b := range raw {
		count[b]++
	}
	var pairs uint64
	for _, c := range count {
		pairs += c * c
	}
	return pairs*239 < uint64(len(raw))*uint64(len(raw))
}

// size is the number of bytes of all payloads.
func size(payloads [][]byte) (n int) {
	for _, p := range payloads {
		n += len(p)
	}
	return n
}
