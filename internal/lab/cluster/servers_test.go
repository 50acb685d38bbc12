// Servers are killed and stopped here, by signals that other systems do not have.

//go:build unix

package cluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// TestMain is also the nats-server process of the tests: one that can be killed.
func TestMain(m *testing.M) {
	if config := os.Getenv("LMZ_TEST_NATS_SERVER"); config != "" {
		os.Exit(serve(config))
	}
	if role := os.Getenv("LMZ_TEST_CHAOS"); role != "" {
		os.Exit(chaosMain(role))
	}
	os.Exit(m.Run())
}

// serve runs a NATS server until standard input ends.
func serve(config string) int {
	o, err := server.ProcessConfigFile(config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	o.NoSigs = true
	s, err := server.NewServer(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	signal.Ignore(os.Interrupt)
	s.ConfigureLogger()
	go s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		fmt.Fprintln(os.Stderr, "not ready")
		return 1
	}
	bufio.NewReader(os.Stdin).ReadString(0) // until the test's process is gone
	s.Shutdown()
	return 0
}

// servers are nats-server processes on loopback, which form a cluster if they are several.
type servers struct {
	t       testing.TB
	dir     string
	configs []string
	urls    []string
	running []*exec.Cmd
	within  []string // a command that starts each, in another network say
}

// wantServers skips a test that starts servers where nobody asked for them.
func wantServers(t testing.TB) {
	t.Helper()
	if os.Getenv("LMZ_CLUSTER") == "" {
		t.Skip("LMZ_CLUSTER=1 has it run: it starts NATS servers; all that do take some minutes")
	}
}

// startServers starts so many servers; more is added to the configuration of each. They are stopped when the test ends.
func startServers(t testing.TB, count int, more string) *servers {
	t.Helper()
	hosts := make([]string, count)
	for i := range hosts {
		hosts[i] = "127.0.0.1"
	}
	return startServersAt(t, hosts, nil, more)
}

// startServersAt starts servers that listen at addresses, each within a command if that is not "".
func startServersAt(t testing.TB, hosts, within []string, more string) *servers {
	t.Helper()
	wantServers(t)
	count := len(hosts)
	s := &servers{t: t, dir: t.TempDir(), running: make([]*exec.Cmd, count), within: within}
	ports := freePorts(t, 2*count)
	var routes []string
	for i := range count {
		routes = append(routes, fmt.Sprintf("nats-route://%s:%d", hosts[i], ports[count+i]))
	}
	for i := range count {
		config := fmt.Sprintf("server_name: server%d\nlisten: \"%s:%d\"\njetstream { store_dir: %q, max_file: 4G, max_mem: 256M, sync_interval: 2m }\n%s\n",
			i, hosts[i], ports[i], filepath.Join(s.dir, fmt.Sprint("store", i)), more)
		if count > 1 {
			config += fmt.Sprintf("cluster { name: lmz, listen: \"%s:%d\", routes: [%s] }\n", hosts[i], ports[count+i], strings.Join(routes, ", "))
		}
		name := filepath.Join(s.dir, fmt.Sprintf("server%d.conf", i))
		if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		s.configs = append(s.configs, name)
		s.urls = append(s.urls, fmt.Sprintf("nats://%s:%d", hosts[i], ports[i]))
	}
	t.Cleanup(func() {
		for i := range s.running {
			s.kill(i)
		}
	})
	for i := range count {
		s.launch(i)
	}
	for i := range count {
		s.await(i)
	}
	return s
}

// freePorts are ports of loopback that nobody listens at now.
func freePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// launch starts a server that does not run, with what it stored before.
func (s *servers) launch(i int) {
	s.t.Helper()
	log, err := os.OpenFile(s.configs[i]+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	line := []string{os.Args[0]}
	if s.within != nil && s.within[i] != "" {
		line = append(strings.Fields(s.within[i]), line...)
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "LMZ_TEST_NATS_SERVER="+s.configs[i])
	cmd.Stderr = log
	if _, err := cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.running[i] = cmd
}

// await waits until a server takes connections.
func (s *servers) await(i int) {
	s.t.Helper()
	for n := 0; ; n++ {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.urls[i], "nats://"))
		if err == nil {
			c.Close()
			return
		}
		if n > 600 {
			log, _ := os.ReadFile(s.configs[i] + ".log")
			s.t.Fatalf("server %d: %v\n%s", i, err, log)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// kill ends a server at once, as kill -9 does.
func (s *servers) kill(i int) {
	if cmd := s.running[i]; cmd != nil {
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		s.running[i] = nil
	}
}

// url is all servers' URLs.
func (s *servers) url() string { return strings.Join(s.urls, ",") }

// dial connects to the servers, until the test ends.
func (s *servers) dial(t testing.TB) *Conn {
	t.Helper()
	c, err := Dial(t.Context(), Server{URLs: s.url(), Name: t.Name(), Patient: true, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
