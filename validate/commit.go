package validate

import (
	"poolprep/validate/keyset"
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

// commitRows goes through the records one by one.
func (r *runner) commitRows(b *Batch) (err error) {
	first, next := r.records, 0 // next: the first of found that is not yet added
	hashes := b.checker.hashes
	keys := len(r.Validator.keys)
	if keys > 0 {
		if r.Size > 0 && r.Claims.Len() == 0 && first == 0 {
			rows := int64(len(b.Records)) * (r.Size / int64(len(b.Block.Data)+1))
			r.Claims.Expect(rows * int64(keys) * 17 / 16)
		}
		r.Claims.Touch(b.checker.keys)
	}
	for i := range b.Records {
		verdict := b.Verdicts[i]
		if verdict != Blank {
			r.records++
		}
		for ; next < len(b.found) && int(b.foundOf[next]) == i; next++ {
			f := b.found[next]
			if f.Record > 0 {
				f.Record += first
			}
			r.add(b, i, f)
		}
		for ; len(hashes) > 0 && int(hashes[0].record) == i; hashes = hashes[1:] {
			verdict = r.oneHash(b, i, hashes[0].algorithm, verdict)
		}
		if keys > 0 && (verdict == Accepted || verdict == Rejected) {
			if verdict, err = r.claim(b, i, b.checker.keys[i*keys:(i+1)*keys], verdict); err != nil {
				return err
			}
		}
		b.Verdicts[i] = verdict
		r.sum.tally(verdict)
		if verdict != Blank {
			r.rows++
		}
		if r.ImportFile && !r.saidRows && r.rows > MaxFileRows {
			r.saidRows = true
			r.add(b, i, Finding{Code: FileTooManyRows, Severity: r.Validator.severity[FileTooManyRows], Pos: r.posOf(b, i), Want: MaxFileRows})
		}
		if !r.saidCRLF && r.ImportFile && i == b.firstCRLF {
			r.saidCRLF = true
			r.add(b, i, Finding{Code: FileCRLF, Severity: r.Validator.severity[FileCRLF], Pos: r.posOf(b, i)})
		}
	}
	return nil
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

// oneHash compares the algorithm of a row's password hash with that of the first one.
func (r *runner) oneHash(b *Batch, record int, h HashAlgorithm, v Verdict) Verdict {
	if r.OneHash == nil {
		return v
	}
	if *r.OneHash == HashNone {
		*r.OneHash = h
	}
	severity := r.Validator.severity[HashOther]
	if h == *r.OneHash || severity == Off {
		return v
	}
	r.late(b, &mark{record: int32(record), column: int32(r.Validator.HashColumn()), code: HashOther, severity: severity, text: h.String()})
	if severity == Error {
		return Rejected
	}
	return v
}

// claim looks up the keys of a row, and takes them for it if it is accepted.
func (r *runner) claim(b *Batch, record int, keys []keyset.Key, v Verdict) (Verdict, error) {
	var taken [maxKeys]bool
	for i, key := range keys {
		if key == (keyset.Key{}) {
			continue
		}
		var err error
		if taken[i], err = r.Claims.Has(key); err != nil {
			return v, err
		}
		if !taken[i] {
			continue
		}
		k := &r.Validator.keys[i]
		severity := r.Validator.severity[k.code]
		r.late(b, &mark{record: int32(record), column: int32(k.column), code: k.code, severity: severity})
		if severity == Error {
			v = Rejected
		}
	}
	if v != Accepted {
		return v, nil
	}
	for i, key := range keys {
		if key == (keyset.Key{}) || taken[i] {
			continue
		}
		if err := r.Claims.Add(key); err != nil {
			return v, err
		}
	}
	return v, nil
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
