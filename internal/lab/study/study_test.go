package study

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const yamlStudy = `# a comment
name: small
question: Does it work?
data:
  - {name: tale, source: tale.txt, kind: text, chunk: 512, count: 10.0}
  - name: noise
    kind: random
    seed: 7
models:
  - default
  - name: pythia
    model: EleutherAI/pythia-70m@step{step}
    precision: f32
    checkpoints: [1000, 8000]
protocols: [lossless]
threads: 2
memory: 1.5GiB
runs:
  - baselines: [gzip, xz]
    whole: [false, true]
    protocols: [deletang-2023]
    data: [tale]
  - models: [default, pythia]
    profile: true
`

const tomlStudy = `# a comment
name = "small"
question = "Does it work?"
protocols = ["lossless"]
threads = 2
memory = "1.5GiB"
models = ["default", {name = "pythia", model = "EleutherAI/pythia-70m@step{step}", precision = "f32", checkpoints = [1_000, 8000]}]

[[data]]
name = "tale"
source = "tale.txt"
kind = "text"
chunk = 512
count = 10

[[data]]
name = "noise"
kind = "random"
seed = 7

[[runs]]
baselines = ["gzip", "xz"]
whole = [false, true]
protocols = ["deletang-2023"]
data = ["tale"]

[[runs]]
models = ["default", "pythia"]
profile = true
`

// TestParse reads the same study in both languages.
func TestParse(t *testing.T) {
	y, err := Parse("s.yaml", []byte(yamlStudy))
	if err != nil {
		t.Fatal(err)
	}
	o, err := Parse("s.toml", []byte(tomlStudy))
	if err != nil {
		t.Fatal(err)
	}
	y.file, o.file = "", ""
	if !reflect.DeepEqual(y, o) {
		t.Errorf("YAML gives %+v\nTOML gives %+v", y, o)
	}
	if y.Data[0].Count != 10 || y.Data[1].Source != "random" || y.Data[1].Seed != 7 || y.Memory != 3<<29 {
		t.Errorf("%+v", y)
	}
	first, second := y.Runs[0], y.Runs[1]
	if !slices.Equal(first.Protocols, []string{"deletang-2023"}) || first.Models != nil || !slices.Equal(first.Whole, []bool{false, true}) || !slices.Equal(first.Data, []string{"tale"}) {
		t.Errorf("%+v", first)
	}
	if !slices.Equal(second.Protocols, []string{"lossless"}) || !second.Profile || second.Models[1].Checkpoints[1] != 8000 || len(second.Data) != 2 || second.Baselines != nil {
		t.Errorf("%+v", second)
	}
}

