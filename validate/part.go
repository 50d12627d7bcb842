package validate

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/profile"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// PartOptions name a part of a plan, and where it goes.
type PartOptions struct {
	Plan  *shard.Plan
	Part  int          // from 1
	Dir   string       // of the part
	Store source.Store // where the part goes instead; nil: Dir
	Force bool         // replace a complete part in Dir
	// Budget is the memory in bytes for the duplicate check within the part, see
	// ledger.Options.
	Budget int64
	// Open opens the sources of the plan; nil: they are files.
	Open source.Opener
}

// Matches returns an error if there is no plan, or if it was made by something else.
func (p *PartOptions) Matches(part shard.Fingerprints) error {
	if p.Plan == nil {
		return errors.New("validate: a part needs a plan")
	}
	return p.Plan.Fingerprints.Matches(part)
}

// CheckPart does a part of a check, anywhere. Its directory has what Merge needs of it.
// The result is that of the part by itself: duplicates of rows in other parts are not known
// yet. o.Report is not asked; Limit and StopAfter do not count.
func CheckPart(ctx context.Context, o CheckOptions, p PartOptions) (Result, error) {
	if err := p.Matches(o.fingerprints()); err != nil {
		return Result{}, err
	}
	part, err := BeginPart(p, shard.ForCheck)
	if err != nil {
		return Result{}, err
	}
	defer part.Writer.Abort()
	o.Ledger, o.Limit, o.StopAfter, o.Report = part.Ledger, 0, Tolerance{}, part.Finding
	causes := o.Causes
	o.Causes = func(list []judge.HeaderCause) {
		part.Said(list)
		if causes != nil {
			causes(list)
		}
	}
	defer o.Ledger.Close()
	c := newCheck(o)
	c.rows = func(ctx context.Context, run *RunOptions, h *Header) error {
		in := part.Known(c.Rules, run.Input, &c.result.Summary)
		in.Lacking = c.result.Sources[len(c.result.Sources)-1].Lacking
		if h == nil {
			return part.Empty(in, run.Input, &c.result.Summary)
		}
		if run.ImportFile {
			in.Largest = judge.MaxFileBytes
		}
		return part.Run(ctx, in, run, h, &c.result.Summary)
	}
	err = part.Each(&c.result.Summary, func(s Source) error { return c.input(ctx, s) })
	if err != nil {
		return c.result, err
	}
	c.result.Pool = c.Rules.Pool.Fingerprint()
	c.result.Verdict = o.Policy.Verdict(&c.result)
	return c.result, part.Commit(c.profiler, c.ShowValues)
}

// Part is a part in the making.
type Part struct {
	PartOptions
	Writer *shard.Writer
	Ledger *ledger.Ledger // of this part

	index    int // of the range at hand
	findings []rule.Finding
	said     []rule.RowCause
	before   rule.Summary // the counts before the range
	kept     *shard.Input // of the range, once it has begun
	rows     bool         // findings are about rows: the merged run makes them
}

// BeginPart begins the directory of a part.
func BeginPart(p PartOptions, what string) (*Part, error) {
	if p.Plan.For != what {
		return nil, &OtherPlanError{For: p.Plan.For}
	}
	seed, err := p.Plan.Seed()
	if err != nil {
		return nil, err
	}
	var w *shard.Writer
	if p.Store != nil {
		w, err = shard.CreateIn(p.Store, p.Plan, p.Part, p.Force)
	} else {
		w, err = shard.Create(p.Dir, p.Plan, p.Part, p.Force)
	}
	if err != nil {
		return nil, err
	}
	return &Part{PartOptions: p, Writer: w, Ledger: ledger.New(ledger.Options{Seed: seed, Budget: p.Budget})}, nil
}

// OtherPlanError says that a plan is for something else.
type OtherPlanError struct{ For string }

func (e *OtherPlanError) Error() string { return "the plan is for " + e.For }

// ranges returns what the part reads.
func (p *Part) ranges() []shard.Range { return p.Plan.Parts[p.Part-1].Ranges }

// Commit completes the part. profiler has the profile of its rows, nil if there is none; days
// says that the values may be seen.
func (p *Part) Commit(profiler *profile.Profiler, days bool) error {
	if profiler != nil {
		state, err := profiler.State(days)
		if err == nil {
			err = p.Writer.Profile(state)
		}
		if err != nil {
			return err
		}
	}
	return p.Writer.Commit()
}

// profile lets what the profile has of keys be written down.
func (p *Part) profile(in *ledger.Input, o *RunOptions) {
	if o.Profile == nil {
		return
	}
	var s shapes
	var columns []int
	for _, k := range in.Keys {
		columns = append(columns, o.Profile.Place(k.Name))
	}
	o.late = lateCodes(in.Keys)
	o.profiled = func(b *Batch, c *profile.Collector) error {
		return p.Writer.Frame(shard.ShapesName, s.write(c, len(b.Verdicts), columns))
	}
}

