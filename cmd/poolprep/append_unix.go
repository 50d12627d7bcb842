//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// opensAtEnd reports whether a file was opened with O_APPEND.
func opensAtEnd(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_APPEND != 0
}
