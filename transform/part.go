package transform

import (
	"context"

	"poolprep/transform/join"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
)

// madeOf is what the part of a conversion says of an input, as Input.Made.
type madeOf struct {
	Start    directoryStart `json:"start"`
	Document bool           `json:"document,omitempty"` // it is JSON documents
	Source   sink.Source    `json:"source"`             // but for its rows, size and checksum
	Reasons  map[int]string `json:"reasons,omitempty"`  // of skipped records
}

// madePart is what the part of a conversion says at its end, as Mark.Made.
type madePart struct {
	Bare directoryStart `json:"bare"`           // of a run without any header
	Join *join.Looked   `json:"join,omitempty"` // nil: nothing was looked up
}

// PlanConvert divides a conversion of the inputs, which must be files, into parts for
// ConvertPart. It reads all of them once, to find where records begin, and the headers.
// Output and what is told during a run do not count; DryRun says that it is a check.
func PlanConvert(ctx context.Context, o ConvertOptions, p validate.PlanOptions, sources ...validate.Source) (*shard.Plan, error) {
	c, err := newPartial(o)
	if err != nil {
		return nil, err
	}
	c.Report, c.Causes, c.Preview, c.profiler, c.Reading.Frames = nil, nil, nil, nil, true
	c.Reading.Hash = false // the planner sums
	second, err := c.second(ctx)
	if err != nil {
		return nil, err
	}
	complete := p.Complete
	p.Complete = func(plan *shard.Plan) {
		plan.Join = second
		if complete != nil {
			complete(plan)
		}
	}
	planner, err := validate.NewPlanner(p, planFor(o), c.fingerprints(o), sources)
	if err != nil {
		return nil, err
	}
	c.instead = func(ctx context.Context, h *validate.Header, run RunOptions) error {
		return planner.Input(ctx, run.Run.Input, h, o.Workers)
	}
	for i, s := range sources {
		err := c.part(ctx, i, s, func(in *validate.Input) error { return planner.Input(ctx, in, nil, o.Workers) })
		if err == nil {
			err = planner.End(s)
		}
		if err != nil {
			return nil, err
		}
	}
	return planner.Plan()
}

// planFor says what a plan is for.
func planFor(o ConvertOptions) string {
	if o.DryRun {
		return shard.ForCheck
	}
	return shard.ForConvert
}

// newPartial begins a conversion of which parts are planned or made.
func newPartial(o ConvertOptions) (*conversion, error) {
	o.Output, o.Limit, o.StopAfter, o.Preview = &partOutput{}, 0, validate.Tolerance{}, nil
	if o.DryRun {
		o.Output = &checkOutput{}
	}
	dry := o.DryRun
	o.DryRun = false
	c := newConversion(o)
	c.DryRun = dry
	return c, nil
}

// second describes the second file, and reads it unless the mapping depends on the input.
func (c *conversion) second(ctx context.Context) (*shard.Source, error) {
	if c.Join == nil {
		return nil, nil
	}
	s, err := validate.Describe(*c.Join)
	if err == nil && c.Recognise == nil {
		err = c.readJoin(ctx)
	}
	return s, err
}

// fingerprints tell conversions apart that do not make the same. o is as it was given.
func (c *conversion) fingerprints(o ConvertOptions) shard.Fingerprints {
	f := shard.Fingerprints{
		Schema: c.Rules.Pool.Fingerprint(),
		Flags: validate.FlagsFingerprint(o.Rules, o.Reading, o.NoHeader, o.PadRagged, o.ShowValues,
			o.DefaultRegion, o.AssumeVerified, o.NoRepair, o.Backslash, o.Recognise != nil && o.Mapping == nil),
	}
	if o.Mapping != nil {
		f.Mapping = o.Mapping.Fingerprint()
	}
	return f
}

// part does what is to be done with an input, or a range of it. empty is called instead of
// c.instead if there is no header.
func (c *conversion) part(ctx context.Context, index int, s validate.Source, empty func(*validate.Input) error) error {
	in, err := validate.Open(ctx, s, c.Reading)
	if err != nil {
		return err
	}
	defer in.Close()
	var progress func(*rule.Summary)
	if c.Opened != nil {
		progress = c.Opened(in)
	}
	h, err := c.rows(ctx, in, index, progress)
	if c.Closed != nil {
		c.Closed(in)
	}
	if err == nil && h == nil {
		return empty(in)
	}
	return err
}

