package hub

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz/internal/hub/hubtest"
)

// twoSteps is a cache with two revisions that share their descriptions.
func twoSteps(t *testing.T) (h *hub, files map[string]hubtest.Files) {
	server, h := start(t, 0)
	files = map[string]hubtest.Files{"step1": model(3000), "step2": model(5000)}
	server.Repos["org/tiny"].Revisions = files
	for revision := range files {
		mustPull(t, h, Ref{"org/tiny", revision, ""})
	}
	return h, files
}

func TestList(t *testing.T) {
	h, files := twoSteps(t)
	snapshots, err := h.list()
	if err != nil || len(snapshots) != 2 {
		t.Fatalf("%v, %v, want two snapshots", snapshots, err)
	}
	for _, s := range snapshots {
		revision := s.Revisions[0]
		want := 0
		for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
			want += len(files[revision][name])
		}
		if s.Repo != "org/tiny" || s.Commit != hubtest.Commit(files[revision]) || s.Size != int64(want) || !s.Complete || len(s.Revisions) != 1 {
			t.Errorf("%+v, want %d bytes", s, want)
		}
		if names := s.Names(); !slices.Equal(names, []string{"org/tiny@" + revision}) {
			t.Errorf("names %v", names)
		}
	}

	// What others leave in a cache, and what nobody should.
	for path, content := range map[string]string{
		"version.txt":                                          "1",
		"CACHEDIR.TAG":                                         "x",
		"models--a--b--c/snapshots/x":                          "x",
		"models--..--x/snapshots/x":                            "x",
		"datasets--org--data/refs/main":                        "x",
		"models--org--tiny/refs/stray":                         "../../../../etc",
		"models--org--tiny/snapshots/.DS_Store":                "x",
		"models--org--none/blobs/x":                            "x",
		"models--org--tiny/.no_exist/0/x":                      "",
		"models--org--alien/snapshots/" + repeat40("a") + "/x": "four",
	} {
		path = filepath.Join(h.cache, filepath.FromSlash(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(content), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	snapshots, err = h.list()
	if err != nil || len(snapshots) != 3 {
		t.Fatalf("%+v, %v, want three snapshots", snapshots, err)
	}
	if s := snapshots[0]; s.Repo != "org/alien" || s.Complete || s.Size != 4 || s.Names()[0] != "org/alien@"+repeat40("a") {
		t.Errorf("%+v", s)
	}
	if _, err := h.cached(Ref{"org/tiny", "stray", ""}); err == nil {
		t.Error("a ref that holds a path is followed")
	}
	if b, err := json.Marshal(snapshots); err != nil || strings.Contains(string(b), "null") {
		t.Errorf("%s, %v", b, err)
	}
}

func repeat40(s string) string { return strings.Repeat(s, 40) }

func TestRemove(t *testing.T) {
	h, files := twoSteps(t)
	blobs := filepath.Join(h.cache, "models--org--tiny", "blobs")
	missing := (*NotCachedError)(nil)
	if _, err := h.remove(tiny); !errors.As(err, &missing) || len(missing.Have) != 2 {
		t.Errorf("main, which is not there: %v", err)
	}
	if _, err := h.remove(Ref{"org/tiny", repeat40("a"), ""}); !errors.As(err, &missing) {
		t.Errorf("a commit that is not there: %v", err)
	}
	idle, err := openPartial(filepath.Join(blobs, "idle"), 2000, testPartSize)
	if err != nil {
		t.Fatal(err)
	}
	idle.done[0] = 70
	recordAll(idle)
	idle.leave()
	busy, err := openPartial(filepath.Join(blobs, "busy"), 10, testPartSize)
	if err != nil {
		t.Fatal(err)
	}

	freed, err := h.remove(Ref{"org/tiny", "step1", ""})
	if want := int64(len(files["step1"]["model.safetensors"])) + repeat40Size + 70; err != nil || freed != want {
		t.Errorf("%d bytes freed, %v, want %d: weights, ref, what was left of a download", freed, err, want)
	}
	names, err := walk(blobs)
	if err != nil || len(names) != 4 || !slices.Contains(names, "busy"+incomplete) {
		t.Errorf("blobs %q (%v), want those of step2, and what is being downloaded", names, err)
	}
	if _, err := h.cached(Ref{"org/tiny", "step1", ""}); err == nil {
		t.Error("step1 is still there")
	}
	dir, err := h.cached(Ref{"org/tiny", "step2", ""})
	if err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, files["step2"], "config.json", "tokenizer.json", "model.safetensors")

	busy.discard()
	locks := filepath.Join(h.cache, ".locks", "models--org--tiny")
	if err := os.MkdirAll(locks, 0o777); err != nil {
		t.Fatal(err)
	}
	sum := int64(repeat40Size)
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		sum += int64(len(files["step2"][name]))
	}
	if freed, err := h.remove(Ref{"org/tiny", hubtest.Commit(files["step2"]), ""}); err != nil || freed != sum {
		t.Errorf("%d bytes freed, %v, want %d", freed, err, sum)
	}
	if names, err := walk(h.cache); err != nil || len(names) > 0 {
		t.Errorf("%q (%v) is left", names, err)
	}
	if _, err := os.Stat(locks); err == nil {
		t.Error("the locks are left")
	}
}

