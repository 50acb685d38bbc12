package hub

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lmz/internal/hub/hubtest"
)

// random is n bytes that nothing else has.
func random(n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// model is a repository's content with weights of n bytes.
func model(n int) hubtest.Files {
	return hubtest.Files{
		"config.json":       []byte(`{"model_type": "gpt_neox"}`),
		"tokenizer.json":    []byte(`{"model": {}}`),
		"model.safetensors": random(n),
		"README.md":         []byte("not needed"),
	}
}

const testPartSize = 1000

var tiny = Ref{"org/tiny", "main", ""}

// start is a server with org/tiny, whose weights have n bytes, and a client with an empty cache.
func start(t *testing.T, n int) (*hubtest.Server, *hub) {
	server := hubtest.New()
	t.Cleanup(server.Close)
	server.Repos["org/tiny"] = &hubtest.Repo{Revisions: map[string]hubtest.Files{"main": model(n)}}
	return server, client(t, server, t.TempDir())
}

func client(t *testing.T, server *hubtest.Server, cache string) *hub {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &hub{
		cache:       cache,
		endpoint:    server.Hub.URL,
		transport:   transport,
		free:        freeSpace,
		partSize:    testPartSize,
		connections: 4,
		pause:       time.Millisecond,
		stall:       10 * time.Second,
	}
}

func mustPull(t *testing.T, h *hub, ref Ref) string {
	t.Helper()
	path, err := h.pull(t.Context(), ref, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// wantFiles compares a directory with all that is wanted in it.
func wantFiles(t *testing.T, dir string, want hubtest.Files, names ...string) {
	t.Helper()
	found, err := walk(dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if !slices.Equal(found, names) {
		t.Errorf("the snapshot has %q, want %q", found, names)
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(b, want[name]) {
			t.Errorf("%s: %d bytes, error %v, want the %d of the repository", name, len(b), err, len(want[name]))
		}
	}
}

// wantNoPartials fails if anything is left of downloads.
func wantNoPartials(t *testing.T, cache string) {
	t.Helper()
	names, err := walk(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, incomplete) || strings.HasSuffix(name, ".tmp") {
			t.Errorf("%s is left", name)
		}
	}
}

// TestPull: the cache is Hugging Face's, and large files come in parts.
func TestPull(t *testing.T) {
	for _, n := range []int{0, 1, testPartSize - 1, testPartSize, testPartSize + 1, 10*testPartSize + 500} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			server, h := start(t, n)
			files := server.Repos["org/tiny"].Revisions["main"]
			commit := hubtest.Commit(files)
			var announced int64
			dir, err := h.pull(t.Context(), tiny, Options{Begin: func(bytes int64) { announced = bytes }})
			if err != nil {
				t.Fatal(err)
			}
			repo := filepath.Join(h.cache, "models--org--tiny")
			if want := filepath.Join(repo, "snapshots", commit); dir != want {
				t.Errorf("snapshot in %s, want %s", dir, want)
			}
			names := []string{"config.json", "tokenizer.json", "model.safetensors"}
			wantFiles(t, dir, files, names...)
			sum := 0
			for _, name := range names {
				sum += len(files[name])
				hash := hubtest.Hash(name, files[name])
				if target, err := os.Readlink(filepath.Join(dir, name)); err != nil || target != filepath.Join("..", "..", "blobs", hash) {
					t.Errorf("%s -> %s (%v), want ../../blobs/%s", name, target, err, hash)
				}
			}
			if announced != int64(sum) {
				t.Errorf("%d bytes announced, want %d", announced, sum)
			}
			if b, err := os.ReadFile(filepath.Join(repo, "refs", "main")); err != nil || string(b) != commit {
				t.Errorf("refs/main is %q (%v), want %s", b, err, commit)
			}
			wantNoPartials(t, h.cache)
			fetched := 0
			for _, r := range server.Requests() {
				if r.Storage {
					fetched++
				}
			}
			if want := (n + testPartSize - 1) / testPartSize; fetched != want {
				t.Errorf("%d requests for the weights, want %d", fetched, want)
			}

			mustPull(t, h, tiny)
			if again := server.Requests(); len(again) != 1 {
				t.Errorf("a second pull asks %v, want the listing only", again)
			}
			if path, err := h.cached(tiny); err != nil || path != dir {
				t.Errorf("cached: %s, %v", path, err)
			}
			server.Close()
			mustPull(t, h, Ref{"org/tiny", commit, ""})
		})
	}
}

