package validate

import (
	"math"

	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// commit lets the ledger settle what depends on the blocks before, in input order, and
// hands on what came of it.
func (r *runner) commit(block *scan.Block, w *worker) error {
	b := &w.Batch
	if r.Facts != nil {
		if err := r.Facts(&b.Facts); err != nil {
			return err
		}
	}
	end, err := r.Ledger.Take(&b.Facts)
	if err != nil {
		return err
	}
	b.Records = b.Records[:len(b.Verdicts)]
	if w.profiling != nil {
		w.profiling.take(b, r.late)
		if r.profiled != nil {
			if err := r.profiled(b, w.profiling.Collector); err != nil {
				return err
			}
		}
	}
	r.aimAt(len(block.Data), len(b.Findings))
	if err := r.report(b); err != nil {
		return err
	}
	if r.Commit != nil {
		if err := r.Commit(b); err != nil {
			return err
		}
	}
	if r.Progress != nil {
		r.Progress(r.sum)
	}
	if end == ledger.ErrHeaderAgain {
		return &HeaderAgainError{File: r.Input.Name, Line: b.Pos.Line + b.Lines}
	}
	return end
}

// report reports the findings of a batch.
func (r *runner) report(b *Batch) error {
	if r.Report == nil {
		return nil
	}
	return b.EachFinding(r.Report)
}

// While a block waits for its turn each of its findings takes some hundred bytes, so
// blocks are as large as makes fewFindings in one. The first ones are small, because
// nothing is known yet.
const (
	firstBlock  = 32 << 10 // bytes
	leastBlock  = 4 << 10
	fewFindings = 4096
)

// aimAt sets the size of the next blocks after one of the given size.
func (r *runner) aimAt(size, findings int) {
	r.aim = max(leastBlock, min(2*r.aim, size*fewFindings/(findings+1), math.MaxInt32))
	r.Input.splitter.AimAt(r.aim)
}

// blankLines reports the blank lines before the header.
func (r *runner) blankLines() error {
	in, severity := r.Input, r.Validator.Severity(rule.RowBlank)
	r.sum.RowsBlank += in.blank
	if severity == rule.Off {
		return nil
	}
	for range in.blank {
		r.sum.Count(rule.RowBlank, severity, true)
	}
	if r.Report == nil {
		return nil
	}
	for _, pos := range in.blanks {
		f := rule.Finding{Code: rule.RowBlank, Severity: severity, File: in.Name, Pos: pos}
		if err := r.Report(&f); err != nil {
			return err
		}
	}
	return nil
}
