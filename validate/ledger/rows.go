package ledger

import (
	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// takeRows goes through the records of which each may depend on those before: in runs
// where there is nothing to say, one by one elsewhere. It returns how many were taken if
// Stop then ended the run, -1 if it did not.
func (l *Ledger) takeRows(f *Facts) (taken int, err error) {
	in := &l.in
	if f.Width > 0 && in.Size > 0 && l.keys.Len() == 0 && in.rows == 0 {
		n := int64(len(f.Verdicts)) * (in.Size / (f.Bytes + 1)) * int64(f.Width) * 17 / 16
		if l.among != nil {
			n = min(n, l.among.Len())
		}
		l.keys.Expect(n)
	}
	p := pass{Ledger: l, f: f, twins: f.Twins, accepted: in.sum.RowsAccepted, rejected: in.sum.RowsRejected}
	if in.OneHash {
		p.hashes = f.Hashes
	}
	for i := 0; i < len(f.Verdicts); i++ {
		if n := p.plain(i); n > 0 {
			in.rows += int64(n)
			p.accepted += int64(n)
			i += n - 1
		} else if err := p.one(i); err != nil {
			return -1, err
		} else if p.stops(f.Verdicts[i]) {
			return i + 1, nil
		}
	}
	return -1, nil
}

// pass is the way through the records of a block.
type pass struct {
	*Ledger
	f      *Facts
	hashes []Hash // those of records that are to come
	twins  []Twin
	ready  int // keys up to here are on their way to the caches

	accepted, rejected int64 // rows of the run so far
}

// stops reports whether the run ends with the record that was taken.
func (p *pass) stops(v Verdict) bool {
	switch v {
	case Accepted:
		p.accepted++
	case Rejected:
		p.rejected++
	}
	if p.in.Stop == nil || v != Rejected && (v != Accepted || p.accepted+p.rejected != p.in.StopFrom) {
		return false
	}
	return p.in.Stop(p.accepted, p.rejected)
}

// prefetched is how many records' keys are on their way at a time.
const prefetched = 32

// plain takes records from i on that were accepted, and whose keys are new at first
// sight. It returns how many.
func (p *pass) plain(i int) int {
	f, in, width, end := p.f, &p.in, p.f.Width, len(p.f.Verdicts)
	if in.RowByRow {
		return 0
	}
	if width > 0 {
		at := i / prefetched * prefetched * width
		for p.ready <= at+prefetched*width && p.ready < len(f.Keys) {
			next := min(p.ready+prefetched*width, len(f.Keys))
			p.prefetch(f.Keys[p.ready:next])
			p.ready = next
		}
		end = min(end, (i/prefetched+1)*prefetched)
	}
	if len(p.hashes) > 0 {
		end = min(end, int(p.hashes[0].Record))
	}
	if in.MaxRows > 0 && !in.saidRows {
		end = min(end, i+int(max(in.MaxRows-in.rows, 0)))
	}
	if in.NoCRLF && !in.saidCRLF && f.FirstCRLF >= i {
		end = min(end, f.FirstCRLF)
	}
	if in.Twins {
		end = p.untilTwin(i, end)
	}
	if left := in.StopFrom - (p.accepted + p.rejected); in.Stop != nil && left > 0 {
		end = min(end, i+int(min(left-1, int64(end-i))))
	}
	n := i
	for n < end && f.Verdicts[n] == Accepted {
		n++
	}
	if width == 0 {
		return n - i
	}
	return p.addNew(f.Keys[i*width:n*width], width) / width
}

// one takes a record.
func (p *pass) one(i int) (err error) {
	f, in := p.f, &p.in
	verdict := f.Verdicts[i]
	if verdict.IsRow() {
		in.rows++
	}
	for ; len(p.hashes) > 0 && int(p.hashes[0].Record) == i; p.hashes = p.hashes[1:] {
		verdict = p.oneHash(i, verdict)
	}
	if f.Width > 0 && (verdict == Accepted || verdict == Rejected) {
		if verdict, err = p.takeKeys(i, f.Keys[i*f.Width:(i+1)*f.Width], verdict); err != nil {
			return err
		}
	}
	if verdict != f.Verdicts[i] { // it was accepted
		f.Verdicts[i] = verdict
		f.counts.RowsAccepted--
		f.counts.RowsRejected++
	}
	if in.MaxRows > 0 && !in.saidRows && in.rows > in.MaxRows {
		in.saidRows = true
		p.aboutFile(i, rule.Finding{Code: rule.FileTooManyRows, Want: in.MaxRows})
	}
	if in.NoCRLF && !in.saidCRLF && i == f.FirstCRLF {
		in.saidCRLF = true
		p.aboutFile(i, rule.Finding{Code: rule.FileCRLF})
	}
	return nil
}

// aboutFile adds a finding about the file, seen at a record.
func (p *pass) aboutFile(record int, x rule.Finding) {
	x.Severity = p.in.Severity(x.Code)
	x.Pos = p.f.absolute(scan.Pos{Offset: int64(p.f.Text.Start(record)), Line: p.f.lineOf(record), Column: 1})
	p.add(record, x, false)
}

// aboutValue adds a finding about a value of a record.
func (p *pass) aboutValue(record int, at At, c *Column, x rule.Finding) {
	x.Record, x.Pos, x.Field, x.Value = p.in.rows, p.f.absolute(at.Pos), at.Field, at.Value
	x.Column, x.Source = c.Name, c.Source
	p.add(record, x, true)
}

// add adds a finding, and counts it.
func (p *pass) add(record int, x rule.Finding, aboutRow bool) {
	if x.Severity == rule.Off {
		return
	}
	x.File = p.in.Name
	p.f.late, p.f.lateOf = append(p.f.late, x), append(p.f.lateOf, int32(record))
	p.in.sum.Count(x.Code, x.Severity, aboutRow)
}

// oneHash compares the algorithm of a record's password hash, the first of hashes, with
// that of the first one of all, and returns the verdict after it.
func (p *pass) oneHash(record int, v Verdict) Verdict {
	h := p.hashes[0].Algorithm
	if p.hash == value.HashNone {
		p.hash = h
	}
	severity := p.in.Severity(rule.HashOther)
	if h == p.hash || severity == rule.Off {
		return v
	}
	p.aboutValue(record, p.f.Text.Hash(record), &p.in.Hash, rule.Finding{Code: rule.HashOther, Severity: severity, Text: h.String()})
	if severity == rule.Error {
		return Rejected
	}
	return v
}

// takeKeys looks up the keys of a row, and takes them for it if it is accepted.
func (p *pass) takeKeys(record int, keys []keyset.Key, v Verdict) (Verdict, error) {
	var taken [MaxKeys]bool
	for i, key := range keys {
		if key == (keyset.Key{}) {
			continue
		}
		by, found, err := p.takenBy(key)
		if err != nil {
			return v, err
		}
		if taken[i] = found; found {
			v = p.notFirst(record, i, p.in.Keys[i].Code, by, v)
		}
	}
	var common keyset.Key
	if p.in.Twins && keys[0] != (keyset.Key{}) {
		common = p.takeTwin(record)
		if !taken[0] {
			place, found, err := p.findTwin(keys[0], common)
			if err != nil {
				return v, err
			}
			if found {
				v = p.notFirst(record, 0, rule.UsernameTwin, holder{place: place}, v)
			}
		}
	}
	if v != Accepted {
		return v, nil
	}
	for i, key := range keys {
		if key == (keyset.Key{}) || taken[i] {
			continue
		}
		if err := p.remember(&p.keys, key); err != nil {
			return v, err
		}
	}
	if common != (keyset.Key{}) {
		common.Place = keys[0].Place
		return v, p.addTwin(common)
	}
	return v, nil
}

// notFirst adds a finding about key k of a record, which somebody else has or whose
// like, and returns the verdict on the row after it.
func (p *pass) notFirst(record, k int, code rule.Code, by holder, v Verdict) Verdict {
	x := rule.Finding{Code: code, Severity: p.in.Severity(code), Run: by.run}
	x.FirstFile, x.FirstLine = p.where(by.place)
	p.aboutValue(record, p.f.Text.Key(record, k), &p.in.Keys[k], x)
	if x.Severity == rule.Error {
		return Rejected
	}
	return v
}