// Range returns the range at hand.
func (p *Part) Range() shard.Range { return p.ranges()[p.index] }

// Each calls f for the input of each range. sum is what the part has counted so far.
func (p *Part) Each(sum *rule.Summary, f func(Source) error) error {
	for p.index = range p.ranges() {
		p.findings, p.said, p.rows, p.before = nil, nil, false, *sum
		s := Source{Path: p.planned().Path, Open: p.Open}
		size, err := sizeOf(s)
		if err == nil && size != p.planned().Size {
			err = &shard.SizeError{File: p.planned().Path, Planned: p.planned().Size, Size: size}
		}
		if err == nil {
			err = f(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// planned returns what the plan says of the input at hand.
func (p *Part) planned() *shard.Source { return &p.Plan.Sources[p.Range().Source] }

// Finding keeps the findings that are not about rows.
func (p *Part) Finding(f *rule.Finding) error {
	if !p.rows {
		kept := *f
		kept.Value = slices.Clone(f.Value)
		p.findings = append(p.findings, kept)
	}
	return nil
}

// Said keeps what the header says of all rows.
func (p *Part) Said(causes []judge.HeaderCause) {
	for _, c := range causes {
		p.said = append(p.said, c.Rows...)
	}
}

// Known returns what is known of the input of a range before its rows. sum is what the part
// has counted so far: of another range than the first, what comes before the rows counts no
// more.
func (p *Part) Known(rules judge.Options, in *Input, sum *rule.Summary) shard.Input {
	known := shard.Input{
		Ledger: ledger.Input{Name: in.Name}, Levels: shard.Levels(rules.Level), NoRow: in.NoRow(), Header: in.HeaderBytes(), Said: p.said,
		Counts: sum.Since(&p.before),
	}
	if p.Range().Offset > 0 {
		*sum = p.before
	}
	return known
}

// Empty says of the input of a range that it is empty. in is what is known of it.
func (p *Part) Empty(in shard.Input, input *Input, sum *rule.Summary) error {
	in.Empty, in.NoRow, in.Findings = true, emptyText, p.findings
	in.Counts.RowsBlank += input.BlankLines()
	sum.RowsBlank += input.BlankLines()
	p.Writer.Begin(in)
	return nil
}

// Run judges the rows of the range at hand, as Run does those of an input, and writes down
// what is known of them. in is what is known of the input so far.
func (p *Part) Run(ctx context.Context, in shard.Input, o *RunOptions, h *Header, sum *rule.Summary) error {
	at, planned := p.Range(), p.planned()
	if s := o.Input.source.Size(); s != planned.Size {
		return &shard.SizeError{File: o.Input.Name, Planned: planned.Size, Size: s}
	}
	if headerSum(h) != planned.Header {
		return &shard.HeaderError{File: o.Input.Name}
	}
	if at.Length < planned.Length() {
		o.Size = at.Length
		err := o.Input.GoTo(ctx, p.Plan, at)
		if err == io.ErrUnexpectedEOF {
			err = &shard.ChangedError{File: o.Input.Name}
		}
		if err != nil {
			return err
		}
	}
	in.Ledger = (&runner{RunOptions: *o}).forLedger()
	in.Ledger.Severity = nil
	p.profile(&in.Ledger, o)
	p.kept = p.Writer.Begin(in)
	var own rule.Summary
	begun := func() {
		if !p.rows {
			p.rows = true
			p.kept.Findings = p.findings
			p.kept.Counts.Add(&own)
		}
	}
	write := o.Facts
	o.Facts = func(f *ledger.Facts) error {
		begun()
		if err := p.Writer.Facts(f); err != nil || write == nil {
			return err
		}
		return write(f)
	}
	o.Report = p.Finding
	checksum, commit := uint32(0), o.Commit
	o.Commit = func(b *Batch) error {
		checksum = shard.Join(checksum, p.Writer.Block(b.Block.Data), int64(len(b.Block.Data)))
		if commit == nil {
			return nil
		}
		return commit(b)
	}
	err := Run(ctx, *o, &own)
	begun()
	sum.Add(&own)
	if err == nil && at.CRC32C != 0 && checksum != at.CRC32C {
		return &shard.ChangedError{File: o.Input.Name}
	}
	return err
}

// Made keeps what more is to be known of the input of the range at hand, after Run.
func (p *Part) Made(v any) (err error) {
	p.kept.Made, err = json.Marshal(v)
	return err
}
