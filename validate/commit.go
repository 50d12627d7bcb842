package validate

import (
	"poolprep/validate/scan"
)

// commit does what depends on the blocks before, in input order.
func (r *runner) commit(block *scan.Block, b *Batch) error {
	over := r.cutAtLimit(b)
	b.FirstNumber = r.records + 1
	next := 0 // the first mark not yet reported
	hashes := b.checker.hashes
	marks := b.checker.marks
	keys := len(r.Validator.keys)
	if keys > 0 {
		r.Claims.touch(r.Validator.keys, b.checker.keys)
	}
	for i := range b.Records {
		verdict := b.Verdicts[i]
		if verdict == Blank {
			r.sum.RowsBlank++
		} else {
			r.records++
		}
		for next < len(marks) && int(marks[next].record) == i {
			r.resolve(b, &marks[next])
			next++
		}
		for ; len(hashes) > 0 && int(hashes[0].record) == i; hashes = hashes[1:] {
			verdict = r.oneHash(b, i, hashes[0].algorithm, verdict)
		}
		if keys > 0 && (verdict == Accepted || verdict == Rejected) {
			verdict = r.claim(b, i, b.checker.keys[i*keys:(i+1)*keys], verdict)
		}
		b.Verdicts[i] = verdict
		r.tally(verdict)
		if r.ImportFile && !r.saidRows && r.rows > MaxFileRows {
			r.saidRows = true
			r.add(b, i, Finding{Code: FileTooManyRows, Severity: r.Validator.severity[FileTooManyRows], Pos: r.posOf(b, i), Want: MaxFileRows})
		}
		if !r.saidCRLF && r.ImportFile && i == b.firstCRLF {
			r.saidCRLF = true
			r.add(b, i, Finding{Code: FileCRLF, Severity: r.Validator.severity[FileCRLF], Pos: r.posOf(b, i)})
		}
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

func (r *runner) tally(v Verdict) {
	switch v {
	case Blank:
		return
	case Accepted:
		r.sum.RowsAccepted++
	case Rejected:
		r.sum.RowsRejected++
	case Skipped:
		r.sum.RowsSkipped++
	}
	r.rows++
	r.sum.RowsRead++
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
	r.resolve(b, &mark{record: int32(record), column: int32(r.Validator.HashColumn()), code: HashOther, severity: severity, text: h.String()})
	if severity == Error {
		return Rejected
	}
	return v
}

// claim looks up the keys of a row, and takes them for it if it is accepted.
func (r *runner) claim(b *Batch, record int, keys []fingerprint, v Verdict) Verdict {
	for i, f := range keys {
		k := &r.Validator.keys[i]
		if f == (fingerprint{}) || !r.Claims.set(k.code).has(f) {
			continue
		}
		severity := r.Validator.severity[k.code]
		r.resolve(b, &mark{record: int32(record), column: int32(k.column), code: k.code, severity: severity})
		if severity == Error {
			v = Rejected
		}
	}
	if v == Accepted {
		for i, f := range keys {
			if f != (fingerprint{}) {
				r.Claims.set(r.Validator.keys[i].code).add(f)
			}
		}
	}
	return v
}

// resolve makes a finding of a mark.
func (r *runner) resolve(b *Batch, m *mark) {
	f := Finding{Code: m.code, Severity: m.severity, Want: int64(m.want), Got: int64(m.got), Text: m.text}
	if b.Verdicts[m.record] != Blank {
		f.Record = r.records
	}
	f.Pos, f.Field = r.place(b, m)
	if m.column >= 0 {
		f.Column = r.Validator.columns[m.column].name
		if r.ShowValues && m.value.End > 0 && r.Validator.columns[m.column].kind != kindHash {
			f.Value = m.value.Of(b.Block.Data[:cap(b.Block.Data)])
		}
	}
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
