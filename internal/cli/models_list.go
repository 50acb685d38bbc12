package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lmz/internal/hub"
	"lmz/models"
)

// modelListing is what lmz models list tells of a model. Size is in bytes.
type modelListing struct {
	Names  []string `json:"names"` // any of which -m takes, if the model is complete and lmz does not carry it
	State  string   `json:"state"` // carried, complete or incomplete
	Size   int64    `json:"size"`
	Commit string   `json:"commit"` // "" for the one that lmz carries
	Dir    string   `json:"dir"`    // "" for the one that lmz carries
}

func listModelsCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "list [pythia]",
		Short: "List the models that are here, or those of the Pythia suite",
		Long: `List the model that lmz carries and those in Hugging Face's cache, with the names
that -m takes; or with the word pythia, the models of the Pythia suite, their
parameters and their revisions.`,
		ValidArgs: []string{"pythia"},
		Args:      arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return listModels(cmd.OutOrStdout(), asJSON)
			case args[0] == "pythia":
				return listPythia(cmd.OutOrStdout(), asJSON)
			}
			return badUsage(cmd, fmt.Errorf("lmz models list %s: no such suite, want pythia", args[0]))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, sizes in bytes")
	return cmd
}

func listModels(out io.Writer, asJSON bool) error {
	carriedSize, err := sizeOf(models.Files)
	if err != nil {
		return err
	}
	listings := []modelListing{{Names: []string{models.Default}, State: "carried", Size: carriedSize}}
	snapshots, err := hub.List()
	if err != nil {
		return hubHint(err)
	}
	for _, s := range snapshots {
		state := "incomplete"
		if s.Complete || len(s.GGUF) > 0 {
			state = "complete"
		}
		listings = append(listings, modelListing{s.Names(), state, s.Size, s.Commit, s.Dir})
	}
	if asJSON {
		return writeJSON(out, listings)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "size\tstate\tcommit\t  model")
	for _, l := range listings {
		fmt.Fprintf(t, "%d\t%s\t%.12s\t  %s\n", l.Size, l.State, l.Commit, printable(strings.Join(l.Names, " ")))
	}
	return t.Flush()
}

// sizeOf adds up the files of a file system in bytes.
func sizeOf(files fs.FS) (sum int64, err error) {
	err = fs.WalkDir(files, ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}

// pythiaListing is what lmz models list pythia tells of a model.
type pythiaListing struct {
	Name         string `json:"name"`
	Parameters   int64  `json:"parameters"`
	NonEmbedding int64  `json:"nonEmbeddingParameters"`
	Layers       int    `json:"layers"`
	Width        int    `json:"width"`
}

func listPythia(out io.Writer, asJSON bool) error {
	var suite []pythiaListing
	for _, p := range hub.PythiaSuite() {
		total, nonEmbedding := p.Parameters()
		suite = append(suite, pythiaListing{p.Repo, total, nonEmbedding, p.Layers, p.Width})
	}
	revisions := hub.PythiaRevisions()
	if asJSON {
		return writeJSON(out, struct {
			Models        []pythiaListing `json:"models"`
			Revisions     []string        `json:"revisions"`
			TokensPerStep int             `json:"tokensPerStep"`
		}{suite, revisions, hub.PythiaTokensPerStep})
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "parameters\twithout embeddings\tlayers\twidth\t  model")
	for _, p := range suite {
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t  %s\n", p.Parameters, p.NonEmbedding, p.Layers, p.Width, p.Name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	last := revisions[len(revisions)-1]
	_, err := fmt.Fprintf(out, `
Each has %d revisions: step0, step1, step2, step4 and so on to step512, then step1000,
step2000 and so on to %s, which is main. A step is %d tokens.
`, len(revisions), last, hub.PythiaTokensPerStep)
	return err
}

func writeJSON(out io.Writer, value any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(value)
}
