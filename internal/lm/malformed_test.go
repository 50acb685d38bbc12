package lm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
)

const (
	weights     = "model.safetensors"
	weightIndex = "model.safetensors.index.json"
	torchBin    = "pytorch_model.bin"
)

// memoryOfRefusal is how many bytes may be allocated to refuse a small model beyond twice the size of its files, whatever it says
// of its own size. With a thousand layers the list of tensors takes most of it.
const memoryOfRefusal = 6 << 20

// memoryOfVocabulary is what the tokenizer may take besides, for the 2^20 rows that config.json may say there are at most: it is
// made before the weights are looked at.
const memoryOfVocabulary = 40 << 20

// malformed is a way to damage a model.
type malformed struct {
	file, name string
	want       string // of the fault, in the error: one of these
	damage     func(m modelDir)
}

// TestMalformed: of a model that is damaged Open names the directory, the file and the fault, and allocates little.
func TestMalformed(t *testing.T) {
	const embed, norm = "gpt_neox.embed_in.weight", "gpt_neox.layers.0.input_layernorm.bias"
	t.Chdir(t.TempDir()) // where a program that a model has would leave something
	for _, c := range []malformed{
		{weights, "empty", "0 bytes", func(m modelDir) { m.put(weights, nil) }},
		{weights, "a directory", "no regular file", func(m modelDir) { m.remove(weights); m.mkdir(weights) }},
		{weights, "half", "truncated|unexpected EOF|want within", func(m modelDir) { m.cut(weights, size(m.t, m.path(weights))/2) }},
		{weights, "one byte less", "want within", func(m modelDir) { m.cut(weights, size(m.t, m.path(weights))-1) }},
		{weights, "one byte more", "trailing", func(m modelDir) { m.put(weights, append(m.get(weights), 0)) }},
		{weights, "only a length", "unexpected EOF", func(m modelDir) { m.cut(weights, 8) }},
		{weights, "a header of 4 GB", "header of 4294967296 bytes", func(m modelDir) {
			m.put(weights, append(binary.LittleEndian.AppendUint64(nil, 4<<30), m.get(weights)[8:]...))
		}},
		{weights, "a header of 2^63 bytes", "header of 9223372036854775808 bytes", func(m modelDir) {
			m.put(weights, append(binary.LittleEndian.AppendUint64(nil, 1<<63), m.get(weights)[8:]...))
		}},
		{weights, "a header of 90 MB in a small file", "unexpected EOF", func(m modelDir) {
			m.put(weights, append(binary.LittleEndian.AppendUint64(nil, 90<<20), m.get(weights)[8:]...))
		}},
		{weights, "a header that is no JSON", "not a JSON object", func(m modelDir) { m.header(func(h string) string { return "[" + h[1:] }) }},
		{weights, "overlapping tensors", "overlap", func(m modelDir) {
			m.tensors(func(h map[string]entry) { h[norm] = entry{"F32", []int{16}, []int64{64, 128}} })
		}},
		{weights, "an element type that is none", `"F31"`, func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[norm]; e.DType = "F31"; h[norm] = e })
		}},
		{weights, "another element type", "I32", func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[norm]; e.DType = "I32"; h[norm] = e })
		}},
		{weights, "a shape of nearly 2^62 elements", "shape", func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[norm]; e.Shape = []int{1<<31 - 1, 1<<31 - 1}; h[norm] = e })
		}},
		{weights, "a negative shape", "shape", func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[norm]; e.Shape = []int{-4, -4}; h[norm] = e })
		}},
		{weights, "offsets beyond the file", "want within", func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[norm]; e.Offsets = []int64{1 << 40, 1<<40 + 64}; h[norm] = e })
		}},
		{weights, "offsets backwards", "want within", func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[norm]; e.Offsets = []int64{64, 0}; h[norm] = e })
		}},
		{weights, "another shape", norm, func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[norm]; e.Shape = []int{4, 4}; h[norm] = e })
		}},
		{weights, "a matrix that lies on its side", embed, func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h[embed]; e.Shape = []int{16, 257}; h[embed] = e })
		}},
		{weights, "another name", norm, func(m modelDir) {
			m.tensors(func(h map[string]entry) { h["strange"] = h[norm]; delete(h, norm) })
		}},
		{weights, "a tensor too much", "strange", func(m modelDir) {
			m.edit(func(f *checkpoint.File) { f.Tensors["strange"] = checkpoint.Float32([]float32{1}, 1) })
		}},
		{weights, "a NaN", embed, func(m modelDir) {
			m.edit(func(f *checkpoint.File) {
				binary.LittleEndian.PutUint32(f.Tensors[embed].Data[4:], 0x7fc00000)
			})
		}},

		{weightIndex, "no JSON", "JSON", func(m modelDir) { m.shards(weights); m.put(weightIndex, []byte("{")) }},
		{weightIndex, "no tensors", "weight_map", func(m modelDir) { m.shards(weights); m.put(weightIndex, []byte(`{"weight_map": {}}`)) }},
		{weightIndex, "a list", "weight_map", func(m modelDir) { m.shards(weights); m.put(weightIndex, []byte(`{"weight_map": []}`)) }},
		{weightIndex, "a shard elsewhere", "../b", func(m modelDir) {
			m.shards(weights)
			m.replace(weightIndex, `"b-`, `"../b-`)
		}},
		{weightIndex, "a shard that is the model's directory", `".."`, func(m modelDir) {
			m.shards(weights)
			m.replace(weightIndex, `"b-model.safetensors"`, `".."`)
		}},
		{"b-" + weights, "is missing", "no such file|cannot find", func(m modelDir) { m.shards(weights); m.remove("b-" + weights) }},
		{"b-" + weights, "is half", "want within", func(m modelDir) {
			m.shards(weights)
			m.cut("b-"+weights, size(m.t, m.path("b-"+weights))/2)
		}},
		{"b-" + weights, "is the other one too", "is in", func(m modelDir) {
			m.shards(weights)
			m.put("b-"+weights, m.get("a-"+weights))
		}},
		{"b-" + weights, "lacks a tensor", "lacks tensor", func(m modelDir) {
			m.shards(weights)
			f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{"x": checkpoint.Float32([]float32{1}, 1)}}
			m.must(checkpoint.Write(m.path("b-"+weights), f))
		}},

		{torchBin, "empty", "neither a whole zip file", func(m modelDir) { m.torch(); m.put(torchBin, nil) }},
		{torchBin, "half", "truncated", func(m modelDir) { m.torch(); m.cut(torchBin, size(m.t, m.path(torchBin))/2) }},
		{torchBin, "os.system", `"os.system"`, func(m modelDir) { m.pickle("cos\nsystem\nX\x0c\x00\x00\x00touch danger\x85R.") }},
		{torchBin, "os.system of before 1.6", `"posix.system"`, func(m modelDir) {
			m.remove(weights)
			m.put(torchBin, []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02cposix\nsystem\nU\x0ctouch danger\x85R."))
		}},
		{torchBin, "eval", `"builtins.eval"`, func(m modelDir) { m.pickle("cbuiltins\neval\nX\x02\x00\x00\x0011\x85R.") }},
		{torchBin, "a string of 2 GB", "unexpected EOF", func(m modelDir) { m.pickle("\x80\x02X\xff\xff\xff\x7fabc.") }},
		{torchBin, "a list within itself", "holds a list", func(m modelDir) { m.pickle("\x80\x02]q\x00h\x00a.") }},
		{torchBin, "a storage of 2^31 numbers", "storage", func(m modelDir) { m.pickle(torchPickle(torchTensor("x", 1<<31-1, 0, []int{4}, []int{1}))) }},
		{torchBin, "a tensor beyond its storage", `"x"`, func(m modelDir) { m.pickle(torchPickle(torchTensor("x", 4, 2, []int{4}, []int{1}))) }},
		{torchBin, "rows that are one", `"x"`, func(m modelDir) { m.pickle(torchPickle(torchTensor("x", 4, 0, []int{1 << 30, 4}, []int{0, 1}))) }},
		{torchBin, "a negative stride", "none negative", func(m modelDir) { m.pickle(torchPickle(torchTensor("x", 4, 3, []int{4}, []int{-1}))) }},
		{torchBin, "tensors of another model", embed, func(m modelDir) { m.pickle(torchPickle(torchTensor("x", 4, 0, []int{4}, []int{1}))) }},

		{"config.json", "empty", "JSON", func(m modelDir) { m.put("config.json", nil) }},
		{"config.json", "a list", "array", func(m modelDir) { m.put("config.json", []byte("[]")) }},
		{"config.json", "null", "model_type", func(m modelDir) { m.put("config.json", []byte("null")) }},
		{"config.json", "nested a million deep", "max depth", func(m modelDir) {
			m.put("config.json", []byte(strings.Repeat("[", 1e6)))
		}},
		{"config.json", "a string for a number", "hidden_size", func(m modelDir) { m.set("hidden_size", "16") }},
		{"config.json", "a fraction", "hidden_size", func(m modelDir) { m.set("hidden_size", 16.5) }},
		{"config.json", "a number beyond int", "hidden_size", func(m modelDir) { m.set("hidden_size", json.Number("1e30")) }},
		{"config.json", "a negative number", "hidden size", func(m modelDir) { m.set("hidden_size", -16) }},
		{"config.json", "an object for a number", "num_hidden_layers", func(m modelDir) { m.set("num_hidden_layers", map[string]int{"a": 1}) }},
		{"config.json", "a list for a Boolean", "use_parallel_residual", func(m modelDir) { m.set("use_parallel_residual", []int{1}) }},
		{"config.json", "no heads", "num_attention_heads", func(m modelDir) { m.set("num_attention_heads", 0) }},
		{"config.json", "heads that do not divide", "num_attention_heads", func(m modelDir) { m.set("num_attention_heads", 3) }},
		{"config.json", "an epsilon of 0", "epsilon", func(m modelDir) { m.set("layer_norm_eps", 0) }},
		{"config.json", "a huge base", "base", func(m modelDir) { m.set("rotary_emb_base", 1e300) }},
		{"config.json", "start-of-text beyond the vocabulary", "bos_token_id", func(m modelDir) { m.set("bos_token_id", 257) }},
		{"config.json", "a vocabulary of 2^40", "vocab_size", func(m modelDir) { m.set("vocab_size", int64(1<<40)) }},
		{"config.json", "2^30 layers", "layers", func(m modelDir) { m.set("num_hidden_layers", 1<<30) }},
		{"config.json", "an unknown setting", "strange", func(m modelDir) { m.set("strange", 1) }},

		// What config.json says is possible, but not what the checkpoint has: nothing may be allocated by it.
		{weights, "a model of terabytes", embed, func(m modelDir) {
			m.set("hidden_size", 1<<16, "num_hidden_layers", 1<<10, "intermediate_size", 1<<17, "num_attention_heads", 1<<8)
		}},
		{weights, "1024 layers", "gpt_neox.layers.2.", func(m modelDir) { m.set("num_hidden_layers", 1<<10) }},
		{weights, "a window of 2^20", norm, func(m modelDir) {
			m.set("max_position_embeddings", 1<<20)
			m.tensors(func(h map[string]entry) { h["strange"] = h[norm]; delete(h, norm) })
		}},
		{weights, "a vocabulary of 2^20", embed, func(m modelDir) { m.set("vocab_size", 1<<20) }},

		{"config.json", "a hole of 256 MB", "want at most 268435456", func(m modelDir) { m.cut("config.json", maxText+1) }},
		{"tokenizer.json", "a hole of 256 MB", "want at most 268435456", func(m modelDir) { m.cut("tokenizer.json", maxText+1) }},
		{"tokenizer.json", "empty", "EOF", func(m modelDir) { m.put("tokenizer.json", nil) }},
		{"tokenizer.json", "half", "EOF", func(m modelDir) { m.cut("tokenizer.json", 3000) }},
		{"tokenizer.json", "nested a million deep", "max depth", func(m modelDir) {
			m.put("tokenizer.json", []byte(strings.Repeat(`{"decoder":`, 1e6)))
		}},
		{"tokenizer.json", "an id beyond the vocabulary", "1000000000", func(m modelDir) { m.replace("tokenizer.json", `"a": 97`, `"a": 1000000000`) }},
		{"tokenizer.json", "an id beyond int", "1e300", func(m modelDir) { m.replace("tokenizer.json", `"a": 97`, `"a": 1e300`) }},
		{"tokenizer.json", "a negative id", "-1", func(m modelDir) { m.replace("tokenizer.json", `"a": 97`, `"a": -1`) }},
		{"tokenizer.json", "an id twice", "98", func(m modelDir) { m.replace("tokenizer.json", `"a": 97`, `"a": 98`) }},
		{"tokenizer.json", "added token beyond the vocabulary", "300", func(m modelDir) { m.replace("tokenizer.json", `"id": 256`, `"id": 300`) }},
		{"tokenizer.json", "a merge of no tokens", "merge 0", func(m modelDir) { m.replace("tokenizer.json", `"merges": []`, `"merges": ["a b"]`) }},
		{"tokenizer.json", "a merge of itself", "merge 0", func(m modelDir) { m.replace("tokenizer.json", `"merges": []`, `"merges": [["a", ""]]`) }},
		{"tokenizer.json", "merges in merges", "merge 0", func(m modelDir) { m.replace("tokenizer.json", `"merges": []`, `"merges": [[["a", "b"]]]`) }},
		{"tokenizer.json", "another kind", "Unigram", func(m modelDir) { m.replace("tokenizer.json", `"type": "BPE"`, `"type": "Unigram"`) }},
		{"tokenizer.json", "unknown fields", "strange", func(m modelDir) { m.replace("tokenizer.json", `"version"`, `"strange": 1, "version"`) }},
		{"tokenizer.json", "a vocabulary larger than the model's", "want one below 200|below 200", func(m modelDir) { m.set("vocab_size", 200, "bos_token_id", 199) }},
	} {
		m := modelDir{t, write(t, 1)}
		c.damage(m)
		most := memoryOfRefusal + 2*m.size()
		if c.name == "a vocabulary of 2^20" {
			most += memoryOfVocabulary
		}
		refuses(t, c.file+": "+c.name, m.dir, c.file, c.want, most)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("a model has left %v, %v: something of it was executed", left, err)
	}
}

