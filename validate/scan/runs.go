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
