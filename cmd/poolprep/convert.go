package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"poolprep/transform"
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/source"
	"poolprep/validate/value"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// convertCommand holds the flags of convert, and of check --mapping.
type convertCommand struct {
	*streams
	read      readFlags
	rules     ruleFlags
	report    reportFlags
	mapping   string
	noRepair  bool
	backslash choice
	limit     int64
	output    string
	outDir    string
	force     bool
	maxRows   int64
	maxBytes  size
	firstRows int64
	compress  choice
	keepGoing bool
	dryRun    bool
	reasons   bool
}

func newConvert(s *streams) *cobra.Command {
	c := &convertCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "convert [FILE...]",
		Short: "Map, check and write an import file, or a directory of chunks",
		Long: `convert reads an export, puts its columns into the pool's order, repairs what can
be repaired exactly, judges every row, and writes what the import service reads.

Without --out-dir it writes one import file, to stdout or to -o FILE. With
--out-dir it writes chunks of the size that an import job takes; the rejected
records, byte for byte, into rejects.csv, to be fixed there and converted again;
and manifest.json last.

Without --mapping columns are matched by name, ignoring letter case, blanks, _
and -. With --dry-run everything is judged and nothing is written.`,
		Example: `  poolprep convert export.csv > users.csv
  poolprep convert --dry-run --schema pool.json export.csv
  poolprep convert --mapping map.yaml --out-dir run-1 export.csv.gz
  poolprep convert --out-dir run-2 run-1/rejects.csv`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	fs := cmd.Flags()
	c.read.tables = true
	c.read.add(fs, "auto")
	c.read.addRagged(fs)
	c.rules.add(fs)
	c.report.add(fs)
	c.addMapping(fs)
	c.maxRows, c.maxBytes, c.compress.value = validate.MaxFileRows, validate.MaxFileBytes, string(sink.Plain)
	bind(fs, "output", &c.output)
	bind(fs, "out-dir", &c.outDir)
	bind(fs, "force", &c.force)
	bind(fs, "max-rows", &c.maxRows)
	bind(fs, "max-bytes", &c.maxBytes)
	bind(fs, "compress", &c.compress)
	bind(fs, "dry-run", &c.dryRun)
	bind(fs, "keep-going", &c.keepGoing)
	bind(fs, "reasons", &c.reasons)
	bind(fs, "first-chunk", &c.firstRows)
	return cmd
}

// addMapping adds the flags that say what is read and what becomes of values.
func (c *convertCommand) addMapping(fs *pflag.FlagSet) {
	c.addRepairs(fs)
	bind(fs, "limit", &c.limit)
	bind(fs, "no-header", &c.read.noHeader)
}

// addRepairs adds the flags that say what becomes of values.
func (c *convertCommand) addRepairs(fs *pflag.FlagSet) {
	c.backslash.value = "reject"
	bind(fs, "mapping", &c.mapping)
	bind(fs, "no-repair", &c.noRepair)
	bind(fs, "backslash", &c.backslash)
}

// mapped reports whether a mapping file is named.
func (c *convertCommand) mapped() bool { return c.mapping != "" && c.mapping != noneWord }

// check reports flags that cannot go together.
func (c *convertCommand) check() error {
	switch {
	case c.output != "" && c.outDir != "":
		return errors.New("--output and --out-dir exclude each other")
	case c.outDir == "" && (c.force || c.firstRows > 0 || c.reasons):
		return errors.New("--force, --first-chunk and --reasons need --out-dir")
	}
	return nil
}

func (c *convertCommand) run(cmd *cobra.Command, args []string) error {
	if err := c.check(); err != nil {
		return err
	}
	files, err := inputFiles(args, c.in)
	if err != nil {
		return err
	}
	run, err := c.newRun(cmd, files, c.err, "convert")
	if err != nil {
		return err
	}
	run.dry = c.dryRun
	return run.all(cmd.Context())
}

// dryRun is check --mapping: convert without writing anything.
func (c *checkCommand) dryRun(cmd *cobra.Command, args []string) error {
	d := &c.dry
	d.streams, d.read, d.rules, d.report, d.limit = c.streams, c.read, c.rules, c.report, c.limit
	if !cmd.Flags().Changed("dialect") {
		d.read.dialect.value = "auto"
	}
	files, err := inputFiles(args, c.in)
	if err != nil {
		return err
	}
	run, err := d.newRun(cmd, files, c.out, "check")
	if err != nil {
		return err
	}
	run.dry = true
	return run.all(cmd.Context())
}

// convertRun is one run over all files.
type convertRun struct {
	*convertCommand
	command  string
	dry      bool
	files    []string
	rules    validate.Options
	mapping  *mapping.Mapping // nil: match by name
	reports  *reporters
	claims   *validate.Claims
	known    *knownRuns
	oneHash  *value.HashAlgorithm
	output   runOutput // nil: not yet opened, or dry
	header   []byte    // of the first file, byte for byte; nil: there was none yet
	json     bool      // the first file is JSON lines
	manifest sink.Manifest
	sum      transform.Summary
}

