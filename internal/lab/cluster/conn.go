// Package cluster has many machines do the work of one: the ranges of a study (package study), and the frames of a large file. NATS
// JetStream is the queue between them; it is durable, replicated, and delivers at least once. This package brings the work.
//
// Start at Dial, then Worker, which does what it is given, Queue, which is the study.Queue of a cluster, and Compress and Decompress.
// docs/cluster.md says how it is run.
//
// What holds: a task is acknowledged only after its result is stored by the servers, so that nothing is lost with a worker; everything that
// comes from another machine is checked by hash, by checksum or by being measured twice before it is used; and what is made has the same
// bytes as on one machine.
package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Server says how to reach the servers, and what may be done to reach them.
type Server struct {
	URLs     string // comma-separated: nats://, tls://, ws:// or wss://HOST[:PORT]
	Creds    string // a file of credentials, as nsc makes it; "" for none
	CA       string // a file of certificates of those who may sign the servers'; "" for the system's
	Cert     string // a file with our certificate, and Key with its key; "" for none
	Key      string
	Insecure bool // plain connections to other machines are allowed

	Name     string       // of the connection, for the servers' logs
	Replicas int          // of what is stored; 0 for 3 in a cluster of servers, else 1
	Patient  bool         // servers that are not there yet are waited for
	Log      *slog.Logger // nil for none
}

// Conn is a connection to the servers. It is made again whenever it breaks, until it is closed. Its methods may be called from
// several goroutines.
type Conn struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	replicas int
	log      *slog.Logger
	closed   chan struct{} // closed when there is no more hope: by Close, or when the servers refuse us
}

// ErrInsecure is Dial's for a plain connection to another machine that nobody allowed.
var ErrInsecure = errors.New("cluster: a plain connection to another machine can be read and changed by others")

