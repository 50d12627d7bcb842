package main

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/term"

	"poolprep/validate/source"
)

// streams are the standard files of the process, and how it ends.
type streams struct {
	in     *os.File
	out    *stream
	err    *stream
	ending *ending
}

// stream is standard output or standard error. It remembers the first error, so
// that no command has to look at what every print returns. It may be written to
// from any goroutine.
type stream struct {
	file *os.File
	name string // for people

	mu     sync.Mutex
	failed error
}

func (s *stream) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	if err != nil {
		err = &streamError{s.name, err}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.failed == nil {
			s.failed = err
		}
	}
	return n, err
}

// failure returns the first error of writing, or nil.
func (s *stream) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// isTerminal reports whether a person reads along.
func (s *stream) isTerminal() bool { return term.IsTerminal(int(s.file.Fd())) }

// streamError says in words which stream could not be written to.
type streamError struct {
	name  string
	cause error
}

func (e *streamError) Error() string {
	why := source.Cause(e.cause)
	if errors.Is(why, fs.ErrClosed) {
		return e.name + ": it is closed"
	}
	return e.name + ": " + why.Error() + "; what was written so far is not complete"
}

func (e *streamError) Unwrap() error { return e.cause }

// avoid sends what is written to another stream, or nowhere if that is a file, too.
func (s *stream) avoid(other *stream) {
	if info, err := other.file.Stat(); err == nil && !info.Mode().IsRegular() {
		s.file = other.file
		return
	}
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		s.file = null
	}
}
