package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The vocabulary and the merges are nearly all of a tokenizer.json: read by reflection they would take most of the time
// that a program needs to start. encoding/json hands their text over when it has found it to be well-formed JSON.

// hfVocab is the ids of tokens, in a JSON object.
type hfVocab map[string]int

// UnmarshalJSON reads an object of strings and integers.
func (v *hfVocab) UnmarshalJSON(text []byte) error {
	r := hfReader{string(text)}
	if !r.skip('{') {
		return fmt.Errorf("vocab is %s, want an object", cut(r.rest))
	}
	*v = make(hfVocab, strings.Count(r.rest, `"`)/2)
	for !r.skip('}') {
		name, err := r.string()
		if err != nil {
			return fmt.Errorf("vocab: %w", err)
		}
		r.skip(':')
		r.space()
		n := 0
		for n < len(r.rest) && strings.IndexByte(",} \t\r\n", r.rest[n]) < 0 {
			n++
		}
		id, err := strconv.Atoi(r.rest[:n])
		if err != nil {
			return fmt.Errorf("vocab: the id of %q is %s, want an integer", cut(name), cut(r.rest[:n]))
		}
		r.rest = r.rest[n:]
		r.skip(',')
		(*v)[name] = id
	}
	return nil
}

// hfMerges is a list of merges: strings of two parts with a space between, or arrays of two strings.
type hfMerges []pair

// UnmarshalJSON reads an array of strings or of arrays of strings.
func (m *hfMerges) UnmarshalJSON(text []byte) error {
	r := hfReader{string(text)}
	if !r.skip('[') {
		return fmt.Errorf("merges are %s, want an array", cut(r.rest))
	}
	*m = make(hfMerges, 0, bytes.Count(text, []byte(",")))
	for !r.skip(']') {
		var parts []string
		var array [2]string
		if r.skip('[') {
			parts = array[:0]
			for !r.skip(']') {
				s, err := r.string()
				if err != nil {
					return fmt.Errorf("merge %d: %w", len(*m), err)
				}
				parts = append(parts, s)
				r.skip(',')
			}
		} else {
			s, err := r.string()
			if err != nil {
				return fmt.Errorf("merge %d: %w", len(*m), err)
			}
			parts = strings.Split(s, " ")
		}
		if len(parts) != 2 {
			return fmt.Errorf("merge %d has %d parts, want 2", len(*m), len(parts))
		}
		*m = append(*m, pair(parts))
		r.skip(',')
	}
	return nil
}

// hfReader reads well-formed JSON.
type hfReader struct{ rest string }

// space skips white space.
func (r *hfReader) space() {
	for r.rest != "" && (r.rest[0] == ' ' || r.rest[0] == '\n' || r.rest[0] == '\t' || r.rest[0] == '\r') {
		r.rest = r.rest[1:]
	}
}

// skip skips white space, and the byte c if it follows; it says whether that does.
func (r *hfReader) skip(c byte) bool {
	r.space()
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// string reads a string, which takes no memory of its own if nothing in it is escaped.
func (r *hfReader) string() (string, error) {
	r.space()
	if r.rest == "" || r.rest[0] != '"' {
		return "", fmt.Errorf("%s, want a string", cut(r.rest))
	}
	escaped := false
	for i := 1; i < len(r.rest); i++ {
		switch r.rest[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			literal := r.rest[:i+1]
			r.rest = r.rest[i+1:]
			if !escaped {
				return literal[1:i], nil
			}
			s, err := strconv.Unquote(literal) // what it knows of JSON's escapes it does as JSON has it, and fast
			if err != nil {
				err = json.Unmarshal([]byte(literal), &s)
			}
			return s, err
		}
	}
	return "", fmt.Errorf("%s, want a string", cut(r.rest))
}
