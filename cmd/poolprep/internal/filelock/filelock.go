// Package filelock locks open files. A lock ends with the process that has it.
package filelock

import "errors"

// ErrLocked is the error of Try for a file that another process has locked.
var ErrLocked = errors.New("locked")
