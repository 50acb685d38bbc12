package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"lmz/internal/lab/dataset"
)

// dataFlags are the flags that say which chunks are made of a source.
func dataFlags(cmd *cobra.Command, spec *dataset.Spec) {
	fs := cmd.Flags()
	fs.Var((*kindFlag)(&spec.Kind), "kind", "kind of data: "+strings.Join(dataset.KindNames(), ", ")+" (default as the source begins)")
	fs.IntVar(&spec.Chunk, "chunk", dataset.DefaultChunk, "bytes a chunk")
	fs.IntVar(&spec.Count, "count", dataset.DefaultCount, "chunks at most, -1 for all; images give so many patches, spread over all of them")
	fs.IntVar(&spec.PerFile, "per-file", 0, "chunks of one file at most, 0 for any number")
	fs.Uint64Var(&spec.Seed, "seed", 0, "seed of random bytes and of the places of patches")
	fs.IntVar(&spec.Width, "width", 0, "width of a raw video's frames in pixels")
	fs.IntVar(&spec.Height, "height", 0, "height of a raw video's frames in pixels")
	fs.StringVar(&spec.Columns, "columns", "", "columns of CSV: names or numbers from 1, by commas (default all that hold numbers)")
	err := cmd.RegisterFlagCompletionFunc("kind", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return dataset.KindNames(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic("cli: " + err.Error())
	}
}

// kindFlag is a dataset.Kind; dataset.Spec says whether there is one of that name.
type kindFlag dataset.Kind

func (k *kindFlag) String() string     { return string(*k) }
func (k *kindFlag) Type() string       { return "kind" }
func (k *kindFlag) Set(s string) error { *k = kindFlag(s); return nil }
