package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lmz/internal/checkpoint"
	"lmz/internal/lab/train"
	"lmz/internal/model"
)

// trainFlags are the flags of lmz train that are not options of the run itself.
type trainFlags struct {
	out         string
	init        string
	tokenizer   string
	heldOut     string
	heldOutSize int
	evalEvery   int
	saveEvery   time.Duration
	checkpoints []int
}

func trainCommand() *cobra.Command {
	o := train.Options{
		Model:       model.Config{NormEps: 1e-5, RotaryBase: 10000, Parallel: true},
		Optimizer:   train.AdamW{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Decay: 0.1},
		MaxGradNorm: 1,
	}
	var f trainFlags
	var rotary float64
	cmd := &cobra.Command{
		Use:   "train --out DIR FILE[:WEIGHT]...",
		Short: "Train a GPT-NeoX model on text, over bytes or tokens",
		Long: `Train a GPT-NeoX model on the given files, on all cores: over bytes, or with
--tokenizer over the tokens of a vocabulary, as lmz tokenizer train makes it.
--context counts these.

Each FILE (or directory, whose files are read in order) may carry a WEIGHT: its
share of the training sequences relative to the others, 1 if not given.

The run's state is kept in DIR. A run that was stopped continues when the same
command is given again, as if it had never stopped. At each of --checkpoints and
at the end the model is written to DIR/step-N as Hugging Face's GPTNeoXForCausalLM
(config.json, model.safetensors, tokenizer.json); with --ngrams as a model_type of
its own, which other programs refuse.`,
		Example: `  lmz train --out runs/small --steps 2000 --held-out test.txt wiki.txt:2 books/
  lmz -m runs/small/step-2000 FILE
  lmz tokenizer train --vocab 1000 -o bpe1000.json wiki.txt
  lmz train --out runs/bpe1000 --tokenizer bpe1000.json wiki.txt`,
		Args: arguments(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.out == "" {
				return badUsage(cmd, errors.New("--out is missing, want the directory of the run"))
			}
			if f.evalEvery < 1 {
				return badUsage(cmd, fmt.Errorf("--eval-every %d, want 1 or more", f.evalEvery))
			}
			if n := slices.Max(append(f.checkpoints, 0)); n > o.Schedule.Steps {
				return badUsage(cmd, fmt.Errorf("--checkpoints %d, want at most the %d of --steps", n, o.Schedule.Steps))
			}
			var err error
			if o.Data, err = parseSources(args); err != nil {
				return err
			}
			if err := apart(f.heldOut, o.Data); err != nil {
				return err
			}
			if o.Tokenizer, err = trainTokenizer(f.tokenizer); err != nil {
				return err
			}
			o.Model.Vocab, o.Model.Start = o.Tokenizer.Rows, o.Tokenizer.Start
			if o.Model.FeedForward == 0 {
				o.Model.FeedForward = 4 * o.Model.Hidden
			}
			if o.Model.NGrams == 0 {
				o.Model.NGramLength = 0
			}
			o.Model = o.Model.AsGPTNeoX()
			if o.Model.Heads > 0 {
				o.Model.RotaryWidth = int(rotary*float64(o.Model.HeadWidth)) &^ 1
			}
			o.Model.Window = o.Length
			o.Schedule.Final *= o.Schedule.Peak
			if err := o.Model.Validate(); err != nil {
				return badUsage(cmd, err)
			}
			return runTraining(cmd.Context(), cmd.ErrOrStderr(), o, f)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.out, "out", "", "directory of the run (required)")
	fs.StringVar(&f.tokenizer, "tokenizer", "", "tokenizer.json, or a model's directory that has it, to train over its tokens (default the bytes)")
	fs.IntVar(&o.Model.Layers, "layers", 4, "layers")
	fs.IntVar(&o.Model.Hidden, "hidden", 192, "model width")
	fs.IntVar(&o.Model.Heads, "heads", 6, "attention heads")
	fs.IntVar(&o.Model.FeedForward, "feed-forward", 0, "feed-forward width (default 4 x hidden)")
	fs.Float64Var(&rotary, "rotary", 0.25, "rotated fraction of each head")
	fs.IntVar(&o.Model.NGrams, "ngrams", 0, "rows of a table of the text's most frequent n-grams, added to the embedding")
	fs.IntVar(&o.Model.NGramLength, "ngram-length", 4, "symbols of its longest n-grams")
	fs.IntVar(&o.Length, "context", 512, "positions of a sequence, the model's window")
	fs.IntVar(&o.Batch, "batch", 32, "sequences a step")
	fs.IntVar(&o.Schedule.Steps, "steps", 1000, "optimizer steps")
	fs.IntVar(&o.Schedule.Warmup, "warmup", 100, "steps of linear warm-up")
	fs.Float64Var(&o.Schedule.Peak, "lr", 2e-3, "highest learning rate")
	fs.Float64Var(&o.Schedule.Final, "final-lr", 0.05, "learning rate at the last step as a fraction of the highest")
	fs.BoolVar(&o.Muon, "muon", false, "update the hidden layers' matrices by Muon instead of AdamW")
	fs.BoolVar(&o.BFloat16, "bf16", false, "round what matrix products multiply to bfloat16: with AMX three times as fast")
	fs.Float64Var(&o.Optimizer.Decay, "weight-decay", 0.1, "decay of matrices")
	fs.Float64Var(&o.MaxGradNorm, "clip", 1, "largest Euclidean length of the gradient")
	fs.Uint64Var(&o.Seed, "seed", 1, "seed of weights and data order; one seed gives one run")
	fs.IntVarP(&o.Threads, "threads", "T", runtime.GOMAXPROCS(0), "threads; they change the speed only")
	fs.StringVar(&f.init, "init", "", "start from the weights of this model directory")
	fs.StringVar(&f.heldOut, "held-out", "", "text to evaluate on, never trained on")
	fs.IntVar(&f.heldOutSize, "held-out-bytes", 256<<10, "how much of it, in pieces evenly spread")
	fs.IntVar(&f.evalEvery, "eval-every", 200, "steps between evaluations")
	fs.DurationVar(&f.saveEvery, "save-every", 5*time.Minute, "time between saved states")
	fs.IntSliceVar(&f.checkpoints, "checkpoints", nil, "steps at which to write the model too")
	directories(cmd, "out", "init")
	return cmd
}

// parseSources reads FILE[:WEIGHT] arguments.
func parseSources(args []string) ([]train.Source, error) {
	var sources []train.Source
	for _, arg := range args {
		s := train.Source{Path: arg, Weight: 1}
		if i := strings.LastIndexByte(arg, ':'); i > 0 {
			w, err := strconv.ParseFloat(arg[i+1:], 64)
			if err == nil {
				s = train.Source{Path: arg[:i], Weight: w}
			} else if _, statErr := os.Stat(arg); statErr != nil {
				return nil, usagef("%s: no such file, and %q after the colon is not a number, want FILE or FILE:WEIGHT", arg, arg[i+1:])
			}
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// sourceBytes is how many bytes there are to read, as far as can be told: reading will say what is wrong.
func sourceBytes(sources []train.Source) (sum int) {
	for _, s := range sources {
		filepath.WalkDir(s.Path, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				sum += int(info.Size())
			}
			return nil
		})
	}
	return sum
}

// runTraining begins or resumes the run in f.out and takes it to its last step.
func runTraining(ctx context.Context, stderr io.Writer, o train.Options, f trainFlags) error {
	var heldOut []byte
	if f.heldOut != "" {
		var err error
		if heldOut, err = os.ReadFile(f.heldOut); err != nil {
			return err
		}
	}
	o.Context = ctx
	bars := &stages{out: stderr}
	if isTerminal(stderr) {
		o.Reading = bars.next("reading", "B", sourceBytes(o.Data))
	}
	r, err := beginRun(stderr, o, f)
	bars.end()
	if err != nil {
		return err
	}
	var pieces []train.Piece // of held-out text
	if f.heldOut != "" {
		if pieces, err = r.Pieces(heldOut, f.heldOutSize); err != nil {
			return hint(err, "give more text with --held-out, or a larger --held-out-bytes")
		}
	}
	if err := tryWriting(f.out); err != nil {
		return err
	}
	final := filepath.Join(f.out, fmt.Sprintf("step-%d", o.Schedule.Steps))
	if r.Step == o.Schedule.Steps {
		fmt.Fprintf(stderr, "finished already: lmz -m %s FILE\n", final)
		return nil
	}
	total, nonEmbedding := o.Model.Parameters()
	fmt.Fprintf(stderr, "%d parameters (%d without embeddings), %d %s a step, step %d of %d\n",
		total, nonEmbedding, o.Batch*o.Length, o.Tokenizer.Unit(), r.Step, o.Schedule.Steps)

	started, firstStep := time.Now(), r.Step
	printed, saved := started, started
	var bits float64 // of the steps since the last line
	var rawBytes, allBytes int
	for r.Step < o.Schedule.Steps {
		m, err := r.TakeStep(ctx)
		if err != nil {
			return stopped(stderr, r, f.out, err)
		}
		bits += m.BitsPerByte * float64(m.Bytes)
		rawBytes += m.Bytes
		allBytes += m.Bytes
		if time.Since(printed) >= 10*time.Second || r.Step == o.Schedule.Steps {
			steps := float64(r.Step - firstStep)
			seconds := time.Since(started).Seconds()
			eta := time.Duration(seconds / steps * float64(o.Schedule.Steps-r.Step) * float64(time.Second)).Round(time.Second)
			fmt.Fprintf(stderr, "step %d/%d  %.4f bits/byte  gradient %.2f  rate %.2g  %.1f kB/s  ETA %v\n",
				r.Step, o.Schedule.Steps, bits/float64(rawBytes), m.GradNorm, m.Rate, float64(allBytes)/seconds/1000, eta)
			printed, bits, rawBytes = time.Now(), 0, 0
		}
		last := r.Step == o.Schedule.Steps
		dir := "" // of the model, if it is written
		if last || slices.Contains(f.checkpoints, r.Step) {
			dir = filepath.Join(f.out, fmt.Sprintf("step-%d", r.Step))
			if err := writeModel(dir, r); err != nil {
				return err
			}
		}
		if pieces != nil && (dir != "" || r.Step%f.evalEvery == 0) {
			if err := evaluate(ctx, stderr, r, pieces, dir); err != nil {
				return stopped(stderr, r, f.out, err)
			}
		}
		if last || time.Since(saved) >= f.saveEvery {
			if err := r.Save(f.out); err != nil {
				return err
			}
			saved = time.Now()
		}
	}
	fmt.Fprintf(stderr, "finished: lmz -m %s FILE\n", final)
	return nil
}

// stopped saves a run that an error ended if that is an interruption, and returns the error.
func stopped(stderr io.Writer, r *train.Run, dir string, err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	if err := r.Save(dir); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "stopped at step %d; the same command continues from there\n", r.Step)
	return err
}

// tryWriting finds out whether files can be written to a directory before hours of work depend on it.
func tryWriting(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".try-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// apart is an error if the held-out text is one of those that are trained on.
func apart(heldOut string, sources []train.Source) error {
	text, err := os.Stat(heldOut)
	if err != nil {
		return nil // there is none, or reading it will say what is wrong
	}
	for _, s := range sources {
		if info, err := os.Stat(s.Path); err == nil && os.SameFile(info, text) {
			return usagef("--held-out %s is trained on, want text that is not", heldOut)
		}
	}
	return nil
}

// beginRun resumes the run in f.out if there is one, else starts it.
func beginRun(stderr io.Writer, o train.Options, f trainFlags) (*train.Run, error) {
	if train.Resumable(f.out) {
		r, err := train.Resume(f.out, o)
		if err == nil {
			fmt.Fprintf(stderr, "resuming %s at step %d\n", f.out, r.Step)
		}
		return r, err
	}
	r, err := train.New(o)
	if err != nil || f.init == "" {
		return r, err
	}
	if err := sameVocabulary(f.init, o); err != nil {
		return nil, err
	}
	weights, err := checkpoint.OpenDir(f.init)
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	return r, r.Load(weights)
}

// writeModel writes the run's model in Hugging Face's layout.
func writeModel(dir string, r *train.Run) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := checkpoint.WriteFile(filepath.Join(dir, "config.json"), r.Options.Model.JSON()); err != nil {
		return err
	}
	t := r.Options.Tokenizer
	if err := checkpoint.WriteFile(filepath.Join(dir, "tokenizer.json"), t.Text); err != nil {
		return err
	}
	// Without this transformers takes the tokenizer of GPT-NeoX, whose special tokens ours has not.
	tokenizerConfig := fmt.Appendf(nil, `{"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": %q, "eos_token": %[1]q}`+"\n", t.StartToken)
	if err := checkpoint.WriteFile(filepath.Join(dir, "tokenizer_config.json"), tokenizerConfig); err != nil {
		return err
	}
	return checkpoint.Write(filepath.Join(dir, "model.safetensors"), &checkpoint.File{
		Tensors: r.Tensors(), Metadata: map[string]string{"format": "pt"},
	})
}
