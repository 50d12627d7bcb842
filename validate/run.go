package validate

import (
	"bytes"
	"context"
	"errors"
	"math/bits"

	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// Stage is what a worker does with records beside judging them. A nil Stage
// takes the fields as the values.
type Stage interface {
	// Begin forgets what is left of the block before and is told of the next one.
	Begin(*scan.Block)
	// Values turns the decoded fields of a record into the values of the row.
	// New bytes are appended to buf, which it returns. A skip that is not 0 leaves
	// the row out on purpose; it means something to whoever made the stage.
	// Findings are noted with c.Note.
	Values(c *Checker, buf []byte, fields, values []scan.Span) (newBuf []byte, skip int)
	// Accept takes a row that passed. It may note a finding and return false.
	Accept(c *Checker, buf []byte, values []scan.Span) bool
	// Refuse is called instead of Accept for every record that is not taken.
	Refuse()
	// AcceptFields is called instead of Values and Accept for records that are
	// next to each other: their fields, without the quotes around some of them,
	// are the values of sound rows, see RunOptions.Plain. None holds a backslash,
	// a quote or a control character.
	AcceptFields(block *scan.Block, x *scan.Index, from, to int)
}

// errLimit ends a run that has read enough.
var errLimit = errors.New("limit of rows reached")

// Run judges the rows of an input and adds to sum. Whatever the number of
// workers and the size of the blocks, it does the same in the same order. It
// returns an error if reading, Report or Commit fails, or ctx ends.
func Run(ctx context.Context, o RunOptions, sum *rule.Summary) error {
	if err := o.misuse(); err != nil {
		return err
	}
	r := &runner{RunOptions: o, sum: sum, dialect: o.Input.splitter.Dialect(), header: newHeaderNames(o.Header)}
	if r.Claims == nil {
		r.Claims = NewClaims()
	}
	r.base = r.Claims.begin(o.Input.Name)
	if r.Source == nil {
		for i := range o.Validator.columns {
			r.Source = append(r.Source, i)
		}
	}
	plain := r.Plain
	if r.NewStage == nil {
		plain = r.Source
	}
	if plain != nil && !r.rowByRow && o.Format == nil {
		if r.screen = r.Validator.newScreen(r.dialect, plain, r.Special, r.Fields); r.screen != nil {
			r.screen.structure(r.header, r.dialect.KeepBlank)
		}
	}
	if r.Size == 0 {
		r.Size = o.Input.textSize()
	}
	if err := r.blankLines(); err != nil {
		return err
	}
	r.aim = firstBlock
	o.Input.splitter.AimAt(r.aim)
	err := scan.Run(ctx, o.Input.splitter, o.Workers, r.newBatch, r.process, r.commit)
	if err == errLimit {
		err = nil
	}
	return err
}

type runner struct {
	RunOptions
	sum     *rule.Summary
	dialect scan.Dialect // its LineEnd may still be open
	header  *headerNames
	aim     int   // bytes in a block
	records int64 // committed
	rows    int64 // read
	// limitReached says that the limit was reached within an overlong line.
	limitReached bool
	saidCRLF     bool
	saidRows     bool
	strays       map[string]bool // names that were reported
	screen       *screen         // nil: every row is judged by a checker
	base         int64           // of the places of keys, see Claims
}

func (r *runner) newBatch() *Batch {
	b := &Batch{checker: r.Validator.newChecker(r.Claims.seeds)}
	b.checker.showValues = r.ShowValues
	if r.screen != nil {
		b.screening = r.screen.start()
	}
	b.fields = make([]scan.Span, r.Fields)
	b.values = b.fields
	if len(r.Source) != r.Fields { // columns that the header lacks
		b.values = make([]scan.Span, len(r.Source))
	}
	if r.NewStage != nil {
		b.Stage = r.NewStage()
		if !r.InPlace {
			b.values = make([]scan.Span, len(r.Validator.columns))
		}
	}
	return b
}

// process does everything that does not depend on other blocks.
func (r *runner) process(block *scan.Block, b *Batch) {
	b.Block = block
	block.Index(&b.index)
	if block.CRLF() {
		b.index.JoinCut(block, r.Fields, r.PadRagged)
	}
	b.Records, b.headerAgain = b.index.Records, -1
	n := len(b.Records)
	b.Verdicts, b.Skips = resize(b.Verdicts, n), resize(b.Skips, n)
	clear(b.Verdicts) // all are Accepted
	clear(b.Skips)
	b.Findings, b.findingOf = b.Findings[:0], b.findingOf[:0]
	b.checker.Begin()
	if b.Stage != nil {
		b.Stage.Begin(block)
	}
	b.countLines()
	b.rows, b.used, b.padded = int64(n), len(block.Data), b.padded[:0]
	b.clearStrays()
	b.findCRLF()
	if b.screening == nil || !b.screening.block(block, &b.index) {
		r.judge(b, 0, n, traitsOf(block.Data, b.endings()))
		r.resolve(b)
		return
	}
	doubts := b.screening.doubts
	for from, to := 0, 0; from < n; from = to {
		switch {
		case doubts[from] == 0:
			for to < n && doubts[to] == 0 {
				to++
			}
			r.accept(b, from, to)
		case doubts[from] < wholeRow:
			to++
			r.judgeColumns(b, from, doubts[from])
		default:
			for to < n && doubts[to] >= wholeRow {
				to++
			}
			r.judge(b, from, to, b.screening.traits)
		}
	}
	r.resolve(b)
}

// accept takes the records from to to, whose rows are sound.
func (r *runner) accept(b *Batch, from, to int) {
	if len(r.Validator.keys) > 0 {
		b.screening.addKeys(b.checker, from, to, b.Block.Data)
	}
	if b.Stage != nil {
		b.Stage.AcceptFields(b.Block, &b.index, from, to)
	}
}

// judgeColumns judges a record of which the screen doubts single values only.
func (r *runner) judgeColumns(b *Batch, i int, columns doubt) {
	c := b.checker
	before := c.errors
	c.record, c.buf, c.values, c.traits = int32(i), b.Block.Data, b.values, 0
	for ; columns != 0; columns &= columns - 1 {
		place := bits.TrailingZeros32(uint32(columns))
		column, value := b.screening.columns[place].index, b.screening.spans[place][i]
		c.values[column] = value
		c.value(column, &r.Validator.columns[column], value.Of(c.buf))
	}
	if r.Validator.twins {
		c.noteTwin(c.record, b.screening.spans[b.screening.screen.keys[0]][i].Of(c.buf))
	}
	if c.errors == before {
		r.accept(b, i, i+1)
		return
	}
	b.screening.addKeys(c, i, i+1, b.Block.Data)
	if b.Stage != nil {
		b.Stage.Refuse()
	}
	b.Verdicts[i] = Rejected
}

// judge judges the records from to to one by one. t is of the whole block.
func (r *runner) judge(b *Batch, from, to int, t traits) {
	block := b.Block
	size := len(block.Data)
	buf := block.Data[:b.used]
	for i := from; i < to; i++ {
		if !r.ShowValues {
			buf = buf[:size]
		}
		var verdict Verdict
		var skip int
		buf, verdict, skip = r.record(b, i, buf, t)
		if verdict != Accepted && b.Stage != nil {
			b.Stage.Refuse()
		}
		if verdict != Accepted && verdict != Rejected || b.Records[i].N == 0 {
			b.checker.addNoKeys()
		}
		if !verdict.IsRow() {
			b.rows--
		}
		b.Verdicts[i], b.Skips[i] = verdict, skip
	}
	block.Data, b.used = buf[:size], len(buf)
}

// record judges one record.
func (r *runner) record(b *Batch, i int, buf []byte, t traits) (newBuf []byte, v Verdict, skip int) {
	rec, c := &b.Records[i], b.checker
	c.record, c.values = int32(i), nil
	if v, done := r.structure(b, i, buf, t); done {
		return buf, v, 0
	}
	if r.Format != nil {
		var fault *row.Error
		buf, fault = r.Format.Fields(buf, scan.Span{Start: rec.Start, End: rec.End}, b.fields, func(name []byte, at int) { b.stray(i, name, at) })
		if fault != nil {
			c.mark(rule.RowJSON, -1).text = fault.Error()
			rec.N = 0
			return buf, Rejected, 0
		}
		t = allTraits
	} else {
		if t&(control|backslash|invalidUTF8) != 0 {
			t = traitsOf(buf[rec.Start:rec.End], 0)
		}
		buf, t = r.decode(b, rec, buf, t)
	}
	before := c.errors
	if b.Stage == nil && len(b.values) != len(b.fields) {
		for column, field := range r.Source {
			b.values[column] = scan.Span{}
			if field >= 0 {
				b.values[column] = b.fields[field]
			}
		}
	}
	if b.Stage != nil {
		buf, skip = b.Stage.Values(c, buf, b.fields, b.values)
		if skip != 0 {
			return buf, Skipped, skip
		}
	}
	ok := c.row(i, buf, b.values, t)
	if b.Stage == nil {
		ok = r.rowLength(c, rec, buf, b.values) && ok
	}
	ok = ok && c.errors == before
	if ok && b.Stage != nil {
		ok = b.Stage.Accept(c, buf, b.values)
	}
	c.addKeys()
	if !ok {
		return buf, Rejected, 0
	}
	return buf, Accepted, 0
}

// decode fills fields with the values of a record.
func (r *runner) decode(b *Batch, rec *scan.Record, buf []byte, t traits) ([]byte, traits) {
	size := len(buf)
	n := min(int(rec.N), r.Fields)
	for f := n; f < r.Fields; f++ {
		b.fields[f] = scan.Span{Start: rec.End, End: rec.End}
	}
	if r.dialect.AsWritten() && t&quotation == 0 && r.dialect.Quote == '"' || r.dialect.Kind == scan.Cognito && t&backslash == 0 {
		start := rec.Start
		for f := range b.fields[:n] {
			end := b.index.Ends[int(rec.First)+f]
			b.fields[f] = scan.Span{Start: start, End: end}
			start = end + 1
		}
		return buf, t
	}
	start := rec.Start
	for f, end := range b.index.Ends[rec.First : rec.First+uint32(n)] {
		raw := scan.Span{Start: start, End: end}
		if start == end || r.dialect.AsWritten() && buf[start] != r.dialect.Quote {
			b.fields[f] = raw
		} else {
			buf, b.fields[f] = r.dialect.Decode(buf, raw)
		}
		start = end + 1
	}
	if r.dialect.AsWritten() && r.dialect.Quote == '"' && !r.dialect.LenientQuotes && !r.dialect.NoQuotes && len(buf) == size {
		t &^= quotation // the marks were all around fields
	}
	return buf, t
}

// fault notes why a record could not be read.
func (r *runner) fault(b *Batch, rec *scan.Record) {
	switch rec.Fault {
	case scan.TooLong:
		b.checker.mark(rule.RowTooLong, -1).want = int32(r.dialect.MaxRecord)
		return
	case scan.CutValue:
		b.checker.mark(rule.RowLineEnd, -1).text = rec.Describe(r.dialect.MaxRecord)
		return
	case scan.OpenQuoteLines:
		b.checker.mark(rule.RowUnclosedQuote, -1).text = rec.Describe(r.dialect.MaxRecord)
	default:
		b.checker.mark(rule.RowQuote, -1).text = rec.Describe(r.dialect.MaxRecord)
	}
}

// rowLength checks the length that the row has or would have in the import file.
func (r *runner) rowLength(c *Checker, rec *scan.Record, buf []byte, values []scan.Span) bool {
	length := int(rec.End - rec.Start)
	if length <= MaxRowBytes/2 {
		return true // even if every byte were a comma that needs a backslash
	}
	if r.dialect.Kind == scan.CSV {
		length = len(values) - 1
		for _, s := range values {
			length += s.Len() + bytes.Count(s.Of(buf), []byte{','})
		}
	}
	return c.RowLength(length)
}

// Note adds a finding about a column, from 0, of the row at hand, for a Stage.
// value is where its value lies in the row's buffer.
func (c *Checker) Note(code rule.Code, column int, text string, value scan.Span) {
	m := c.mark(code, column)
	m.text, m.value = text, value
}

// RowLength notes a row of more than MaxRowBytes, for a Stage, and reports
// whether it is accepted all the same.
func (c *Checker) RowLength(n int) bool {
	if n > MaxRowBytes {
		c.mark(rule.RowTooLong, -1).want = MaxRowBytes
		return c.v.severity[rule.RowTooLong] != rule.Error
	}
	return true
}

// resolve makes findings of the marks, says where the keys stand, and counts.
func (r *runner) resolve(b *Batch) {
	b.placeKeys(r.base, len(r.Validator.keys))
	marks := b.checker.marks
	b.found, b.foundOf, b.counts = resize(b.found, len(marks)), resize(b.foundOf, len(marks)), rule.Summary{}
	blank, at := 0, 0
	for i := range marks {
		m, f := &marks[i], &b.found[i]
		for ; at < int(m.record); at++ {
			if !b.Verdicts[at].IsRow() {
				blank++
			}
		}
		b.foundOf[i] = m.record
		*f = rule.Finding{}
		r.fill(f, b, m)
		if b.Verdicts[m.record].IsRow() {
			f.Record = int64(at - blank + 1)
		}
		b.counts.Count(f.Code, f.Severity, true)
	}
	accepted := 0
	for _, v := range b.Verdicts {
		if v == Accepted {
			accepted++
		}
	}
	b.counts.RowsRead, b.counts.RowsAccepted = int64(accepted), int64(accepted)
	if accepted == len(b.Verdicts) {
		return
	}
	for _, v := range b.Verdicts {
		if v != Accepted {
			tally(&b.counts, v)
		}
	}
}

// fill makes a finding of a mark, all but the number of the record.
func (r *runner) fill(f *rule.Finding, b *Batch, m *mark) {
	f.Code, f.Severity, f.File = m.code, m.severity, r.Input.Name
	f.Want, f.Got, f.Text = int64(m.want), int64(m.got), m.text
	f.Pos, f.Field = r.place(b, m)
	if m.column < 0 {
		return
	}
	c := &r.Validator.columns[m.column]
	f.Column = c.name
	if r.SourceNames != nil {
		f.Source = r.SourceNames[m.column]
	}
	if r.ShowValues && m.value.Len() > 0 && c.kind != kindHash {
		f.Value = m.value.Of(b.Block.Data[:cap(b.Block.Data)])
	}
}

// place says where in the input a mark is.
func (r *runner) place(b *Batch, m *mark) (pos scan.Pos, field int) {
	rec := &b.Records[m.record]
	pos = scan.Pos{Offset: b.Offset(int(m.record)), Line: b.Line(int(m.record)), Column: 1}
	if m.column < 0 || rec.N == 0 {
		return pos, 0
	}
	source := r.Source[m.column]
	if source < 0 {
		return pos, 0
	}
	if r.Format != nil {
		raw := b.Block.Data[rec.Start:rec.End]
		if at, ok := r.Format.Place(raw, source); ok {
			pos.Offset, pos.Column = pos.Offset+int64(at), pos.Column+at
		}
		return pos, source + 1
	}
	start := rec.End // of a field that was missing
	if source < int(rec.N) {
		start = b.index.Field(rec, source).Start
	}
	before := b.Block.Data[rec.Start:start]
	pos.Offset += int64(len(before))
	if b.isLine(int(m.record)) {
		pos.Column += len(before)
		return pos, source + 1
	}
	pos.Line += int64(bytes.Count(before, []byte{b.Block.LineEnd()}))
	pos.Column = len(before) - (bytes.LastIndexByte(before, b.Block.LineEnd()) + 1) + 1
	return pos, source + 1
}
