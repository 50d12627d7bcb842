package scan

import "bytes"

// A value that was cut in two by a bare LF, in a file whose records end with CR LF,
// looks like two records. Whether it is one can be told only where all the pieces up
// to the next CR LF are at hand: a run. This file keeps runs in one block.

// MaxRunBytes and MaxRunRecords are how much a run may have. One that has more is
// taken for what it most likely is: a part of the file that was written with LF.
const (
	MaxRunBytes   = 64 << 10
	MaxRunRecords = 1000
)

// KeepRuns makes blocks end just after a CR LF where the first record of the input
// does, unless a run is too long for that. To be called before the first Next.
func (s *Splitter) KeepRuns() { s.keepRuns = true }

// CRLF reports whether the first record of the input ended with CR LF, and runs are kept together.
func (b *Block) CRLF() bool { return b.runs }

// WithinRun reports whether the block starts within a run that was too long to be kept together.
func (b *Block) WithinRun() bool { return b.withinRun }

// Last reports whether the input ends with the block.
func (b *Block) Last() bool { return b.last }

// cutRuns is cut, but for runs that should not be cut. With more it must see more data.
func (s *Splitter) cutRuns(b *Block) (n int, proven, more bool) {
	n, proven = s.cut(b)
	data := b.Data
	if !s.keepRuns || !s.crlf || n == 0 || s.eof && n == len(data) || endsCRLF(data[:n]) {
		return n, proven, false
	}
	f, after := &b.found, 0 // the end of the last record that ends with CR LF
	record := -1
	if proven && !b.late {
		for record = int(f.r) - 1; record >= 0; record-- {
			if end := int(f.ends[f.records[record]]) + 1; endsCRLF(data[:end]) {
				after = end
				break
			}
		}
	} else {
		after = s.lastCRLF(data[:n])
	}
	run := data[after:n]
	switch {
	case after == 0 && s.withinRun || len(run) > min(MaxRunBytes, s.dialect.MaxRecord) || bytes.Count(run, []byte{'\n'}) > MaxRunRecords:
		return n, proven, false
	case after == 0:
		return n, proven, len(data)-n <= s.dialect.MaxRecord // else an overlong line follows, which ends the run
	}
	if record >= 0 {
		f.r, f.n = uint64(record)+1, uint64(f.records[record])+1
	}
	s.recount = true
	return after, proven, false
}

func endsCRLF(data []byte) bool { return bytes.HasSuffix(data, []byte("\r\n")) }

// lastCRLF returns the end of the last record of data that ends with CR LF, 0 if there is none.
func (s *Splitter) lastCRLF(data []byte) (after int) {
	m := s.machine()
	for n := 0; n < len(data); {
		var o outcome
		o, s.ends = m.next(data, n, true, s.ends[:0])
		if n = o.next; endsCRLF(data[:n]) {
			after = n
		}
	}
	return after
}

// JoinCut makes one record with the fault CutValue of each value that was cut by a
// bare LF, in a block of which CRLF is true: of records that end with a bare LF and
// the one that ends their run where, joined, they have exactly the given number of
// fields (with atMost no more than that), and one of them alone has not. Only after Index.
func (x *Index) JoinCut(b *Block, fields int, atMost bool) {
	if x.CRLFs == len(x.Records) {
		return
	}
	kept := x.Records[:0]
	start := 0 // of the run, in kept
	skip := b.withinRun
	for i, r := range x.Records {
		kept = append(kept, r)
		switch {
		case r.Fault == TooLong:
			start, skip = len(kept), false
		case r.Next-r.End > 1 || b.last && i == len(x.Records)-1:
			if !skip {
				kept = b.joinRun(kept, start, fields, atMost)
			}
			start, skip = len(kept), false
		}
	}
	x.Records = kept
}

// joinRun joins what is one record of the run records[start:].
func (b *Block) joinRun(records []Record, start, fields int, atMost bool) []Record {
	run := records[start:]
	last := len(run) - 1
	text := b.Data[run[0].Start:run[last].End]
	if last == 0 || len(text) > min(MaxRunBytes, b.dialect.MaxRecord) || bytes.Count(text, []byte{'\n'}) > MaxRunRecords {
		return records
	}
	pieces := make([]int, len(run)) // fields, quotes disregarded where they are misplaced; 0: no piece
	for i := range run {
		pieces[i] = b.pieceFields(&run[i])
	}
	for last > 0 && pieces[last] == 0 {
		last--
	}
	// joins returns the first record that, joined with those up to to, is one record.
	joins := func(to int) int {
		first, joined, partial := -1, 1, false
		for i := to; i >= 0 && joined <= fields; i-- {
			if pieces[i] == 0 {
				continue
			}
			joined += pieces[i] - 1
			partial = partial || pieces[i] != fields
			if i < to && partial && (joined == fields || atMost && joined < fields) {
				first = i
			}
		}
		return first
	}
	first := joins(last)
	if first < 0 {
		return records
	}
	// Where the first of these may as well be the end of a record before, nobody knows
	// which one was cut.
	for to := last - 1; to >= first && to > 0; to-- {
		if i := joins(to); i >= 0 && i < first {
			first = i
		}
	}
	r := &run[first]
	*r = Record{Start: r.Start, End: run[last].End, Next: run[last].Next, First: r.First, At: r.End, Fault: CutValue}
	return append(records[:start+first+1], run[last+1:]...)
}

// pieceFields returns how many fields a record of a run has, as it stands: 0 for one of
// nothing but spaces and tabs.
func (b *Block) pieceFields(r *Record) int {
	text := b.Data[r.Start:r.End]
	switch {
	case len(bytes.Trim(text, " \t")) == 0:
		return 0
	case r.N > 0:
		return int(r.N)
	}
	return bytes.Count(text, []byte{b.dialect.Delimiter}) + 1
}
