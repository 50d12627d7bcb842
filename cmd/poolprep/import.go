package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
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
	bind(fs, "endpoint-url", &f.endpoint)
	bind(fs, "region", &f.region)
	bind(fs, "profile", &f.profile)
}

func (f *awsFlags) config(pool string) cognito.Config {
	return cognito.Config{EndpointURL: f.endpoint, Region: f.region, Profile: f.profile, Pool: pool}
}

// progressFlags say what is shown on stderr.
type progressFlags struct {
	progress choice
	quiet    bool
	verbose  bool
}

func (f *progressFlags) add(fs *pflag.FlagSet) {
	f.progress.value = "auto"
	bind(fs, "progress", &f.progress)
	bind(fs, "quiet", &f.quiet)
	bind(fs, "verbose", &f.verbose)
}

// observer returns what shows people what happens.
func (f *progressFlags) observer(s *streams) *importPrinter {
	return &importPrinter{
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
		Short: "Import a run directory into a user pool",
		Args:  cobra.ArbitraryArgs,
		RunE:  subcommandExpected(s),
	}
	cmd.AddCommand(newImportRun(s), newImportStatus(s), newImportList(s), newImportStop(s), newImportUndo(s), newImportVerify(s), newImportGroups(s), newImportRole(s), newImportPasswords(s))
	return cmd
}

// importRunCommand holds the flags of import run.
type importRunCommand struct {
	*streams
	aws      awsFlags
	progress progressFlags
	pool     string
	role     string
	prefix   string
	poll     time.Duration
	offset   string
	sources  []string
	chunks   string
	failed   tolerance
	dryRun   bool
	flags    *pflag.FlagSet
}

func newImportRun(s *streams) *cobra.Command {
	c := &importRunCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "run DIR",
		Short: "Import every chunk of a run directory",
		Long: `run imports the chunks of a directory that convert --out-dir wrote. For each it
creates an import job, uploads the chunk, starts the job, waits, and reads its log.

After a crash, a lost reply or an interruption the same command, or only
"import run DIR", resumes where it stopped: the journal import.jsonl in DIR
ensures that no chunk is imported twice. It writes into DIR
  results.jsonl  rows that were not imported: source line, chunk, line, reason
  retry.csv      header and source records of failed rows, byte for byte
                 (retry.ndjson if they are JSON lines)

It exits with 0 if every row was imported or its user existed, 1 if rows failed,
and 2 if it could not do the job or the outcome of a row is unknown.`,
		Example: `  poolprep import run run-1 --user-pool-id eu-west-1_AbCdEfGhI \
    --role-arn arn:aws:iam::111111111111:role/poolprep-import-logs
  poolprep import run run-1 --endpoint-url http://127.0.0.1:9400 \
    --user-pool-id local_default --role-arn arn:aws:iam::111111111111:role/any`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	c.flags = fs
	c.prefix, c.poll, c.offset = importjob.DefaultPrefix, 2*time.Second, string(cognito.OffsetAuto)
	bind(fs, "user-pool-id", &c.pool)
	bind(fs, "role-arn", &c.role)
	bind(fs, "job-prefix", &c.prefix)
	bind(fs, "poll-interval", &c.poll)
	bind(fs, "line-offset", &c.offset)
	bind(fs, "source", &c.sources)
	bind(fs, "chunks", &c.chunks)
	if err := c.failed.Set(importjob.DefaultMaxFailed); err != nil {
		panic(err) // it is one
	}
	bind(fs, "max-failed", &c.failed)
	bind(fs, "dry-run", &c.dryRun)
	c.aws.add(fs)
	c.progress.add(fs)
	return cmd
}

// oneDirectory expects the run directory as the only argument.
func oneDirectory(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one run directory is expected, `%s DIR`; got %d", cmd.CommandPath(), len(args))
	}
	return nil
}

// checkRate looks at the value of --rate, in users per second.
func checkRate(rate float64) error {
	if rate > 0 && rate <= 1000 {
		return nil
	}
	return errors.New("--rate must be more than 0, and at most 1000")
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
	run, err := openRun(ctx, dir)
	if err != nil {
		return err
	}
	printer := c.progress.observer(c.streams)
	o := importjob.Options{
		Pool: c.pool, Role: c.role, Prefix: c.prefix, Poll: c.poll, LineOffset: offset, Sources: c.sources,
		MaxFailed: c.failed.Tolerance, Store: cognito.NewStore(), Observer: printer,
	}
	if o.Chunks, err = run.ParseChunks(c.chunks); err != nil {
		return fmt.Errorf("--chunks: %w", err)
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
		printer.end()
		if err != nil {
			return err
		}
		return writePlan(c.out, plan)
	}
	out, err := run.Import(ctx, o)
	printer.end()
	var braked *importjob.TooManyFailed
	if out != nil && ctx.Err() == nil && errors.As(err, &braked) {
		if err := writeOutcome(c.out, out); err != nil {
			return err
		}
		return c.reportBraked(run, braked)
	}
	if out != nil {
		out.Chosen = o.Chunks
	}
	return c.report(ctx, run, out, err)
}

// reportBraked says why the import stopped, and how it goes on.
func (c *importRunCommand) reportBraked(run *importjob.RunDir, braked *importjob.TooManyFailed) error {
	printf(c.err, "Stopped: %v.\n", braked)
	if err := printReasons(c.err, run); err != nil {
		return err
	}
	printf(c.err, "%s names the rows. Users who were imported stay. To go on all the same:\n  %s\n", shellWord(run.Path+"/"+importjob.ResultsName), c.goOn(run))
	return errFindings
}

// goOn returns the command that imports the rest, however many rows fail.
func (c *importRunCommand) goOn(run *importjob.RunDir) string {
	words := []string{"poolprep", "import", "run", run.Path}
	c.flags.Visit(func(f *pflag.Flag) {
		if f.Name != "max-failed" {
			for _, value := range flagValues(f) {
				words = append(words, flagWords(f, f.Name, value)...)
			}
		}
	})
	words = append(words, "--max-failed", "100%")
	for i := range words {
		words[i] = shellWord(words[i])
	}
	return strings.Join(words, " ")
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
			printf(c.err, "Job %s continues in the service; `poolprep import stop %s` would stop it.\n", out.Active, shellWord(run.Path))
		}
		fmt.Fprintf(c.err, "The same command continues where this one stopped.\n")
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	return printOutcome(c.streams, run, out, c.progress.quiet)
}
