package study

import (
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
)

// The names that a study file can choose from.
var (
	kinds     = kindNames()
	protocols = protocolNames()
	baselines = []string{"gzip", "brotli", "png", "xz", "zstd", "bzip2", "flac", "ppmd", "bzip3", "zpaq", "kanzi", "webp", "jxl", "wavpack"} // baseline.Names
)

func kindNames() (names []string) {
	for _, k := range dataset.Kinds {
		names = append(names, string(k))
	}
	return names
}

func protocolNames() (names []string) {
	for _, p := range measure.Protocols {
		names = append(names, p.Name)
	}
	return names
}
