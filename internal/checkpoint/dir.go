package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// layoutsOfDir are the names under which Hugging Face's libraries write a checkpoint, the first one that a
// directory has is taken: safetensors before pickles, as transformers does.
var layoutsOfDir = []struct {
	name string
	open func(path string) (*File, error)
}{
	{"model.safetensors", Open},
	{"model.safetensors.index.json", func(path string) (*File, error) { return openShards(path, Open) }},
	{"pytorch_model.bin", OpenTorch},
	{"pytorch_model.bin.index.json", func(path string) (*File, error) { return openShards(path, OpenTorch) }},
}

// OpenDir opens the checkpoint in a directory as Hugging Face's libraries lay it out: model.safetensors, its
// shards by model.safetensors.index.json, pytorch_model.bin, or its shards by pytorch_model.bin.index.json. If
// there are several, that is the order of preference; one that is there and broken is an error.
func OpenDir(dir string) (*File, error) {
	var names []string
	for _, l := range layoutsOfDir {
		path := filepath.Join(dir, l.name)
		if _, err := os.Lstat(path); err == nil { // Lstat: a link that leads nowhere is there and broken
			return l.open(path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		names = append(names, l.name)
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("checkpoint: directory %s has none of %s: %w", dir, strings.Join(names, ", "), fs.ErrNotExist)
}

// openShards opens the files that an index names and gives all their tensors as one File. Each shard must
// hold the tensors that the index expects there, and no two the same one.
func openShards(path string, open func(string) (*File, error)) (_ *File, err error) {
	weightMap, err := readIndex(path)
	if err != nil {
		return nil, err
	}
	whole := &File{Name: filepath.Base(path), Tensors: make(map[string]Tensor)}
	defer func() {
		if err != nil {
			err = errors.Join(err, whole.Close())
		}
	}()
	shardOf := make(map[string]string) // by tensor
	for _, name := range slices.Compact(slices.Sorted(maps.Values(weightMap))) {
		shard, err := open(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return nil, fmt.Errorf("a shard of %s: %w", filepath.Base(path), err)
		}
		whole.mapped = append(whole.mapped, shard.mapped...)
		for tensor, t := range shard.Tensors {
			if other, twice := shardOf[tensor]; twice {
				return nil, fmt.Errorf("%s: tensor %q is in %s and in %s, want it in one shard", path, tensor, other, name)
			}
			whole.Tensors[tensor], shardOf[tensor] = t, name
		}
		if whole.Metadata == nil {
			whole.Metadata = shard.Metadata // of the first; writers give all the same
		}
	}
	for _, tensor := range slices.Sorted(maps.Keys(weightMap)) {
		if shardOf[tensor] != weightMap[tensor] {
			return nil, fmt.Errorf("%s: shard %s lacks tensor %q, which the index expects there", path, weightMap[tensor], tensor)
		}
	}
	return whole, nil
}

// readIndex reads the weight_map of an index: for each tensor the name of the file, beside the index, that
// holds it.
func readIndex(path string) (map[string]string, error) {
	b, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	defer unmapBytes(b)
	fail := func(format string, a ...any) (map[string]string, error) {
		return nil, fmt.Errorf("%s: %w", path, &FormatError{0, "index of shards: " + fmt.Sprintf(format, a...)})
	}
	if len(b) > maxHeader {
		return fail("%d bytes, want at most %d", len(b), maxHeader)
	}
	index, err := parseObject(b)
	if err != nil {
		return fail("%v", err)
	}
	var weightMap map[string]string
	if err := json.Unmarshal(index["weight_map"], &weightMap); err != nil {
		return fail("weight_map: %v", err)
	}
	if len(weightMap) == 0 {
		return fail("weight_map names no tensor")
	}
	for tensor, name := range weightMap {
		// On every system the same: what is a plain name here is one everywhere.
		if strings.ContainsAny(name, "/\\:\x00") || !filepath.IsLocal(name) || name == "." {
			return fail("tensor %q is in %q, want the name of a file in the same directory", tensor, name)
		}
	}
	return weightMap, nil
}
