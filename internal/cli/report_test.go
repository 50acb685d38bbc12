package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lmz/internal/lab/store"
)

// TestServeReport: it prints where it is, two at once are at different places, and the end of the context is no error.
func TestServeReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none & such.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seen := map[string]bool{}
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, w := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			err := serveReport(ctx, w, reportSource{}, 0, path)
			w.CloseWithError(err)
			ended <- err
		}()
		line, err := bufio.NewReader(r).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		address := strings.TrimSpace(line)
		if seen[address] {
			t.Errorf("two are at %s", address)
		}
		seen[address] = true
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 200 || !strings.Contains(string(body), "<title>none &amp; such</title>") || !strings.Contains(string(body), "Nothing was measured yet.") {
			t.Errorf("%s: status %d, %v", address, answer.StatusCode, err)
		}
		defer func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("it ended with %v", err)
				}
			case <-time.After(30 * time.Second):
				t.Error("it goes on 30 s after it was cancelled")
			}
		}()
	}
}
