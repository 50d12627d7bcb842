package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/transform"
	"poolprep/transform/known"
	"poolprep/transform/sink"
	"poolprep/validate/judge"
	"poolprep/validate/keyset"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
)

func newMerge(s *streams) *cobra.Command {
	c := &convertCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "merge PLAN PARTDIR...",
		Short: "Put the parts of a run together",
		Long: `merge makes of the parts of a plan what one run over the files would have made: the
same chunks, rejects, line maps and manifest, byte for byte but for times, the same
findings and reports, and the same exit code. It finds duplicates across parts.

All parts must be there, complete, and made by the plan; the order in which they are
named does not count. Where a row is a duplicate of a row in another part, its record
is read from the input file once more.`,
		Example: `  poolprep merge plan.json part-1 part-2 part-3 --out-dir run-1
  poolprep merge plan.json part-* --report jsonl=findings.jsonl`,
		Args: takes(2, unbounded),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.report.notOpened(c.merge(cmd, args[0], args[1:]), "merge")
		},
	}
	fs := cmd.Flags()
	c.maxRows, c.maxBytes, c.compress.value = judge.MaxFileRows, judge.MaxFileBytes, string(sink.Plain)
	c.rules.dedupMemory = keyset.DefaultBudget
	c.report.addMerged(fs)
	bind(fs, "out-dir", &c.outDir)
	bind(fs, "force", &c.force)
	bind(fs, "max-rows", &c.maxRows)
	bind(fs, "max-bytes", &c.maxBytes)
	bind(fs, "first-chunk", &c.firstRows)
	bind(fs, "compress", &c.compress)
	bind(fs, "reasons", &c.reasons)
	bind(fs, "keep-skipped", &c.kept)
	bind(fs, "dedup-memory", &c.rules.dedupMemory)
	return cmd
}

// merge puts the parts in dirs together.
func (c *convertCommand) merge(cmd *cobra.Command, path string, dirs []string) error {
	plan, err := readPlan(cmd.Context(), path)
	if errors.Is(err, syscall.EISDIR) {
		return fmt.Errorf("%s is a directory, and the plan is expected first: `%s`", path, cmd.UseLine())
	}
	if err != nil {
		return err
	}
	switch check := plan.For == shard.ForCheck; {
	case check && c.outDir != "":
		return errors.New("the plan is for check, which writes no run directory: leave --out-dir out")
	case check:
		if err := refuseForCheck(cmd.Flags()); err != nil {
			return err
		}
	case !check && c.outDir == "":
		return errors.New("--out-dir DIR is required: the run directory that the parts are merged into")
	}
	parts, err := shard.OpenSetIn(opener(cmd.Context(), dirs...), plan, dirs)
	if err != nil {
		return err
	}
	if plan.Join != nil {
		c.join = plan.Join.Path
	}
	profiles, err := parts.Profiles()
	if err != nil {
		return err
	}
	if c.report.profile = len(profiles) > 0; !c.report.profile {
		c.printNoProfile()
	}
	c.dryRun = plan.For == shard.ForCheck
	r := &convertRun{convertCommand: c, command: plan.For}
	seed, err := plan.Seed()
	if err != nil {
		return err
	}
	l := ledger.New(ledger.Options{Budget: int64(c.rules.dedupMemory), Seed: seed})
	defer l.Close()
	o, err := r.mergeOptions(cmd, parts, l)
	if err != nil {
		return err
	}
	columns, err := profiled(profiles)
	if err != nil {
		return err
	}
	review := c.report.nightly.review(c.streams, func(code rule.Code) rule.Severity { return code.Info().Severity() }, columns, plan.Fingerprints.Schema)
	if err := review.needs(c.report.profile); err != nil {
		return err
	}
	review.apply(&c.report, &o.Policy)
	result, err := transform.Merge(cmd.Context(), o)
	r.progress.end()
	if err == nil {
		if err = r.reports.finish(&result.Result); err != nil && o.Output != nil {
			err = reportError{err}
		}
	}
	if err != nil {
		return r.reports.abort(err)
	}
	verdict := c.ending.settle(c.report.exit(result.Verdict))
	r.printMerged(plan, &result)
	return review.end(cmd.Context(), plan.For, &result.Result, verdict)
}

