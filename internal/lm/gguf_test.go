package lm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
)

// TestGGUF: a GGUF file is the same model as the directory that it was made from, to the last bit (testdata/make.py).
func TestGGUF(t *testing.T) {
	text := []byte("the thing in an inn: 1234, caf\u00e9\x00\xff\n\tthe end")
	for _, precision := range []Precision{Int8, Int8Outlier, F32} {
		want, err := Open(filepath.Join("testdata", "llama"), precision)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(filepath.Join("testdata", "llama.gguf"), precision)
		if err != nil {
			t.Fatal(err)
		}
		symbols := want.tokenizer.Encode([]int32{want.model.Start()}, text)
		if s := got.tokenizer.Encode([]int32{got.model.Start()}, text); !slices.Equal(s, symbols) {
			t.Errorf("symbols %d, want %d", s, symbols)
		}
		a, b := logits(got, symbols), logits(want, symbols)
		if !slices.Equal(a, b) {
			t.Errorf("%v: other logits than the directory's", precision)
		}
		if got.ID() != want.ID() {
			t.Errorf("%v: identity %x, want %x", precision, got.ID(), want.ID())
		}
	}
}

// TestGGUFBlocks: Q8_0, 8 bits and a scale for 32 weights, is close to the floats that it was made from. With the same weights
// transformers gives logits that are off by 0.0316.
func TestGGUFBlocks(t *testing.T) {
	floats, err := Open(filepath.Join("testdata", "llama.gguf"), F32)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := Open(filepath.Join("testdata", "llama-q8.gguf"), F32)
	if err != nil {
		t.Fatal(err)
	}
	symbols := floats.tokenizer.Encode([]int32{floats.model.Start()}, []byte("in the beginning"))
	var squares, errors float64
	want := logits(floats, symbols)
	for i, x := range logits(blocks, symbols) {
		squares += float64(want[i] * want[i])
		errors += float64((x - want[i]) * (x - want[i]))
	}
	if e := math.Sqrt(errors / squares); !(e > 0.030 && e < 0.033) {
		t.Errorf("logits are off by %.4f of their size, want 0.030 to 0.033", e)
	}
}