// Dial connects. The error names servers without what secret their URLs have.
func Dial(ctx context.Context, s Server) (*Conn, error) {
	servers, secure, err := s.check()
	if err != nil {
		return nil, err
	}
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Conn{log: log, closed: make(chan struct{})}
	options := []nats.Option{
		nats.Name(s.Name),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(backoff),
		nats.Timeout(5 * time.Second),
		nats.PingInterval(10 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.ReconnectBufSize(16 << 20),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("the connection broke", "error", s.clean(err))
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { log.Info("connected again", "server", hostOf(nc.ConnectedUrl())) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("connection", "error", s.clean(err)) }),
		nats.ClosedHandler(func(*nats.Conn) { close(c.closed) }),
	}
	for _, name := range []string{s.Creds, s.CA, s.Cert, s.Key} { // else each attempt to connect fails
		if name == "" {
			continue
		}
		if _, err := os.ReadFile(name); err != nil {
			return nil, fmt.Errorf("cluster: %w", err)
		}
	}
	if s.Creds != "" {
		options = append(options, nats.UserCredentials(s.Creds))
	}
	if secure {
		options = append(options, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
		if s.CA != "" {
			options = append(options, nats.RootCAs(s.CA))
		}
		if s.Cert != "" {
			options = append(options, nats.ClientCert(s.Cert, s.Key))
		}
	} else if !s.Insecure {
		options = append(options, nats.IgnoreDiscoveredServers()) // they may be other machines
	}
	o := nats.GetDefaultOptions()
	o.Servers = servers
	for _, set := range options {
		if err := set(&o); err != nil { // of a file that is no certificate, say
			return nil, fmt.Errorf("cluster: %w", err)
		}
	}
	for attempt := 1; ; attempt++ {
		c.nc, err = o.Connect()
		if err == nil {
			break
		}
		err = fmt.Errorf("cluster: %s: %w", s.hosts(), s.clean(err))
		if !s.Patient || errors.Is(err, nats.ErrAuthorization) {
			return nil, err
		}
		log.Warn("no server yet", "error", err)
		if sleep(ctx, backoff(attempt)) != nil {
			return nil, context.Cause(ctx)
		}
	}
	if c.js, err = jetstream.New(c.nc, jetstream.WithPublishAsyncMaxPending(256)); err != nil {
		c.nc.Close()
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if c.replicas = s.Replicas; c.replicas == 0 {
		c.replicas = 1
		if c.nc.ConnectedClusterName() != "" {
			c.replicas = 3
		}
	}
	log.Info("connected", "server", hostOf(c.nc.ConnectedUrl()), "replicas", c.replicas)
	return c, nil
}

// Close ends the connection. What was published has reached the server, if it can be reached.
func (c *Conn) Close() {
	if c.nc.IsConnected() {
		c.nc.FlushTimeout(2 * time.Second)
	}
	c.nc.Close()
}

// check parses the URLs, and says whether connections are to be encrypted. The error has no secret in it.
func (s Server) check() (servers []string, secure bool, err error) {
	plain, encrypted := "", ""
	for text := range strings.SplitSeq(s.URLs, ",") {
		text = strings.TrimSpace(text)
		if !strings.Contains(text, "://") {
			text = "nats://" + text
		}
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" {
			return nil, false, errors.New("cluster: a server's URL cannot be read, want nats://, tls://, ws:// or wss://HOST[:PORT]") // which it is not says: it may hold a password
		}
		switch u.Scheme {
		case "nats", "ws":
			plain = u.Host
			if !isLoopback(u.Hostname()) && !s.Insecure && !(s.tls() && u.Scheme == "nats") {
				return nil, false, fmt.Errorf("%w: %s://%s", ErrInsecure, u.Scheme, u.Host)
			}
		case "tls", "wss":
			encrypted = u.Host
		default:
			return nil, false, fmt.Errorf("cluster: scheme %s of server %s, want nats, tls, ws or wss", u.Scheme, u.Host)
		}
		servers = append(servers, text)
	}
	if plain != "" && encrypted != "" {
		return nil, false, fmt.Errorf("cluster: %s is encrypted and %s is not, want all servers alike", encrypted, plain)
	}
	if (s.Cert == "") != (s.Key == "") {
		return nil, false, errors.New("cluster: a certificate and its key go together, one of them is not given")
	}
	return servers, encrypted != "" || s.tls(), nil
}

// tls says whether files for encrypted connections are given.
func (s Server) tls() bool { return s.CA != "" || s.Cert != "" }

// hosts are the servers without what secret their URLs have.
func (s Server) hosts() string {
	var list []string
	for text := range strings.SplitSeq(s.URLs, ",") {
		list = append(list, hostOf(strings.TrimSpace(text)))
	}
	return strings.Join(list, ", ")
}

// hostOf is a URL's host and port.
func hostOf(text string) string {
	if i := strings.Index(text, "://"); i >= 0 {
		text = text[i+3:]
	}
	text, _, _ = strings.Cut(text, "/")
	return text[strings.LastIndex(text, "@")+1:]
}

// cleaned is an error whose text has no secret.
type cleaned struct {
	err  error
	text string
}

func (e *cleaned) Error() string { return e.text }
func (e *cleaned) Unwrap() error { return e.err }

// clean takes what secret the URLs have out of an error's text.
func (s Server) clean(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for server := range strings.SplitSeq(s.URLs, ",") {
		server = strings.TrimSpace(server)
		if _, rest, ok := strings.Cut(server, "://"); ok {
			server = rest
		}
		if i := strings.LastIndex(server, "@"); i >= 0 {
			text = strings.ReplaceAll(text, server[:i+1], "")
			for part := range strings.SplitSeq(server[:i], ":") {
				if decoded, err := url.PathUnescape(part); err == nil && len(decoded) > 2 {
					text = strings.ReplaceAll(text, decoded, "***")
				}
			}
		}
	}
	return &cleaned{err, text}
}

// isLoopback says whether a host can be no other machine than this.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// backoff is how long to wait before an attempt after so many that failed: 50 ms at first, 5 s at most, not all at once.
func backoff(attempts int) time.Duration {
	d := 50 * time.Millisecond << min(max(attempts-1, 0), 7)
	d = min(d, 5*time.Second)
	return d/2 + rand.N(d/2)
}

// sleep waits, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt is how long one request to the servers may take before it is made again.
const attempt = 5 * time.Second

// retry does what until it succeeds, fails for good, or ctx ends: servers may be gone for a while, or choosing a leader.
func (c *Conn) retry(ctx context.Context, what string, do func(context.Context) error) error {
	for n := 1; ; n++ {
		once, cancel := context.WithTimeout(ctx, attempt)
		err := do(once)
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !passing(err):
			return fmt.Errorf("cluster: %s: %w", what, err)
		}
		if n%5 == 0 {
			c.log.Warn("still trying", "what", what, "attempts", n, "error", err)
		}
		if err := sleep(ctx, backoff(n)); err != nil {
			return err
		}
	}
}

