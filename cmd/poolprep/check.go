package main

import (
	"errors"

	"github.com/spf13/cobra"

	"poolprep/validate"
	"poolprep/validate/rule"
)

// checkCommand holds the flags of check.
type checkCommand struct {
	*streams
	read   readFlags
	rules  ruleFlags
	report reportFlags
	dry    convertCommand // the flags that say what convert would do
	limit  int64
	part   partFlags
	outDir string // of a part
	force  bool
}

func newCheck(s *streams) *cobra.Command {
	c := &checkCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Check whether files are fit for import; findings go to stdout",
		Long: `check judges every row by the schema of the pool and prints its findings.

It reads import files, in the dialect that the import service reads and convert
writes: no quoting, and a comma in a value is written as \,. With --dialect csv or
auto it reads ordinary CSV files. With --mapping or --from it judges what convert
would write. If a file is an export rather than an import file, check says so, and
names the command that judges it: convert --dry-run, with --from NAME where the
system that the export is from is known.`,
		Example: `  poolprep check users.csv
  poolprep check --schema pool.json --report jsonl=findings.jsonl users.csv
  poolprep check --max-rejects 0.1% users.csv
  zcat export.csv.gz | poolprep check --mapping map.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.report.notOpened(c.run(cmd, args), "check")
		},
	}
	fs := cmd.Flags()
	c.read.tables = true
	c.read.add(fs, "cognito")
	c.read.addRagged(fs)
	c.rules.add(fs)
	c.report.add(fs)
	c.dry.addRepairs(fs)
	bind(fs, "limit", &c.limit)
	bind(fs, "out-dir", &c.outDir)
	bind(fs, "force", &c.force)
	c.part.add(fs)
	bind(fs, "no-header", &c.read.noHeader)
	return cmd
}

func (c *checkCommand) run(cmd *cobra.Command, args []string) error {
	if c.part.asked() {
		return c.runPart(cmd, args)
	}
	if c.outDir != "" || c.force {
		return errors.New("--out-dir and --force go with --part; to write an import file, use convert")
	}
	if c.dry.mapped() {
		return c.dryRun(cmd, args)
	}
	files, err := inputFiles(args, c.in)
	if err != nil {
		return err
	}
	check, err := c.options(cmd)
	if err != nil {
		return err
	}
	l := c.rules.ledger()
	defer l.Close()
	if _, err := c.rules.learnKnown(cmd.Context(), files, "", c.streams, l, check.Rules, c.read.jobs, c.report.quiet); err != nil {
		return err
	}
	review := c.report.nightly.review(c.streams, check.Rules.Level, check.Rules.Pool.Header, check.Rules.Pool.Fingerprint())
	review.apply(&c.report, &check.Policy)
	check.Profile = check.Profile || review.wantsProfile()
	reports, err := c.report.open(c.out, "check")
	if err != nil {
		return err
	}
	check.Ledger, check.Report, check.Causes = l, reports.finding, reports.said
	var sources []validate.Source
	for _, file := range files {
		sources = append(sources, inputSource(cmd.Context(), file, c.in))
	}
	result, err := validate.Check(cmd.Context(), check, sources...)
	if err == nil {
		err = reports.finish(&result)
	}
	if err != nil {
		return reports.abort(c.withExport(files, err))
	}
	verdict := c.ending.settle(c.report.exit(result.Verdict))
	c.report.printSummary(c.err, &result, reports)
	c.suggestConvert(files, &result)
	return review.end(cmd.Context(), "check", &result, verdict)
}

// options returns what the flags say of a check.
func (c *checkCommand) options(cmd *cobra.Command) (o validate.CheckOptions, err error) {
	if cmd.Flags().Changed("no-repair") || cmd.Flags().Changed("backslash") {
		return o, errors.New("--no-repair and --backslash go with --mapping or --from: without one nothing is converted")
	}
	if o.Rules, err = c.rules.options(cmd.Flags()); err != nil {
		return o, err
	}
	c.read.known = o.Rules.Pool.Header
	if o.Reading, err = c.read.reading(false); err != nil {
		return o, err
	}
	o.NoHeader, o.PadRagged, o.Workers, o.Limit = c.read.noHeader, c.read.ragged.value == "pad", c.read.jobs, c.limit
	o.ShowValues, o.Profile, o.Policy = c.report.showValues, c.report.profile, c.report.policy()
	o.StopAfter = c.report.stopAfter.Tolerance
	var p *progress
	o.Opened = func(in *validate.Input) func(*rule.Summary) {
		if c.report.verbose {
			printf(c.err, "%s\n", in.Describe())
		}
		p = newProgress(c.err, c.report.progress.value, in)
		p.begin()
		return p.update
	}
	o.Closed = func(*validate.Input) { p.end() }
	return o, nil
}
