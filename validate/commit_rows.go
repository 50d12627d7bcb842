package validate

import (
	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/value"
)

// commitRows goes through the records: in runs where there is nothing to say, one
// by one elsewhere.
func (r *runner) commitRows(b *Batch) error {
	rows := committing{runner: r, b: b, first: r.records, hashes: b.checker.hashes, twins: b.checker.twins, keys: len(r.Validator.keys)}
	if rows.keys > 0 && r.Size > 0 && r.Claims.Len() == 0 && r.records == 0 {
		n := int64(len(b.Records)) * (r.Size / int64(len(b.Block.Data)+1))
		r.Claims.Expect(n * int64(rows.keys) * 17 / 16)
	}
	for i := 0; i < len(b.Records); i++ {
		if n := rows.plain(i); n > 0 {
			r.records += int64(n)
			r.rows += int64(n)
			r.sum.RowsRead += int64(n)
			r.sum.RowsAccepted += int64(n)
			i += n - 1
		} else if err := rows.one(i); err != nil {
			return err
		}
	}
	return nil
}

// committing is the way through the records of a batch.
type committing struct {
	*runner
	b      *Batch
	first  int64 // records before the batch
	found  int   // the first of b.found that is not yet added
	hashes []recordHash
	twins  []twin
	keys   int // of a row
	ready  int // keys up to here are on their way to the caches
}

// prefetched is how many records' keys are on their way at a time.
const prefetched = 32

// plain commits records from i on that were accepted, about which nothing was
// found, and whose keys are new at first sight. It returns how many.
func (c *committing) plain(i int) int {
	b, end := c.b, len(c.b.Records)
	if c.rowByRow {
		return 0
	}
	if c.keys > 0 {
		keys := b.checker.keys
		at := i / prefetched * prefetched * c.keys
		for c.ready <= at+prefetched*c.keys && c.ready < len(keys) {
			next := min(c.ready+prefetched*c.keys, len(keys))
			c.Claims.Prefetch(keys[c.ready:next])
			c.ready = next
		}
		end = min(end, (i/prefetched+1)*prefetched)
	}
	if c.found < len(b.found) {
		end = min(end, int(b.foundOf[c.found]))
	}
	if len(c.hashes) > 0 {
		end = min(end, int(c.hashes[0].record))
	}
	if c.ImportFile {
		if !c.saidRows {
			end = min(end, i+int(max(MaxFileRows-c.rows, 0)))
		}
		if !c.saidCRLF && b.firstCRLF >= i {
			end = min(end, b.firstCRLF)
		}
	}
	if c.Validator.twins {
		end = c.untilTwin(i, end)
	}
	n := i
	for n < end && b.Verdicts[n] == Accepted {
		n++
	}
	if c.keys == 0 {
		return n - i
	}
	return c.Claims.AddNew(b.checker.keys[i*c.keys:n*c.keys], c.keys) / c.keys
}

// one commits a record.
func (c *committing) one(i int) (err error) {
	b, verdict := c.b, c.b.Verdicts[i]
	if verdict.IsRow() {
		c.records++
	}
	for ; c.found < len(b.found) && int(b.foundOf[c.found]) == i; c.found++ {
		f := b.found[c.found]
		if f.Record > 0 {
			f.Record += c.first
		}
		c.add(b, i, f)
	}
	for ; len(c.hashes) > 0 && int(c.hashes[0].record) == i; c.hashes = c.hashes[1:] {
		verdict = c.oneHash(b, i, c.hashes[0].algorithm, verdict)
	}
	if c.keys > 0 && (verdict == Accepted || verdict == Rejected) {
		if verdict, err = c.claim(i, b.checker.keys[i*c.keys:(i+1)*c.keys], verdict); err != nil {
			return err
		}
	}
	b.Verdicts[i] = verdict
	tally(c.sum, verdict)
	if verdict.IsRow() {
		c.rows++
	}
	if c.ImportFile && !c.saidRows && c.rows > MaxFileRows {
		c.saidRows = true
		c.add(b, i, rule.Finding{Code: rule.FileTooManyRows, Severity: c.Validator.severity[rule.FileTooManyRows], Pos: c.posOf(b, i), Want: MaxFileRows})
	}
	if !c.saidCRLF && c.ImportFile && i == b.firstCRLF {
		c.saidCRLF = true
		c.add(b, i, rule.Finding{Code: rule.FileCRLF, Severity: c.Validator.severity[rule.FileCRLF], Pos: c.posOf(b, i)})
	}
	return nil
}

// oneHash compares the algorithm of a row's password hash with that of the first one.
func (r *runner) oneHash(b *Batch, record int, h value.HashAlgorithm, v Verdict) Verdict {
	if r.OneHash == nil {
		return v
	}
	if *r.OneHash == value.HashNone {
		*r.OneHash = h
	}
	severity := r.Validator.severity[rule.HashOther]
	if h == *r.OneHash || severity == rule.Off {
		return v
	}
	r.late(b, &mark{record: int32(record), column: int32(r.Validator.HashColumn()), code: rule.HashOther, severity: severity, text: h.String()})
	if severity == rule.Error {
		return Rejected
	}
	return v
}

// claim looks up the keys of a row, and takes them for it if it is accepted.
func (c *committing) claim(record int, keys []keyset.Key, v Verdict) (Verdict, error) {
	var taken [maxKeys]bool
	for i, key := range keys {
		if key == (keyset.Key{}) {
			continue
		}
		by, found, err := c.Claims.takenBy(key)
		if err != nil {
			return v, err
		}
		if taken[i] = found; found {
			v = c.notFirst(record, i, c.Validator.keys[i].code, by, v)
		}
	}
	var common keyset.Key
	if c.Validator.twins && keys[0] != (keyset.Key{}) {
		common = c.takeTwin(record)
		if !taken[0] {
			place, found, err := c.Claims.findTwin(keys[0], common)
			if err != nil {
				return v, err
			}
			if found {
				v = c.notFirst(record, 0, rule.UsernameTwin, holder{place: place}, v)
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
		if err := c.Claims.Add(key); err != nil {
			return v, err
		}
	}
	if common != (keyset.Key{}) {
		common.Place = keys[0].Place
		return v, c.Claims.addTwin(common)
	}
	return v, nil
}

// notFirst adds a finding about key k of a record, which somebody else has or whose
// like, and returns the verdict on the row after it.
func (c *committing) notFirst(record, k int, code rule.Code, by holder, v Verdict) Verdict {
	severity := c.Validator.severity[code]
	m := mark{record: int32(record), column: int32(c.Validator.keys[k].column), code: code, severity: severity}
	if c.ShowValues {
		m.value = c.b.checker.shown[record*c.keys+k]
	}
	f := rule.Finding{Record: c.records}
	c.fill(&f, c.b, &m)
	f.FirstFile, f.FirstLine = c.Claims.where(by.place)
	f.Run = by.run
	c.add(c.b, record, f)
	if severity == rule.Error {
		return Rejected
	}
	return v
}
