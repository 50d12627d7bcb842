package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/transform"
	"poolprep/validate"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
)

// maxParts is how many parts a plan may have.
const maxParts = 100_000

// partFlags say which part of a plan is made.
type partFlags struct {
	part   int
	plan   string
	preset string // that the plan has found, for --from auto
}

func (f *partFlags) add(fs *pflag.FlagSet) {
	bind(fs, "part", &f.part)
	bind(fs, "plan", &f.plan)
}

// asked reports whether a part is to be made.
func (f *partFlags) asked() bool { return f.part != 0 || f.plan != "" }

// notForParts are flags that do not go with --part, and why.
var notForParts = []struct {
	names   []string
	setting bool // a setting of them does not count either
	why     string
}{
	{[]string{"limit", "stop-after"}, false, "a part is done as a whole"},
	{[]string{"max-rows", "max-bytes", "first-chunk", "compress", "reasons", "keep-skipped"}, true, "give it to `poolprep merge`"},
	{[]string{"report", "json", "max-reports", "fail-on", "max-rejects", "policy", "history"}, true, "give it to `poolprep merge`"},
	{[]string{"output", "side", "dry-run"}, true, "what a part makes is in --out-dir"},
}

// refuse returns an error for a flag that does not go with --part. What settings say for
// merge, or for other runs, does not keep a part from being made.
func (f *partFlags) refuse(fs *pflag.FlagSet) error {
	for _, group := range notForParts {
		for _, name := range group.names {
			flag := fs.Lookup(name)
			if flag != nil && flag.Changed && !(group.setting && len(flag.Annotations[settingMark]) > 0) {
				return fmt.Errorf("--%s does not go with --part: %s", name, group.why)
			}
		}
	}
	return nil
}

// open reads the plan, and refuses flags that do not go with a part.
func (f *partFlags) open(cmd *cobra.Command, args []string, outDir string) (*shard.Plan, error) {
	switch {
	case f.part == 0:
		return nil, errors.New("--plan needs --part K: the number of the part to make, from 1")
	case f.plan == "":
		return nil, errors.New("--part needs --plan FILE: the plan that `poolprep plan` made")
	case outDir == "":
		return nil, errors.New("--part needs --out-dir DIR: the directory for what the part makes")
	case len(args) > 0:
		return nil, errors.New("with --part no FILE is named: the plan names the files")
	}
	if err := f.refuse(cmd.Flags()); err != nil {
		return nil, err
	}
	plan, err := readPlan(cmd.Context(), f.plan)
	if err != nil {
		return nil, err
	}
	if plan.For != cmd.Name() {
		return nil, fmt.Errorf("%s is a plan for %s: say `poolprep %s --part`, or make a plan with --for %s", f.plan, plan.For, plan.For, cmd.Name())
	}
	f.preset = plan.Preset
	return plan, f.read(cmd.Flags(), plan)
}

// read sets the flags about the input as they were for the plan, as far as none is set.
func (f *partFlags) read(fs *pflag.FlagSet, plan *shard.Plan) error {
	for _, text := range plan.Reading {
		name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		if flag := fs.Lookup(name); flag == nil || flag.Changed {
			continue
		}
		if err := fs.Set(name, value); err != nil {
			return fmt.Errorf("%s: --%s: %w", f.plan, name, err)
		}
	}
	return nil
}

// readingOf returns the flags that say how inputs are written, or that there is a profile, and
// are set.
func readingOf(fs *pflag.FlagSet) (flags []string) {
	fs.Visit(func(f *pflag.Flag) {
		if info := infoOf(f); f.Name != "profile" && (info.group != groupReading || info.path != noPath || info.hidden) {
			return
		}
		for _, value := range flagValues(f) {
			flags = append(flags, "--"+f.Name+"="+value)
		}
	})
	return flags
}

// readPlan reads a plan of this version.
func readPlan(ctx context.Context, path string) (*shard.Plan, error) {
	plan, err := shard.ReadPlanIn(opener(ctx, path), path)
	if err != nil {
		return nil, err
	}
	if tool := toolName(); plan.Tool != tool {
		return nil, fmt.Errorf("%s was made by %s, and this is %s: use the same version for plan, parts and merge", path, plan.Tool, tool)
	}
	return plan, nil
}

