// Command poolprep checks, maps and splits user exports of other identity
// systems into files that an Amazon Cognito user pool imports.
//
// It is a filter: data comes from files or stdin and goes to stdout or a run
// directory, everything it has to say goes to stderr, and the exit code tells
// the truth. One file holds one subcommand.
package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	boundGarbage()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// errFindings ends a command whose data did not pass; everything was said.
var errFindings = errors.New("findings")

// errSubcommand ends a command that does nothing without one of its subcommands.
var errSubcommand = errors.New("a command is expected")

// run is main without the exit.
func run(args []string, stdin, stdout, stderr *os.File) int {
	// A closed pipe shall be an error that is cleaned up after, not a sudden death.
	signal.Ignore(syscall.SIGPIPE)
	s := &streams{
		in: stdin, out: &stream{file: stdout, name: "standard output"}, err: &stream{file: stderr, name: "standard error"},
		ending: new(ending),
	}
	ctx, stop := s.ending.watch(s.err)
	defer stop()
	root := newRoot(s)
	root.SetArgs(args)
	return s.ending.end(root.ExecuteContext(ctx), s)
}

// prepare completes the flags of a command, and sees to it that it overwrites nothing.
func (s *streams) prepare(cmd *cobra.Command, args []string) error {
	files, err := applySettings(cmd)
	if err != nil {
		return err
	}
	if err := refuseOverlap(cmd, args, files, s); err != nil {
		return err
	}
	if verbose := cmd.Flags().Lookup("verbose"); verbose != nil && verbose.Value.String() == "true" {
		for _, file := range files {
			printf(s.err, "%s: settings were read from it\n", file)
		}
	}
	return nil
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
  129, 130, 143 interrupted; 141 the reader of the output went away

Every flag can also be set by an environment variable (--max-rows is
POOLPREP_MAX_ROWS), in .poolprep.yaml of the working directory, or in
poolprep/config.yaml of the user's configuration directory, in this order. The file
of the working directory may set how to read and to judge, nothing that writes,
connects, listens or reveals values.`,
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
	root.PersistentPreRunE = s.prepare
	root.AddCommand(
		newCheck(s), newConvert(s), newRecords(s), newHeader(s), newSchema(s),
		newMapping(s), newImport(s), newReconcile(s), newEmulate(s), newGenerate(s),
		newExplain(s), newVersion(s),
	)
	return root
}
