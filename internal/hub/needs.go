package hub

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// What lmz reads of a model in Hugging Face's form beside the weights.
var descriptions = []string{"config.json", "tokenizer.json"}

// weights are the forms in which a repository may have a model's tensors, the best first. An index names shards.
var weights = []struct {
	file  string
	index bool
}{
	{"model.safetensors", false},
	{"model.safetensors.index.json", true},
	{"pytorch_model.bin", false},
	{"pytorch_model.bin.index.json", true},
}

// missing names the first file that a directory lacks for ref, "" if it has all. has tells of a file, read reads one.
func missing(ref Ref, has func(file string) bool, read func(file string) ([]byte, error)) string {
	if ref.File != "" {
		if has(ref.File) {
			return ""
		}
		return ref.File
	}
	for _, file := range descriptions {
		if !has(file) {
			return file
		}
	}
	first := weights[0].file
	for _, w := range weights {
		if !has(w.file) {
			continue
		}
		if !w.index {
			return ""
		}
		index, err := read(w.file)
		if err != nil {
			return w.file
		}
		files, err := shards(index)
		if err != nil {
			return w.file
		}
		i := slices.IndexFunc(files, func(file string) bool { return !has(file) })
		if i < 0 {
			return ""
		}
		first = files[i]
	}
	return first
}

// shards lists the files that the index of a model's weights names.
func shards(index []byte) ([]string, error) {
	var content struct {
		WeightMap map[string]string `json:"weight_map"` // tensor -> file
	}
	if err := json.Unmarshal(index, &content); err != nil {
		return nil, err
	}
	files := slices.Compact(slices.Sorted(maps.Values(content.WeightMap)))
	if len(files) == 0 {
		return nil, fmt.Errorf("no weight_map")
	}
	for _, file := range files {
		if !validFile(file) {
			return nil, fmt.Errorf("%q as the name of a file", file)
		}
	}
	return files, nil
}
