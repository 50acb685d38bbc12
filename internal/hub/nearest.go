package hub

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/levenshtein"
)

// nearest picks up to three of the revisions that there are for one that there is not: by number if that is all that differs,
// step1500 say, else by edit distance.
func nearest(want string, have []string) []string {
	prefix, number, numbered := splitNumber(want)
	type candidate struct {
		name     string
		distance uint64
	}
	var candidates []candidate
	for _, name := range have {
		if p, n, ok := splitNumber(name); numbered && ok && p == prefix {
			candidates = append(candidates, candidate{name, max(n, number) - min(n, number)})
		}
	}
	if candidates == nil {
		for _, name := range have {
			candidates = append(candidates, candidate{name, uint64(levenshtein.Distance(want, name))})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, c := range candidates[:min(3, len(candidates))] {
		names = append(names, c.name)
	}
	return names
}

// splitNumber cuts a name into a prefix and a number, v2 into v and 2.
func splitNumber(name string) (prefix string, number uint64, ok bool) {
	prefix = strings.TrimRight(name, "0123456789")
	number, err := strconv.ParseUint(name[len(prefix):], 10, 64)
	return prefix, number, err == nil
}
