package hub

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseRef(t *testing.T) {
	for s, want := range map[string]Ref{
		"EleutherAI/pythia-160m@step8000":        {"EleutherAI/pythia-160m", "step8000", ""},
		"org/name":                               {"org/name", "main", ""},
		"gpt2":                                   {"gpt2", "main", ""},
		"pythia-70m":                             {"EleutherAI/pythia-70m", "main", ""},
		"pythia-1.4b-deduped@step0":              {"EleutherAI/pythia-1.4b-deduped", "step0", ""},
		"a_/b.c-d@refs/pr/1":                     {"a_/b.c-d", "refs/pr/1", ""},
		"org/name:m.gguf":                        {"org/name", "main", "m.gguf"},
		"org/name@v1.0+x:a b/m.Q4_K.GGUF":        {"org/name", "v1.0+x", "a b/m.Q4_K.GGUF"},
		"o/n@" + strings.Repeat("0123456789", 4): {"o/n", strings.Repeat("0123456789", 4), ""},
	} {
		got, err := ParseRef(s)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", s, got, err, want)
		}
		if again, err := ParseRef(got.String()); err != nil || again != got {
			t.Errorf("%q of %+v: %+v, %v", got.String(), got, again, err)
		}
	}
	for _, s := range []string{
		"", "/", "a/", "/a", "a/b/c", "../a", "a/..", ".", "..", ".a/b", "a./b", "-a/b", "a/b-", "a--b/c", "a/b..c", "a/b.git", "a b/c", "a/b\x00", "ä/b",
		"./dir", `a\b`, "C:/x", strings.Repeat("a", 97),
		"a/b@", "a/b@..", "a/b@../x", "a/b@/x", "a/b@x/", "a/b@x//y", "a/b@.x", "a/b@x/.y", "a/b@x.", "a/b@x.lock", "a/b@x y", "a/b@a@b", "a/b@x\n",
		"a/b:", "a/b:x", "a/b:x.safetensors", "a/b:../x.gguf", "a/b:/x.gguf", `a/b:..\x.gguf`, "a/b:x//y.gguf", "a/b:x:y.gguf", "a/b:\x1b.gguf", "a/b:x/../y.gguf",
	} {
		if r, err := ParseRef(s); err == nil {
			t.Errorf("%q is accepted as %+v", s, r)
		}
	}
}

// FuzzParseRef: no reference leads out of the cache, and each comes back from its own String.
func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"org/name@rev:dir/file.gguf", "pythia-70m", "a/../b@..:../x.gguf"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := ParseRef(s)
		if err != nil {
			return
		}
		h := &hub{cache: "cache"}
		r := h.repository(ref.Repo)
		within := func(dir, path string) bool {
			relative, err := filepath.Rel(dir, path)
			return err == nil && filepath.IsLocal(relative) && relative != "."
		}
		snapshot := r.snapshot(strings.Repeat("0", 40))
		if filepath.Dir(r.dir) != "cache" || !within(filepath.Join(r.dir, "refs"), filepath.Join(r.dir, "refs", filepath.FromSlash(ref.Revision))) ||
			ref.File != "" && !within(snapshot, r.path(ref, strings.Repeat("0", 40))) {
			t.Errorf("%q leads to %+v", s, ref)
		}
		if again, err := ParseRef(ref.String()); err != nil || again != ref {
			t.Errorf("%q: %+v, its String %+v, %v", s, ref, again, err)
		}
	})
}

// TestPythia: the figures of the suite's README; those of 14m and 31m follow from the shapes, by hand.
func TestPythia(t *testing.T) {
	for name, want := range map[string][2]int64{
		"14m":  {14_067_712, 1_189_888},
		"31m":  {30_494_720, 4_739_072},
		"70m":  {70_426_624, 18_915_328},
		"160m": {162_322_944, 85_056_000},
		"410m": {405_334_016, 302_311_424},
		"1b":   {1_011_781_632, 805_736_448},
		"1.4b": {1_414_647_808, 1_208_602_624},
		"2.8b": {2_775_208_960, 2_517_652_480},
		"6.9b": {6_857_302_016, 6_444_163_072},
		"12b":  {11_846_072_320, 11_327_027_200},
	} {
		for _, twin := range []string{"", "-deduped"} {
			p, ok := pythia("EleutherAI/pythia-" + name + twin)
			if total, nonEmbedding := p.Parameters(); !ok || total != want[0] || nonEmbedding != want[1] {
				t.Errorf("%s%s: %d parameters (%d without embeddings), want %d", name, twin, total, nonEmbedding, want)
			}
		}
	}
	if n := len(PythiaSuite()); n != 20 {
		t.Errorf("%d models, want 20", n)
	}
	revisions := PythiaRevisions()
	if n := len(revisions); n != 154 || revisions[0] != "step0" || revisions[n-1] != "step143000" {
		t.Errorf("%d revisions, want 154: %v", n, revisions)
	}
	for _, revision := range append(revisions, "main", "v0") {
		if err := checkStep(Ref{"EleutherAI/pythia-70m", revision, ""}); err != nil {
			t.Error(err)
		}
	}
	for _, revision := range []string{"step", "step3", "step600", "step1024", "step144000", "step08", "step-1", "step99999999999999999999"} {
		if err := checkStep(Ref{"EleutherAI/pythia-70m", revision, ""}); err == nil {
			t.Errorf("%s is accepted", revision)
		}
		if err := checkStep(Ref{"EleutherAI/other", revision, ""}); err != nil {
			t.Error(err)
		}
	}
}

func TestNearest(t *testing.T) {
	steps := []string{"main", "step0", "step1", "step512", "step1000", "step2000", "v1"}
	for want, nearby := range map[string][]string{
		"step1500": {"step1000", "step2000", "step512"},
		"step2":    {"step1", "step0", "step512"},
		"mian":     {"main"},
		"v7":       {"v1"},
		"main1":    {"main"},
	} {
		if got := nearest(want, steps); !slices.Equal(got[:len(nearby)], nearby) || len(got) > 3 {
			t.Errorf("%s: %v, want %v", want, got, nearby)
		}
	}
	if got := nearest("x", nil); got != nil {
		t.Errorf("%v of nothing", got)
	}
}
