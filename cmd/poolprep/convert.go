package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/transform"
	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// convertCommand holds the flags of convert, and of check --mapping or --from.
type convertCommand struct {
	*streams
	read    readFlags
	rules   ruleFlags
	report  reportFlags
	mapping string
	from    string
	// recognised is told of the preset that --from auto found; nil: nobody.
	recognised func(preset string)
	region     string
	assumed    []string
	join       string
	noRepair   bool
	backslash  choice
	limit      int64
	output     string
	outDir     string
	force      bool
	maxRows    int64
	maxBytes   size
	firstRows  int64
	compress   choice
	keepGoing  bool
	dryRun     bool
	reasons    bool
	kept       bool
	side       string
	part       partFlags
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

Without --mapping or --from, columns are matched by name, ignoring letter case,
blanks, _, - and :. With --dry-run everything is judged and nothing is written.`,
		Example: `  poolprep convert export.csv > users.csv
  poolprep convert --dry-run --schema pool.json export.csv
  poolprep convert --from django --out-dir run-1 auth_user.csv
  poolprep convert --mapping map.yaml --out-dir run-1 export.csv.gz
  poolprep convert --out-dir run-2 run-1/rejects.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.report.notOpened(c.run(cmd, args), "convert")
		},
	}
	fs := cmd.Flags()
	c.read.tables = true
	c.read.add(fs, "auto")
	c.read.addRagged(fs)
	c.rules.add(fs)
	c.report.add(fs)
	c.addMapping(fs)
	c.maxRows, c.maxBytes, c.compress.value = judge.MaxFileRows, judge.MaxFileBytes, string(sink.Plain)
	bind(fs, "output", &c.output)
	bind(fs, "out-dir", &c.outDir)
	bind(fs, "force", &c.force)
	bind(fs, "max-rows", &c.maxRows)
	bind(fs, "max-bytes", &c.maxBytes)
	bind(fs, "compress", &c.compress)
	bind(fs, "dry-run", &c.dryRun)
	bind(fs, "keep-going", &c.keepGoing)
	bind(fs, "reasons", &c.reasons)
	bind(fs, "keep-skipped", &c.kept)
	bind(fs, "side", &c.side)
	bind(fs, "first-chunk", &c.firstRows)
	c.part.add(fs)
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
	bind(fs, "from", &c.from)
	bind(fs, "default-region", &c.region)
	bind(fs, "assume-verified", (*words)(&c.assumed))
	bind(fs, "join", &c.join)
	bind(fs, "no-repair", &c.noRepair)
	bind(fs, "backslash", &c.backslash)
}

// mapped reports whether a mapping file or a preset is named.
func (c *convertCommand) mapped() bool {
	return c.from != "" || c.mapping != "" && c.mapping != noneWord
}

// namedMapping reads the mapping file, or the preset, that is named. It returns nil where
// that depends on the input.
func (c *convertCommand) namedMapping() (*mapping.Mapping, error) {
	switch {
	case c.from != "" && c.mapping != "":
		return nil, errors.New("--from and --mapping exclude each other; to change a preset, save and edit it: `poolprep mapping show " + c.from + " > map.yaml`")
	case c.from == autoWord:
		return nil, nil
	case c.from == "":
		return readMapping(c.mapping)
	}
	m, err := legacy.Get(c.from)
	if err != nil {
		return nil, fmt.Errorf("--from: %w; `poolprep mapping list` lists the presets", err)
	}
	return m, nil
}

// check reports flags that cannot go together.
func (c *convertCommand) check() error {
	switch {
	case c.output != "" && c.outDir != "":
		return errors.New("--output and --out-dir exclude each other")
	case c.outDir == "" && (c.force || c.firstRows > 0 || c.reasons || c.kept):
		return errors.New("--force, --first-chunk, --reasons and --keep-skipped need --out-dir")
	case c.side != "" && c.outDir != "":
		return fmt.Errorf("--side goes without --out-dir, where %s is written", sink.SideName)
	case c.side == "-":
		return errors.New("--side -: the name of a file is expected")
	}
	return nil
}

func (c *convertCommand) run(cmd *cobra.Command, args []string) error {
	if c.part.asked() {
		return c.runPart(cmd, args)
	}
	if err := c.check(); err != nil {
		return err
	}
	files, err := inputFiles(args, c.in)
	if err != nil {
		return err
	}
	return c.convert(cmd, files, c.err)
}

// dryRun is check --mapping: convert without writing anything.
func (c *checkCommand) dryRun(cmd *cobra.Command, args []string) error {
	files, err := inputFiles(args, c.in)
	if err != nil {
		return err
	}
	return c.asConversion(cmd).convert(cmd, files, c.out)
}

// asConversion returns the conversion that check --mapping does without writing anything.
func (c *checkCommand) asConversion(cmd *cobra.Command) *convertCommand {
	d := &c.dry
	d.streams, d.read, d.rules, d.report, d.limit = c.streams, c.read, c.rules, c.report, c.limit
	d.dryRun = true
	if !cmd.Flags().Changed("dialect") {
		d.read.dialect.value = "auto"
	}
	return d
}