// TestForms: the best form of the weights is taken, and nothing else.
func TestForms(t *testing.T) {
	index := func(suffix string) []byte {
		return []byte(`{"metadata": {}, "weight_map": {"a": "one` + suffix + `", "b": "sub/two` + suffix + `", "c": "one` + suffix + `"}}`)
	}
	base := model(0)
	delete(base, "model.safetensors")
	for _, c := range []struct {
		name  string
		files hubtest.Files
		want  []string
	}{
		{"bin", hubtest.Files{"pytorch_model.bin": random(10)}, []string{"pytorch_model.bin"}},
		{"both", hubtest.Files{"pytorch_model.bin": random(10), "model.safetensors": random(20)}, []string{"model.safetensors"}},
		{"shards", hubtest.Files{"model.safetensors.index.json": index(".safetensors"), "one.safetensors": random(30), "sub/two.safetensors": random(3000), "pytorch_model.bin": random(10)},
			[]string{"model.safetensors.index.json", "one.safetensors", "sub/two.safetensors"}},
		{"bin shards", hubtest.Files{"pytorch_model.bin.index.json": index(".bin"), "one.bin": random(30), "sub/two.bin": random(40)},
			[]string{"pytorch_model.bin.index.json", "one.bin", "sub/two.bin"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, h := start(t, 0)
			for name, content := range base {
				c.files[name] = content
			}
			server.Repos["org/tiny"].Revisions["main"] = c.files
			dir := mustPull(t, h, tiny)
			wantFiles(t, dir, c.files, append(c.want, descriptions...)...)
			if _, err := h.cached(tiny); err != nil {
				t.Error(err)
			}
			last := c.want[len(c.want)-1]
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(last))); err != nil {
				t.Fatal(err)
			}
			missing := (*NotCachedError)(nil)
			if _, err := h.cached(tiny); !errors.As(err, &missing) || missing.Missing == "" {
				t.Errorf("without %s: %v", last, err)
			}
			mustPull(t, h, tiny)
			wantFiles(t, dir, c.files, append(c.want, descriptions...)...)
		})
	}
}

// TestFile: one GGUF file of many.
func TestFile(t *testing.T) {
	server, h := start(t, 0)
	files := hubtest.Files{"a/q4.gguf": random(2500), "q8.gguf": random(5000)}
	server.Repos["org/tiny"].Revisions["main"] = files
	ref := Ref{"org/tiny", "main", "a/q4.gguf"}
	path := mustPull(t, h, ref)
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, files["a/q4.gguf"]) {
		t.Errorf("%s: %v", path, err)
	}
	wantFiles(t, filepath.Join(h.cache, "models--org--tiny", "snapshots", hubtest.Commit(files)), files, "a/q4.gguf")
	if cached, err := h.cached(ref); err != nil || cached != path {
		t.Errorf("cached: %s, %v", cached, err)
	}
	for _, ref := range []Ref{tiny, {"org/tiny", "main", "q2.gguf"}} {
		if _, err := h.pull(t.Context(), ref, Options{}); err == nil || !strings.Contains(err.Error(), "a/q4.gguf q8.gguf") {
			t.Errorf("%s: %v, want an error that names the GGUF files", ref, err)
		}
	}
}

// TestLacks: a repository that is no model for lmz.
func TestLacks(t *testing.T) {
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		server, h := start(t, 10)
		delete(server.Repos["org/tiny"].Revisions["main"], name)
		if _, err := h.pull(t.Context(), tiny, Options{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// TestTokenStaysHome: the server gets the token, another does not, a part of the same domain neither.
func TestTokenStaysHome(t *testing.T) {
	server, h := start(t, 3000)
	server.Token = "secret"
	server.Repos["org/tiny"].Private = true
	server.StorageURL = "http://cdn.hub.test"
	h.endpoint, h.token = "http://hub.test", "secret"
	hosts := map[string]string{"hub.test:80": server.Hub.Listener.Addr().String(), "cdn.hub.test:80": server.Storage.Listener.Addr().String()}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, hosts[address])
	}}
	t.Cleanup(transport.CloseIdleConnections)
	h.transport = transport
	mustPull(t, h, tiny)
	for _, r := range server.Requests() {
		if want := map[bool]string{false: "Bearer secret"}[r.Storage]; r.Authorization != want {
			t.Errorf("%s %s got Authorization %q, want %q", r.Method, r.Path, r.Authorization, want)
		}
	}
}

