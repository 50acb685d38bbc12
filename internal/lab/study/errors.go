package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lmz/internal/levenshtein"
)

// Error says what is wrong in a study file, and where.
type Error struct {
	File         string
	Line, Column int    // from 1
	Field        string // as data[1].kind; "" for the file as a whole
	Msg          string // what was found, what was expected
}

func (e *Error) Error() string {
	field := ""
	if e.Field != "" {
		field = e.Field + ": "
	}
	return fmt.Sprintf("study: %s:%d:%d: %s%s", e.File, e.Line, e.Column, field, e.Msg)
}

// Errors are all that is wrong in a study file, in the order of its lines; at least one.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// nearest is what a name that is none of those that there are was perhaps meant to be, as `, did you mean "x"?`, or "".
func nearest(name string, have []string) string {
	best, distance := "", max(2, len(name)/3)+1
	for _, h := range have {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(h)); d < distance {
			best, distance = h, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}
