// Package hub brings repositories of Hugging Face's hub, or of a server that behaves like it, into the
// user's cache: Pull downloads what lmz needs of a revision, Cached finds it again without a network,
// List and Remove keep the cache.
//
// The cache is Hugging Face's own (https://huggingface.co/docs/huggingface_hub/guides/manage-cache), so
// that what other tools downloaded is found, and they find what lmz did. It is where HF_HUB_CACHE or
// HF_HOME say; HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean to those tools.
//
// No file gets its name before its bytes agree with the hash that the server announced. What a file
// means is not this package's business, apart from the index that lists a model's shards.
//
// Start at Pull.
package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// hub is a server and a cache.
type hub struct {
	cache    string // directory that holds models--ORG--NAME
	endpoint string // of the server, without a slash at its end
	token    string // "" for none
	offline  bool

	transport   http.RoundTripper
	free        func(dir string) (bytes int64, known bool)
	reached     atomic.Bool   // the server answered once
	partSize    int64         // bytes of a part of a file; parts are downloaded abreast
	connections int           // how many
	pause       time.Duration // before the second try; it doubles with each
	stall       time.Duration // a connection without a byte for so long is given up
}

const (
	// maxListing bounds a listing or an index in bytes: the hub's largest have some.
	maxListing = 64 << 20
	// maxFile bounds a file in bytes, twenty times the largest that the hub takes.
	maxFile = 1 << 40
)

// fromEnvironment is the hub that the environment names, as huggingface_hub's constants.py reads it.
func fromEnvironment() (*hub, error) {
	user, err := os.UserHomeDir()
	if err != nil {
		user = "."
	}
	home := cmp.Or(expand(os.Getenv("HF_HOME"), user), filepath.Join(cmp.Or(os.Getenv("XDG_CACHE_HOME"), filepath.Join(user, ".cache")), "huggingface"))
	cache, err := filepath.Abs(cmp.Or(expand(cmp.Or(os.Getenv("HF_HUB_CACHE"), os.Getenv("HUGGINGFACE_HUB_CACHE")), user), filepath.Join(home, "hub")))
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	endpoint := strings.TrimRight(cmp.Or(os.Getenv("HF_ENDPOINT"), "https://huggingface.co"), "/")
	if u, err := url.Parse(endpoint); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("hub: HF_ENDPOINT is %q, want the address of a server, https://huggingface.co say", endpoint)
	}
	token := cmp.Or(clean(os.Getenv("HF_TOKEN")), clean(os.Getenv("HUGGING_FACE_HUB_TOKEN")))
	if token == "" {
		b, err := os.ReadFile(cmp.Or(expand(os.Getenv("HF_TOKEN_PATH"), user), filepath.Join(home, "token")))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("hub: the token: %w", err)
		}
		token = clean(string(b))
	}
	return &hub{
		cache:    cache,
		endpoint: endpoint,
		token:    token,
		offline:  isTrue(cmp.Or(os.Getenv("HF_HUB_OFFLINE"), os.Getenv("TRANSFORMERS_OFFLINE"))),

		transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			ForceAttemptHTTP2:   false, // one TCP connection for all parts would have the pace of one
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     90 * time.Second,
		},
		free:        freeSpace,
		partSize:    16 << 20, // what a kill costs is at most this a connection
		connections: 4,
		pause:       time.Second,
		stall:       time.Minute,
	}, nil
}

// expand replaces a leading ~ and environment variables in a path, those that are not set excepted.
func expand(path, user string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		path = user + path[1:]
	}
	return os.Expand(path, func(name string) string {
		if value, ok := os.LookupEnv(name); ok {
			return value
		}
		return "$" + name
	})
}

// clean is a token without the line end that an editor adds.
func clean(token string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(token))
}

func isTrue(value string) bool {
	switch strings.ToUpper(value) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// Options of Pull.
type Options struct {
	// Begin, if not nil, is told before a download how many bytes it will have. It may not be called
	// at all if everything is there.
	Begin func(bytes int64)
	// Check, if not nil, is given the snapshot's directory when all but the weights is there, which then comes first and is not announced. Its
	// error ends the download before the weights are asked for. It is not called for a GGUF file.
	Check func(dir string) error
	// Progress, if not nil, is told of bytes as they come, from several goroutines at once.
	Progress func(bytes int)
}

// Pull makes the files of ref that lmz needs present in the cache and returns the snapshot's directory, or
// if ref names a file, that file. It asks the server what a branch stands for now; only a commit that is
// in the cache needs no network.
//
// Errors that callers may want to know: NotFoundError, RevisionError, AccessError, NotCachedError (offline),
// DiskFullError, HashError, NetworkError, and the context's.
func Pull(ctx context.Context, ref Ref, o Options) (string, error) {
	h, err := fromEnvironment()
	if err != nil {
		return "", err
	}
	return h.pull(ctx, ref, o)
}

// Cached is what Pull returns, from the cache alone. The error is a NotCachedError if something is missing.
func Cached(ref Ref) (string, error) {
	h, err := fromEnvironment()
	if err != nil {
		return "", err
	}
	return h.cached(ref)
}

// List tells what is in the cache, by repository and commit.
func List() ([]Snapshot, error) {
	h, err := fromEnvironment()
	if err != nil {
		return nil, err
	}
	return h.list()
}

// Remove deletes from the cache the snapshot that ref stands for, or ref's file in it, the names of that
// snapshot, and the blobs that no other snapshot of the repository uses. It returns how many bytes of
// disk that frees. The error is a NotCachedError if there is nothing to remove.
func Remove(ref Ref) (freed int64, err error) {
	h, err := fromEnvironment()
	if err != nil {
		return 0, err
	}
	return h.remove(ref)
}
