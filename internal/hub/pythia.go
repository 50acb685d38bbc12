package hub

import (
	"strconv"
	"strings"
)

// Pythia is a model of the Pythia suite (Biderman et al. 2023, arXiv 2304.01373, table 1, and the suite's README).
// All have feed-forward layers of four times the width and embeddings that are not shared with the output.
type Pythia struct {
	Repo   string // EleutherAI/pythia-70m
	Layers int
	Width  int
	Vocab  int // rows of the embedding, padded for the machines of the training
}

const (
	// PythiaTokensPerStep is the batch of all Pythia models: 1024 sequences of 2048 tokens.
	PythiaTokensPerStep = 1024 * 2048
	// pythiaLastStep ends the training, after 299,892,736,000 tokens.
	pythiaLastStep = 143000
	pythiaOrg      = "EleutherAI/"
)

var pythiaSizes = []Pythia{
	{"14m", 6, 128, 50304},
	{"31m", 6, 256, 50304},
	{"70m", 6, 512, 50304},
	{"160m", 12, 768, 50304},
	{"410m", 24, 1024, 50304},
	{"1b", 16, 2048, 50304},
	{"1.4b", 24, 2048, 50304},
	{"2.8b", 32, 2560, 50304},
	{"6.9b", 32, 4096, 50432},
	{"12b", 36, 5120, 50688},
}

// PythiaSuite lists the suite by size; each model comes with its twin that was trained on the deduplicated Pile.
func PythiaSuite() []Pythia {
	var suite []Pythia
	for _, p := range pythiaSizes {
		size := p.Repo
		for _, twin := range []string{"", "-deduped"} {
			p.Repo = pythiaOrg + "pythia-" + size + twin
			suite = append(suite, p)
		}
	}
	return suite
}

// Parameters counts weights and biases, and those of them that are not embeddings.
func (p Pythia) Parameters() (total, nonEmbedding int64) {
	l, d, v := int64(p.Layers), int64(p.Width), int64(p.Vocab)
	const (
		matrices = 4 + 4 + 4             // query, key, value and output; into and out of the feed-forward layer
		vectors  = 3 + 1 + 4 + 1 + 2 + 2 // their biases; two norms with weight and bias
	)
	nonEmbedding = l*(matrices*d*d+vectors*d) + 2*d
	return nonEmbedding + 2*v*d, nonEmbedding
}

// PythiaRevisions names the 154 checkpoints of each model: step0, the powers of two up to step512, and every thousandth
// step up to step143000, which main has too.
func PythiaRevisions() []string {
	revisions := []string{"step0"}
	for step := 1; step <= 512; step *= 2 {
		revisions = append(revisions, "step"+strconv.Itoa(step))
	}
	for step := 1000; step <= pythiaLastStep; step += 1000 {
		revisions = append(revisions, "step"+strconv.Itoa(step))
	}
	return revisions
}

// pythia finds a model of the suite.
func pythia(repo string) (Pythia, bool) {
	for _, p := range PythiaSuite() {
		if p.Repo == repo {
			return p, true
		}
	}
	return Pythia{}, false
}

// checkStep is a RevisionError for a step at which the suite has no checkpoint.
func checkStep(ref Ref) error {
	if _, ok := pythia(ref.Repo); !ok {
		return nil
	}
	number, ok := strings.CutPrefix(ref.Revision, "step")
	if !ok {
		return nil
	}
	step, err := strconv.ParseUint(number, 10, 32)
	exists := err == nil && strconv.FormatUint(step, 10) == number &&
		(step == 0 || step <= 512 && step&(step-1) == 0 || step%1000 == 0 && step <= pythiaLastStep)
	if exists {
		return nil
	}
	return &RevisionError{ref, nearest(ref.Revision, PythiaRevisions())}
}
