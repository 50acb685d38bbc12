package cli

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"lmz/internal/hub/hubtest"
)

func init() {
	// hub [-gated | -hangs] REPO@REVISION=DIR... serves directories as revisions of repositories of a hub, which the commands after it
	// ask, with the cache in cache. A gated one wants the token "secret"; one that hangs sends half of a large file.
	scriptCommands["hub"] = func(ts *testscript.TestScript, _ bool, args []string) {
		server := hubtest.New()
		ts.Defer(server.Close)
		server.Token = "secret"
		gated := args[0] == "-gated"
		var fault hubtest.Fault
		if args[0] == "-hangs" {
			fault = func(w http.ResponseWriter, r *http.Request, storage bool) bool {
				if content, ok := server.Content(strings.TrimPrefix(r.URL.Path, "/")); storage && ok {
					w.Write(content[:len(content)/2])
					w.(http.Flusher).Flush()
					<-r.Context().Done()
				}
				return storage
			}
		}
		for _, arg := range args {
			name, dir, ok := strings.Cut(arg, "=")
			if !ok {
				continue
			}
			repo, revision, _ := strings.Cut(name, "@")
			files := hubtest.Files{}
			ts.Check(fs.WalkDir(os.DirFS(ts.MkAbs(dir)), ".", func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					files[path], err = os.ReadFile(filepath.Join(ts.MkAbs(dir), path))
				}
				return err
			}))
			if server.Repos[repo] == nil {
				server.Repos[repo] = &hubtest.Repo{Revisions: map[string]hubtest.Files{}, Gated: gated}
			}
			server.Repos[repo].Revisions[revision] = files
		}
		server.SetFault(fault) // the last change: requests, which other processes make, see all those before it
		ts.Setenv("HF_ENDPOINT", server.Hub.URL)
		ts.Setenv("HF_HUB_CACHE", ts.MkAbs("cache"))
		ts.Setenv("HF_HOME", ts.MkAbs("hf"))
	}
}
