package study

import "lmz/internal/lab/dataset"

// The names that a study file can choose from.
var (
	kinds = kindNames(dataset.Text, dataset.Bytes, dataset.Image, dataset.Speech, dataset.Speech8, dataset.Video, dataset.Float32,
		dataset.Int16, dataset.DNA, dataset.Random)
	protocols = []string{"lossless", "stream", "deletang-2023", "bharadwaj-2025"}
	baselines = []string{"gzip", "xz", "zstd", "brotli", "bzip2", "png", "flac", "ppmd", "bzip3", "zpaq", "kanzi", "webp", "jxl", "wavpack"}
)

func kindNames(kinds ...dataset.Kind) (names []string) {
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return names
}
