//go:build unix

package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// TestDialRules checks which connections are refused before anything is sent, and that no error tells a password.
func TestDialRules(t *testing.T) {
	for _, test := range []struct {
		server   Server
		insecure bool   // the error
		want     string // in it
		secure   bool
	}{
		{server: Server{URLs: "nats://127.0.0.1:4222"}},
		{server: Server{URLs: "localhost"}},
		{server: Server{URLs: "nats://[::1]:4222, ws://127.9.9.9"}},
		{server: Server{URLs: "tls://far.example:4222,wss://far.example"}, secure: true},
		{server: Server{URLs: "nats://far.example", CA: "ca.pem"}, secure: true},
		{server: Server{URLs: "nats://far.example", Insecure: true}},
		{server: Server{URLs: "nats://far.example"}, insecure: true, want: "far.example"},
		{server: Server{URLs: "far.example:4222"}, insecure: true, want: "far.example:4222"},
		{server: Server{URLs: "nats://127.0.0.1,nats://user:secret@10.0.0.1:4222"}, insecure: true, want: "10.0.0.1:4222"},
		{server: Server{URLs: "ws://user:secret@far.example", CA: "ca.pem"}, insecure: true, want: "far.example"},
		{server: Server{URLs: "nats://0.0.0.0:4222"}, insecure: true, want: "0.0.0.0"},
		{server: Server{URLs: "nats://127.0.0.1.far.example"}, insecure: true, want: "far.example"},
		{server: Server{URLs: "nats://127.0.0.1@far.example"}, insecure: true, want: "far.example"},
		{server: Server{URLs: "tls://a.example,nats://127.0.0.1"}, want: "alike"},
		{server: Server{URLs: "http://user:secret@127.0.0.1"}, want: "scheme http"},
		{server: Server{URLs: "nats://user:secret@bad host"}, want: "cannot be read"},
		{server: Server{URLs: "nats://user:sec%ret@127.0.0.1"}, want: "cannot be read"},
		{server: Server{URLs: ""}, want: "cannot be read"},
		{server: Server{URLs: "tls://a.example", Cert: "cert.pem"}, want: "go together"},
	} {
		_, secure, err := test.server.check()
		switch {
		case test.want == "" && (err != nil || secure != test.secure):
			t.Errorf("%s: encrypted %v, %v, want %v", test.server.URLs, secure, err, test.secure)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, ErrInsecure) != test.insecure):
			t.Errorf("%s: %v, want %q", test.server.URLs, err, test.want)
		case err != nil && strings.Contains(err.Error(), "sec"+"ret"):
			t.Errorf("%v tells the password", err)
		}
	}
}

// TestDialSecret checks that the password of a server that does not answer is not told.
func TestDialSecret(t *testing.T) {
	t.Parallel()
	port := freePorts(t, 1)[0]
	for _, user := range []string{"user:hush%21hush", "hush%21hush"} {
		_, err := Dial(t.Context(), Server{URLs: fmt.Sprintf("nats://%s@127.0.0.1:%d", user, port)})
		if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%v, want the host without the password", err)
		}
	}
	s := startServers(t, 1, "authorization { user: user, password: right }")
	_, err := Dial(t.Context(), Server{URLs: strings.Replace(s.urls[0], "//", "//user:hush@", 1), Patient: true})
	if !errors.Is(err, nats.ErrAuthorization) || strings.Contains(err.Error(), "hush") {
		t.Errorf("a wrong password: %v, want nats.ErrAuthorization without it", err)
	}
	c, err := Dial(t.Context(), Server{URLs: strings.Replace(s.urls[0], "//", "//user:right@", 1)})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// certificate writes a certificate of 127.0.0.1 and its key, signed by that of the parent, or by itself.