// refuseForCheck returns an error for a flag about the run directory, which a check has not.
// What settings say of it is for other runs.
func refuseForCheck(fs *pflag.FlagSet) (err error) {
	fs.Visit(func(f *pflag.Flag) {
		if infoOf(f).group == groupOutput && len(f.Annotations[settingMark]) == 0 {
			err = fmt.Errorf("the plan is for check, which writes no run directory: leave --%s out", f.Name)
		}
	})
	return err
}

// profiled returns the columns of the profiles of parts; nil: there is none.
func profiled(profiles []json.RawMessage) (columns []string, err error) {
	if len(profiles) == 0 {
		return nil, nil
	}
	var state struct {
		Columns []struct{ Name string }
	}
	if err := json.Unmarshal(profiles[0], &state); err != nil {
		return nil, fmt.Errorf("the profile of part 1: %w", err)
	}
	for _, c := range state.Columns {
		columns = append(columns, c.Name)
	}
	return columns, nil
}

// printNoProfile says what is not compared, since the parts have no profile.
func (c *convertCommand) printNoProfile() {
	if n := c.report.nightly; n.history != "" || n.baseline != "" {
		printf(c.err, "The parts have no profile, so columns are not compared: make the plan with `poolprep plan --profile`.\n")
	}
}

// mergeOptions returns what the flags say of a merge, whose reports and progress have begun.
func (r *convertRun) mergeOptions(cmd *cobra.Command, parts *shard.Set, l *ledger.Ledger) (o transform.MergeOptions, err error) {
	runs, err := r.learnPlanned(cmd.Context(), parts.Plan, l)
	if err != nil {
		return o, err
	}
	findings := r.out
	if !r.dryRun {
		findings = r.err
		if _, err := r.newOutput(cmd.Context(), mergedCommand(parts.Plan, recordedCommand(cmd.Flags())), runs.ForManifest(r.outDir)); err != nil {
			return o, err
		}
		o.Output = r.directory
	}
	if r.reports, err = r.report.open(findings, r.command); err != nil {
		return o, err
	}
	r.progress = newTextProgress(r.err, r.report.progress.value, textSize(parts.Plan))
	r.progress.begin()
	o.Parts, o.Ledger, o.Policy, o.Report, o.Progress = parts, l, r.report.policy(), r.reports.finding, r.progress.update
	o.Open = opener(cmd.Context(), plannedPaths(parts.Plan)...)
	o.Said = func(rows []rule.RowCause) {
		for _, w := range r.reports {
			w.Said(rows)
		}
	}
	o.Committing = func(result *transform.Result) error { return r.reports.prepare(&result.Result) }
	return o, nil
}

// learnPlanned makes the ledger know the users of the runs that a plan has noted.
func (r *convertRun) learnPlanned(ctx context.Context, plan *shard.Plan, l *ledger.Ledger) (*known.Runs, error) {
	if len(plan.Known) == 0 {
		return &known.Runs{}, nil
	}
	runs, err := plannedKnown(plan)
	if err != nil {
		return nil, err
	}
	rules, err := plannedRules(plan)
	if err != nil {
		return nil, err
	}
	return runs, learnRuns(ctx, runs, r.outDir, r.streams, l, rules, runtime.GOMAXPROCS(0), r.report.quiet)
}

// printMerged says what came of a merge: the same as of one run.
func (r *convertRun) printMerged(plan *shard.Plan, result *transform.Result) {
	if r.directory != nil {
		r.sides = r.directory.HasSide()
	}
	r.print(result)
	if plan.For != shard.ForCheck {
		return
	}
	(&checkCommand{streams: r.streams, report: r.report}).suggestConvert(plannedPaths(plan), &result.Result)
}

// textSize returns how many bytes of text the inputs have, -1 if that is not known.
func textSize(plan *shard.Plan) (size int64) {
	for _, s := range plan.Sources {
		if s.Text == 0 && s.Codec != "none" || s.Charset != "utf-8" {
			return -1
		}
		size += s.Length()
	}
	return size
}

// mergedCommand returns the command of the run that plan and merge stand for, for its manifest.
func mergedCommand(plan *shard.Plan, merge []string) []string {
	flags := slices.Concat(plan.Flags(), merge[1:])
	name := func(flag string) string {
		name, _, _ := strings.Cut(flag, "=")
		return name
	}
	slices.SortStableFunc(flags, func(a, b string) int { return cmp.Compare(name(a), name(b)) })
	return append([]string{"convert"}, flags...)
}