const repeat40Size = 40 // bytes of a ref

// TestRemoveFile: one GGUF file of two.
func TestRemoveFile(t *testing.T) {
	server, h := start(t, 0)
	files := hubtest.Files{"a.gguf": random(300), "b.gguf": random(400)}
	server.Repos["org/tiny"].Revisions["main"] = files
	a, b := Ref{"org/tiny", "main", "a.gguf"}, Ref{"org/tiny", "main", "b.gguf"}
	mustPull(t, h, a)
	mustPull(t, h, b)
	if snapshots, err := h.list(); err != nil || !slices.Equal(snapshots[0].Names(), []string{a.String(), b.String()}) {
		t.Errorf("%v, %v", snapshots, err)
	}
	if freed, err := h.remove(a); err != nil || freed != 300 {
		t.Errorf("%d bytes freed, %v, want 300", freed, err)
	}
	if _, err := h.remove(a); err == nil {
		t.Error("removed twice")
	}
	if _, err := h.cached(b); err != nil {
		t.Error(err)
	}
	if freed, err := h.remove(b); err != nil || freed != 400+repeat40Size {
		t.Errorf("%d bytes freed, %v, want 440", freed, err)
	}
	if names, err := walk(h.cache); err != nil || len(names) > 0 {
		t.Errorf("%q (%v) is left", names, err)
	}
}

// TestWithoutLinks: snapshots whose files are hard links, or the blobs themselves, as where there are no symbolic links.
func TestWithoutLinks(t *testing.T) {
	for name, put := range map[string]func(from, to string) error{"hard links": os.Link, "moved": os.Rename} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, files := twoSteps(t)
			r := h.repository("org/tiny")
			for _, f := range files {
				commit := hubtest.Commit(f)
				for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
					path, hash := r.file(commit, name), hubtest.Hash(name, f[name])
					if !present(r.blob(hash)) { // moved for the other
						os.WriteFile(r.blob(hash), f[name], 0o666)
					}
					if err := errors.Join(os.Remove(path), put(r.blob(hash), path)); err != nil {
						t.Fatal(err)
					}
				}
			}
			for revision := range files {
				if _, err := h.cached(Ref{"org/tiny", revision, ""}); err != nil {
					t.Error(err)
				}
			}
			if _, err := h.remove(Ref{"org/tiny", "step1", ""}); err != nil {
				t.Fatal(err)
			}
			if present(r.blob(hubtest.Hash("model.safetensors", files["step1"]["model.safetensors"]))) {
				t.Error("a blob is left that nothing uses")
			}
			dir, err := h.cached(Ref{"org/tiny", "step2", ""})
			if err != nil {
				t.Fatal(err)
			}
			wantFiles(t, dir, files["step2"], "config.json", "tokenizer.json", "model.safetensors")
			if _, err := h.remove(Ref{"org/tiny", "step2", ""}); err != nil {
				t.Fatal(err)
			}
			if names, err := walk(h.cache); err != nil || len(names) > 0 {
				t.Errorf("%q (%v) is left", names, err)
			}
		})
	}
}

// TestLinkOutside: a snapshot that links elsewhere does not make Remove go there.
func TestLinkOutside(t *testing.T) {
	h, files := twoSteps(t)
	commit := hubtest.Commit(files["step1"])
	precious := filepath.Join(h.cache, "precious")
	if err := os.WriteFile(precious, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"file": "../../../precious", "dir": "../../.."} {
		if err := os.Symlink(filepath.FromSlash(target), filepath.Join(h.repository("org/tiny").snapshot(commit), name)); err != nil {
			t.Skip(err)
		}
	}
	if _, err := h.remove(Ref{"org/tiny", "step1", ""}); err != nil {
		t.Fatal(err)
	}
	if !present(precious) {
		t.Error("what a link led to is gone")
	}
	if _, err := h.cached(Ref{"org/tiny", "step2", ""}); err != nil {
		t.Error(err)
	}
}