// TestGGUFRefuses: what a GGUF file says of a model and we do not compute, or what it lacks, is refused by name.
func TestGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		damage     func(*checkpoint.GGUF)
	}{
		{"as it was", "", func(g *checkpoint.GGUF) {}},
		{"another architecture", `general.architecture is "qwen2"`, func(g *checkpoint.GGUF) { g.Metadata["general.architecture"] = "qwen2" }},
		{"no architecture", "general.architecture", func(g *checkpoint.GGUF) { delete(g.Metadata, "general.architecture") }},
		{"an unknown setting", "llama.expert_count", func(g *checkpoint.GGUF) { g.Metadata["llama.expert_count"] = uint32(8) }},
		{"a scaling of positions", "llama.rope.scaling.type", func(g *checkpoint.GGUF) { g.Metadata["llama.rope.scaling.type"] = "yarn" }},
		{"part of each head rotated", "llama.rope.dimension_count is 2", func(g *checkpoint.GGUF) { g.Metadata["llama.rope.dimension_count"] = uint32(2) }},
		{"no start-of-text", "bos_token_id", func(g *checkpoint.GGUF) { delete(g.Metadata, "tokenizer.ggml.bos_token_id") }},
		{"no layers", "number of layers", func(g *checkpoint.GGUF) { delete(g.Metadata, "llama.block_count") }},
		{"too many layers", "number of layers", func(g *checkpoint.GGUF) { g.Metadata["llama.block_count"] = uint32(1e9) }},
		{"more layers than there are", "model.layers.2.input_layernorm.weight", func(g *checkpoint.GGUF) { g.Metadata["llama.block_count"] = uint32(3) }},
		{"fewer layers than there are", "model.layers.1", func(g *checkpoint.GGUF) { g.Metadata["llama.block_count"] = uint32(1) }},
		{"a number that is a string", "llama.block_count", func(g *checkpoint.GGUF) { g.Metadata["llama.block_count"] = "2" }},
		{"another width", "model.embed_tokens.weight", func(g *checkpoint.GGUF) { g.Metadata["llama.embedding_length"] = uint32(64) }},
		{"other heads", ".attn_q.weight", func(g *checkpoint.GGUF) { g.Metadata["llama.attention.head_count"] = uint32(8) }},
		{"another vocabulary", "llama.vocab_size", func(g *checkpoint.GGUF) { g.Metadata["llama.vocab_size"] = uint32(300) }},
		{"no embedding", "vocab_size", func(g *checkpoint.GGUF) { delete(g.Tensors, "token_embd.weight") }},
		{"a tensor less", "model.layers.1.mlp.up_proj.weight", func(g *checkpoint.GGUF) { delete(g.Tensors, "blk.1.ffn_up.weight") }},
		{"scaled frequencies", "rope_freqs.weight", func(g *checkpoint.GGUF) {
			g.Tensors["rope_freqs.weight"] = checkpoint.Float32([]float32{1, 8}, 2)
		}},
		{"a bias", "model.layers.0.self_attn.q_proj.bias", func(g *checkpoint.GGUF) {
			g.Tensors["blk.0.attn_q.bias"] = checkpoint.Float32(make([]float32, 16), 16)
		}},
		{"a vector as matrix", "model.norm.weight", func(g *checkpoint.GGUF) {
			g.Tensors["output_norm.weight"] = checkpoint.Float32(make([]float32, 32), 1, 32)
		}},
		{"no tokens", "tokenizer.ggml.tokens", func(g *checkpoint.GGUF) { delete(g.Metadata, "tokenizer.ggml.tokens") }},
		{"tokens that are numbers", "tokenizer.ggml.tokens", func(g *checkpoint.GGUF) { g.Metadata["tokenizer.ggml.tokens"] = []int32{1, 2} }},
		{"another pre-tokenizer", `"tekken"`, func(g *checkpoint.GGUF) { g.Metadata["tokenizer.ggml.pre"] = "tekken" }},
		{"another tokenizer", `"bert"`, func(g *checkpoint.GGUF) { g.Metadata["tokenizer.ggml.model"] = "bert" }},
		{"more tokens than rows", "265 tokens", func(g *checkpoint.GGUF) {
			g.Metadata["tokenizer.ggml.tokens"] = append(g.Metadata["tokenizer.ggml.tokens"].([]string), "zz")
			g.Metadata["tokenizer.ggml.token_type"] = append(g.Metadata["tokenizer.ggml.token_type"].([]int32), 1)
		}},
	} {
		g, err := checkpoint.OpenGGUF(filepath.Join("testdata", "llama.gguf"))
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		c.damage(g)
		dir := t.TempDir()
		put(t, dir, "model.gguf", ggufBytes(g))
		path := filepath.Join(dir, "model.gguf")
		_, err = Open(path, F32)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "lm: model "+path) {
			t.Errorf("%s: error %v, want one of %s about %s", c.name, err, path, c.want)
		}
	}
}

// ggufBytes writes a GGUF file of the types that llama.gguf has.
func ggufBytes(g *checkpoint.GGUF) []byte {
	var b bytes.Buffer
	number := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a Buffer takes everything
	text := func(s string) {
		number(uint64(len(s)))
		b.WriteString(s)
	}
	array := func(kind uint32, n int) {
		number([]uint32{9, kind})
		number(uint64(n))
	}
	b.WriteString("GGUF")
	number(uint32(3))
	number([]uint64{uint64(len(g.Tensors)), uint64(len(g.Metadata))})
	for _, key := range slices.Sorted(maps.Keys(g.Metadata)) {
		text(key)
		switch v := g.Metadata[key].(type) {
		case uint32:
			number([]uint32{4, v})
		case float32:
			number([]uint32{6, math.Float32bits(v)})
		case string:
			number(uint32(8))
			text(v)
		case []int32:
			array(5, len(v))
			number(v)
		case []string:
			array(8, len(v))
			for _, s := range v {
				text(s)
			}
		default:
			panic(fmt.Sprintf("metadata %s of type %T", key, v))
		}
	}
	const alignment = 32
	offset := 0
	for _, name := range g.Names() {
		tensor := g.Tensors[name]
		text(name)
		number(uint32(len(tensor.Shape)))
		for _, d := range slices.Backward(tensor.Shape) {
			number(uint64(d))
		}
		number(map[checkpoint.DType]uint32{checkpoint.F32: 0, checkpoint.F16: 1}[tensor.DType])
		number(uint64(offset))
		offset += (len(tensor.Data) + alignment - 1) / alignment * alignment
	}
	pad := func() { b.Write(make([]byte, -b.Len()&(alignment-1))) }
	pad()
	for _, name := range g.Names() {
		b.Write(g.Tensors[name].Data)
		pad()
	}
	return b.Bytes()
}
