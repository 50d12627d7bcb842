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

	"poolprep/cmd/poolprep/internal/cognito"
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
	defer cognito.EndHelpers()
	root := newRoot(s)
	root.SetArgs(args)
	return s.ending.end(withFlags(root.ExecuteContext(ctx)), s)
}

// prepare completes the flags of a command, and sees to it that it overwrites nothing.
func (s *streams) prepare(cmd *cobra.Command, args []string) error {
	if cmd.Name() == cobra.ShellCompRequestCmd || cmd.Name() == cobra.ShellCompNoDescRequestCmd {
		return nil // completion works whatever the settings are
	}
	if err := checkArguments(cmd, args); err != nil {
		return err
	}
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
		Short: "Check, map, split and import user exports into a Cognito user pool",
		Long: `poolprep checks, maps, splits and imports user exports from other identity
systems into an Amazon Cognito user pool.

It reads files or stdin, writes to stdout or into a run directory, and reports on
stderr. It exits with 0 if everything is valid, 1 if rows were rejected, and 2 if
the job could not be done.

Every flag can also be set by an environment variable or in a configuration file:
--max-rows is POOLPREP_MAX_ROWS, or max-rows in .poolprep.yaml.`,
		Example: `  poolprep convert --dry-run --schema pool.json export.csv
  poolprep convert --schema pool.json --out-dir run-1 export.csv
  poolprep import run run-1 --user-pool-id ID --role-arn ARN`,
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
	root.SetUsageFunc(showUsage)
	root.SetHelpFunc(showHelp)
	addGroup := func(id, title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: id, Title: title})
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	addGroup("prepare", "Check and convert", newCheck(s), newConvert(s), newDiff(s), newHistory(s), newPlan(s), newMerge(s), newRecords(s), newMapping(s), newSchema(s), newHeader(s))
	addGroup("import", "Import", newImport(s), newReconcile(s))
	addGroup("rehearse", "Rehearse", newEmulate(s), newGenerate(s))
	help := newHelp(s)
	root.SetHelpCommand(help)
	root.SetCompletionCommandGroupID("reference")
	addGroup("reference", "Reference", newExplain(s), help, newVersion(s), newMan(s))
	describe(root, s)
	addTopics(root)
	return root
}