func (c *convertCommand) newRun(cmd *cobra.Command, files []string, findings *stream, command string) (*convertRun, error) {
	r := &convertRun{convertCommand: c, command: command, files: files, claims: c.rules.claims()}
	var err error
	if r.rules, err = c.rules.options(cmd.Flags()); err != nil {
		return nil, err
	}
	if c.mapped() {
		if r.mapping, err = readMapping(c.mapping); err != nil {
			return nil, err
		}
	}
	outDir := c.outDir
	if c.dryRun {
		outDir = "" // it is not touched
	}
	if r.known, err = c.rules.learnKnown(cmd.Context(), files, outDir, c.streams, r.claims, r.rules, c.read.jobs, c.report.quiet); err != nil {
		return nil, err
	}
	if c.outDir == "" {
		r.oneHash = new(value.HashAlgorithm)
	}
	r.manifest.Command = recordedCommand(cmd.Flags())
	r.reports, err = c.report.open(findings, command)
	return r, err
}

// all converts every file, commits, and tells the totals.
func (r *convertRun) all(ctx context.Context) error {
	defer r.claims.Close()
	for i, file := range r.files {
		if err := r.file(ctx, i, file); err != nil {
			return r.abort(err)
		}
		if r.limit > 0 && r.sum.RowsRead >= r.limit {
			break
		}
	}
	if r.output == nil && !r.dry {
		// No file had a header; what comes out has no row either.
		if err := r.openOutput(nil, nil); err != nil {
			return r.abort(err)
		}
	}
	if err := r.commit(); err != nil {
		return r.abort(err)
	}
	verdict := r.ending.settle(r.report.passes(&r.sum.Summary))
	r.tell()
	return verdict
}

// commit commits the output and then the reports, so that no report has a summary of
// an output that is not there.
func (r *convertRun) commit() error {
	if r.dry {
		return r.reports.finish(&r.sum.Summary)
	}
	if err := r.reports.prepare(&r.sum.Summary); err != nil {
		return err
	}
	if err := r.output.commit(r); err != nil {
		return err
	}
	if err := r.reports.finish(&r.sum.Summary); err != nil {
		return reportError{err}
	}
	return nil
}

// abort leaves nothing half-done behind, and returns err.
func (r *convertRun) abort(err error) error {
	if r.output != nil {
		if e := r.output.abort(); e != nil {
			err = errors.Join(err, e)
		}
	}
	return r.reports.abort(err)
}

// file converts one file.
func (r *convertRun) file(ctx context.Context, index int, file string) error {
	in, err := r.openInput(ctx, file)
	if err != nil {
		return err
	}
	defer in.Close()
	if r.report.verbose {
		printf(r.err, "%s\n", in.Describe())
	}
	names, h, err := r.readHeader(ctx, in)
	if err == io.EOF {
		r.sum.RowsBlank += in.BlankLines()
		return r.fileFinding(rule.FileEmpty, in.Name, "the file is empty")
	}
	if err != nil {
		return err
	}
	if r.outDir != "" && r.header == nil {
		r.header, r.json = append([]byte{}, h.Raw...), in.JSON()
	}
	if r.outDir != "" && r.json != in.JSON() {
		return fmt.Errorf("%s: of this file and %s one is JSON lines and one is not: the files of one --out-dir share one file of rejects; convert them one by one", in.Name, displayName(r.files[0]))
	}
	if r.outDir != "" && !sameHeader(r.header, h.Raw) {
		return fmt.Errorf("%s:%d:1: the header is not that of %s: the files of one --out-dir share one rejects.csv; convert them one by one", in.Name, h.Pos.Line, displayName(r.files[0]))
	}
	conv, err := r.compile(in, names, h, index == 0)
	if err != nil {
		return err
	}
	if index == 0 {
		for _, f := range validate.CheckPool(r.rules, in.Name) {
			if err := r.finding(&f); err != nil {
				return err
			}
		}
	}
	if r.output == nil && !r.dry {
		if err := r.openOutput(in, h.Raw); err != nil {
			return err
		}
	}
	before := r.sum.RowsRead
	p := r.startProgress(in)
	run := transform.RunOptions{Converter: conv, Source: index, Run: validate.RunOptions{
		Input: in, Fields: len(names), Header: h.Names, NoHeader: r.noHeader(), PadRagged: r.read.ragged.value == "pad", Claims: r.claims, Workers: r.read.jobs,
		ShowValues: r.report.showValues, OneHash: r.oneHash, Report: r.reports.finding, Progress: p.update,
	}}
	if in.JSON() {
		run.Run.Format, run.Run.Stray = row.NewJSONLine(names), r.strayLevel()
	}
	if r.output != nil {
		run.Output = r.output
	}
	if dir, ok := r.output.(dirOutput); ok && r.reasons {
		run.Explain = dir.Explain
	}
	if r.limit > 0 {
		run.Run.Limit = r.limit - r.sum.RowsRead
	}
	err = transform.Run(ctx, run, &r.sum)
	p.end()
	if err != nil {
		return err
	}
	if r.sum.RowsRead == before {
		if err := r.fileFinding(rule.FileEmpty, in.Name, "the file has a header and no row"); err != nil {
			return err
		}
	}
	return r.addSource(ctx, in, h, r.sum.RowsRead-before)
}

