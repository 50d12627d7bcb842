package source

import (
	"os"

	"golang.org/x/sys/unix"
)

func init() { widenPipe = widenPipeLinux }

// widenPipeLinux asks for as much room in a pipe as anyone may have, so that
// writer and reader need not take turns so often. It does not matter if it is refused.
func widenPipeLinux(f *os.File) {
	const room = 1 << 20
	if conn, err := f.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, room) })
	}
}
