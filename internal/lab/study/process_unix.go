//go:build unix

package study

import (
	"os/exec"
	"syscall"
)

// kill ends a process and those that it started, the programs of classical compressors.
func kill(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
