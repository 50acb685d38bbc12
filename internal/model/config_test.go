package model

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigJSONRoundTrip(t *testing.T) {
	for _, c := range []Config{small, withNGrams} {
		if got, err := ParseConfig(c.JSON()); err != nil || got != c {
			t.Errorf("%+v, %v; want %+v", got, err, c)
		}
	}
}

// TestConfigVersions: what versions of transformers write for one model is one configuration.
func TestConfigVersions(t *testing.T) {
	for _, name := range references(t) {
		want, err := ReadConfig(filepath.Join(referenceDir, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want.NGrams > 0 {
			continue // transformers writes no such model
		}
		others, err := filepath.Glob(filepath.Join(referenceDir, name, "config-*.json"))
		if err != nil || len(others) == 0 {
			t.Fatalf("%s: %d other versions, %v", name, len(others), err)
		}
		for _, file := range others {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ParseConfig(text); err != nil || got != want {
				t.Errorf("%s: %+v, %v; want %+v", file, got, err, want)
			}
		}
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		model   string // in referenceDir
		name    string
		value   any
		message string // what the error must have
	}{
		{"gptneox", "model_type", "bert", "model_type"},
		{"gptneox", "hidden_act", "relu", "hidden_act"},
		{"gptneox", "num_attention_heads", 0, "num_attention_heads"},
		{"gptneox", "num_attention_heads", 5, "num_attention_heads"},
		{"gptneox", "num_attention_heads", "four", "num_attention_heads"},
		{"gptneox", "hidden_size", -4, "hidden size"},
		{"gptneox", "max_position_embeddings", 99999999, "positions"},
		{"gptneox", "bos_token_id", 1000, "bos_token_id"},
		{"gptneox", "rope_parameters", map[string]any{"rope_type": "yarn", "factor": 2}, "yarn"},
		{"gptneox", "clip_qkv", 8, "clip_qkv"},
		{"gptneox", "lmz_ngram_rows", 5, "lmz_ngram_rows"}, // transformers would take it for a model without
		{"gptneox", "model_type", "lmz_gpt_neox", "lmz_ngram_rows is 0, want 1 or more"},
		{"gptneox-ngrams", "model_type", "gpt_neox", "lmz_ngram_length, lmz_ngram_rows"},
		{"gpt2", "lmz_ngram_rows", 5, "lmz_ngram_rows"},
		{"llama", "lmz_ngram_rows", 5, "lmz_ngram_rows"},
		{"gptneox-ngrams", "lmz_ngram_rows", 0, "lmz_ngram_rows is 0, want 1 or more"},
		{"gptneox-ngrams", "lmz_ngram_rows", -1, "lmz_ngram_rows is -1"},
		{"gptneox-ngrams", "lmz_ngram_rows", 1<<22 + 1, "number of n-grams is 4194305"},
		{"gptneox-ngrams", "lmz_ngram_rows", "many", "lmz_ngram_rows"},
		{"gptneox-ngrams", "lmz_ngram_length", nil, "length of n-grams is 0"},
		{"gptneox-ngrams", "lmz_ngram_length", 1, "length of n-grams is 1"},
		{"gptneox-ngrams", "lmz_ngram_length", 9, "length of n-grams is 9"},
		{"gpt2", "activation_function", "relu", "activation_function"},
		{"gpt2", "scale_attn_by_inverse_layer_idx", true, "scale_attn_by_inverse_layer_idx"},
		{"gpt2", "n_head", 7, "n_head"},
		{"llama", "hidden_act", "gelu", "hidden_act"},
		{"llama", "num_key_value_heads", 3, "key and value heads"},
		{"llama", "head_dim", 7, "rotary width"},
		{"llama", "sliding_window", 128, "sliding_window"},
		{"llama", "rope_parameters", map[string]any{"rope_type": "llama3", "factor": 8}, "low_freq_factor"},
		{"llama", "rope_parameters", map[string]any{"rope_type": "default", "mrope_section": 8}, "mrope_section"},
	} {
		text, err := os.ReadFile(filepath.Join(referenceDir, c.model, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := json.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		changed := maps.Clone(values)
		changed[c.name] = c.value
		if text, err = json.Marshal(changed); err != nil {
			t.Fatal(err)
		}
		if _, err := ParseConfig(text); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s with %s = %v: error %v, want one with %q", c.model, c.name, c.value, err, c.message)
		}
	}
}
