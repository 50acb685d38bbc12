package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// settings is the content of a config.json that is being read: each setting is asked for by its name, and finish
// refuses those that nobody asked for. So a model whose configuration says something that we do not compute is
// not computed wrongly.
type settings struct {
	name   string // of the setting that these are within, "" for none
	values map[string]json.RawMessage
	asked  map[string]bool
	errs   []error
}

// immaterial are settings that do not change what a model computes: of training, of generation, of the files, of
// classifiers on top. Every architecture may have them.
var immaterial = []string{
	"_name_or_path", "architectures", "attention_dropout", "attn_pdrop", "auto_map", "bad_words_ids", "begin_suppress_tokens",
	"chunk_size_feed_forward", "classifier_dropout", "decoder_start_token_id", "diversity_penalty", "do_sample", "dtype",
	"early_stopping", "embd_pdrop", "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty",
	"finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "hidden_dropout", "id2label",
	"initializer_range", "is_decoder", "is_llama_config", "keys_to_ignore_at_inference", "label2id", "length_penalty", "max_length", "min_length",
	"no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "output_attentions", "output_hidden_states",
	"output_scores", "pad_token_id", "prefix", "pretraining_tp", "problem_type", "remove_invalid_values", "reorder_and_upcast_attn",
	"repetition_penalty", "resid_pdrop", "return_dict", "return_dict_in_generate", "sep_token_id", "summary_activation",
	"summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj", "suppress_tokens", "task_specific_params",
	"temperature", "tf_legacy_loss", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript", "transformers.js_config",
	"transformers_version", "typical_p", "unk_token_id", "use_bfloat16", "use_cache",
}

func newSettings(text []byte) (*settings, error) {
	s := &settings{asked: map[string]bool{}}
	if err := json.Unmarshal(text, &s.values); err != nil {
		return nil, err
	}
	for _, name := range immaterial {
		s.asked[name] = true
	}
	return s, nil
}

// ask reads a setting into v, which keeps its value where the setting is absent or null.
func ask[T any](s *settings, name string, v T) T {
	s.asked[name] = true
	text, ok := s.values[name]
	if !ok || string(text) == "null" {
		return v
	}
	if err := json.Unmarshal(text, &v); err != nil {
		s.refuse(name, fmt.Sprintf("%.40s", text), fmt.Sprintf("a value like %v", v))
	}
	return v
}

func (s *settings) int(name string, absent int) int           { return ask(s, name, absent) }
func (s *settings) float(name string, absent float64) float64 { return ask(s, name, absent) }
func (s *settings) bool(name string, absent bool) bool        { return ask(s, name, absent) }
func (s *settings) string(name string, absent string) string  { return ask(s, name, absent) }

// either is a number that versions of transformers call by two names, and may give twice.
func (s *settings) either(name, other string, absent float64) float64 {
	x := s.float(name, s.float(other, absent))
	if y := s.float(other, x); y != x {
		s.refuse(other, y, fmt.Sprintf("%v, as %s is", x, name))
	}
	return x
}

// activationBits is a setting of our own: 8 or 12. Models that were trained elsewhere do not have it, and get 12: their activations are
// so uneven that 8 bits cost some per cent of code length.
const activationBits = "lmz_activation_bits"

// wide says whether activations have 12 bits.
func (s *settings) wide() bool {
	want(s, activationBits, 12, 8)
	return s.int(activationBits, 12) == 12
}

// Settings of our own that say which table of n-grams a model has.
const (
	ngramRows   = "lmz_ngram_rows"
	ngramLength = "lmz_ngram_length"
)

// ngrams is the number of rows of a table of n-grams and their length, both of which must be there.
func (s *settings) ngrams() (rows, length int) {
	rows, length = s.int(ngramRows, 0), s.int(ngramLength, 0)
	if rows < 1 {
		s.refuse(ngramRows, rows, "1 or more")
	}
	return rows, length
}

// has says whether a setting is there, and not null.
func (s *settings) has(name string) bool {
	text, ok := s.values[name]
	return ok && string(text) != "null"
}

// want refuses a setting that has another value than the only ones that we compute. The first is that of an
// absent setting.
func want[T comparable](s *settings, name string, values ...T) {
	if got := ask(s, name, values[0]); !slices.Contains(values, got) {
		known := fmt.Sprintf("%#v", values[0])
		for _, v := range values[1:] {
			known += fmt.Sprintf(" or %#v", v)
		}
		s.refuse(name, fmt.Sprintf("%#v", got), known)
	}
}

// refuse notes an error. The first one is reported.
func (s *settings) refuse(name string, got any, want string) {
	s.errs = append(s.errs, fmt.Errorf("%s is %v, want %s", name, got, want))
}

// object is the settings within a setting, none if it is absent.
func (s *settings) object(name string) *settings {
	return &settings{name: name, values: ask(s, name, map[string]json.RawMessage(nil)), asked: map[string]bool{}}
}

// within takes over the errors of an object of s.
func (s *settings) within(object *settings) {
	if err := object.finish(); err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %w", object.name, err))
	}
}

// finish is the first error, or one that names the settings that nobody asked for.
func (s *settings) finish() error {
	if len(s.errs) > 0 {
		return s.errs[0]
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if !s.asked[name] && s.has(name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return errors.New("unknown settings, which might change what the model computes: " + strings.Join(unknown, ", "))
	}
	return nil
}