// toolName is what manifests, plans and reports call the program.
func toolName() string { return "poolprep " + versionText() }

// runPart does a part of a conversion.
func (c *convertCommand) runPart(cmd *cobra.Command, args []string) error {
	plan, err := c.part.open(cmd, args, c.outDir)
	if err != nil {
		return err
	}
	return c.makePart(cmd, plan)
}

// makePart does a part of a conversion, or of a check with a mapping.
func (c *convertCommand) makePart(cmd *cobra.Command, plan *shard.Plan) error {
	if err := c.rules.refuseOthers(cmd.Flags(), plan); err != nil {
		return err
	}
	o, err := c.options(cmd)
	if err != nil {
		return err
	}
	o.DryRun = plan.For == shard.ForCheck
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
	part, err := c.part.options(cmd.Context(), plan, c.outDir, c.force, c.rules.dedupMemory)
	if err != nil {
		return err
	}
	result, err := transform.ConvertPart(cmd.Context(), o, part)
	if err != nil {
		return c.withGuess(cmd, withPlanned(plan, err))
	}
	return c.report.printPart(c.streams, &c.part, plan, &result.Result)
}

// options returns what the flags say of the part, which goes to dir.
func (f *partFlags) options(ctx context.Context, plan *shard.Plan, dir string, force bool, memory size) (o validate.PartOptions, err error) {
	o = validate.PartOptions{Plan: plan, Part: f.part, Dir: dir, Force: force, Budget: int64(memory), Open: opener(ctx, plannedPaths(plan)...)}
	if objects.Is(dir) {
		if o.Store, err = objects.New(ctx).Directory(dir); err != nil {
			return o, fmt.Errorf("--out-dir: %w", err)
		}
	}
	return o, nil
}

// withPlanned adds to an error about a part that does not fit its plan what flags that has.
func withPlanned(plan *shard.Plan, err error) error {
	if !errors.As(err, new(*shard.OtherError)) {
		return err
	}
	var flags []string
	for _, flag := range plan.Flags() {
		flags = append(flags, shellWord(flag))
	}
	return fmt.Errorf("%w; the plan has %s", err, cmp.Or(strings.Join(flags, " "), "none of them"))
}

// runPart does a part of a check.
func (c *checkCommand) runPart(cmd *cobra.Command, args []string) error {
	plan, err := c.part.open(cmd, args, c.outDir)
	if err != nil {
		return err
	}
	if c.dry.mapped() {
		d := c.asConversion(cmd)
		d.outDir, d.force, d.part = c.outDir, c.force, c.part
		return d.makePart(cmd, plan)
	}
	if err := c.rules.refuseOthers(cmd.Flags(), plan); err != nil {
		return err
	}
	o, err := c.options(cmd)
	if err != nil {
		return err
	}
	part, err := c.part.options(cmd.Context(), plan, c.outDir, c.force, c.rules.dedupMemory)
	if err != nil {
		return err
	}
	result, err := validate.CheckPart(cmd.Context(), o, part)
	if err != nil {
		return withPlanned(plan, err)
	}
	return c.report.printPart(c.streams, &c.part, plan, &result)
}

// printPart says what came of a part.
func (f *reportFlags) printPart(s *streams, part *partFlags, plan *shard.Plan, result *rule.Result) error {
	verdict := s.ending.settle(f.exit(result.Verdict))
	sum := &result.Summary
	if f.quiet {
		printf(s.err, "%s rejected\n", count(sum.RowsRejected, "row"))
		return verdict
	}
	printf(s.err, "Part %d of %d: %s read, %s accepted, %s rejected", part.part, len(plan.Parts), count(sum.RowsRead, "row"), humanize.Comma(sum.RowsAccepted), humanize.Comma(sum.RowsRejected))
	if sum.RowsSkipped > 0 {
		printf(s.err, ", %s skipped", humanize.Comma(sum.RowsSkipped))
	}
	others := ""
	if len(plan.Known) > 0 {
		others = ", and of users in other runs,"
	}
	printf(s.err, ". Duplicates of rows in other parts%s are found by poolprep merge.\n", others)
	return verdict
}
