package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// maxNesting bounds the depth of JSON: a header needs 3, an index of shards 2.
const maxNesting = 16

// parseObject reads a JSON object whose keys, at every depth, are unique: encoding/json takes the last of equal
// ones, another reader the first.
func parseObject(b []byte) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if object == nil {
		return nil, fmt.Errorf("not a JSON object: null")
	}
	return object, uniqueKeys(b)
}

// uniqueKeys walks over valid JSON.
func uniqueKeys(b []byte) error {
	type level struct {
		keys  map[string]bool // nil in an array
		value bool            // a key was read, its value comes next
	}
	var levels []level
	for dec := json.NewDecoder(bytes.NewReader(b)); ; {
		token, err := dec.Token()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if end := token == json.Delim('}') || token == json.Delim(']'); end {
			levels = levels[:len(levels)-1]
			continue
		}
		if len(levels) > 0 {
			in := &levels[len(levels)-1]
			if in.keys != nil && !in.value {
				key := token.(string)
				if in.keys[key] {
					return fmt.Errorf("offset %d: key %q comes twice in one object", dec.InputOffset(), key)
				}
				in.keys[key], in.value = true, true
				continue
			}
			in.value = false
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{keys: make(map[string]bool)})
		case json.Delim('['):
			levels = append(levels, level{})
		}
		if len(levels) > maxNesting {
			return fmt.Errorf("offset %d: nested deeper than %d", dec.InputOffset(), maxNesting)
		}
	}
}
