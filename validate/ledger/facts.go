package ledger

import (
	"cmp"
	"math"
	"slices"

	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// Verdict says what became of a record.
type Verdict uint8

// The verdicts. Blank and HeaderAgain are of records that are no rows.
const (
	Accepted Verdict = iota
	Rejected
	Skipped     // left out on purpose
	Blank       // nothing but white space
	HeaderAgain // equal to the header
	numVerdicts
)

// IsRow reports whether the record is a row.
func (v Verdict) IsRow() bool { return v < Blank }

// The spaces of fingerprints: a username and an e-mail address may be equal. They must
// not change, since parts of a run are made by several programs.
const (
	UsernameSpace uint8 = 1 + iota
	EmailSpace
	PhoneSpace
	MemberSpace // names of Strays
)

// MaxKeys is how many keys a record may have.
const MaxKeys = 3

// Facts are what is known of a block of records: a value that a worker fills, from Begin
// to Complete, and that Ledger.Take settles. Records count from 0 in the block, and every
// list about some of them is in their order. Before Take positions count from the start
// of the block, so that only Pos says where that is: offsets and lines from 0, columns
// from 1. Take makes those of findings absolute.
//
// The memory is used again for the next block, so what is taken from Facts is valid until
// then. Values, and what Text says, belong to the block.
type Facts struct {
	Pos        scan.Pos    // of the first byte of the block in its input; Column is not used
	Bytes      int64       // of the block
	Lines      int64       // physical lines that end in the block, or with the input
	Continued  bool        // it goes on with the overlong line of the block before, and has no record
	Unfinished bool        // it ends within an overlong line, of which the rest is to come
	Seed       keyset.Seed // of the fingerprints

	Verdicts  []Verdict    // one a record
	LineOf    []uint32     // the line on which each record starts; empty: each record is a line
	Width     int          // keys that a record has, at most MaxKeys
	Keys      []keyset.Key // Width of each record, zero Keys where it has none; Take fills their Places
	Hashes    []Hash       // of password hashes whose algorithm counts
	Twins     []Twin
	Skips     []Skip
	Padded    []int32 // records to which fields were added, or from which empty ones were dropped
	MultiLine []int32 // records of several physical lines
	Strays    []Stray

	FirstCRLF   int // the first record that ends in CR LF, -1: none
	HeaderAgain int // the first record that names the columns in another order, -1: none

	// Findings are those of the records, see Add and FindingsOf.
	Findings []rule.Finding
	// Text says where things stand in the block. Facts that were read back bring it.
	Text Text

	// FirstNumber is the number of the first row, from 1, or that of the next one if
	// there is no row. Take fills it.
	FirstNumber int64

	of       []int32      // the record of each of Findings
	counts   rule.Summary // of verdicts and findings, before Take
	complete bool
	base     int64 // with which it was completed
	taken    bool

	late, spare     []rule.Finding // what Take adds; room
	lateOf, spareOf []int32
}

// Hash is the algorithm of a record's password hash.
type Hash struct {
	Record    int32
	Algorithm value.HashAlgorithm
}

// Twin is the fingerprint of the common form of a record's username, which differs from
// it. Names with the same common form look alike.
type Twin struct {
	Record int32
	Key    keyset.Key
}

// Skip says why a record was left out, in numbers of whoever left it out.
type Skip struct {
	Record int32
	Reason int32
}

// Stray is something in a record that is named like no field. It is reported once an
// input for each name.
type Stray struct {
	Record  int32
	Name    keyset.Key // its fingerprint
	Finding rule.Finding
}

// At is where a value stands.
type At struct {
	Pos   scan.Pos // from the start of the block, Column from 1
	Field int      // of the source, from 1; 0: the whole record
	Value []byte   // if findings carry values
}

// Text says where things stand in a block. It is asked about few of them, unless the
// Facts are written down.
type Text interface {
	Start(record int) uint32 // the offset of a record
	Key(record, key int) At
	Hash(record int) At
}

// Begin forgets the block before. The fields that are no lists are to be set then.
func (f *Facts) Begin() {
	f.Verdicts, f.LineOf, f.Keys, f.Hashes, f.Twins = f.Verdicts[:0], f.LineOf[:0], f.Keys[:0], f.Hashes[:0], f.Twins[:0]
	f.Skips, f.Padded, f.MultiLine, f.Strays = f.Skips[:0], f.Padded[:0], f.MultiLine[:0], f.Strays[:0]
	f.Findings, f.of = f.Findings[:0], f.of[:0]
	f.FirstCRLF, f.HeaderAgain, f.FirstNumber = -1, -1, 0
	f.complete, f.taken = false, false
}

// Add appends a finding about a record, to be filled in: all but File and Record. Records
// must come in order.
func (f *Facts) Add(record int) *rule.Finding {
	f.Findings, f.of = append(f.Findings, rule.Finding{}), append(f.of, int32(record))
	return &f.Findings[len(f.Findings)-1]
}

// RecordOf returns the record that finding i, from 0, is about.
func (f *Facts) RecordOf(i int) int { return int(f.of[i]) }

// FindingsOf returns the findings about a record.
func (f *Facts) FindingsOf(record int) []rule.Finding {
	lo, _ := slices.BinarySearch(f.of, int32(record))
	hi := lo
	for hi < len(f.of) && int(f.of[hi]) == record {
		hi++
	}
	return f.Findings[lo:hi]
}

// EachFinding calls f for everything that is to be reported, in the order of the records:
// Strays of a record, then the findings about it. Only after Take. An error ends it.
func (f *Facts) EachFinding(call func(*rule.Finding) error) error {
	at := 0
	for i := range f.Findings {
		for ; at < len(f.Strays) && f.Strays[at].Record <= f.of[i]; at++ {
			if err := call(&f.Strays[at].Finding); err != nil {
				return err
			}
		}
		if err := call(&f.Findings[i]); err != nil {
			return err
		}
	}
	for ; at < len(f.Strays); at++ {
		if err := call(&f.Strays[at].Finding); err != nil {
			return err
		}
	}
	return nil
}

// SkipOf returns the reason for which a record was left out, 0 if it was not.
func (f *Facts) SkipOf(record int) int {
	i, found := slices.BinarySearchFunc(f.Skips, int32(record), func(s Skip, r int32) int { return cmp.Compare(s.Record, r) })
	if !found {
		return 0
	}
	return int(f.Skips[i].Reason)
}

// EachKey calls f for every key that a Ledger compares with those of other rows: those of
// the accepted and rejected rows, and the common forms of their usernames. Places do not
// count. What it names at least twice in the Facts of a whole run is Options.Contested.
func (f *Facts) EachKey(call func(keyset.Key)) {
	counts := func(v Verdict) bool { return v == Accepted || v == Rejected }
	for i, v := range f.Verdicts {
		if !counts(v) {
			continue
		}
		for _, key := range f.Keys[i*f.Width : (i+1)*f.Width] {
			if key.Lo != 0 {
				call(key)
			}
		}
	}
	for _, t := range f.Twins {
		if counts(f.Verdicts[t.Record]) {
			call(t.Key)
		}
	}
}

// Line returns the physical line of the input, from 1, on which a record starts.
func (f *Facts) Line(record int) int64 { return f.Pos.Line + f.lineOf(record) }

// lineOf is Line from the start of the block.
func (f *Facts) lineOf(record int) int64 {
	if len(f.LineOf) == 0 {
		return int64(record)
	}
	return int64(f.LineOf[record])
}

// IsLine reports whether a record is known to stand on a line of its own.
func (f *Facts) IsLine(record int) bool {
	return len(f.LineOf) == 0 || record+1 < len(f.LineOf) && f.LineOf[record+1] == f.LineOf[record]+1
}

// Complete does what Take would have to do otherwise, while others wait for it: it counts,
// and gives the keys their places. base is that of Ledger.Begin.
func (f *Facts) Complete(base int64) {
	f.complete, f.base = true, base
	f.placeKeys()
	f.count()
}

// placeKeys gives the keys the places of their records, which are lines after the base of
// the input, as far as 32 bits hold them.
func (f *Facts) placeKeys() {
	if f.Width == 0 {
		return
	}
	keys, first := f.Keys, f.base+f.Pos.Line
	for i := range f.Verdicts {
		place := first + f.lineOf(i)
		if place > math.MaxUint32 {
			place = 0 // not known
		}
		for k := range keys[:f.Width] {
			if keys[k].Lo != 0 {
				keys[k].Place = uint32(place)
			}
		}
		keys = keys[f.Width:]
	}
}

// count fills counts, and numbers the rows of findings from 1 in the block.
func (f *Facts) count() {
	f.counts = rule.Summary{}
	accepted := 0
	for _, v := range f.Verdicts {
		if v == Accepted {
			accepted++
		}
	}
	f.counts.RowsRead, f.counts.RowsAccepted = int64(accepted), int64(accepted)
	if accepted < len(f.Verdicts) {
		for _, v := range f.Verdicts {
			f.countOther(v)
		}
	}
	rows, at := int64(0), 0
	for i := range f.Findings {
		finding, record := &f.Findings[i], int(f.of[i])
		for ; at <= record; at++ {
			if f.Verdicts[at].IsRow() {
				rows++
			}
		}
		finding.Record = 0
		if f.Verdicts[record].IsRow() {
			finding.Record = rows
		}
		f.counts.Count(finding.Code, finding.Severity, true)
	}
}

// countOther counts a record that was not accepted.
func (f *Facts) countOther(v Verdict) {
	s := &f.counts
	switch v {
	case Blank:
		s.RowsBlank++
	case Rejected:
		s.RowsRead++
		s.RowsRejected++
	case Skipped:
		s.RowsRead++
		s.RowsSkipped++
	}
}

// cut drops the records from the one with the given index on.
func (f *Facts) cut(records int) {
	f.Bytes, f.Lines = int64(f.Text.Start(records)), f.lineOf(records)
	f.Verdicts, f.Keys = f.Verdicts[:records], f.Keys[:records*f.Width]
	if len(f.LineOf) > 0 {
		f.LineOf = f.LineOf[:records]
	}
	self := func(record int32) int32 { return record }
	f.Padded, f.MultiLine = before(f.Padded, records, self), before(f.MultiLine, records, self)
	f.Hashes = before(f.Hashes, records, func(h Hash) int32 { return h.Record })
	f.Twins = before(f.Twins, records, func(t Twin) int32 { return t.Record })
	f.Skips = before(f.Skips, records, func(s Skip) int32 { return s.Record })
	f.Strays = before(f.Strays, records, func(s Stray) int32 { return s.Record })
	f.of = before(f.of, records, self)
	f.Findings = f.Findings[:len(f.of)]
	if f.FirstCRLF >= records {
		f.FirstCRLF = -1
	}
	f.count()
}

// before returns the part of a list, in order of records, that is about the first ones.
func before[T any](list []T, records int, record func(T) int32) []T {
	n, _ := slices.BinarySearchFunc(list, int32(records), func(t T, r int32) int { return cmp.Compare(record(t), r) })
	return list[:n]
}

// merge puts what Take added between the other findings, behind those of the same record.
func (f *Facts) merge() {
	if len(f.late) == 0 {
		return
	}
	all, of, at := f.spare[:0], f.spareOf[:0], 0
	for i, record := range f.lateOf {
		from := at
		for at < len(f.of) && f.of[at] <= record {
			at++
		}
		all, of = append(all, f.Findings[from:at]...), append(of, f.of[from:at]...)
		all, of = append(all, f.late[i]), append(of, record)
	}
	all, of = append(all, f.Findings[at:]...), append(of, f.of[at:]...)
	f.Findings, f.spare = all, f.Findings
	f.of, f.spareOf = of, f.of
	f.late, f.lateOf = f.late[:0], f.lateOf[:0]
}