// readHeader returns the names of the source columns. Without a header they
// are those of the mapping, or the columns of the pool if there are as many.
func (r *convertRun) readHeader(ctx context.Context, in *validate.Input) ([]string, *validate.Header, error) {
	if in.JSON() {
		more := validate.TargetColumns(r.rules.Pool, r.rules.PasswordHash)
		if r.mapping != nil {
			more = r.mapping.Sources()
		}
		return in.Members(more), &validate.Header{Pos: in.Start()}, nil
	}
	if !r.noHeader() {
		h, err := source.Await(ctx, in.ReadHeader)
		if err != nil {
			return nil, nil, err
		}
		known := r.rules.Pool.Header
		if r.mapping != nil {
			known = append(r.mapping.Sources(), known...)
		}
		return h.Names, h, h.RefuseData(in.Name, known)
	}
	h := &validate.Header{}
	if names := r.mappingNames(); names != nil {
		return names, h, nil
	}
	counts, err := in.FieldCounts()
	if err != nil {
		return nil, nil, err
	}
	if r.mapping != nil {
		return numbered(fieldsMapped(r.mapping.HighestField(), counts)), h, nil
	}
	columns := validate.TargetColumns(r.rules.Pool, r.rules.PasswordHash)
	if len(counts) > 0 && !slices.Contains(counts, len(columns)) {
		return nil, nil, fmt.Errorf("%s: without header or mapping a record must have the pool's %d columns, and none of the first ones has: they have %s; write a --mapping in which the columns are called 1, 2, 3", in.Name, len(columns), count(int64(counts[0]), "field"))
	}
	return columns, h, nil
}

// fieldsMapped returns how many fields a record of a source without header has: the
// highest number that the mapping names, unless most of the first records have more.
// counts are those of the first records.
func fieldsMapped(highest int, counts []int) int {
	seen := make(map[int]int)
	for _, n := range counts {
		seen[n]++
	}
	most := highest
	for n, times := range seen {
		if n > highest && (times > seen[most] || times == seen[most] && most > highest && n < most) {
			most = n
		}
	}
	return most
}

// numbered returns the names 1, 2, 3 and so on.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i + 1)
	}
	return names
}

func (r *convertRun) fileFinding(code rule.Code, file, text string) error {
	f, ok := validate.FileFinding(r.rules, code, file, text, 0, 0)
	if !ok {
		return nil
	}
	return r.finding(&f)
}

// finding counts and reports a finding that is not about a row.
func (r *convertRun) finding(f *rule.Finding) error {
	r.sum.Count(f.Code, f.Severity, false)
	return r.reports.finding(f)
}

func (r *convertRun) startProgress(in *validate.Input) *progress {
	return startProgress(r.err, r.report.progress.value, r.err.isTerminal(), in.Raw().RawRead, in.Raw().Size())
}

// addSource notes in the manifest what was read. The rest of a file of which
// not all rows were wanted is read, so that size and checksum are those of the file.
func (r *convertRun) addSource(ctx context.Context, in *validate.Input, h *validate.Header, rows int64) error {
	if r.outDir == "" || r.dry {
		return nil
	}
	if _, err := source.Await(ctx, func() (int64, error) { return io.Copy(io.Discard, in.Raw()) }); err != nil {
		return err
	}
	s := sink.Source{
		Path: in.Name, Size: in.Raw().RawSize(), SHA256: in.Raw().SHA256(), Codec: in.Raw().Codec(),
		Charset: in.Raw().Charset(), Delimiter: validate.DelimiterName(in.Dialect().Delimiter), Rows: rows,
	}
	if in.JSON() {
		s.Delimiter = "" // each line is an object
	}
	s.Header = &sink.Span{Offset: h.Pos.Offset, Length: int64(len(h.Raw))}
	if len(in.SepLine()) > 0 {
		s.Sep = &sink.Span{Offset: in.Raw().Start(), Length: int64(len(in.SepLine()))}
	}
	r.manifest.Sources = append(r.manifest.Sources, s)
	return nil
}
