package validate

import (
	"context"
	"errors"
	"fmt"

	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// MergeOptions say what becomes of the parts of a run.
type MergeOptions struct {
	Parts *shard.Set
	// Ledger of the run, with the Seed of the plan; nil: one of its own.
	Ledger *ledger.Ledger
	Policy Policy
	// Open opens the sources of the plan, for who reads records from them; nil: they are files.
	Open source.Opener

	// Report takes the findings in order; nil: nobody. A finding is valid during the call.
	Report func(*rule.Finding) error
	// Begun is told of every input before its findings, Ended when it has no more; nil: nobody.
	Begun func(input int, first *shard.Input) error
	Ended func(input int, read rule.Source) error
	// Ahead reads what else the part has of a block, as the Facts are that it was written with;
	// nil: nothing is read. It is called in order, some blocks ahead of the ledger, from a
	// goroutine of its own. used is what it has returned for a block that is done with, whose
	// memory may be used again, or nil.
	Ahead func(part *shard.Input, r *shard.Reader, f *ledger.Facts, used any) (any, error)
	// Block takes a block after the ledger has, in order, with what Ahead has read of it; nil: nobody.
	Block func(input int, part *shard.Input, f *ledger.Facts, read any) error
	// Progress is called now and then, from the same goroutine; nil: nobody.
	Progress func(*rule.Summary)
}

// Merge does what is left of a run of which the parts were made: one ledger takes what is
// known of all blocks, in the order of the input. The result, findings and their order are
// those of one run over the inputs.
func Merge(ctx context.Context, o MergeOptions) (Result, error) {
	m := &merge{MergeOptions: o}
	if o.Parts == nil {
		return m.result, errors.New("validate: there are no parts to merge")
	}
	if m.Ledger == nil {
		seed, err := o.Parts.Plan.Seed()
		if err != nil {
			return m.result, err
		}
		m.Ledger = ledger.New(ledger.Options{Seed: seed})
		defer m.Ledger.Close()
	}
	var err error
	if m.profiles, err = newProfiles(o.Parts); err != nil {
		return m.result, err
	}
	if err := o.Parts.Each(func(r *shard.Reader) error { return m.part(ctx, r) }); err != nil {
		return m.result, err
	}
	if m.profiles != nil {
		m.result.Profile = m.profiles.Result(m.profiles.days)
		m.profiles.rules.CountUsernames(m.result.Profile, &m.result.Summary)
	}
	m.result.Pool = o.Parts.Plan.Fingerprints.Schema
	return m.result, o.Policy.Conclude(&m.result, o.Report)
}

// merge is a run of Merge.
type merge struct {
	MergeOptions
	first    *shard.Input // of the input at hand
	before   rule.Summary // the counts before it
	free     []*aheadBlock
	profiles *profiles // nil: there is none
	result   Result
}

// part takes the ranges of a part.
func (m *merge) part(ctx context.Context, r *shard.Reader) error {
	plan, k := m.Parts.Plan, r.Mark.Part-1
	ahead := m.readAhead(r)
	defer ahead.stop()
	for i, at := range plan.Parts[k].Ranges {
		in := &r.Mark.Inputs[i]
		if plan.Begins(k, i) {
			if err := m.begin(at.Source, in); err != nil {
				return err
			}
		}
		if in.Empty != m.first.Empty || (len(in.Made) > 0) != (len(m.first.Made) > 0) {
			return in.Damaged()
		}
		for range in.Blocks {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := <-ahead.full
			if b.err != nil {
				return b.err
			}
			if err := m.block(at.Source, in, r, b); err != nil {
				return err
			}
			ahead.empty <- b
		}
		if plan.Ends(k, i) {
			if err := m.end(at.Source); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin begins an input.
func (m *merge) begin(input int, in *shard.Input) error {
	sum := &m.result.Summary
	m.first, m.before = in, *sum
	m.result.Sources = append(m.result.Sources, rule.Source{Name: in.Ledger.Name, Size: -1, Lacking: in.Lacking})
	if m.Begun != nil {
		if err := m.Begun(input, in); err != nil {
			return err
		}
	}
	sum.Add(&in.Counts)
	for i := range in.Findings {
		if err := m.report(&in.Findings[i]); err != nil {
			return err
		}
	}
	known := in.Ledger
	known.Severity = in.Level
	if input == 0 {
		known.Size = m.Parts.TextSize() // the ledger makes room for the keys of the whole run
	}
	m.Ledger.Begin(known, sum)
	return nil
}

// block takes the next block.
func (m *merge) block(input int, in *shard.Input, r *shard.Reader, b *aheadBlock) error {
	end, err := m.Ledger.Take(&b.facts)
	switch {
	case errors.As(err, new(*ledger.FactsError)):
		return fmt.Errorf("%w: %w", r.Damaged(shard.FactsName), err)
	case err != nil:
		return err
	case end != nil: // the part would have ended there, and not be complete
		return r.Damaged(shard.FactsName)
	}
	if err := b.facts.EachFinding(m.report); err != nil {
		return err
	}
	if m.profiles != nil {
		if err := m.profiles.block(in, r, &b.facts); err != nil {
			return err
		}
	}
	if m.Block != nil {
		if err := m.Block(input, in, &b.facts, b.read); err != nil {
			return err
		}
	}
	if m.Progress != nil {
		m.Progress(&m.result.Summary)
	}
	return nil
}

// end ends an input.
func (m *merge) end(input int) error {
	in, sum, planned := m.first, &m.result.Summary, &m.Parts.Plan.Sources[input]
	source := &m.result.Sources[len(m.result.Sources)-1]
	source.Rows, source.Size, source.SHA256 = sum.RowsRead-m.before.RowsRead, planned.Size, planned.SHA256
	var err error
	switch text := in.NoRow; {
	case in.Empty || source.Rows == 0:
		err = m.finding(in, rule.FileEmpty, text, 0, 0)
	case in.Largest > 0 && sum.Bytes-m.before.Bytes+in.Header > in.Largest:
		err = m.finding(in, rule.FileTooLarge, "", sum.Bytes-m.before.Bytes+in.Header, in.Largest)
	}
	if err != nil || m.Ended == nil || in.Empty {
		return err
	}
	return m.Ended(input, *source)
}

// finding counts and reports a finding about a whole file.
func (m *merge) finding(in *shard.Input, code rule.Code, text string, got, want int64) error {
	f := rule.Finding{Code: code, Severity: in.Level(code), File: in.Ledger.Name, Text: text, Got: got, Want: want, Pos: scan.Pos{Line: 1, Column: 1}}
	if f.Severity == rule.Off {
		return nil
	}
	m.result.Summary.Count(f.Code, f.Severity, false)
	return m.report(&f)
}

func (m *merge) report(f *rule.Finding) error {
	if m.Report == nil {
		return nil
	}
	return m.Report(f)
}
