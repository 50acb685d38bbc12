package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lmz/internal/lab/dataset"
)

func dataCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "Show the kinds of data that can be measured, and what a file or directory holds",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badUsage(cmd, fmt.Errorf("lmz data %s: no such command, want inspect", args[0]))
			}
			return listKinds(cmd.OutOrStdout())
		},
	}
	cmd.AddCommand(inspectDataCommand())
	return cmd
}

// kindHelp is what lmz data tells of each kind, and where what both studies measured is to be had.
var kindHelp = []struct {
	kind  dataset.Kind
	what  string
	found []string
}{
	{dataset.Text, "files as they are: prose, source code, logs, JSON", []string{
		"enwik8, enwik9, text8   https://mattmahoney.net/dc/enwik8.zip (enwik9.zip, text8.zip)",
	}},
	{dataset.Bytes, "files as they are: programs, or anything else", []string{
		"Silesia corpus          https://sun.aei.polsl.pl/~sdeor/corpus/silesia.zip",
	}},
	{dataset.Image, "patches of 32 rows of 64 pixels (--chunk 512: 16 of 32) of JPEG, PNG and GIF, 8-bit grey, at random places", []string{
		"ImageNet validation     https://image-net.org/challenges/LSVRC/2012/ (ILSVRC2012_img_val.tar, 6.7 GB, on registration)",
		"Kodak                   https://r0k.us/graphics/kodak/ (24 PNG files)",
	}},
	{dataset.Speech, "samples of FLAC and WAV, 16 kHz, mono, 16 bits", []string{
		"LibriSpeech             https://www.openslr.org/resources/12/train-clean-100.tar.gz (6.3 GB)",
	}},
	{dataset.Speech8, "the same in 8 bits: the high byte of each sample", nil},
	{dataset.Video, "frames of raw YUV 4:2:0: .y4m, or .yuv with --width and --height", []string{
		"Xiph's test media       https://media.xiph.org/video/derf/",
	}},
	{dataset.Float32, "columns of CSV as 32-bit floating point, little-endian", nil},
	{dataset.Int16, "columns of CSV as 16-bit integers, scaled, little-endian", nil},
	{dataset.DNA, "bases of FASTA", []string{
		"E. coli K-12            https://www.ncbi.nlm.nih.gov/datasets/genome/GCF_000005845.2/",
	}},
	{dataset.Random, "random bytes, of the source called random: no decodable compressor gains on them", nil},
}

func listKinds(out io.Writer) error {
	for _, k := range kindHelp {
		fmt.Fprintf(out, "%-8s  %s\n", k.kind, k.what)
		for _, found := range k.found {
			fmt.Fprintf(out, "            %s\n", found)
		}
	}
	_, err := fmt.Fprint(out, `
A source is a file, a directory, or an archive: .zip, .tar and what .gz, .xz, .zst and .bz2
pack are read without unpacking them. Files of a directory are read in the order of their
names, those of an archive as they lie in it: the first chunks of both may differ. lmz
fetches no data. What it makes of a source:

  lmz data inspect enwik8.zip
  lmz data inspect train-clean-100.tar.gz -o waves.png
`)
	return err
}
