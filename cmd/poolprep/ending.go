package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// Exit codes. Scripts rely on them. An interruption is 128 and the number of its
// signal: 129 SIGHUP, 130 SIGINT, 143 SIGTERM.
const (
	exitOK       = 0
	exitFindings = 1   // rows rejected, findings at the --fail-on level, or a threshold passed
	exitTrouble  = 2   // the job could not be done
	exitPipe     = 141 // the reader of our output went away
	exitSignal   = 128
)

// grace is how long a command has after the first signal to end by itself. One that
// is blocked by then, in a pipe that nobody reads or a FIFO that nobody opens, is
// ended. Both together take less than two seconds.
const grace = 1500 * time.Millisecond

// ending knows how the process ends: by what its command returns, or by a signal.
type ending struct {
	signal atomic.Int32 // exit code of the first signal; 0: none came
	code   atomic.Int32 // exit code that nothing can change any more, plus 1; 0: there is none yet
}

// settle takes the exit code of a command whose output and reports are all
// committed. A signal that comes later ends the command with it.
func (e *ending) settle(err error) error {
	e.code.Store(int32(codeOf(err)) + 1)
	return err
}

// codeOf returns the exit code for what a command returned.
func codeOf(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, syscall.EPIPE):
		return exitPipe
	}
	return exitTrouble
}

// watch returns a context that ends with the first SIGINT, SIGTERM or SIGHUP. A
// command that has not ended after the grace is ended, and nothing half-written is
// left. A second signal ends the process at once. stop is to be called at the end.
func (e *ending) watch(stderr *stream) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for s := range signals {
			code := int32(exitSignal)
			if number, ok := s.(syscall.Signal); ok {
				code += int32(number)
			}
			if !e.signal.CompareAndSwap(0, code) {
				cognito.EndHelpers()
				os.Exit(int(code))
			}
			cancel()
			time.AfterFunc(grace, func() { e.leave(stderr) })
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel() }
}

// leave ends the process while its command is blocked.
func (e *ending) leave(stderr *stream) {
	sink.AbortAll()
	cognito.EndHelpers()
	if code := e.code.Load(); code > 0 {
		os.Exit(int(code) - 1)
	}
	said := make(chan struct{})
	go func() { // standard error may be what is blocked
		fmt.Fprintln(stderr, interrupted)
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(100 * time.Millisecond):
	}
	os.Exit(int(e.signal.Load()))
}

const interrupted = "poolprep: interrupted"

// reportError is about a report that failed after the output was committed.
type reportError struct{ error }

func (e reportError) Error() string {
	return "the output is complete, but a report is not: " + e.error.Error()
}

func (e reportError) Unwrap() error { return e.error }

// end says on stderr what went wrong, and returns the exit code.
func (e *ending) end(err error, s *streams) int {
	if err == nil || errors.Is(err, errFindings) && s.out.failure() != nil {
		err = s.out.failure() // of a print whose result nobody looked at
	}
	code := codeOf(err)
	if signal := e.signal.Load(); signal != 0 && code > exitFindings && !errors.As(err, new(reportError)) {
		fmt.Fprintln(s.err, interrupted)
		return int(signal)
	}
	if code == exitTrouble {
		printf(s.err, "poolprep: %v\n", err)
	}
	return code
}
