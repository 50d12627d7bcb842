package validate

import (
	"bytes"
	"slices"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/row"
	"poolprep/validate/scan"
)

// Batch is a block of records with what is known of them after the ledger, in input
// order. It is valid until the function that got it returns.
type Batch struct {
	ledger.Facts
	Block   *scan.Block
	Records []scan.Record
	Stage   Stage

	index scan.Index
}

// Offset returns the byte offset of record i of the batch in the input.
func (b *Batch) Offset(i int) int64 { return b.Pos.Offset + int64(b.Records[i].Start) }

// Column returns the byte, from 1, of its line at which record i of the batch starts.
func (b *Batch) Column(i int) int { return b.place(i, 0).Column }

// Raw returns record i byte for byte, with its line end.
func (b *Batch) Raw(i int) []byte { return b.Block.Data[b.Records[i].Start:b.Records[i].Next] }

// Field returns where field f, from 0, of record i lies in Block.Data, as it is written
// there. The record must have that field. A block is indexed once: whoever needs its
// fields takes them from here.
func (b *Batch) Field(i, f int) scan.Span { return b.index.Field(&b.index.Records[i], f) }

// place returns the position, from the start of the block, of what is n bytes behind the
// start of a record.
func (b *Batch) place(record, n int) scan.Pos {
	start := b.index.Records[record].Start
	p := scan.Pos{Offset: int64(start) + int64(n), Line: b.Line(record) - b.Pos.Line, Column: n + 1}
	if b.Block.Dialect().Kind != scan.JSON {
		return p
	}
	// The record may begin within a line that begins in another block, and have several.
	line := b.Block.Data[:start]
	if before := b.LineOf[record]; before > 0 {
		line = line[b.Block.LineEnds()[before-1]+1:]
	} else {
		p.Column += b.Pos.Column - 1
	}
	p.Column += len(line)
	text := b.Block.Data[start : int(start)+n]
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		p.Line += int64(bytes.Count(text, []byte{'\n'}))
		p.Column = n - last
	}
	return p
}

// worker is the state of one goroutine: a batch in the making.
type worker struct {
	Batch
	*runner
	checker   *judge.Checker
	decoder   row.Decoder // of Format
	decoding  int         // the record that it reads
	fields    []scan.Span
	values    []scan.Span
	strayed   map[string]bool  // names of members that were noted in the block
	kept      int              // bytes of the block's buffer: its data, and columns that were made behind it
	used      int              // and behind these, values of rows
	judged    bool             // the checker has seen the values of the record at hand
	fast      *judge.FastBlock // nil: every row is judged by the checker
	byColumn  bool             // the fast path has judged the block
	profiling *profiling       // nil: there is none
}

// begin takes the next block.
func (w *worker) begin(block *scan.Block) {
	w.Block = block
	block.Index(&w.index)
	if block.CRLF() {
		w.index.JoinCut(block, w.Fields, w.PadRagged)
	}
	w.Records, w.kept, w.used = w.index.Records, len(block.Data), len(block.Data)
	f := &w.Facts
	f.Begin()
	f.Pos, f.Bytes, f.Continued, f.Unfinished = block.Pos, int64(len(block.Data)), block.Continued, block.Unfinished()
	f.Verdicts = slices.Grow(f.Verdicts, len(w.Records))[:len(w.Records)]
	clear(f.Verdicts) // all are Accepted
	w.findLines()
	if w.index.CRLFs > 0 {
		f.FirstCRLF = slices.IndexFunc(w.Records, func(r scan.Record) bool { return r.Next-r.End > 1 })
	}
	if clear(w.strayed); w.decoder != nil {
		w.decoder.Begin()
	}
	w.checker.Begin(f)
	if w.profiling != nil {
		w.profiling.begin()
	}
}

// findLines counts lines, and notes on which records start unless each is a line.
func (w *worker) findLines() {
	f, data, records := &w.Facts, w.Block.Data, w.Records
	f.Lines = int64(w.Block.Lines)
	document := w.dialect.Kind == scan.JSON
	if n := len(data); n > 0 && data[n-1] != w.Block.LineEnd() && !w.Block.Unfinished() && (!document || w.Block.Last()) {
		f.Lines++ // the last one, which no line end follows
	}
	ended := len(records)
	if ended > 0 && records[ended-1].Next == records[ended-1].End {
		ended-- // the last one has no line end
	}
	if w.Block.Lines == ended && !document {
		return
	}
	lineEnds, line := w.Block.LineEnds(), 0
	for i := range records {
		for line < len(lineEnds) && lineEnds[line] < records[i].Start {
			line++ // between records of JSON documents
		}
		f.LineOf = append(f.LineOf, uint32(line))
		for line < len(lineEnds) && lineEnds[line] < records[i].Next {
			line++
		}
	}
	for i := range records {
		if !f.IsLine(i) && bytes.IndexByte(data[records[i].Start:records[i].End], w.Block.LineEnd()) >= 0 {
			f.MultiLine = append(f.MultiLine, int32(i))
		}
	}
}

// endings returns how many bytes belong to the line ends of the records.
func (w *worker) endings() (n int) {
	for i := range w.Records {
		n += int(w.Records[i].Next - w.Records[i].End)
	}
	return n
}

// Start returns the offset of a record in the block, as ledger.Text.
func (w *worker) Start(record int) uint32 { return w.index.Records[record].Start }

// Key returns where the value of a key stands, as ledger.Text.
func (w *worker) Key(record, key int) ledger.At {
	var value scan.Span
	if w.ShowValues {
		value = w.checker.KeyValue(record, key)
	}
	return w.at(record, w.Validator.Keys()[key].Column, value)
}

// Hash returns where the password hash of a record stands, as ledger.Text.
func (w *worker) Hash(record int) ledger.At {
	return w.at(record, w.Validator.HashColumn(), scan.Span{})
}
