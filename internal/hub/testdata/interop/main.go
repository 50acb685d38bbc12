// Command interop serves a hub on a free port, writes its address to standard output, and ends with its standard input. check.py
// compares with it what lmz and the Python package huggingface_hub make of a cache.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"lmz/internal/hub/hubtest"
)

func main() {
	server := hubtest.New()
	defer server.Close()
	server.Repos["org/tiny"] = &hubtest.Repo{Revisions: map[string]hubtest.Files{}}
	for revision, size := range map[string]int{"main": 40 << 20, "step8": 3000} { // more than two parts, one part
		server.Repos["org/tiny"].Revisions[revision] = hubtest.Files{
			"config.json":       []byte("{}"),
			"tokenizer.json":    []byte("{}  "),
			"model.safetensors": bytes.Repeat([]byte(revision+"..."), size/len(revision+"...")),
		}
	}
	fmt.Println(server.Hub.URL)
	io.Copy(io.Discard, os.Stdin)
}