// TestRefusals: what the hub does not give, and why.
func TestRefusals(t *testing.T) {
	server, h := start(t, 10)
	server.Token = "secret"
	server.Repos["org/gated"] = &hubtest.Repo{Revisions: map[string]hubtest.Files{"main": model(10)}, Gated: true}
	server.Repos["org/steps"] = &hubtest.Repo{Revisions: map[string]hubtest.Files{"main": model(10), "step8": model(11), "step16": model(12), "step1000": model(13)}}
	pull := func(ref Ref, token string) error {
		h.token = token
		_, err := h.pull(t.Context(), ref, Options{})
		return err
	}
	var (
		notFound *NotFoundError
		access   *AccessError
		revision *RevisionError
	)
	for _, token := range []string{"", "other"} {
		if err := pull(Ref{"org/none", "main", ""}, token); !errors.As(err, &notFound) || notFound.Token != (token != "") {
			t.Errorf("no repository, token %q: %v", token, err)
		}
		if err := pull(Ref{"org/gated", "main", ""}, token); !errors.As(err, &access) || !access.Gated || access.Token != (token != "") || access.Page != h.endpoint+"/org/gated" {
			t.Errorf("gated, token %q: %v", token, err)
		}
	}
	if err := pull(Ref{"org/gated", "main", ""}, "secret"); err != nil {
		t.Errorf("gated, with its token: %v", err)
	}
	if err := pull(Ref{"org/steps", "step10", ""}, ""); !errors.As(err, &revision) || !slices.Equal(revision.Nearest, []string{"step8", "step16", "step1000"}) {
		t.Errorf("no revision: %v", err)
	}
	if err := pull(Ref{"org/steps", "mian", ""}, ""); !errors.As(err, &revision) || revision.Nearest[0] != "main" {
		t.Errorf("no revision: %v", err)
	}
	server.Requests()
	err := pull(Ref{"EleutherAI/pythia-70m", "step1500", ""}, "")
	if !errors.As(err, &revision) || !slices.Equal(revision.Nearest[:2], []string{"step1000", "step2000"}) || len(server.Requests()) > 0 {
		t.Errorf("no step of the suite: %v", err)
	}

	// A server that does not say why.
	server.SetFault(func(w http.ResponseWriter, r *http.Request, _ bool) bool {
		if !strings.Contains(r.URL.Path, "none") && strings.HasSuffix(r.URL.Path, "/refs") {
			return false
		}
		http.Error(w, "", http.StatusNotFound)
		return true
	})
	if err := pull(Ref{"org/steps", "step9", ""}, ""); !errors.As(err, &revision) || revision.Nearest[0] != "step8" {
		t.Errorf("no revision: %v", err)
	}
	if err := pull(Ref{"org/none", "main", ""}, ""); !errors.As(err, &notFound) {
		t.Errorf("no repository: %v", err)
	}
	server.SetFault(func(w http.ResponseWriter, _ *http.Request, _ bool) bool {
		w.Header().Set("X-Error-Message", "Invalid credentials in Authorization header")
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	if err := pull(tiny, "bad"); !errors.As(err, &access) || !strings.Contains(err.Error(), "Invalid credentials") {
		t.Errorf("bad token: %v", err)
	}
}

// TestOffline: no request, and what the cache has.
func TestOffline(t *testing.T) {
	server, h := start(t, 10)
	h.offline = true
	missing := (*NotCachedError)(nil)
	if _, err := h.pull(t.Context(), tiny, Options{}); !errors.As(err, &missing) || missing.Have != nil {
		t.Errorf("empty cache: %v", err)
	}
	h.offline = false
	dir := mustPull(t, h, tiny)
	server.Requests()
	h.offline = true
	if path := mustPull(t, h, tiny); path != dir {
		t.Errorf("%s, want %s", path, dir)
	}
	for _, ref := range []Ref{{"org/tiny", "step8", ""}, {"org/other", "main", ""}} {
		if _, err := h.pull(t.Context(), ref, Options{}); !errors.As(err, &missing) || !slices.Equal(missing.Have, []string{"org/tiny"}) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if asked := server.Requests(); len(asked) > 0 {
		t.Errorf("offline, %v was asked", asked)
	}
}

// TestUnreachable: no network is said at once.
func TestUnreachable(t *testing.T) {
	server, h := start(t, 10)
	server.Close()
	h.pause = time.Minute
	network := (*NetworkError)(nil)
	if _, err := h.pull(t.Context(), tiny, Options{}); !errors.As(err, &network) {
		t.Errorf("%v, want a NetworkError", err)
	}
}

// TestMovedBranch: an older snapshot stays what the branch stands for until the new one is complete.
func TestMovedBranch(t *testing.T) {
	server, h := start(t, 10)
	old := mustPull(t, h, tiny)
	server.Repos["org/tiny"].Revisions["main"] = model(2000)
	server.SetFault(func(w http.ResponseWriter, r *http.Request, storage bool) bool {
		if storage {
			w.WriteHeader(http.StatusBadRequest)
		}
		return storage
	})
	if _, err := h.pull(t.Context(), tiny, Options{}); err == nil {
		t.Fatal("pulled from a server that refuses")
	}
	if path, err := h.cached(tiny); err != nil || path != old {
		t.Errorf("%s, %v, want %s", path, err, old)
	}
	server.SetFault(nil)
	if path := mustPull(t, h, tiny); path == old {
		t.Error("the branch did not move")
	}
}

// TestHostile: what a server must not be believed.
func TestHostile(t *testing.T) {
	header := func(path, name, value string) func(http.ResponseWriter, *http.Request, bool) bool {
		return func(w http.ResponseWriter, r *http.Request, storage bool) bool {
			if r.Method != http.MethodHead || !strings.HasSuffix(r.URL.Path, path) {
				return false
			}
			for name, value := range map[string]string{headerETag: strings.Repeat("0", 64), headerSize: "10", "Location": "http://localhost/"} {
				w.Header().Set(name, value)
			}
			w.Header().Set(name, value)
			w.WriteHeader(http.StatusFound)
			return true
		}
	}
	listing := func(body string) func(http.ResponseWriter, *http.Request, bool) bool {
		return func(w http.ResponseWriter, r *http.Request, _ bool) bool {
			if !strings.Contains(r.URL.Path, "/revision/") {
				return false
			}
			io.WriteString(w, body)
			return true
		}
	}
	for name, c := range map[string]struct {
		fault func(http.ResponseWriter, *http.Request, bool) bool
		files hubtest.Files
		want  string
	}{
		"no JSON":        {listing("<html>"), nil, "does not behave like Hugging Face's"},
		"commit":         {listing(`{"sha": "../../../x", "siblings": []}`), nil, "want 40 hexadecimal digits"},
		"other commit":   {header(".safetensors", headerCommit, strings.Repeat("1", 40)), nil, "the file is of commit"},
		"hash is path":   {header(".safetensors", headerETag, `"../../../../etc"`), nil, "want a SHA-256"},
		"hash is empty":  {header(".safetensors", headerETag, `""`), nil, "want a SHA-256"},
		"negative size":  {header(".safetensors", headerSize, "-1"), nil, "want one of 0 to"},
		"enormous size":  {header(".safetensors", headerSize, "9223372036854775807"), nil, "want one of 0 to"},
		"size is a word": {header(".safetensors", headerSize, "many"), nil, "want one of 0 to"},
		"shard is path": {nil, hubtest.Files{"model.safetensors.index.json": []byte(`{"weight_map": {"a": "../../../../x"}}`)},
			`"../../../../x" as the name of a file`},
		"shard is not there": {nil, hubtest.Files{"model.safetensors.index.json": []byte(`{"weight_map": {"a": "x.safetensors"}}`)}, "names x.safetensors, which the revision lacks"},
		"no shards":          {nil, hubtest.Files{"model.safetensors.index.json": []byte(`{}`)}, "no weight_map"},
		"pointer":            {nil, hubtest.Files{"tokenizer.json": []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")}, "Git's pointer"},
		"redirects": {func(w http.ResponseWriter, r *http.Request, _ bool) bool {
			w.Header().Set("Location", r.URL.Path+"x")
			w.WriteHeader(http.StatusFound)
			return true
		}, nil, "more than 10 redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, h := start(t, 10)
			server.SetFault(c.fault)
			files := server.Repos["org/tiny"].Revisions["main"]
			for name, content := range c.files {
				files[name] = content
			}
			if files["model.safetensors.index.json"] != nil {
				delete(files, "model.safetensors")
			}
			_, err := h.pull(t.Context(), tiny, Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(h.cache, "..", "etc")); !errors.Is(err, fs.ErrNotExist) {
				t.Error("something was written beside the cache")
			}
		})
	}
}

// TestEnvironment: the variables of huggingface_hub.
func TestEnvironment(t *testing.T) {
	names := []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}
	user := t.TempDir()
	write := func(path, content string) {
		path = filepath.Join(user, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(content), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	write("hf/token", "of-home\n")
	write("elsewhere", " of-path \r\n")
	type environment map[string]string
	type read struct {
		cache    string // relative to the user's directory
		token    string
		endpoint string
		offline  bool
	}
	for _, c := range []struct {
		set  environment
		want read
	}{
		{environment{}, read{cache: ".cache/huggingface/hub"}},
		{environment{"XDG_CACHE_HOME": user + "/x"}, read{cache: "x/huggingface/hub"}},
		{environment{"HF_HOME": "~/hf", "XDG_CACHE_HOME": "/x"}, read{cache: "hf/hub", token: "of-home"}},
		{environment{"HF_HOME": "~/hf", "HF_HUB_CACHE": user + "/c", "HUGGINGFACE_HUB_CACHE": "/d"}, read{cache: "c", token: "of-home"}},
		{environment{"HUGGINGFACE_HUB_CACHE": "$HOME/d"}, read{cache: "d"}},
		{environment{"HF_HOME": "~/hf", "HF_TOKEN_PATH": "~/elsewhere"}, read{cache: "hf/hub", token: "of-path"}},
		{environment{"HF_HOME": "~/hf", "HF_TOKEN": "own\n"}, read{cache: "hf/hub", token: "own"}},
		{environment{"HUGGING_FACE_HUB_TOKEN": "old"}, read{cache: ".cache/huggingface/hub", token: "old"}},
		{environment{"HF_ENDPOINT": "http://mirror.test/hf/"}, read{cache: ".cache/huggingface/hub", endpoint: "http://mirror.test/hf"}},
		{environment{"HF_HUB_OFFLINE": "1"}, read{cache: ".cache/huggingface/hub", offline: true}},
		{environment{"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "yes"}, read{cache: ".cache/huggingface/hub"}},
		{environment{"TRANSFORMERS_OFFLINE": "yes"}, read{cache: ".cache/huggingface/hub", offline: true}},
	} {
		for _, name := range names {
			t.Setenv(name, c.set[name])
		}
		t.Setenv("HOME", user)
		t.Setenv("USERPROFILE", user)
		h, err := fromEnvironment()
		if err != nil {
			t.Fatal(err)
		}
		if c.want.endpoint == "" {
			c.want.endpoint = "https://huggingface.co"
		}
		if h.cache != filepath.Join(user, filepath.FromSlash(c.want.cache)) || h.token != c.want.token || h.endpoint != c.want.endpoint || h.offline != c.want.offline {
			t.Errorf("%v: cache %s, token %q, endpoint %s, offline %t, want %s %q %s %t",
				c.set, h.cache, h.token, h.endpoint, h.offline, c.want.cache, c.want.token, c.want.endpoint, c.want.offline)
		}
	}
	for _, endpoint := range []string{"huggingface.co", "ftp://x", "::"} {
		t.Setenv("HF_ENDPOINT", endpoint)
		if _, err := fromEnvironment(); err == nil {
			t.Errorf("HF_ENDPOINT=%s is accepted", endpoint)
		}
	}
}