// TestErrors has studies with one thing wrong each. Each error is the whole text, without study: and the file.
func TestErrors(t *testing.T) {
	const head = "name: x\ndata:\n  - name: a\n    source: f\n"
	for _, c := range []struct{ text, want string }{
		{head + "baselines: [gzp]\n", `5:13: baselines[0]: found "gzp", want one of ` + strings.Join(baselines, ", ") + `, did you mean "gzip"?`},
		{head + "baselines: [gzip, gzip]\n", `5:19: baselines[1]: "gzip" stands there twice`},
		{head + "baselines: gzip\n", `5:12: baselines: found the text "gzip", want a list`},
		{head + "baselines: [gzip]\nbytes_per_param: .inf\n", `6:18: bytes_per_param: found +Inf, want a number, 0 or more`},
		{head + "baselins: [gzip]\n", `5:1: baselins: no such field, want one of name, question, data, models, baselines, protocols, whole, bytes_per_param, carry, profile, unverified, threads, memory, runs, did you mean "baselines"?`},
		{head + "    kind: imge\nbaselines: [gzip]\n", `5:11: data[0].kind: found "imge", want one of ` + strings.Join(kinds, ", ") + `, did you mean "image"?`},
		{head + "    chunk: 2k\nbaselines: [gzip]\n", `5:12: data[0].chunk: found the text "2k", want a whole number`},
		{head + "    chunk: 2.5\nbaselines: [gzip]\n", `5:12: data[0].chunk: found the number 2.5, want a whole number`},
		{head + "    count: -2\nbaselines: [gzip]\n", `5:12: data[0].count: found -2, want -1 or more`},
		{head + "    count:\nbaselines: [gzip]\n", `5:11: data[0].count: found nothing, want a whole number`},
		{head + "    seed: -1\nbaselines: [gzip]\n", `5:11: data[0].seed: found the number -1, want a whole number, 0 or more`},
		{head + "    souce: f\nbaselines: [gzip]\n", `5:5: data[0].souce: no such field, want one of name, source, kind, chunk, count, per_file, seed, width, height, columns, did you mean "source"?`},
		{head + "  - name: a\n    source: g\nbaselines: [gzip]\n", `5:11: data[1].name: "a" is the name of data[0] already`},
		{head + "  - source: g\nbaselines: [gzip]\n", `5:5: data[1].name: found none, want a name`},
		{head + "  - name: g\nbaselines: [gzip]\n", `5:5: data[1].source: found none, want a file, an archive, a directory, or random`},
		{head, `1:1: found neither models nor baselines, want one at least`},
		{"name: x\nbaselines: [gzip]\n", `1:1: data: found none, want a list of blocks with name, source, kind, ...`},
		{"name: x/y\ndata: [{name: a, source: f}]\nbaselines: [gzip]\n", `1:7: name: found "x/y", want a name of letters, digits, dots and hyphens: the store's file is named by it`},
		{"name: 2023\ndata: [{name: a, source: f}]\nbaselines: [gzip]\n", `1:7: name: found the number 2023, want a text`},
		{head + "baselines: [gzip]\nwhole: [true, true]\n", `6:8: whole: found [true true], want false, true, or both`},
		{head + "baselines: [gzip]\nprofile: 1\n", `6:10: profile: found the number 1, want true or false`},
		{head + "baselines: [gzip]\nmemory: lots\n", `6:9: memory: found the size "lots", want one such as 4GB, 512MiB or 1000000`},
		{head + "baselines: [gzip]\nmemory: [1]\n", `6:9: memory: found a list of 1, want a size, such as 4GB`},
		{head + "baselines: [gzip]\nthreads: -1\n", `6:10: threads: found -1, want 0 or more`},
		{head + "baselines: [gzip]\nprotocols: []\n", `6:12: protocols: found an empty list, want some of ` + strings.Join(protocols, ", ")},
		{head + "models: [{precision: f32}]\n", `5:10: models[0].model: found none, want a directory, a GGUF file, ORG/NAME[@REVISION] of the hub, "default" or "uniform"`},
		{head + "models: [{model: m, precision: f3}]\n", `5:32: models[0].precision: found "f3", want one of int8, int8-outlier, f32, did you mean "f32"?`},
		{head + "models: ['m-{step}']\n", `5:10: models[0].checkpoints: found none, want the steps that {step} in "m-{step}" stands for`},
		{head + "models: [{model: m, checkpoints: [1, 2]}]\n", `5:18: models[0].model: found "m" for 2 checkpoints, want {step} where the step goes`},
		{head + "models: [{model: 'm{step}', checkpoints: [1, 1]}]\n", `5:46: models[0].checkpoints[1]: found 1, want a step, each once`},
		{head + "models: [m, m]\n", `5:13: models[1]: is called "m" as the one before it: give it a name of its own`},
		{head + "runs:\n  - baselines: [gzip]\n    data: [b]\n", `7:12: runs[0].data[0]: found "b", want one of a, did you mean "a"?`},
		{head + "runs:\n  - whole: [true]\n", `6:5: runs[0]: found neither models nor baselines, want one at least`},
		{head + "baselines: [gzip]\nruns:\n  - baselines: [gzip]\n", `5:12: baselines: stand in the runs, where a study has runs`},
		{head + "models: [m]\nruns:\n  - baselines: [gzip]\n", `5:10: models[0]: m is in no run: name it in the models of one`},
		{"- name: x\n", `1:1: found a list of 1, want a block of name, question, data, models, baselines, protocols, whole, bytes_per_param, carry, profile, unverified, threads, memory, runs`},
		{"name: x\nname: y\n", `2:1: is not YAML: mapping key "name" already defined at [1:1]`},
		{head + "---\nname: y\n", `6:5: a second document begins, want one study a file`},
		{"", `1:1: found nothing, want a block of name, question, data, models, baselines, protocols, whole, bytes_per_param, carry, profile, unverified, threads, memory, runs`},
	} {
		_, err := Parse("s.yaml", []byte(c.text))
		if err == nil || err.Error() != "study: s.yaml:"+c.want {
			t.Errorf("%s\ngives %v\nwant  study: s.yaml:%s", c.text, err, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"name = \"x\"\nbaselines = [\"gzip\", \"zx\"]\n[[data]]\nname = \"a\"\nsource = \"f\"\n", `2:22: baselines[1]: found "zx", want one of ` + strings.Join(baselines, ", ") + `, did you mean "xz"?`},
		{"name = \"x\"\nbaselines = [\"gzip\"]\n[[data]]\nname = \"a\"\nsource = \"f\"\n[[data]]\nname = \"b\"\nsource = \"f\"\nkid = \"text\"\n", `9:1: data[1].kid: no such field, want one of name, source, kind, chunk, count, per_file, seed, width, height, columns, did you mean "kind"?`},
		{"name = \"x\"\nbaselines = [\"gzip\"]\n[[data]]\nname = \"a\"\nsource = 1979-05-27\n", `5:10: data[0].source: found 1979-05-27, want a text`},
		{"name = \"x\"\nname = \"y\"\n", `2:1: is not TOML: `},
		{"name = x\n", `1:8: is not TOML: `},
	} {
		_, err := Parse("s.toml", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), "study: s.toml:"+c.want) {
			t.Errorf("%s\ngives %v\nwant  study: s.toml:%s", c.text, err, c.want)
		}
	}
}

