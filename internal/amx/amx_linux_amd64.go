package amx

import (
	"sync"
	"syscall"

	"golang.org/x/sys/cpu"
)

// Available tells whether the processor multiplies tiles of int8 and of bfloat16 and has AVX-512, and asks the system to let this process use
// tiles, which it does not before (Linux, Documentation/arch/x86/xstate.rst).
var Available = sync.OnceValue(func() bool {
	const (
		requestPermission = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData          = 18     // XFEATURE_XTILEDATA
	)
	x := &cpu.X86
	if !x.HasAMXTile || !x.HasAMXInt8 || !x.HasAMXBF16 || !x.HasAVX512BF16 || !x.HasAVX512BW || !x.HasAVX512VNNI || !x.HasBMI2 {
		return false
	}
	_, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, requestPermission, tileData, 0)
	return e == 0
})
