package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"lmz/internal/lab/store"
)

// Server shows the report of a store that others may be writing to. It has two pages: / is the report, /version changes when there is
// something new in it.
type Server struct {
	// Open opens the store; it is closed after each look, so that one which is made or replaced meanwhile is seen.
	Open func(context.Context) (*store.Store, Options, error)

	looking sync.Mutex
	looked  time.Time // when version was found
	version string

	building  sync.Mutex
	built     []byte // the page of builtFrom
	builtFrom string
}

// lookEvery is how often the store is looked at, however many ask.
const lookEvery = time.Second

// Listen takes a port of the loopback interface, which no other machine reaches; 0 takes any that is free.
func Listen(ctx context.Context, port int) (net.Listener, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, net.UnknownNetworkError("tcp4")) || err != nil && !ipv4() {
		l, err = c.Listen(ctx, "tcp6", fmt.Sprintf("[::1]:%d", port))
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return l, nil
}

// ipv4 reports whether this machine has the address 127.0.0.1.
func ipv4() bool {
	addresses, err := net.InterfaceAddrs()
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.Contains(net.IPv4(127, 0, 0, 1)) {
			return true
		}
	}
	return err != nil
}

// Serve answers until the context ends, which is no error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      5 * time.Minute, // the page may have to be made first
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    1 << 16,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // of clients that went away
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := server.Shutdown(patience); err != nil {
			server.Close()
		}
		stopped <- nil
	})
	err := server.Serve(l)
	if stop() { // it ended by itself
		return fmt.Errorf("report: %w", err)
	}
	return <-stopped
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Body != http.NoBody { // Nobody reads it, and a server waits for all of it. ReadTimeout would end the context of a request that takes longer.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second))
	}
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	switch {
	case !loopback(r.Host):
		// A page of another site that has its name resolve to this machine would be asking.
		http.Error(w, "report: this server answers to localhost and 127.0.0.1 only", http.StatusMisdirectedRequest)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "report: only GET and HEAD", http.StatusMethodNotAllowed)
	case r.URL.Path == "/":
		s.servePage(w, r)
	case r.URL.Path == "/version":
		s.serveVersion(w, r)
	default:
		http.Error(w, "report: there is / and /version only", http.StatusNotFound)
	}
}

// loopback reports whether a Host header names this machine as only its own users do.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func (s *Server) serveVersion(w http.ResponseWriter, r *http.Request) {
	version, err := s.look(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, version)
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	var page []byte
	version, err := s.look(r.Context())
	if err == nil {
		page, err = s.page(r.Context(), version)
	}
	status, served := http.StatusOK, servedPage()
	if err != nil {
		var b bytes.Buffer
		if err := errorPage().write(&b, view{Title: "The store cannot be read", Live: true, Content: err.Error()}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		status, served, page = http.StatusServiceUnavailable, errorPage(), b.Bytes()
	}
	header := w.Header()
	header.Set("Content-Security-Policy", served.policy(true)+"; frame-ancestors 'none'")
	header.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page)
}

// errorPage says what is wrong, and gives way to the report when it is right again.
var errorPage = kind("error.html", servedScripts...)

// look is what version the store is of.
func (s *Server) look(ctx context.Context) (string, error) {
	s.looking.Lock()
	defer s.looking.Unlock()
	if time.Since(s.looked) < lookEvery {
		return s.version, nil
	}
	db, o, err := s.Open(ctx)
	if err != nil {
		return "", err
	}
	defer db.Close()
	cells, err := db.Cells(ctx)
	if err != nil {
		return "", err
	}
	s.version, s.looked = versionOf(cells, o), time.Now()
	return s.version, nil
}

// versionOf is a name for what a report would be made of.
func versionOf(cells []store.Cell, o Options) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %v\n", o.Title, o.Question, o.Order, o.Published)
	for _, c := range cells {
		fmt.Fprintf(h, "%+v\n", c)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// page is the report of a version, made when it is first asked for.
func (s *Server) page(ctx context.Context, version string) ([]byte, error) {
	s.building.Lock()
	defer s.building.Unlock()
	if s.builtFrom == version {
		return s.built, nil
	}
	db, o, err := s.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	r, err := Build(ctx, db, o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	// What was built may be newer than what was looked at: its own version counts.
	from := versionOf(r.Cells, o)
	if err := r.write(&b, servedPage(), from); err != nil {
		return nil, err
	}
	s.built, s.builtFrom = b.Bytes(), from
	return s.built, nil
}
