package study

import (
	"os/exec"
	"syscall"
)

// apart keeps a terminal's Ctrl-C from a process, which is its supervisor's to stop, and has it killed when the supervisor's
// thread ends.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
