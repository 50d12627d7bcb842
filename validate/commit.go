package validate

import (
	"bytes"
	"math"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// commit does what depends on the blocks before, in input order.
func (r *runner) commit(block *scan.Block, b *Batch) error {
	if r.limitReached && !block.Continued {
		return errLimit // the overlong line that was the last one has come to its end
	}
	records := len(b.Records)
	over := r.cutAtLimit(b)
	again := r.cutAtHeader(b)
	b.FirstNumber = r.records + 1
	if len(b.Records) < records || r.ImportFile || len(b.checker.hashes) > 0 || len(r.Validator.keys) > 0 {
		if err := r.commitRows(b); err != nil {
			return err
		}
	} else {
		r.commitAll(b)
	}
	if err := r.reportStrays(b); err != nil {
		return err
	}
	r.count(b, len(b.Records) < records)
	r.aimAt(len(block.Data), len(b.Findings))
	if n := len(b.Records); n > 0 {
		r.Claims.last = r.base + b.Line(n-1)
	}
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
	switch {
	case again != nil:
		return again
	case over && block.Unfinished():
		r.limitReached = true
	case over:
		return errLimit
	}
	return nil
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

// count adds what was read with the records of the batch, of which the last ones may
// have been cut off.
func (r *runner) count(b *Batch, cut bool) {
	bytesRead, lines := len(b.Block.Data), b.Block.Lines
	if cut {
		bytesRead = 0
		if n := len(b.Records); n > 0 {
			bytesRead = int(b.Records[n-1].Next)
		}
		lines = bytes.Count(b.Block.Data[:bytesRead], []byte{b.Block.LineEnd()})
	}
	r.sum.Bytes += int64(bytesRead)
	r.sum.Lines += int64(lines)
	if n := bytesRead; n > 0 && b.Block.Data[n-1] != b.Block.LineEnd() && !b.Block.Unfinished() {
		r.sum.Lines++ // the last one, which no line end follows
	}
	for _, i := range b.padded {
		if int(i) < len(b.Verdicts) && b.Verdicts[i] == Accepted {
			r.sum.RowsPadded++
		}
	}
	if b.oneLine {
		return
	}
	for i, v := range b.Verdicts {
		if v == Accepted && !b.isLine(i) && bytes.IndexByte(b.Block.Data[b.Records[i].Start:b.Records[i].End], b.Block.LineEnd()) >= 0 {
			r.sum.RowsOfLines++
		}
	}
}

// cutAtHeader drops the records from the first one on that names the columns in
// another order, and returns the error that ends the run.
func (r *runner) cutAtHeader(b *Batch) error {
	i := b.headerAgain
	if i < 0 || i >= len(b.Records) {
		return nil
	}
	err := &HeaderAgainError{File: r.Input.Name, Line: b.Line(i)}
	b.Records, b.Verdicts = b.Records[:i], b.Verdicts[:i]
	return err
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
		if v.IsRow() {
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
func tally(s *rule.Summary, v Verdict) {
	switch v {
	case Blank:
		s.RowsBlank++
		return
	case HeaderAgain:
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
	f := rule.Finding{Record: r.records}
	r.fill(&f, b, m)
	r.add(b, int(m.record), f)
}

// add appends a finding about record i of the batch, and counts it.
func (r *runner) add(b *Batch, i int, f rule.Finding) {
	if f.Severity == rule.Off {
		return
	}
	f.File = r.Input.Name
	b.Findings, b.findingOf = append(b.Findings, f), append(b.findingOf, int32(i))
	aboutRow := f.Code != rule.FileTooManyRows && f.Code != rule.FileCRLF
	r.sum.Count(f.Code, f.Severity, aboutRow)
}

func (r *runner) posOf(b *Batch, i int) scan.Pos {
	return scan.Pos{Offset: b.Offset(i), Line: b.Line(i), Column: 1}
}

// blankLines reports the blank lines before the header.
func (r *runner) blankLines() error {
	in, severity := r.Input, r.Validator.severity[rule.RowBlank]
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