func certificate(t *testing.T, dir, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: parent == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(crand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + "-key.pem": {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

// TestTLS checks connections to a server that wants certificates: ours, signed by one it knows; and that its own is checked.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	ca, key := certificate(t, dir, "ca", nil, nil)
	certificate(t, dir, "server", ca, key)
	certificate(t, dir, "client", ca, key)
	certificate(t, dir, "other", nil, nil)
	s := startServers(t, 1, fmt.Sprintf("tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }", file("server.pem"), file("server-key.pem"), file("ca.pem")))
	good := Server{URLs: strings.Replace(s.urls[0], "nats:", "tls:", 1), CA: file("ca.pem"), Cert: file("client.pem"), Key: file("client-key.pem")}
	c, err := Dial(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Workers(t.Context()); err != nil {
		t.Error(err)
	}
	c.Close()
	for name, change := range map[string]func(*Server){
		"an authority that we do not know": func(s *Server) { s.CA = "" },
		"another authority":                func(s *Server) { s.CA = file("other.pem") },
		"no certificate of ours":           func(s *Server) { s.Cert, s.Key = "", "" },
		"another's certificate":            func(s *Server) { s.Cert, s.Key = file("other.pem"), file("other-key.pem") },
		"a plain connection":               func(s *Server) { *s = Server{URLs: strings.Replace(s.URLs, "tls:", "nats:", 1)} },
	} {
		bad := good
		change(&bad)
		if c, err := Dial(t.Context(), bad); err == nil {
			c.Close()
			if name != "a plain connection" { // the client turns to TLS when the server wants it, and then needs to know the authority
				t.Errorf("%s: connected", name)
			}
		}
	}
}

// TestCredentials checks that a worker's credentials, as nsc makes them, are passed on, and that a connection without is refused.
func TestCredentials(t *testing.T) {
	t.Parallel()
	pair := func(make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		k, err := make()
		if err != nil {
			t.Fatal(err)
		}
		public, err := k.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return k, public
	}
	operator, operatorName := pair(nkeys.CreateOperator)
	account, accountName := pair(nkeys.CreateAccount)
	_, systemName := pair(nkeys.CreateAccount)
	user, userName := pair(nkeys.CreateUser)
	must := func(text string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	ofOperator := jwt.NewOperatorClaims(operatorName)
	ofOperator.SystemAccount = systemName
	ofAccount := jwt.NewAccountClaims(accountName)
	ofAccount.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: -1, MemoryStorage: -1, Streams: -1, Consumer: -1}
	ofSystem := jwt.NewAccountClaims(systemName)
	config := fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload { %s: %s, %s: %s }\n", must(ofOperator.Encode(operator)), systemName,
		accountName, must(ofAccount.Encode(operator)), systemName, must(ofSystem.Encode(operator)))
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	creds, err := jwt.FormatUserConfig(must(jwt.NewUserClaims(userName).Encode(account)), seed)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "user.creds")
	if err := os.WriteFile(file, creds, 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServers(t, 1, config)
	c, err := Dial(t.Context(), Server{URLs: s.urls[0], Creds: file})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Workers(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Dial(t.Context(), Server{URLs: s.urls[0], Patient: true}); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("without credentials: %v", err)
	}
}

// TestPatient checks that a patient worker waits for a server, and stops waiting when it is told to.
func TestPatient(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, 1)
	port := freePorts(t, 1)[0]
	go func() {
		_, err := Dial(ctx, Server{URLs: fmt.Sprintf("127.0.0.1:%d", port), Patient: true})
		waiting <- err
	}()
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// TestDialFiles checks that files which are not there, or are not what they should be, are told of at once, however patient one is.
func TestDialFiles(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("no certificate"), 0o666); err != nil {
		t.Fatal(err)
	}
	missing, port := filepath.Join(dir, "missing"), freePorts(t, 1)[0]
	for _, s := range []Server{{Creds: missing}, {CA: missing}, {Cert: missing, Key: other}, {Cert: other, Key: missing}, {CA: other}} {
		name := missing
		if s.CA == other {
			name = other
		}
		s.URLs, s.Patient = fmt.Sprintf("127.0.0.1:%d", port), true
		if _, err := Dial(ctx, s); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: %v, want an error that names %s", s, err, name)
		}
	}
}

// TestBlobs checks that blobs come back, whatever their size, and that what is damaged, missing or too large is not taken.
func TestBlobs(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	b, err := c.openBlobs(t.Context(), "BLOBS", "blobs")
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, maxChunk - 1, maxChunk, maxChunk + 1, 10*maxChunk + 7} {
		data := make([]byte, size)
		crand.Read(data)
		hash, err := b.putBytes(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.putBytes(t.Context(), data); err != nil {
			t.Errorf("again: %v", err)
		}
		got, err := b.getBytes(t.Context(), hash, int64(size))
		if err != nil || hashOf(got) != hash {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
		if size == 0 {
			continue
		}
		if _, err := b.getBytes(t.Context(), hash, int64(size-1)); err == nil {
			t.Errorf("%d bytes are taken where fewer are allowed", size)
		}
		data[size/2] ^= 1
		for i := 0; i*maxChunk < size; i++ {
			part := data[i*maxChunk : min((i+1)*maxChunk, size)]
			if err := c.publish(t.Context(), &nats.Msg{Subject: fmt.Sprintf("blobs.%s.%d", hash, i), Data: part}, ""); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.getBytes(t.Context(), hash, int64(size)); err == nil || !strings.Contains(err.Error(), "hash") {
			t.Errorf("%d bytes with a flipped bit: %v", size, err)
		}
	}
	if _, err := b.getBytes(t.Context(), "../../etc/passwd", 100); err == nil {
		t.Error("a name that is no hash is taken")
	}
	if _, err := b.getBytes(t.Context(), hashOf([]byte("nobody put this")), 100); !errors.Is(err, errNoBlob) {
		t.Errorf("a blob that nobody put: %v", err)
	}
	if err := b.put(t.Context(), hashOf([]byte("x")), 1, strings.NewReader("y")); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("other bytes than were hashed: %v", err)
	}
}
