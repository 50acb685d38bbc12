package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/spf13/cobra"

	"lmz/internal/hub"
	"lmz/internal/lm"
)

func pullCommand() *cobra.Command {
	w := &work{}
	cmd := &cobra.Command{
		Use:   "pull MODEL...",
		Short: "Download models from Hugging Face's hub",
		Long: `Download each MODEL from Hugging Face's hub and print the directory that has it.
-m takes the name or the directory.

MODEL is ORG/NAME or ORG/NAME@REVISION, a branch, tag or commit; or either with
:FILE.gguf at its end, for one GGUF file of the repository. The Pythia suite is
known without ORG: lmz models list pythia.

Models go where Hugging Face's own tools look for them, and those that these have
downloaded are found. What was interrupted goes on where it was when the same
command is given again. Every file is verified by its hash.

Environment, as for those tools:
  HF_HUB_CACHE    the cache (default $HF_HOME/hub, ~/.cache/huggingface/hub)
  HF_TOKEN        token of your account, which gated models need
                  (default the content of $HF_TOKEN_PATH, $HF_HOME/token)
  HF_ENDPOINT     another server (default https://huggingface.co)
  HF_HUB_OFFLINE  1: use what the cache has, ask no server`,
		Example: `  lmz models pull EleutherAI/pythia-160m@step8000
  lmz -m EleutherAI/pythia-160m@step8000 FILE`,
		Args:              arguments(1, math.MaxInt),
		ValidArgsFunction: completePythia,
		RunE: func(cmd *cobra.Command, args []string) error {
			w.ctx, w.stderr = cmd.Context(), cmd.ErrOrStderr()
			return eachModel(cmd, args, func(ref hub.Ref) error {
				path, err := w.pull(ref)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), path)
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVarP(&w.quiet, "quiet", "q", false, "show no progress")
	return cmd
}

// pull downloads a model and shows how far it is.
func (w *work) pull(ref hub.Ref) (path string, err error) {
	bar := &progress{}
	defer func() { bar.end() }()
	return hub.Pull(w.ctx, ref, hub.Options{
		Begin:    func(bytes int64) { bar = w.newProgress(ref.String(), bytes) },
		Check:    lm.Check,
		Progress: func(bytes int) { bar.add(bytes) },
	})
}

// eachModel does something with each reference and reports those with which it cannot be done. A name that makes no
// sense is found before any is done.
func eachModel(cmd *cobra.Command, names []string, do func(hub.Ref) error) error {
	refs := make([]hub.Ref, len(names))
	for i, name := range names {
		var err error
		if refs[i], err = hub.ParseRef(name); err != nil {
			return badUsage(cmd, err)
		}
	}
	failed := false
	for _, ref := range refs {
		err := do(ref)
		if cmd.Context().Err() != nil {
			return cmd.Context().Err()
		}
		if err != nil {
			report(cmd.ErrOrStderr(), hubHint(err))
			failed = true
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// hubHint adds what the user can do about an error of package hub.
func hubHint(err error) error {
	var (
		notFound *hub.NotFoundError
		revision *hub.RevisionError
		access   *hub.AccessError
		absent   *hub.NotCachedError
		full     *hub.DiskFullError
		hash     *hub.HashError
		network  *hub.NetworkError
	)
	switch {
	case errors.As(err, &notFound) && notFound.Token:
		return hint(err, "check the name, and whether your account may see it")
	case errors.As(err, &notFound):
		return hint(err, "check the name; if it is private, set HF_TOKEN to a token of your account")
	case errors.As(err, &revision):
		return hint(err, "choose a revision at %s", "https://huggingface.co/"+revision.Ref.Repo+"/tree/main")
	case errors.As(err, &access) && access.Gated:
		return hint(err, "accept the terms at %s, then set HF_TOKEN to a token of your account", access.Page)
	case errors.As(err, &access):
		return hint(err, "check HF_TOKEN, or the file that HF_TOKEN_PATH names")
	case errors.As(err, &absent):
		return hint(err, "lmz models pull %s downloads it, unless HF_HUB_OFFLINE is set; lmz models list shows what is there", absent.Ref)
	case errors.As(err, &full):
		return hint(err, "make room, with lmz models rm say, or name another place with HF_HUB_CACHE")
	case errors.As(err, &hash):
		return hint(err, "try again; if that does not help, the server that HF_ENDPOINT names has damaged files")
	case errors.As(err, &network):
		return hint(err, "check the network, and HF_ENDPOINT if it is set; the same command goes on where this one ended")
	case errors.Is(err, fs.ErrPermission):
		return hint(err, "check who may write the cache, or name another place with HF_HUB_CACHE")
	}
	return err
}

// completePythia has the shell complete the names of the suite.
func completePythia(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, p := range hub.PythiaSuite() {
		names = append(names, p.Repo)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeCached has the shell complete the names of models in the cache.
func completeCached(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	snapshots, err := hub.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, s := range snapshots {
		names = append(names, s.Names()...)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
