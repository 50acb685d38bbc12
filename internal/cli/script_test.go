package cli

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"lmz": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript runs testdata/script: each script is one behaviour of the command, as a user would type it. Their
// own commands are those of scriptCommands.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		Condition: func(condition string) (bool, error) {
			switch condition {
			case "root": // whom no permission stops
				return os.Geteuid() == 0, nil
			case "devfull": // a disk without room
				_, err := os.Stat("/dev/full")
				return err == nil, nil
			}
			return false, errors.New("unknown condition")
		},
	})
}

var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// exits STATUS PROGRAM ARGS... executes a program that ends with this status.
	"exits": func(ts *testscript.TestScript, _ bool, args []string) {
		status := 0
		err := ts.Exec(args[1], args[2:]...)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			status = exit.ExitCode()
		} else {
			ts.Check(err)
		}
		if status != number(ts, args[0]) {
			ts.Fatalf("exit status %d, want %s", status, args[0])
		}
	},

	// interrupt PATTERN STATUS ARGS... starts lmz with an endless standard input that says nothing, sends it SIGINT when a file of
	// the pattern is there, and wants it to end with the status.
	"interrupt": func(ts *testscript.TestScript, _ bool, args []string) {
		cmd := exec.Command("lmz", args[2:]...)
		cmd.Dir = ts.Getenv("WORK")
		var said bytes.Buffer
		cmd.Stderr = &said
		stdin, err := cmd.StdinPipe()
		ts.Check(err)
		defer stdin.Close()
		ts.Check(cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		defer cmd.Process.Kill()
		await(ts, args[0])
		ts.Check(cmd.Process.Signal(os.Interrupt))
		select {
		case <-ended:
			if status := cmd.ProcessState.ExitCode(); status != number(ts, args[1]) {
				ts.Fatalf("exit status %d, want %s; it said %s", status, args[1], &said)
			}
		case <-time.After(30 * time.Second):
			ts.Fatalf("goes on 30 s after it was interrupted; it said %s", &said)
		}
	},

	// nats starts a NATS server on loopback for the script, whose URL is $NATS.
	"nats": func(ts *testscript.TestScript, _ bool, _ []string) {
		s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(ts.Getenv("WORK"), "nats"), NoSigs: true, NoLog: true})
		ts.Check(err)
		s.Start()
		if !s.ReadyForConnections(30 * time.Second) {
			ts.Fatalf("the server is not ready")
		}
		ts.Defer(s.Shutdown)
		ts.Setenv("NATS", s.ClientURL())
	},

	// await PATTERN waits for a file of this name.
	"await": func(ts *testscript.TestScript, _ bool, args []string) { await(ts, args[0]) },

	// none PATTERN finds no file of this name.
	"none": func(ts *testscript.TestScript, _ bool, args []string) {
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(found) > 0 {
			ts.Fatalf("%s is there", found)
		}
	},

	// cut FILE N keeps the first N bytes; if N is negative, all but the last -N.
	"cut": func(ts *testscript.TestScript, _ bool, args []string) {
		edit(ts, args[0], func(b []byte) []byte { return b[:offset(ts, b, args[1])] })
	},

	// flip FILE OFFSET flips a bit of a byte, counted from the end if OFFSET is negative.
	"flip": func(ts *testscript.TestScript, _ bool, args []string) {
		edit(ts, args[0], func(b []byte) []byte { b[offset(ts, b, args[1])] ^= 1; return b })
	},

	// header FILE OFFSET VALUE sets a byte of the header, and the header's checksum to match.
	"header": func(ts *testscript.TestScript, _ bool, args []string) {
		edit(ts, args[0], func(b []byte) []byte {
			const fixed = 24 // docs/format.md: magic to model identity
			b[offset(ts, b, args[1])] = byte(number(ts, args[2]))
			end := fixed
			if b[6]&1 != 0 {
				_, n := binary.Uvarint(b[fixed:])
				end += n
			}
			binary.LittleEndian.PutUint32(b[end:], crc32.Checksum(b[:end], crc32.MakeTable(crc32.Castagnoli)))
			return b
		})
	},

	// concat FILE... OUT writes the files one after another.
	"concat": func(ts *testscript.TestScript, _ bool, args []string) {
		var all []byte
		for _, name := range args[:len(args)-1] {
			all = append(all, ts.ReadFile(name)...)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[len(args)-1]), all, 0o666))
	},

	// touch FILE TIME sets the time of a file, in RFC 3339.
	"touch": func(ts *testscript.TestScript, _ bool, args []string) {
		at, err := time.Parse(time.RFC3339, args[1])
		ts.Check(err)
		ts.Check(os.Chtimes(ts.MkAbs(args[0]), at, at))
	},

	// attributes FILE MODE TIME wants these of a file.
	"attributes": func(ts *testscript.TestScript, _ bool, args []string) {
		info, err := os.Stat(ts.MkAbs(args[0]))
		ts.Check(err)
		if mode := info.Mode().String(); mode != args[1] {
			ts.Fatalf("%s: mode %s, want %s", args[0], mode, args[1])
		}
		if at := info.ModTime().UTC().Format(time.RFC3339); at != args[2] {
			ts.Fatalf("%s: time %s, want %s", args[0], at, args[2])
		}
	},

	// smaller FILE THAN wants a file to have fewer bytes than another.
	"smaller": func(ts *testscript.TestScript, _ bool, args []string) {
		if a, b := len(ts.ReadFile(args[0])), len(ts.ReadFile(args[1])); a >= b {
			ts.Fatalf("%s has %d bytes, want fewer than the %d of %s", args[0], a, b, args[1])
		}
	},
}

// await waits for a file of this name.
func await(ts *testscript.TestScript, pattern string) {
	for range 3000 {
		found, err := filepath.Glob(ts.MkAbs(pattern))
		ts.Check(err)
		if len(found) > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s: nothing of this name within 30 s", pattern)
}

// edit rewrites a file.
func edit(ts *testscript.TestScript, name string, change func([]byte) []byte) {
	ts.Check(os.WriteFile(ts.MkAbs(name), change([]byte(ts.ReadFile(name))), 0o666))
}

// offset is a position in b, counted from the end if negative.
func offset(ts *testscript.TestScript, b []byte, arg string) int {
	n := number(ts, arg)
	if n < 0 {
		n += len(b)
	}
	if n < 0 || n > len(b) {
		ts.Fatalf("offset %s of %d bytes", arg, len(b))
	}
	return n
}

func number(ts *testscript.TestScript, arg string) int {
	n, err := strconv.Atoi(arg)
	ts.Check(err)
	return n
}
