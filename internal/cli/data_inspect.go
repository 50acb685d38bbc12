package cli

import (
	"context"
	"encoding/hex"
	"image/png"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"lmz/internal/lab/dataset"
)

// inspection is what lmz data inspect tells of data.
type inspection struct {
	Source      string            `json:"source"`
	Kind        dataset.Kind      `json:"kind"`
	Identity    string            `json:"identity"` // hex
	Chunks      int               `json:"chunks"`
	AskedChunks int               `json:"askedChunks"` // -1: all
	ChunkBytes  int               `json:"chunkBytes"`  // of a chunk; the last may have fewer
	Bytes       int64             `json:"bytes"`       // of all chunks
	Seed        uint64            `json:"seed"`
	Width       int               `json:"width"`       // pixels of a row, 0: no image
	SampleBytes int               `json:"sampleBytes"` // 0: no samples
	SampleRate  int               `json:"sampleRate"`  // samples a second, 0: not known
	Entropy     float64           `json:"entropyBitsPerByte"`
	Sources     []dataset.Source  `json:"sources"`
	Skipped     []dataset.Skipped `json:"skipped"`

	sample []sampleChunk
}

func inspectDataCommand() *cobra.Command {
	var spec dataset.Spec
	var picture string
	var overwrite, asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect [flags] SOURCE",
		Short: "Show what data are made of a file, a directory or an archive",
		Long: `Show which chunks are made of SOURCE: a file, a directory, an archive, or the word
random. It tells their kind, number and identity, the hash of all of them, by which
measurements are compared; the files that they were made of, with their SHA-256, and
those that were left out; the entropy of single bytes; and a sample: text as text,
numbers as numbers. With -o, patches of images are drawn side by side and speech as
waves, into a PNG file.

Everything that is measured is read, once for the sample and once for the identity.`,
		Example: `  lmz data inspect enwik8.zip
  lmz data inspect --seed 1 -o patches.png ILSVRC2012_img_val.tar
  lmz data inspect --kind speech8 -o waves.png train-clean-100.tar.gz
  lmz data inspect --kind float32 --columns 2,3 --json series.csv`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			spec.Source = args[0]
			if err := spec.Validate(); err != nil {
				return badUsage(cmd, err)
			}
			if picture != "" && spec.Kind != "" && !drawable(spec.Kind) {
				return noPicture(spec.Kind)
			}
			n, err := inspectData(cmd.Context(), cmd.ErrOrStderr(), spec)
			if err != nil {
				return err
			}
			if picture != "" {
				if err := n.draw(picture, overwrite); err != nil {
					return err
				}
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), n)
			}
			return n.print(cmd.OutOrStdout(), picture)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	dataFlags(cmd, &spec)
	fs.StringVarP(&picture, "output", "o", "", "draw a sample of images or speech into this PNG file")
	fs.BoolVarP(&overwrite, "force", "f", false, "overwrite it")
	fs.BoolVar(&asJSON, "json", false, "as JSON, with all sources and all that was skipped")
	return cmd
}

// inspectData reads what spec says.
func inspectData(ctx context.Context, stderr io.Writer, spec dataset.Spec) (*inspection, error) {
	counts, sample, err := readChunks(ctx, stderr, spec)
	if err != nil {
		return nil, err
	}
	watch := watchWork(stderr, "identity", 0)
	id, err := dataset.Identify(ctx, spec)
	watch.end()
	if err != nil {
		return nil, err
	}
	spec = spec.Complete()
	return &inspection{
		Source: spec.Source, Kind: id.Kind, Identity: hex.EncodeToString(id.ID[:]),
		Chunks: id.Chunks, AskedChunks: spec.Count, ChunkBytes: spec.Chunk, Bytes: id.Bytes, Seed: spec.Seed,
		Width: id.Signal.Width, SampleBytes: id.Signal.SampleBytes, SampleRate: id.Signal.SampleRate,
		Entropy: entropy(counts), Sources: orEmpty(id.Sources), Skipped: orEmpty(id.Skipped), sample: sample,
	}, nil
}

// orEmpty is s, or an empty slice for nil, which JSON shows as one.
func orEmpty[T any](s []T) []T { return append([]T{}, s...) }

// readChunks reads all chunks, counts their bytes by value, and keeps a sample of the chunks.
func readChunks(ctx context.Context, stderr io.Writer, spec dataset.Spec) (counts [256]int64, sample []sampleChunk, err error) {
	watch := watchWork(stderr, "chunks", spec.Complete().Count)
	defer watch.end()
	set, err := dataset.Open(ctx, spec)
	if err != nil {
		return counts, nil, err
	}
	defer set.Close()
	kept := sampler{most: maxSample}
	for {
		chunk, err := set.Next()
		if err == io.EOF {
			return counts, kept.chunks, nil
		}
		if err != nil {
			return counts, nil, err
		}
		for _, b := range chunk {
			counts[b]++
		}
		kept.add(chunk)
		watch.add(1)
	}
}

// entropy is that of single bytes in bits a byte: what a code for each byte by itself needs at least.
func entropy(counts [256]int64) float64 {
	total, sum := 0.0, 0.0
	for _, c := range counts {
		total += float64(c)
	}
	for _, c := range counts {
		if c > 0 {
			sum += float64(c) / total * math.Log2(total/float64(c))
		}
	}
	return sum
}

// watchWork shows how far work is, if someone is there to see it. The total is -1 where it is not known, and 0 where
// nothing is counted.
func watchWork(stderr io.Writer, name string, total int) *progress {
	if !isTerminal(stderr) {
		return &progress{}
	}
	bars := mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(40), mpb.WithRefreshRate(200*time.Millisecond))
	label := decor.Name(name, decor.WC{C: decor.DindentRight | decor.DextraSpace})
	switch elapsed := decor.Elapsed(decor.ET_STYLE_GO); total {
	case 0:
		return &progress{bars, bars.New(0, mpb.NopStyle(), mpb.PrependDecorators(label, elapsed), mpb.BarRemoveOnComplete())}
	case -1:
		return &progress{bars, bars.New(0, mpb.NopStyle(), mpb.PrependDecorators(label, decor.CurrentNoUnit("%d  "), elapsed), mpb.BarRemoveOnComplete())}
	}
	return &progress{bars, bars.New(int64(total), mpb.BarStyle(), mpb.PrependDecorators(label, decor.CountersNoUnit("%d / %d")),
		mpb.AppendDecorators(decor.Percentage(), decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 8})), mpb.BarRemoveOnComplete())}
}

// draw draws the sample into a PNG file, which appears when it is complete.
func (n *inspection) draw(path string, overwrite bool) error {
	m, err := n.picture()
	if err != nil {
		return err
	}
	none := &input{}
	out, err := createFile(path, none, overwrite)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := png.Encode(out, m); err != nil {
		return err
	}
	return out.commit(none)
}
