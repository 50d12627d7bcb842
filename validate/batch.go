package validate

import (
	"slices"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// Verdict says what became of a record.
type Verdict uint8

// The verdicts. Blank and HeaderAgain are of records that are no rows.
const (
	Accepted Verdict = iota
	Rejected
	Skipped
	Blank       // nothing but white space
	HeaderAgain // equal to the header
)

// IsRow reports whether the record is a row.
func (v Verdict) IsRow() bool { return v < Blank }

// Batch is a block of records with their verdicts, in input order. It is valid
// until the function that got it returns.
type Batch struct {
	Block    *scan.Block
	Records  []scan.Record
	Verdicts []Verdict
	Skips    []int          // what Stage.Values returned, one a record
	Findings []rule.Finding // in order; FindingsOf tells whose they are
	Stage    Stage

	// FirstNumber is the number of the first record, from 1; blank lines are not counted.
	FirstNumber int64

	findingOf []int32        // index into Records for each finding
	found     []rule.Finding // what process found, with Record counted from 1 in this batch
	foundOf   []int32
	counts    rule.Summary // of what process found
	lines     []uint32     // line of each record, counted from the block's first
	oneLine   bool         // every record is a line
	checker   *Checker
	index     scan.Index
	fields    []scan.Span
	values    []scan.Span
	firstCRLF int // record, -1: none
	strays    []stray
	strayed   map[string]bool // names in strays
	padded    []int32         // records to which fields were added, or from which empty ones were dropped
	// headerAgain is the first record that names the columns in another order, -1: none.
	headerAgain int
	rows        int64
	used        int        // bytes of the block's buffer: its data, and values behind it
	screening   *screening // nil: every row is judged by the checker
}

// Line returns the physical line, from 1, on which record i of the batch starts.
func (b *Batch) Line(i int) int64 { return b.Block.Pos.Line + int64(b.lines[i]) }

// isLine reports whether record i is known to stand on a line of its own.
func (b *Batch) isLine(i int) bool {
	return b.oneLine || i+1 < len(b.lines) && b.lines[i+1] == b.lines[i]+1
}

// Offset returns the byte offset of record i of the batch in the input.
func (b *Batch) Offset(i int) int64 { return b.Block.Pos.Offset + int64(b.Records[i].Start) }

// Raw returns record i byte for byte, with its line end.
func (b *Batch) Raw(i int) []byte { return b.Block.Data[b.Records[i].Start:b.Records[i].Next] }

// Field returns where field f, from 0, of record i lies in Block.Data, as it is written
// there. The record must have that field. A block is indexed once: whoever needs its
// fields takes them from here.
func (b *Batch) Field(i, f int) scan.Span { return b.index.Field(&b.index.Records[i], f) }

// FindingsOf returns the findings about record i.
func (b *Batch) FindingsOf(i int) []rule.Finding {
	lo, _ := slices.BinarySearch(b.findingOf, int32(i))
	hi := lo
	for hi < len(b.findingOf) && int(b.findingOf[hi]) == i {
		hi++
	}
	return b.Findings[lo:hi]
}

// endings returns how many bytes belong to the line ends of the records.
func (b *Batch) endings() (n int) {
	for i := range b.Records {
		n += int(b.Records[i].Next - b.Records[i].End)
	}
	return n
}

// findCRLF fills firstCRLF.
func (b *Batch) findCRLF() {
	b.firstCRLF = -1
	if b.index.CRLFs > 0 {
		b.firstCRLF = slices.IndexFunc(b.Records, func(r scan.Record) bool { return r.Next-r.End > 1 })
	}
}

// countLines fills lines, in one go where every record is a line.
func (b *Batch) countLines() {
	b.lines = b.lines[:0]
	records := len(b.Records)
	ended := records
	if records > 0 && b.Records[records-1].Next == b.Records[records-1].End {
		ended-- // the last one has no line end
	}
	b.oneLine = b.Block.Lines == ended
	if b.oneLine {
		for i := range b.Records {
			b.lines = append(b.lines, uint32(i))
		}
		return
	}
	lineEnds, line := b.Block.LineEnds(), 0
	for i := range b.Records {
		b.lines = append(b.lines, uint32(line))
		for line < len(lineEnds) && lineEnds[line] < b.Records[i].Next {
			line++
		}
	}
}