// passing says whether an error may not come again.
func passing(err error) bool {
	var api *jetstream.APIError
	var final errFinal
	switch {
	case errors.As(err, &final):
		return false
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrPermissionViolation):
		return false
	case errors.As(err, &api):
		return api.Code >= 500 && api.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabledForAccount && api.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabled ||
			api.Code == 408
	case errors.Is(err, jetstream.ErrInvalidOption), errors.Is(err, jetstream.ErrInvalidStreamName), errors.Is(err, jetstream.ErrInvalidSubject):
		return false
	}
	return true
}

// Codes of the server that its client has no names for.
const (
	codeNoPeers      = 10005 // no suitable peers for placement
	codeResources    = 10023 // insufficient resources
	codeNotClustered = 10074 // replicas > 1 not supported in non-clustered mode
)

// stream opens a stream, which it makes if it is not there.
func (c *Conn) stream(ctx context.Context, config jetstream.StreamConfig) (s jetstream.Stream, err error) {
	config.Replicas = c.replicas
	err = c.retry(ctx, "stream "+config.Name, func(ctx context.Context) error {
		s, err = c.js.Stream(ctx, config.Name)
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
		s, err = c.js.CreateStream(ctx, config)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // somebody else made it just now
			s, err = c.js.Stream(ctx, config.Name)
		}
		var api *jetstream.APIError
		if config.Replicas > 1 && errors.As(err, &api) && (api.ErrorCode == codeNoPeers || api.ErrorCode == codeResources || api.ErrorCode == codeNotClustered) {
			c.log.Warn("fewer servers than replicas: keeping one copy only", "stream", config.Name, "replicas", config.Replicas, "error", err)
			config.Replicas = 1
			s, err = c.js.CreateStream(ctx, config)
		}
		return err
	})
	return s, err
}

// errNoStream is the last word on what is asked of a stream that is not there.
var errNoStream = errFinal{fmt.Errorf("its job has ended, or somebody removed it: %w", jetstream.ErrStreamNotFound)}

// unanswered is errNoStream if the servers say that there is no stream of a subject. Else it is the error of who got no answer there: the
// stream's servers may be choosing a leader.
func (c *Conn) unanswered(ctx context.Context, subject string, err error) error {
	if _, of := c.js.StreamNameBySubject(ctx, subject); errors.Is(of, jetstream.ErrStreamNotFound) {
		return errNoStream
	}
	return err
}

// publish stores a message in a stream, once if its id is not "". jetstream.ErrStreamNotFound is the error if there is no stream of its subject.
func (c *Conn) publish(ctx context.Context, m *nats.Msg, id string) error {
	var options []jetstream.PublishOpt
	if id != "" {
		options = append(options, jetstream.WithMsgID(id))
	}
	return c.retry(ctx, "publishing to "+m.Subject, func(ctx context.Context) error {
		_, err := c.js.PublishMsg(ctx, m, options...)
		if errors.Is(err, jetstream.ErrNoStreamResponse) {
			err = c.unanswered(ctx, m.Subject, err)
		}
		return err
	})
}