// ConvertPart does a part of a conversion, anywhere. Its directory has what Merge needs of
// it. The result is that of the part by itself: duplicates of rows in other parts are not
// known yet. Output, Report, Limit, StopAfter,
// and Preview do not count.
func ConvertPart(ctx context.Context, o ConvertOptions, p validate.PartOptions) (Result, error) {
	c, err := newPartial(o)
	if err != nil {
		return Result{}, err
	}
	if err := p.Matches(c.fingerprints(o)); err != nil {
		return Result{}, err
	}
	second, err := c.second(ctx)
	if err != nil {
		return Result{}, err
	}
	if planned := p.Plan.Join; (second == nil) != (planned == nil) || second != nil && second.SHA256 != planned.SHA256 {
		return Result{}, &shard.OtherError{What: "join"}
	}
	part, err := validate.BeginPart(p, planFor(o))
	if err != nil {
		return Result{}, err
	}
	defer part.Writer.Abort()
	defer part.Ledger.Close()
	c.Ledger, c.Report, c.Reading.Hash = part.Ledger, part.Finding, false
	causes := c.Causes
	c.Causes = func(list []judge.HeaderCause) {
		part.Said(list)
		if causes != nil {
			causes(list)
		}
	}
	w := &madeWriter{w: part.Writer, dry: c.DryRun}
	c.instead = func(ctx context.Context, h *validate.Header, run RunOptions) error {
		return c.makeRange(ctx, part, w, h, run)
	}
	err = part.Each(&c.result.Summary, func(s validate.Source) error {
		return c.part(ctx, part.Range().Source, s, func(in *validate.Input) error {
			return part.Empty(part.Known(c.Rules, in, &c.result.Summary), in, &c.result.Summary)
		})
	})
	if err == nil {
		end := madePart{Bare: startOf(Beginning{Columns: c.columns(), Pool: c.Rules.Pool, Mapping: c.Mapping})}
		if c.joined != nil {
			end.Join = c.joined.Looked()
			stats := end.Join.Stats
			c.result.Join = &stats
		}
		err = part.Writer.Complete(end)
	}
	if err != nil {
		return c.result, err
	}
	c.result.Pool = c.Rules.Pool.Fingerprint()
	c.result.Verdict = c.Policy.Verdict(&c.result.Result)
	return c.result, part.Commit(c.profiler, c.ShowValues)
}

// makeRange makes the range at hand of a part.
func (c *conversion) makeRange(ctx context.Context, part *validate.Part, w *madeWriter, h *validate.Header, run RunOptions) (err error) {
	in := part.Known(c.Rules, run.Run.Input, &c.result.Summary)
	w.begin(run.Run.Input, run.Converter)
	w.of = madeOf{Document: run.Run.Input.Document(), Source: sourceOf(run.Run.Input, h, rule.Source{Name: run.Run.Input.Name}), Reasons: map[int]string{}}
	if out, ok := c.Output.(*partOutput); ok {
		w.of.Start = startOf(out.beginning)
	}
	run.made = w.block
	run.run = func(ctx context.Context, o validate.RunOptions) error {
		return part.Run(ctx, in, &o, h, &c.result.Summary)
	}
	if err := Run(ctx, run, &c.result); err != nil {
		return err
	}
	return part.Made(w.of)
}

// partOutput stands for the run directory that the parts are merged into.
type partOutput struct {
	checkOutput
	beginning Beginning
}

func (o *partOutput) Begin(b Beginning) error                                    { o.beginning = b; return nil }
func (o *partOutput) Reject(*Record) error                                       { return nil }
func (o *partOutput) RejectMore([]byte) error                                    { return nil }
func (o *partOutput) Skip(*Record) error                                         { return nil }
func (o *partOutput) WantsSide() bool                                            { return true }
func (o *partOutput) Side([]byte, int) error                                     { return nil }
func (o *partOutput) Ended(*validate.Input, *validate.Header, rule.Source) error { return nil }

// checkOutput stands for that of a dry run.
type checkOutput struct{}

func (o *checkOutput) Begin(Beginning) error                           { return nil }
func (o *checkOutput) Rows(string, []byte, []uint32, []sink.Row) error { return nil }
func (o *checkOutput) Commit(*Result) error                            { return nil }
func (o *checkOutput) Abort() error                                    { return nil }