// convert converts the files and says what came of it. Findings go to a stream.
func (c *convertCommand) convert(cmd *cobra.Command, files []string, findings *stream) error {
	r := &convertRun{convertCommand: c, command: cmd.Name()}
	o, err := c.options(cmd)
	if err != nil {
		return err
	}
	o.Ledger = c.rules.ledger()
	defer o.Ledger.Close()
	outDir := c.outDir
	if c.dryRun {
		outDir = "" // it is not touched
	}
	runs, err := c.rules.learnKnown(cmd.Context(), files, outDir, c.streams, o.Ledger, o.Rules, c.read.jobs, c.report.quiet)
	if err != nil {
		return err
	}
	if o.Output, err = r.newOutput(cmd.Context(), recordedCommand(cmd.Flags()), runs.ForManifest(c.outDir)); err != nil {
		return err
	}
	c.recognised = r.recordPreset
	review := c.report.nightly.review(c.streams, o.Rules.Level, o.Rules.Pool.Header, o.Rules.Pool.Fingerprint())
	review.apply(&c.report, &o.Policy)
	o.Profile = o.Profile || review.wantsProfile()
	if r.reports, err = c.report.open(findings, r.command); err != nil {
		return err
	}
	r.watch(&o)
	var sources []validate.Source
	for _, file := range files {
		sources = append(sources, inputSource(cmd.Context(), file, c.in))
	}
	result, err := transform.Convert(cmd.Context(), o, sources...)
	if err == nil {
		if err = r.reports.finish(&result.Result); err != nil && !c.dryRun {
			err = reportError{err}
		}
	}
	if err != nil {
		return r.reports.abort(c.withGuess(cmd, err))
	}
	verdict := c.ending.settle(c.report.exit(result.Verdict))
	r.print(&result)
	return review.end(cmd.Context(), r.command, &result.Result, verdict)
}

// options returns what the flags say of a conversion.
func (c *convertCommand) options(cmd *cobra.Command) (o transform.ConvertOptions, err error) {
	if o.Rules, err = c.rules.options(cmd.Flags()); err != nil {
		return o, err
	}
	read := c.read
	if c.mapped() {
		m, err := c.namedMapping()
		if err != nil {
			return o, err
		}
		if m != nil {
			read.fillFrom(&m.Source)
			rest := *m // what the flags do not know of
			rest.Source = mapping.SourceDialect{NoHeader: m.Source.NoHeader, Names: m.Source.Names, NamesByCount: m.Source.NamesByCount, Nulls: m.Source.Nulls, Repair: m.Source.Repair}
			o.Mapping = &rest
		}
		c.recognise(&o)
	}
	if o.Reading, err = read.reading(false); err != nil {
		return o, err
	}
	o.NoHeader, o.PadRagged, o.Workers, o.Limit = c.read.noHeader, c.read.ragged.value == "pad", c.read.jobs, c.limit
	if err := c.completing(&o); err != nil {
		return o, err
	}
	if o.Join != nil {
		o.Join.Open = opener(cmd.Context(), o.Join.Path)
	}
	o.NoRepair, o.Backslash = c.noRepair, backslashes[c.backslash.value]
	o.ShowValues, o.Profile, o.Policy = c.report.showValues, c.report.profile, c.report.policy()
	o.StopAfter = c.report.stopAfter.Tolerance
	o.DryRun, o.KeepGoing = c.dryRun, c.keepGoing || cmd.Name() == "check"
	return o, nil
}

// completing sets what completes the records of the source.
func (c *convertCommand) completing(o *transform.ConvertOptions) error {
	o.DefaultRegion = strings.ToUpper(c.region)
	if c.region != "" && (len(c.region) != 2 || strings.Trim(o.DefaultRegion, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return errors.New("--default-region: the two letters of a country are expected, such as US or DE")
	}
	for _, name := range c.assumed {
		if name != "email" && name != "phone_number" {
			return fmt.Errorf("--assume-verified: %s", suggest.Unknown("unknown name", name, []string{"email", "phone_number"}))
		}
	}
	o.AssumeVerified = c.assumed
	if c.join != "" {
		o.Join = &validate.Source{Path: c.join}
	}
	return nil
}

// backslashes are the words of --backslash.
var backslashes = map[string]transform.Backslash{"strip": transform.BackslashStrip, "double": transform.BackslashDouble}

// convertRun is what is told of one run over all files.
type convertRun struct {
	*convertCommand
	command   string
	reports   reporters
	file      *transform.ImportFile   // nil: there is a directory
	directory *transform.RunDirectory // nil: there is a file
	progress  *progress               // of the input at hand
	preview   *preview                // nil: there is none
	sides     bool                    // the mapping keeps something beside the import file
	opened    int                     // inputs
}

// watch lets the run be told of what happens.
func (r *convertRun) watch(o *transform.ConvertOptions) {
	o.Report, o.Causes = r.reports.finding, r.reports.said
	o.Opened = func(in *validate.Input) func(*rule.Summary) {
		r.opened++
		if r.report.verbose {
			printf(r.err, "%s\n", in.Describe())
		}
		r.progress = newProgress(r.err, r.report.progress.value, in)
		return r.progress.update
	}
	if r.dryRun && r.command == "convert" && !r.report.quiet {
		r.preview = &preview{show: r.report.showValues, pool: o.Rules.Pool}
		o.Preview = r.preview.take
	}
	o.Matched = func(m *transform.Match) {
		r.sides = r.sides || m.Program.Side()
		if r.preview != nil {
			r.preview.matched(m)
		}
		if r.opened == 1 && !r.report.quiet {
			r.printMatches(m)
		}
		r.progress.begin()
	}
	o.Closed = func(*validate.Input) { r.progress.end() }
	o.Committing = func(result *transform.Result) error { return r.reports.prepare(&result.Result) }
}
