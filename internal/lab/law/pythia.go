package law

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// PythiaTokens is the batch of all Pythia models, in tokens a step: 1024 sequences of 2048 tokens
// (Biderman et al. 2023, arXiv 2304.01373).
const PythiaTokens = 1024 * 2048

// pythia is the parameters of the Pythia models, all and without embeddings, as Biderman et al. 2023 (arXiv 2304.01373, table 1, and the
// suite's README) and the published checkpoints have them. A test compares with what package hub computes from the shapes.
var pythia = map[string]struct{ total, body float64 }{
	"14m":  {14_067_712, 1_189_888},
	"31m":  {30_494_720, 4_739_072},
	"70m":  {70_426_624, 18_915_328},
	"160m": {162_322_944, 85_056_000},
	"410m": {405_334_016, 302_311_424},
	"1b":   {1_011_781_632, 805_736_448},
	"1.4b": {1_414_647_808, 1_208_602_624},
	"2.8b": {2_775_208_960, 2_517_652_480},
	"6.9b": {6_857_302_016, 6_444_163_072},
	"12b":  {11_846_072_320, 11_327_027_200},
}

var (
	size       = regexp.MustCompile(`(?i)^[0-9]+(\.[0-9]+)?[kmbt]$`)
	multiplier = map[byte]float64{'k': 1e3, 'm': 1e6, 'b': 1e9, 't': 1e12}
)

// nominal is the size that a model's name tells, as 70e6 of EleutherAI/pythia-70m@step1000, and the size as it is written.
func nominal(name string) (float64, string, error) {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-_@/: ", r) })
	words = slices.DeleteFunc(words, func(w string) bool { return !size.MatchString(w) })
	if len(words) != 1 {
		return 0, "", fmt.Errorf("%q tells no size, or several: want one like 70m or 1.4b in it, or a number", name)
	}
	p, err := ParseAmount(words[0])
	return p, words[0], err
}

// ofPythia is a Pythia model's parameters, counted in either way.
func ofPythia(name string, c Convention) (float64, error) {
	_, written, err := nominal(name)
	p, ok := pythia[written]
	if err != nil || !ok || !isPythia(name) {
		return 0, fmt.Errorf("%q is no model of the Pythia suite, whose %s parameters would be known: give a column with them", name, c)
	}
	if c == NonEmbedding {
		return p.body, nil
	}
	return p.total, nil
}

func isPythia(name string) bool { return strings.Contains(strings.ToLower(name), "pythia") }