// TestMalformedNGrams is TestMalformed for what a model with a table of n-grams has more.
func TestMalformedNGrams(t *testing.T) {
	for _, c := range []malformed{
		{weights, "keys of another shape", "lmz_ngram.keys", func(m modelDir) { m.set("lmz_ngram_rows", 13) }},
		{weights, "keys of another length", "lmz_ngram.keys", func(m modelDir) { m.set("lmz_ngram_length", 4) }},
		{weights, "4 million keys", "lmz_ngram.keys", func(m modelDir) { m.set("lmz_ngram_rows", 1<<22) }},
		{weights, "no keys", "lmz_ngram.keys", func(m modelDir) { m.edit(func(f *checkpoint.File) { delete(f.Tensors, "lmz_ngram.keys") }) }},
		{weights, "no rows", "lmz_ngram.weight", func(m modelDir) { m.edit(func(f *checkpoint.File) { delete(f.Tensors, "lmz_ngram.weight") }) }},
		{weights, "keys that are floats", "lmz_ngram.keys", func(m modelDir) {
			m.tensors(func(h map[string]entry) { e := h["lmz_ngram.keys"]; e.DType = "F32"; h["lmz_ngram.keys"] = e })
		}},
		{weights, "keys out of order", "row 1 is [97 98] after [98 97]", func(m modelDir) { m.key(0, 'b', 'a', -1) }},
		{weights, "a key twice", "row 1 is [97 98] after [97 98]", func(m modelDir) { m.key(0, 'a', 'b', -1) }},
		{weights, "an id beyond the vocabulary", "row 3 is [98 257 -1], want ids of 0 to 256", func(m modelDir) { m.key(3, 'b', 257, -1) }},
		{weights, "a negative id", "row 3 is [98 -2 -1]", func(m modelDir) { m.key(3, 'b', -2, -1) }},
		{weights, "a key of one id", "row 0 is [97], want 2 to 3 ids", func(m modelDir) { m.key(0, 'a', -1, -1) }},
		{weights, "a key with a hole", "row 0 is [97 -1 98]", func(m modelDir) { m.key(0, 'a', -1, 'b') }},
		{weights, "a row with a NaN", "lmz_ngram.weight", func(m modelDir) {
			m.edit(func(f *checkpoint.File) {
				binary.LittleEndian.PutUint32(f.Tensors["lmz_ngram.weight"].Data[4:], 0x7fc00000)
			})
		}},
		{"config.json", "no rows", "lmz_ngram_rows", func(m modelDir) { m.set("lmz_ngram_rows", 0) }},
		{"config.json", "too many rows", "number of n-grams|lmz_ngram_rows", func(m modelDir) { m.set("lmz_ngram_rows", int64(1<<40)) }},
		{"config.json", "keys of a million ids", "length of n-grams", func(m modelDir) { m.set("lmz_ngram_length", 1000000) }},
		{"config.json", "a table under the name of GPT-NeoX", "lmz_ngram_rows", func(m modelDir) { m.set("model_type", "gpt_neox") }},
	} {
		m := modelDir{t, writeNGrams(t, 1)}
		c.damage(m)
		refuses(t, c.file+" with n-grams: "+c.name, m.dir, c.file, c.want, memoryOfRefusal+2*m.size())
	}
}

