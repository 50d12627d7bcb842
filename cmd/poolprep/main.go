// Command poolprep checks, maps and splits user exports of other identity
// systems into files that an Amazon Cognito user pool imports.
//
// It is a filter: data comes from files or stdin and goes to stdout or a run
// directory, everything it has to say goes to stderr, and the exit code tells
// the truth. One file holds one subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes. Scripts rely on them.
const (
	exitOK          = 0
	exitFindings    = 1 // rows rejected, findings at the --fail-on level, or a threshold passed
	exitTrouble     = 2 // the job could not be done
	exitInterrupted = 130
	exitTerminated  = 143
	exitPipe        = 141 // the reader of our output went away
)

func main() {
	boundGarbage()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// errFindings ends a command whose data did not pass; everything was said.
var errFindings = errors.New("findings")

// errSubcommand ends a command that does nothing without one of its subcommands.
var errSubcommand = errors.New("a command is expected")

// streams are the standard files of the process.
type streams struct {
	in  *os.File
	out *os.File
	err *os.File
}

// run is main without the exit.
func run(args []string, stdin, stdout, stderr *os.File) int {
	// A closed pipe shall be an error that is cleaned up after, not a sudden death.
	signal.Ignore(syscall.SIGPIPE)
	ctx, caught, stop := catchSignals()
	defer stop()

	root := newRoot(&streams{stdin, stdout, stderr})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if code := caught.Load(); code != 0 && err != nil {
		fmt.Fprintln(stderr, "poolprep: interrupted")
		return int(code)
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, syscall.EPIPE):
		return exitPipe
	}
	printf(stderr, "poolprep: %v\n", streamError(err))
	return exitTrouble
}

// streamError says in words which stream could not be written to.
func streamError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && pe.Path == os.Stdout.Name() {
		return fmt.Errorf("standard output: %w; what was written so far is not complete", pe.Err)
	}
	return err
}

// catchSignals returns a context that ends with the first SIGINT or SIGTERM,
// and where the exit code for it stands then. A second signal ends the process.
func catchSignals() (ctx context.Context, code *atomic.Int32, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	code = new(atomic.Int32)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for s := range signals {
			exit := int32(exitInterrupted)
			if s == syscall.SIGTERM {
				exit = exitTerminated
			}
			if !code.CompareAndSwap(0, exit) {
				os.Exit(int(exit))
			}
			cancel()
		}
	}()
	return ctx, code, func() { signal.Stop(signals); close(signals); cancel() }
}

// newRoot returns the command with all its subcommands.
func newRoot(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "poolprep",
		Short: "Check, map and split user exports into files that a Cognito user pool imports",
		Long: `poolprep checks, maps and splits user exports of other identity systems into
files that an Amazon Cognito user pool imports.

It reads files or stdin, writes to stdout or into a run directory, reports on
stderr, and ends with
  0  everything is valid
  1  rows were rejected, or there are findings at the --fail-on level
  2  the job could not be done
  130, 143 interrupted; 141 the reader of the output went away

Every flag can also be set by an environment variable (--max-rows is
POOLPREP_MAX_ROWS), in .poolprep.yaml of the working directory, or in
poolprep/config.yaml of the user's configuration directory, in this order.`,
		Version:       versionText(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE:          subcommandExpected(s),
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return applySettings(cmd) }
	root.AddCommand(
		newCheck(s), newConvert(s), newRecords(s), newHeader(s), newSchema(s),
		newMapping(s), newImport(s), newReconcile(s), newEmulate(s), newGenerate(s),
		newExplain(s), newVersion(s),
	)
	return root
}
