//go:build unix && !linux

package study

import (
	"os/exec"
	"syscall"
)

// apart keeps a terminal's Ctrl-C from a process, which is its supervisor's to stop. One that is left alone ends when its
// standard input does.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
