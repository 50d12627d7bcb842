package main

import (
	"context"
	"errors"
	"io"
	"poolprep/validate"
	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/source"
	"poolprep/validate/value"

	"github.com/spf13/cobra"
)

// checkCommand holds the flags of check.
type checkCommand struct {
	*streams
	read   readFlags
	rules  ruleFlags
	report reportFlags
	dry    convertCommand // the flags that say what convert would do
	limit  int64
}

func newCheck(s *streams) *cobra.Command {
	c := &checkCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Check whether files are fit for import; findings go to stdout",
		Long: `check judges every row by the schema of the pool and prints its findings.

It reads what the import service reads and convert writes: no quoting, and a comma
in a value written as \,. With --dialect csv or auto it judges the values of an
ordinary CSV file. With --mapping it judges what convert would write.`,
		Example: `  poolprep check users.csv
  poolprep check --schema pool.json --report jsonl=findings.jsonl users.csv
  poolprep check --max-rejects 0.1% users.csv
  zcat export.csv.gz | poolprep check --mapping map.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	fs := cmd.Flags()
	c.read.tables = true
	c.read.add(fs, "cognito")
	c.read.addRagged(fs)
	c.rules.add(fs)
	c.report.add(fs)
	c.dry.addRepairs(fs)
	bind(fs, "limit", &c.limit)
	bind(fs, "no-header", &c.read.noHeader)
	return cmd
}

func (c *checkCommand) run(cmd *cobra.Command, args []string) error {
	if c.dry.mapping != "" {
		return c.dryRun(cmd, args)
	}
	if cmd.Flags().Changed("no-repair") || cmd.Flags().Changed("backslash") {
		return errors.New("--no-repair and --backslash go with --mapping: without one nothing is converted")
	}
	files, err := inputFiles(args, c.in)
	if err != nil {
		return err
	}
	o, err := c.rules.options(cmd.Flags())
	if err != nil {
		return err
	}
	d, detect, err := c.read.scanDialect()
	if err != nil {
		return err
	}
	c.read.known = o.Pool.Header
	run := &checkRun{checkCommand: c, rules: o, claims: c.rules.claims()}
	defer run.claims.Close()
	if _, err := c.rules.learnKnown(cmd.Context(), files, "", c.streams, run.claims, o, c.read.jobs, c.report.quiet); err != nil {
		return err
	}
	reports, err := c.report.open(c.out, "check")
	if err != nil {
		return err
	}
	run.reports = reports
	for _, file := range files {
		if err := run.file(cmd.Context(), file, d, detect); err != nil {
			return reports.abort(err)
		}
		if c.limit > 0 && run.sum.RowsRead >= c.limit {
			break
		}
	}
	if err := reports.finish(&run.sum); err != nil {
		return reports.abort(err)
	}
	verdict := c.ending.settle(c.report.verdict(&run.sum))
	c.report.printSummary(c.err, &run.sum, reports)
	run.suggestConvert()
	return verdict
}

// checkRun is one run over all files.
type checkRun struct {
	*checkCommand
	rules   validate.Options
	reports *reporters
	claims  *validate.Claims
	oneHash value.HashAlgorithm
	sum     rule.Summary
	missing []string // inputs whose header lacks columns of the pool
}

// file checks one file.
func (r *checkRun) file(ctx context.Context, file string, d scan.Dialect, detect bool) error {
	in, err := r.read.open(ctx, file, r.in, d, detect, false)
	if err != nil {
		return err
	}
	defer in.src.Close()
	if r.report.verbose {
		printf(r.err, "%s\n", in.describe())
	}
	importFile := in.dialect.Kind == scan.Cognito
	if err := r.fileFindings(in); err != nil {
		return err
	}
	columns, names, err := r.header(ctx, in)
	if err == io.EOF {
		r.sum.RowsBlank += in.rows.BlankLines()
		return r.fileFinding(rule.FileEmpty, in.name, "the file is empty", 0, 0)
	}
	if err != nil {
		return err
	}
	o := r.rules
	o.Columns = append(columns, validate.LackingColumns(o, columns)...)
	v, err := validate.New(o)
	if err != nil {
		return err
	}
	r.saidByHeader(v, len(columns))
	p := startProgress(r.err, r.report.progress.value, r.err.isTerminal(), in.src.RawRead, in.src.Size())
	rowsBefore, bytesBefore := r.sum.RowsRead, r.sum.Bytes
	run := validate.RunOptions{
		Input: in.rows, Validator: v, Fields: len(columns), Header: names, PadRagged: r.read.ragged.value == "pad", Claims: r.claims, Workers: r.read.jobs, Size: in.textSize(),
		Source: placesOf(len(columns), len(o.Columns)), ImportFile: importFile, ShowValues: r.report.showValues, OneHash: &r.oneHash,
		Report: r.reports.finding, Progress: p.update,
	}
	if in.json {
		run.Format, run.Stray = row.NewJSONLine(columns), validate.LevelOf(rule.HeaderUnknownColumn, r.rules.Severity)
	}
	if r.limit > 0 {
		run.Limit = r.limit - r.sum.RowsRead
	}
	err = validate.Run(ctx, run, &r.sum)
	p.end()
	if err != nil {
		return err
	}
	if r.sum.RowsRead == rowsBefore {
		return r.fileFinding(rule.FileEmpty, in.name, "the file has a header and no row", 0, 0)
	}
	if size := r.sum.Bytes - bytesBefore + in.rows.HeaderBytes(); importFile && size > validate.MaxFileBytes {
		return r.fileFinding(rule.FileTooLarge, in.name, "", size, validate.MaxFileBytes)
	}
	return nil
}

// header reads the header, reports what is wrong with it, and returns the columns of
// the rows, and the names as they are.
func (r *checkRun) header(ctx context.Context, in *input) (columns, names []string, err error) {
	if r.read.noHeader || in.json {
		return validate.TargetColumns(r.rules.Pool, r.rules.PasswordHash), nil, nil
	}
	h, err := source.Await(ctx, in.rows.ReadHeader)
	if err != nil {
		return nil, nil, err
	}
	if err := refuseDataAsHeader(in, h, r.rules.Pool.Header); err != nil {
		return nil, nil, err
	}
	lacks := false
	for _, f := range validate.CheckHeader(r.rules, in.name, h) {
		if f.Code == rule.HeaderMissingColumn && !lacks {
			lacks = true
			r.missing = append(r.missing, in.path)
		}
		if err := r.finding(&f); err != nil {
			return nil, nil, err
		}
	}
	return validate.KnownColumns(r.rules, h.Names), h.Names, nil
}

// placesOf returns the fields of n columns that are there, and -1 for those up to all.
func placesOf(n, all int) []int {
	places := make([]int, all)
	for i := range places {
		if places[i] = i; i >= n {
			places[i] = -1
		}
	}
	return places
}

// saidByHeader tells the reports which findings of rows the finding about a missing
// column has said already. n is how many columns are there.
func (r *checkRun) saidByHeader(v *validate.Validator, n int) {
	if v.Severity(rule.HeaderMissingColumn) == rule.Off {
		return
	}
	there := func(column int) bool { return column < n && v.ColumnName(column) != "" }
	r.reports.said(v.HeaderCauses(there, there))
}

// suggestConvert says how to judge an export, which has not the columns of an import file.
func (r *checkRun) suggestConvert() {
	if len(r.missing) == 0 || r.report.quiet {
		return
	}
	printf(r.err, "If this is an export, not yet an import file, judge it as convert would, with the same flags: poolprep convert --dry-run %s\n", fileWord(r.missing[0]))
}

// fileFindings reports what source found out.
func (r *checkRun) fileFindings(in *input) error {
	if charset := in.src.Charset(); charset != "utf-8" {
		return r.fileFinding(rule.FileEncoding, in.name, charset, 0, 0)
	}
	if in.src.BOM() {
		return r.fileFinding(rule.FileBOM, in.name, "", 0, 0)
	}
	return nil
}

func (r *checkRun) fileFinding(code rule.Code, file, text string, got, want int64) error {
	f, ok := validate.FileFinding(r.rules, code, file, text, got, want)
	if !ok {
		return nil
	}
	return r.finding(&f)
}

// finding counts and reports a finding that is not about a row.
func (r *checkRun) finding(f *rule.Finding) error {
	r.sum.Count(f.Code, f.Severity, false)
	return r.reports.finding(f)
}
