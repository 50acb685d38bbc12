//go:build !unix

package study

import "os/exec"

// apart does nothing here: a process that is left alone ends when its standard input does.
func apart(*exec.Cmd) {}

// kill ends a process.
func kill(cmd *exec.Cmd) { cmd.Process.Kill() }
