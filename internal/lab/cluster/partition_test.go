//go:build unix

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestPartition parts a network of three servers and four workers for 30 s: one server and two workers on one side, in a network namespace of
// their own, the rest and the coordinator on the other. The store must have what one process measures, row for row.
func TestPartition(t *testing.T) {
	if os.Getenv("LMZ_CLUSTER_PARTITION") == "" {
		t.Skip("LMZ_CLUSTER_PARTITION=1 has it run: it takes a minute, root and ip of iproute2")
	}
	if _, err := exec.LookPath("ip"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs root, and ip of iproute2, to make a network namespace")
	}
	ip := func(line string) error {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
		return nil
	}
	id := os.Getpid() % 10000
	space, here, there := fmt.Sprint("lmz", id), fmt.Sprint("lmza", id), fmt.Sprint("lmzb", id)
	near, far := fmt.Sprintf("10.213.%d.1", id%250), fmt.Sprintf("10.213.%d.2", id%250)
	if err := ip("netns add " + space); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := ip("netns del " + space); err != nil {
			t.Error(err)
		}
	})
	for _, line := range []string{
		"link add " + here + " type veth peer name " + there,
		"link set " + there + " netns " + space,
		"addr add " + near + "/30 dev " + here,
		"link set " + here + " up",
		"-n " + space + " addr add " + far + "/30 dev " + there,
		"-n " + space + " link set " + there + " up",
		"-n " + space + " link set lo up",
	} {
		if err := ip(line); err != nil {
			t.Skip(err)
		}
	}
	inside := "ip netns exec " + space
	want := measureLocally(t, chaosStudy(t, t.TempDir()))
	s := startServersAt(t, []string{near, near, far}, []string{"", "", inside}, "")
	dir := t.TempDir()
	file := chaosStudy(t, dir)
	log := func(name string) string { return filepath.Join(dir, name+".log") }
	for i := range 4 {
		var within []string
		if i%2 == 1 {
			within = strings.Fields(inside)
		}
		name := fmt.Sprint("worker", i)
		processWithin(t, within, "worker", s.url(), filepath.Join(dir, "cache-"+name), log(name))
	}
	coordinator := process(t, "coordinator", s.url(), file, log("coordinator"))
	ended := make(chan error, 1)
	go func() { ended <- coordinator.Wait() }()
	time.Sleep(4 * time.Second) // some is measured by then, and some is not
	parted := "-n " + space + " route add blackhole " + near + "/32"
	if err := ip(parted); err != nil {
		t.Skip(err)
	}
	t.Log("parted")
	if coordinator.ProcessState != nil {
		t.Fatal("the study was done before the network was parted")
	}
	time.Sleep(30 * time.Second)
	if err := ip(strings.Replace(parted, "add", "del", 1)); err != nil {
		t.Fatal(err)
	}
	t.Log("one again")
	select {
	case err := <-ended:
		if err != nil {
			said, _ := os.ReadFile(log("coordinator"))
			t.Fatalf("the coordinator: %v\n%s", err, tail(said))
		}
	case <-time.After(3 * time.Minute):
		said, _ := os.ReadFile(log("coordinator"))
		t.Fatalf("not done after so long; the coordinator said\n%s", tail(said))
	}
	if got := rowsOf(t, filepath.Join(dir, "chaos.db")); !reflect.DeepEqual(got, want) {
		t.Error("the store has other rows than one process measures")
	}
	broke := 0
	for i := range 4 {
		said, _ := os.ReadFile(log(fmt.Sprint("worker", i)))
		broke += strings.Count(string(said), "the connection broke")
	}
	if broke == 0 {
		t.Error("no worker's connection broke: the network was not parted")
	}
}
