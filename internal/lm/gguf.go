package lm

import (
	"errors"

	"lmz/internal/checkpoint"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
)

// openGGUF opens a GGUF file, which has everything in it.
func openGGUF(path string) (*parts, error) {
	g, err := checkpoint.OpenGGUF(path)
	if err != nil {
		return nil, err
	}
	p := &parts{file: g.File}
	if p.config, err = model.FromGGUF(g); err == nil {
		if p.tokenizer, err = ggufTokenizer(g, p.config.Vocab); err == nil {
			err = codable(p.tokenizer)
		}
	}
	if err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return p, nil
}

// ggufTokenizer reads the tokenizer that stands in a GGUF file's metadata.
func ggufTokenizer(g *checkpoint.GGUF, vocab int) (tokenizer.Tokenizer, error) {
	t := tokenizer.GGUF{SpacePrefix: true}
	err := errors.Join(
		metadata(g, "tokenizer.ggml.model", &t.Model),
		metadata(g, "tokenizer.ggml.tokens", &t.Tokens),
		metadata(g, "tokenizer.ggml.token_type", &t.Types),
		optional(g, "tokenizer.ggml.pre", &t.Pre),
		optional(g, "tokenizer.ggml.merges", &t.Merges),
		optional(g, "tokenizer.ggml.scores", &t.Scores),
		optional(g, "tokenizer.ggml.add_space_prefix", &t.SpacePrefix),
	)
	if err != nil {
		return nil, err
	}
	return tokenizer.FromGGUF(t, vocab)
}

// metadata reads the value under a key to v.
func metadata[T any](g *checkpoint.GGUF, key string, v *T) (err error) {
	*v, err = checkpoint.Value[T](g, key)
	return err
}

// optional is metadata for a key that may be absent.
func optional[T any](g *checkpoint.GGUF, key string, v *T) error {
	if _, ok := g.Metadata[key]; !ok {
		return nil
	}
	return metadata(g, key, v)
}