// TestAllErrors wants all that is wrong at once, in the order of lines.
func TestAllErrors(t *testing.T) {
	_, err := Parse("s.yaml", []byte("name: x\ndata:\n  - name: a\n    source: 3\n    kid: text\nthread: 2\nbaselines: gzip\n"))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d errors, want 4: %v", len(lines), err)
	}
	for i, want := range []string{"s.yaml:4:13: data[0].source", "s.yaml:5:5: data[0].kid", "s.yaml:6:1: thread", "s.yaml:7:12: baselines"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("%q, want %q", lines[i], want)
		}
	}
}

// TestAnchors has YAML's own way of saying a thing once.
func TestAnchors(t *testing.T) {
	s, err := Parse("s.yaml", []byte("name: x\ndata:\n  - &a {name: a, source: f, count: 5}\n  - {<<: *a, name: b}\nbaselines: &b [gzip]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Data[1].Count != 5 || s.Data[1].Name != "b" || s.Data[1].Source != "f" {
		t.Errorf("%+v", s.Data)
	}
}

// TestDepth wants an error soon, of brackets that the parser would take hours for.
func TestDepth(t *testing.T) {
	for _, open := range []string{"[", "{a: "} {
		_, err := Parse("s.yaml", []byte("name: x\ndata: "+strings.Repeat(open, 200_000)))
		if err == nil || !strings.Contains(err.Error(), "s.yaml:2:") || !strings.Contains(err.Error(), "found 1001 open brackets, want 1000 at most") {
			t.Error(err)
		}
	}
	if _, err := Parse("s.yaml", []byte("name: x\nquestion: '"+strings.Repeat("[]{}", 3000)+"'\ndata: [{name: a, source: f}]\nbaselines: [gzip]\n")); err != nil {
		t.Error(err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Error(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "want a file") {
		t.Error(err)
	}
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(big); err == nil || !strings.Contains(err.Error(), "want a file of 1048576 at most") {
		t.Error(err)
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "1000000": 1e6, "4GB": 4e9, "4 gb": 4e9, "1.5GiB": 3 << 29, "512MiB": 512 << 20, "7B": 7, "2k": 2000} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GB", "-1", "NaN", "1e300", "4 XB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%s: %d, want an error", text, got)
		}
	}
}

// FuzzParse wants a study or an error with a place within the file for each file.
func FuzzParse(f *testing.F) {
	f.Add("s.yaml", []byte(yamlStudy))
	f.Add("s.toml", []byte(tomlStudy))
	f.Add("s.yaml", []byte("a: &x [*x, {? b : c}]\n- 1"))
	f.Add("s.yaml", []byte("\r*0"))
	f.Add("s.toml", []byte("[a.b]\nc.d = {e = [1, {f = 2}]}\n[[a.g]]\n[a.g.h]\n"))
	f.Fuzz(func(t *testing.T, file string, text []byte) {
		if len(text) > 4096 {
			return
		}
		s, err := Parse(file, text)
		if err == nil {
			if s.Name == "" || len(s.Runs) == 0 {
				t.Errorf("%+v", s)
			}
			return
		}
		lines := strings.Count(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n") + strings.Count(string(text), "\r") + 1 // YAML ends them by either
		for _, e := range err.(Errors) {
			if e.Line < 1 || e.Column < 1 || e.Line > lines {
				t.Errorf("%v, of %d lines", e, lines)
			}
		}
	})
}