// TestMalformedGGUF is TestMalformed for GGUF files. What a whole one may say that is refused is in TestGGUFRefuses.
func TestMalformedGGUF(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "llama.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	// with is the file with a number of 64 bits so many bytes after a string that it has.
	with := func(after string, skip int, number uint64) []byte {
		at := bytes.Index(whole, []byte(after))
		if at < 0 {
			t.Fatalf("llama.gguf has no %s", after)
		}
		b := bytes.Clone(whole)
		binary.LittleEndian.PutUint64(b[at+len(after)+skip:], number)
		return b
	}
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"empty", "unexpected EOF", nil},
		{"text", "magic", []byte("not a model but some text that is long enough to be one")},
		{"half of the header", "unexpected EOF", whole[:3000]},
		{"half", "unexpected EOF", whole[:len(whole)/2]},
		{"big-endian", "big-endian", with("GGUF", 0, 3<<24)},
		{"version 9", "version 9", with("GGUF", 0, 9)},
		{"2^60 tensors", "GGUF header", with("GGUF", 4, 1<<60)},
		{"2^60 pairs", "GGUF header", with("GGUF", 12, 1<<60)},
		{"no tensors", "token_embd.weight|vocab_size", with("GGUF", 4, 0)},
		{"a string of 2^62 bytes", "4611686018427387904 bytes", with("general.architecture", 4, 1<<62)},
		{"an array of 2^60 strings", "GGUF header", with("tokenizer.ggml.tokens", 8, 1<<60)},
		{"an array of 2^62 numbers", "unexpected EOF", with("tokenizer.ggml.token_type", 8, 1<<62)},
		{"an array of 2^32 arrays", "GGUF header", with("tokenizer.ggml.tokens", 4, 9|(1<<32-1)<<32)},
		{"a dimension of 2^63", "9223372036854775808", with("token_embd.weight", 4, 1<<63)},
		{"a dimension of 2^40", "token_embd.weight", with("token_embd.weight", 12, 1<<40)},
		{"a million dimensions", "1000000 dimensions", with("token_embd.weight", 0, 1000000)},
		{"a tensor beyond the file", "output_norm.weight", with("output_norm.weight", 16, 1<<40)},
		{"overlapping tensors", "overlap", with("output_norm.weight", 16, 0)},
		{"an odd offset", "output_norm.weight", with("output_norm.weight", 16, 7)},
		{"a vocabulary of 2^31", "llama.vocab_size", with("llama.vocab_size", 0, 4|(1<<31-1)<<32)},
	} {
		dir := t.TempDir()
		put(t, dir, "model.gguf", c.file)
		refuses(t, "GGUF: "+c.name, filepath.Join(dir, "model.gguf"), "", c.want, memoryOfRefusal)
	}
}

