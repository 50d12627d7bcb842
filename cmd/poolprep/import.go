package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/validate/source"
)

// awsFlags say how the services are reached.
type awsFlags struct {
	endpoint string
	region   string
	profile  string
}

func (f *awsFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.endpoint, "endpoint-url", "", "`URL` of all services, such as that of `poolprep emulate`; AWS_ENDPOINT_URL does the same")
	fs.StringVar(&f.region, "region", "", "AWS region (default: that of the configuration, or the one in the pool's ID)")
	fs.StringVar(&f.profile, "profile", "", "profile of the AWS configuration")
}

func (f *awsFlags) config(pool string) cognito.Config {
	return cognito.Config{EndpointURL: f.endpoint, Region: f.region, Profile: f.profile, Pool: pool}
}

// tellFlags say what is told on stderr.
type tellFlags struct {
	progress choice
	quiet    bool
	verbose  bool
}

func (f *tellFlags) add(fs *pflag.FlagSet) {
	f.progress = choice{"auto", []string{"auto", "plain", "none"}}
	fs.Var(&f.progress, "progress", "tell on stderr how far it is; auto: on a terminal")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "on stderr only errors")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "also each step")
}

// observer returns what tells people what happens.
func (f *tellFlags) observer(s *streams) *importTeller {
	return &importTeller{
		w: s.err, terminal: s.err.isTerminal() && f.progress.value == "auto" && !f.quiet,
		width: func() int { return lineWidth(s.err.file) },
		plain: f.progress.value == "plain" && !f.quiet, quiet: f.quiet, verbose: f.verbose,
	}
}

// lineWidth returns how many columns of a terminal can be written without a line break.
func lineWidth(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 2 {
		return 79
	}
	return width - 1
}

func newImport(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Take a run directory into a user pool, and what belongs to that",
		Args:  cobra.ArbitraryArgs,
		RunE:  subcommandExpected(s),
	}
	cmd.AddCommand(newImportRun(s), newImportStatus(s), newImportList(s), newImportStop(s), newImportRole(s), newImportPasswords(s))
	return cmd
}

// importRunCommand holds the flags of import run.
type importRunCommand struct {
	*streams
	aws     awsFlags
	tell    tellFlags
	pool    string
	role    string
	prefix  string
	poll    time.Duration
	offset  string
	sources []string
	dryRun  bool
}

func newImportRun(s *streams) *cobra.Command {
	c := &importRunCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "run DIR",
		Short: "Import every chunk of a run directory, and bring the results back to the source rows",
		Long: `run imports the chunks of a directory that convert --out-dir made: for each it
creates an import job, uploads, starts, waits, and reads the job's log.

Its journal, import.jsonl, is in the directory. After a crash, a lost answer or an
interruption the same command, or only run DIR, goes on where it stopped, and no
chunk is imported twice. Into the directory go
  results.jsonl  every row that was not imported: source line, chunk, line, reason
  retry.csv      header and source records of those that failed, byte for byte

It ends with 0 if every row was imported or its user existed, 1 if rows failed, 2
on trouble or if it is not known what became of a row.`,
		Example: `  poolprep import run run-1 --user-pool-id eu-west-1_AbCdEfGhI --role-arn arn:aws:iam::111111111111:role/poolprep-import-logs
  poolprep import run run-1 --user-pool-id local_default --role-arn arn:aws:iam::111111111111:role/any --endpoint-url http://127.0.0.1:9400`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	fs.StringVar(&c.pool, "user-pool-id", "", "`ID` of the user pool (default: the one that this directory is being imported into)")
	fs.StringVar(&c.role, "role-arn", "", "`ARN` of the role that lets the service write the job's log; import role shows how to make it (default: that of the last run)")
	fs.StringVar(&c.prefix, "job-prefix", importjob.DefaultPrefix, "what the names of the jobs begin with")
	fs.DurationVar(&c.poll, "poll-interval", 2*time.Second, "between two looks at a job")
	fs.StringVar(&c.offset, "line-offset", string(cognito.OffsetAuto), lineOffsetUsage)
	fs.StringArrayVar(&c.sources, "source", nil, sourceUsage)
	fs.BoolVar(&c.dryRun, "dry-run", false, "verify the chunks and the pool's header, say what would be done, and do nothing")
	c.aws.add(fs)
	c.tell.add(fs)
	return cmd
}

const (
	lineOffsetUsage = "what is line 1 in a log: header, first-user, or auto"
	sourceUsage     = "`FILE` that was converted, if it does not lie where it did (repeatable)"
)

// oneDirectory expects the run directory as the only argument.
func oneDirectory(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one run directory is expected, `%s DIR`; got %d arguments", cmd.CommandPath(), len(args))
	}
	return nil
}

// openRun reads the manifest of a run directory. What it waits for is left behind when
// ctx ends.
func openRun(ctx context.Context, dir string) (*importjob.RunDir, error) {
	return source.Await(ctx, func() (*importjob.RunDir, error) { return importjob.OpenRun(dir) })
}

func (c *importRunCommand) run(ctx context.Context, dir string) error {
	offset, err := cognito.ParseOffset(c.offset)
	if err != nil {
		return err
	}
	if c.poll <= 0 {
		return errors.New("--poll-interval must be more than 0")
	}
	run, err := openRun(ctx, dir)
	if err != nil {
		return err
	}
	tell := c.tell.observer(c.streams)
	o := importjob.Options{
		Pool: c.pool, Role: c.role, Prefix: c.prefix, Poll: c.poll, LineOffset: offset, Sources: c.sources,
		Store: cognito.NewStore(), Observer: tell,
	}
	if err := run.Complete(&o); err != nil { // what is missing, before what is not reached
		return err
	}
	client, err := cognito.Dial(ctx, c.aws.config(o.Pool))
	if err != nil {
		return err
	}
	o.API, o.Logs = client, client
	if c.dryRun {
		plan, err := run.Plan(ctx, o)
		tell.end()
		if err != nil {
			return err
		}
		return writePlan(c.out, plan)
	}
	out, err := run.Import(ctx, o)
	tell.end()
	return c.report(ctx, run, out, err)
}

// report says what came of the import, and turns it into the exit code.
func (c *importRunCommand) report(ctx context.Context, run *importjob.RunDir, out *importjob.Summary, err error) error {
	if out != nil {
		if e := writeOutcome(c.out, out); e != nil {
			return errors.Join(err, e)
		}
	}
	if err != nil && ctx.Err() != nil { // not by a signal that came after the end
		if out != nil && out.Active != "" {
			printf(c.err, "Job %s goes on in the service; `poolprep import stop %s` would stop it.\n", out.Active, shellWord(run.Path))
		}
		fmt.Fprintf(c.err, "The same command goes on where this one stopped.\n")
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	return tellOutcome(c.streams, run, out, c.tell.quiet)
}
