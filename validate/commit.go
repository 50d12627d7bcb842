package validate

import (
	"poolprep/validate/scan"
)

// commit does what depends on the blocks before, in input order.
func (r *runner) commit(block *scan.Block, b *Batch) error {
	over := r.cutAtLimit(b)
	b.FirstNumber = r.records + 1
	if over || r.ImportFile || len(b.checker.hashes) > 0 || len(r.Validator.keys) > 0 {
		if err := r.commitRows(b); err != nil {
			return err
		}
	} else {
		r.commitAll(b)
	}
	if n := len(b.Records); n > 0 {
		r.Claims.last = r.base + b.Line(n-1)
	}
	r.sum.Bytes += int64(len(block.Data))
	if r.Report != nil {
		for i := range b.Findings {
			if err := r.Report(&b.Findings[i]); err != nil {
				return err
			}
		}
	}
	if r.Commit != nil {
		if err := r.Commit(b); err != nil {
			return err
		}
	}
	if r.Progress != nil {
		r.Progress(r.sum)
	}
	if over {
		return errLimit
	}
	return nil
}

// commitAll is commitRows where no row depends on those before.
func (r *runner) commitAll(b *Batch) {
	b.Findings, b.found = b.found, b.Findings
	b.findingOf, b.foundOf = b.foundOf, b.findingOf
	for i := range b.Findings {
		if f := &b.Findings[i]; f.Record > 0 {
			f.Record += r.records
		}
	}
	r.sum.Add(&b.counts)
	r.records += b.counts.RowsRead
	r.rows += b.counts.RowsRead
}

// cutAtLimit drops the records after the limit of rows, and tells whether it is reached.
func (r *runner) cutAtLimit(b *Batch) bool {
	if r.Limit <= 0 || r.rows+b.rows < r.Limit {
		return false
	}
	left := r.Limit - r.rows
	for i, v := range b.Verdicts {
		if v != Blank {
			left--
		}
		if left == 0 {
			b.Records, b.Verdicts = b.Records[:i+1], b.Verdicts[:i+1]
			break
		}
	}
	return true
}

// tally counts a record.
func (s *Summary) tally(v Verdict) {
	switch v {
	case Blank:
		s.RowsBlank++
		return
	case Accepted:
		s.RowsAccepted++
	case Rejected:
		s.RowsRejected++
	case Skipped:
		s.RowsSkipped++
	}
	s.RowsRead++
}

// late adds a finding that depends on the rows before.
func (r *runner) late(b *Batch, m *mark) {
	f := Finding{Record: r.records}
	r.fill(&f, b, m)
	r.add(b, int(m.record), f)
}

// add appends a finding about record i of the batch, and counts it.
func (r *runner) add(b *Batch, i int, f Finding) {
	if f.Severity == Off {
		return
	}
	f.File = r.Input.Name
	b.Findings, b.findingOf = append(b.Findings, f), append(b.findingOf, int32(i))
	aboutRow := f.Code != FileTooManyRows && f.Code != FileCRLF
	r.sum.Count(f.Code, f.Severity, aboutRow)
}

func (r *runner) posOf(b *Batch, i int) scan.Pos {
	return scan.Pos{Offset: b.Offset(i), Line: b.Line(i), Column: 1}
}

// blankLines reports the blank lines before the header.
func (r *runner) blankLines() error {
	in, severity := r.Input, r.Validator.severity[RowBlank]
	r.sum.RowsBlank += in.blank
	if severity == Off {
		return nil
	}
	for range in.blank {
		r.sum.Count(RowBlank, severity, true)
	}
	if r.Report == nil {
		return nil
	}
	for _, pos := range in.blanks {
		f := Finding{Code: RowBlank, Severity: severity, File: in.Name, Pos: pos}
		if err := r.Report(&f); err != nil {
			return err
		}
	}
	return nil
}