// refuses opens a model and wants an error that begins with its path, names the file in it, and has one of the parts of want, and no
// more memory allocated than so many bytes.
func refuses(t *testing.T, name, path, file, want string, memory uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Open(path, Int8)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Errorf("%s: no error", name)
		return
	}
	text := err.Error()
	fault, ok := strings.CutPrefix(text, "lm: model "+path+": ")
	if !ok || !strings.Contains(fault, file) || !containsOne(fault, want) {
		t.Errorf("%s: error %v, want one of %s and %s", name, err, file, want)
	}
	if len(text) > 1000 {
		t.Errorf("%s: an error of %d bytes", name, len(text))
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > memory {
		t.Errorf("%s: %d bytes allocated, want at most %d", name, n, memory)
	}
}

// TestDamagedBytes: no byte of a model, whatever it becomes, makes the program stop.
func TestDamagedBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	layouts := []func(modelDir){func(modelDir) {}, modelDir.torch, func(m modelDir) { m.shards(weights) }}
	for i := range 150 {
		m := modelDir{t, write(t, 1)}
		if layout := i % (len(layouts) + 1); layout < len(layouts) {
			layouts[layout](m)
		} else {
			m.dir = writeNGrams(t, 1)
		}
		files, err := os.ReadDir(m.dir)
		m.must(err)
		name := files[random.IntN(len(files))].Name()
		b := m.get(name)
		for range 1 + random.IntN(3) {
			at := random.IntN(min(len(b), 4000))
			if random.IntN(2) == 0 {
				at = len(b) - 1 - at
			}
			b[at] = byte(random.Uint32())
		}
		m.put(name, b)
		_, _ = Open(m.dir, Int8) // which may succeed: most bytes are weights
	}
}

// containsOne says whether a text has one of the parts of want, which bars separate.
func containsOne(text, want string) bool {
	for _, s := range strings.Split(want, "|") {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
