//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package filelock

import (
	"errors"
	"os"
)

// Try locks f until it is closed, or returns ErrLocked at once.
func Try(*os.File) error {
	return errors.New("this system has no file locks that end with the process, so two processes could not be kept apart")
}
