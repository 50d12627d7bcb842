package main

import (
	"errors"
	"io"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/transform"
	"poolprep/validate"
	"poolprep/validate/shard"
)

// planCommand holds the flags of plan.
type planCommand struct {
	convertCommand
	parts int
	what  choice
	known []shard.KnownRun
}

func newPlan(s *streams) *cobra.Command {
	c := &planCommand{convertCommand: convertCommand{streams: s}}
	cmd := &cobra.Command{
		Use:   "plan FILE...",
		Short: "Divide a run into parts for several processes or machines",
		Long: `plan divides the files into parts of about the same size, each of whole records, and
writes the plan, a JSON file. It reads the files once, and judges nothing.

Each part is then done by convert or check with --part and --plan, anywhere the files
can be read, in any order, and poolprep merge makes of the parts what one run would
have made. Flags about the input go to plan, those about the pool, the rules and the
mapping to plan and parts; chunks, reports and exit code are up to merge.

A compressed file is divided between its gzip members or zstd frames; one that has a
single one (gzip, pigz and zstd make these; bgzip and pzstd make many) is one part, and
so is one in bzip2 or not in UTF-8. Keep the plan like the files: with its key it can
be found out whether a user is in them.`,
		Example: `  poolprep plan --mapping map.yaml --parts 8 -o plan.json export-*.csv
  poolprep convert --mapping map.yaml --part 1 --plan plan.json --out-dir part-1
  poolprep merge plan.json part-* --out-dir run-1`,
		Args: takes(1, unbounded),
		RunE: c.run,
	}
	fs := cmd.Flags()
	c.read.tables, c.what.value = true, shard.ForConvert
	c.read.add(fs, "auto")
	c.read.addRagged(fs)
	c.rules.add(fs)
	c.addRepairs(fs)
	c.report.flags, c.report.failOn.value = fs, "error"
	bind(fs, "no-header", &c.read.noHeader)
	bind(fs, "keep-going", &c.keepGoing)
	bind(fs, "show-values", &c.report.showValues)
	bind(fs, "profile", &c.report.profile)
	bind(fs, "parts", &c.parts)
	bind(fs, "for", &c.what)
	bind(fs, "output", &c.output)
	bind(fs, "quiet", &c.report.quiet)
	return cmd
}

func (c *planCommand) run(cmd *cobra.Command, args []string) error {
	if c.parts == 0 {
		return errors.New("--parts N is required: in how many parts is the run to be divided?")
	}
	if slices.Contains(args, "-") {
		return errors.New("standard input cannot be planned, for each part reads its range of a file; save it as a file first")
	}
	runs, err := c.rules.findKnown(cmd.Context(), args, c.streams, c.rules.duplicates.value == "off")
	if err != nil {
		return err
	}
	c.known = planKnown(runs)
	plan, err := c.plan(cmd, args)
	if err != nil {
		return c.withGuess(cmd, err)
	}
	text := plan.AppendJSON(nil)
	err = writeOutput(c.out, c.output, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err == nil && !c.report.quiet {
		c.print(plan)
	}
	return err
}

// plan makes the plan.
func (c *planCommand) plan(cmd *cobra.Command, files []string) (*shard.Plan, error) {
	var sources []validate.Source
	open := opener(cmd.Context(), files...)
	for _, file := range files {
		sources = append(sources, validate.Source{Path: file, Open: open})
	}
	command, preset := recordedCommand(cmd.Flags()), ""
	c.recognised = func(found string) { preset = found }
	p := validate.PlanOptions{Parts: c.parts, Tool: toolName(), Complete: func(plan *shard.Plan) {
		command[0] = plan.For
		if plan.Preset = preset; preset != "" {
			namePreset(command, preset)
		}
		plan.Command, plan.Reading, plan.Known = command, readingOf(cmd.Flags()), c.known
	}}
	if c.what.value == shard.ForCheck && !c.mapped() {
		check := checkCommand{streams: c.streams, read: c.read, rules: c.rules, report: c.report}
		if !cmd.Flags().Changed("dialect") {
			check.read.dialect.value = "cognito"
		}
		o, err := check.options(cmd)
		if err != nil {
			return nil, err
		}
		o.Opened, o.Closed = nil, nil
		return validate.PlanCheck(cmd.Context(), o, p, sources...)
	}
	o, err := c.options(cmd)
	if err != nil {
		return nil, err
	}
	if c.what.value == shard.ForCheck {
		o.DryRun, o.KeepGoing = true, true
	}
	return transform.PlanConvert(cmd.Context(), o, p, sources...)
}

// print says what the plan is.
func (c *planCommand) print(plan *shard.Plan) {
	size, empty := int64(0), 0
	for _, s := range plan.Sources {
		size += s.Size
	}
	for _, part := range plan.Parts {
		if len(part.Ranges) == 0 {
			empty++
		}
	}
	printf(c.err, "%s of %s in %s", count(int64(len(plan.Sources)), "file"), humanize.Bytes(uint64(size)), count(int64(len(plan.Parts)), "part"))
	if empty > 0 {
		printf(c.err, ", of which %d have nothing to do: fewer are enough", empty)
	}
	printf(c.err, "\n")
}
