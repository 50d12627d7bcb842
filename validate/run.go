package validate

import (
	"bytes"
	"context"

	"poolprep/validate/ledger"
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
	// Columns makes the values of all records of the block at once, as far as it is sure
	// of them; of the others it says so. It is not called where rows are judged one by one.
	Columns(*Columns)
	// AcceptColumns is called instead of Values and Accept for records that are next to
	// each other, of the block of the last Columns: its values, and for the other columns
	// the fields, without the quotes around some of them, are those of sound rows. None of
	// the fields holds a backslash, a quote or a control character.
	AcceptColumns(block *scan.Block, x *scan.Index, from, to int)
}

// Run judges the rows of an input and adds to sum. Whatever the number of
// workers and the size of the blocks, it does the same in the same order. It
// returns an error if reading, Report or Commit fails, or ctx ends.
func Run(ctx context.Context, o RunOptions, sum *rule.Summary) error {
	if err := o.misuse(); err != nil {
		return err
	}
	r := &runner{RunOptions: o, sum: sum, dialect: o.Input.splitter.Dialect(), header: newHeaderNames(o.Header)}
	if r.Ledger == nil {
		r.Ledger = ledger.New(ledger.Options{})
		defer r.Ledger.Close()
	}
	if !r.RowByRow && o.Format == nil {
		r.screen = r.Validator.newScreen(r.dialect, r.header, r.Fields)
	}
	r.base = r.Ledger.Begin(r.forLedger(), sum)
	if err := r.blankLines(); err != nil {
		return err
	}
	r.aim = firstBlock
	o.Input.splitter.AimAt(r.aim)
	err := scan.Run(ctx, o.Input.splitter, o.Workers, r.newWorker, r.process, r.commit)
	if err == ledger.ErrLimit {
		return nil
	}
	return err
}

type runner struct {
	RunOptions
	sum     *rule.Summary
	dialect scan.Dialect // its LineEnd may still be open
	header  *headerNames
	aim     int     // bytes in a block
	screen  *screen // nil: every row is judged by a checker
	base    int64   // of the places of keys, see Ledger.Begin
}

func (r *runner) newWorker() *worker {
	w := &worker{runner: r, fields: make([]scan.Span, r.Fields)}
	w.Seed, w.Width, w.Text = r.Ledger.Seed(), len(r.Validator.keys), w
	w.checker = r.Validator.newChecker(&w.Facts)
	w.checker.showValues = r.ShowValues
	if r.screen != nil {
		w.screening = r.screen.start()
	}
	w.values = w.fields
	if r.NewStage != nil {
		w.Stage = r.NewStage()
	}
	if !r.inPlace() {
		w.values = make([]scan.Span, len(r.Validator.columns))
	}
	return w
}

// inPlace reports whether the values of a row are its fields, one for one.
func (r *runner) inPlace() bool {
	for i, o := range r.Validator.origins {
		if o.Made || o.Field != i {
			return false
		}
	}
	return len(r.Validator.origins) == r.Fields
}

// process does everything that does not depend on other blocks.
func (r *runner) process(block *scan.Block, w *worker) {
	w.begin(block)
	if w.Stage != nil {
		w.Stage.Begin(block)
	}
	w.judgeAll()
	w.resolve()
}

// judgeAll judges the records: those that the screen takes for sound are.
func (w *worker) judgeAll() {
	n := len(w.Records)
	if w.screening == nil || !w.screening.block(w) {
		w.judge(0, n, scan.ContentOf(w.Block.Data, w.endings()))
		return
	}
	doubts := w.screening.doubts
	for from, to := 0, 0; from < n; from = to {
		switch {
		case doubts[from] == 0:
			for to < n && doubts[to] == 0 {
				to++
			}
			w.accept(from, to)
		case doubts[from] < wholeRow:
			to++
			w.judgeColumns(from, doubts[from])
		default:
			for to < n && doubts[to] >= wholeRow {
				to++
			}
			w.judge(from, to, w.screening.content)
		}
	}
}

// accept takes the records from to to, whose rows are sound.
func (w *worker) accept(from, to int) {
	if len(w.Validator.keys) > 0 {
		w.screening.addKeys(w.checker, from, to, w.Block.Data)
	}
	if w.Stage != nil {
		w.Stage.AcceptColumns(w.Block, &w.index, from, to)
	}
}

// judgeColumns judges a record of which the screen doubts single values only.
func (w *worker) judgeColumns(i int, columns doubt) {
	c := w.checker
	before := c.errors
	c.record, c.buf, c.values, c.content = int32(i), w.Block.Data, w.values, 0
	if columns&rewritten != 0 {
		c.content = scan.HasQuotes
	}
	for _, column := range w.screening.cols.judged(i, columns) {
		value := w.screening.cols.valueOf(i, column)
		c.values[column] = value
		if value.Len() > 0 {
			c.value(column, &w.Validator.columns[column], value.Of(c.buf))
		}
	}
	if w.Validator.twins {
		c.noteTwin(c.record, w.screening.spans[w.screening.screen.keys[0]][i].Of(c.buf))
	}
	if c.errors == before {
		w.accept(i, i+1)
		return
	}
	w.screening.addKeys(c, i, i+1, w.Block.Data)
	if w.Stage != nil {
		w.Stage.Refuse()
	}
	w.Verdicts[i] = ledger.Rejected
}

// judge judges the records from to to one by one. t is of the whole block.
func (w *worker) judge(from, to int, t scan.Content) {
	block := w.Block
	size := len(block.Data)
	buf := block.Data[:w.used]
	for i := from; i < to; i++ {
		if !w.ShowValues {
			buf = buf[:w.kept]
		}
		var verdict ledger.Verdict
		var skip int
		buf, verdict, skip = w.record(i, buf, t)
		if verdict != ledger.Accepted && w.Stage != nil {
			w.Stage.Refuse()
		}
		if verdict != ledger.Accepted && verdict != ledger.Rejected || w.Records[i].N == 0 {
			w.checker.addNoKeys()
		}
		if skip != 0 {
			w.Skips = append(w.Skips, ledger.Skip{Record: int32(i), Reason: int32(skip)})
		}
		w.Verdicts[i] = verdict
	}
	block.Data, w.used = buf[:size], len(buf)
}

// record judges one record.
func (w *worker) record(i int, buf []byte, t scan.Content) (newBuf []byte, v ledger.Verdict, skip int) {
	rec, c := &w.Records[i], w.checker
	c.record, c.values = int32(i), nil
	if v, done := w.structure(i, buf, t); done {
		return buf, v, 0
	}
	if w.Format != nil {
		var fault *row.Error
		buf, fault = w.Format.Fields(buf, scan.Span{Start: rec.Start, End: rec.End}, w.fields, func(name []byte, at int) { w.stray(i, name, at) })
		if fault != nil {
			c.mark(rule.RowJSON, -1).text = fault.Error()
			rec.N = 0
			return buf, ledger.Rejected, 0
		}
		t = scan.HasAnything
	} else {
		if t&(scan.HasControls|scan.HasBackslash|scan.HasInvalid) != 0 {
			t = scan.ContentOf(buf[rec.Start:rec.End], 0)
		}
		buf, t = w.decode(rec, buf, t)
	}
	before := c.errors
	if w.Stage == nil && len(w.values) != len(w.fields) {
		for column, origin := range w.Validator.origins {
			w.values[column] = scan.Span{}
			if origin.Field >= 0 {
				w.values[column] = w.fields[origin.Field]
			}
		}
	}
	if w.Stage != nil {
		buf, skip = w.Stage.Values(c, buf, w.fields, w.values)
		if skip != 0 {
			return buf, ledger.Skipped, skip
		}
	}
	ok := c.row(i, buf, w.values, t)
	if w.Stage == nil {
		ok = w.rowLength(c, rec, buf, w.values) && ok
	}
	ok = ok && c.errors == before
	if ok && w.Stage != nil {
		ok = w.Stage.Accept(c, buf, w.values)
	}
	c.addKeys()
	if !ok {
		return buf, ledger.Rejected, 0
	}
	return buf, ledger.Accepted, 0
}

// decode fills fields with the values of a record.
func (w *worker) decode(rec *scan.Record, buf []byte, t scan.Content) ([]byte, scan.Content) {
	size := len(buf)
	n := min(int(rec.N), w.Fields)
	for f := n; f < w.Fields; f++ {
		w.fields[f] = scan.Span{Start: rec.End, End: rec.End}
	}
	if w.dialect.AsWritten() && t&scan.HasQuotes == 0 && w.dialect.Quote == '"' || w.dialect.Kind == scan.Cognito && t&scan.HasBackslash == 0 {
		start := rec.Start
		for f := range w.fields[:n] {
			end := w.index.Ends[int(rec.First)+f]
			w.fields[f] = scan.Span{Start: start, End: end}
			start = end + 1
		}
		return buf, t
	}
	start := rec.Start
	for f, end := range w.index.Ends[rec.First : rec.First+uint32(n)] {
		raw := scan.Span{Start: start, End: end}
		if start == end || w.dialect.AsWritten() && buf[start] != w.dialect.Quote {
			w.fields[f] = raw
		} else {
			buf, w.fields[f] = w.dialect.Decode(buf, raw)
		}
		start = end + 1
	}
	if w.dialect.AsWritten() && w.dialect.Quote == '"' && !w.dialect.LenientQuotes && !w.dialect.NoQuotes && len(buf) == size {
		t &^= scan.HasQuotes // the marks were all around fields
	}
	return buf, t
}

// fault notes why a record could not be read.
func (w *worker) fault(rec *scan.Record) {
	switch rec.Fault {
	case scan.TooLong:
		w.checker.mark(rule.RowTooLong, -1).want = int32(w.dialect.MaxRecord)
		return
	case scan.CutValue:
		w.checker.mark(rule.RowLineEnd, -1).text = rec.Describe(w.dialect.MaxRecord)
		return
	case scan.OpenQuoteLines:
		w.checker.mark(rule.RowUnclosedQuote, -1).text = rec.Describe(w.dialect.MaxRecord)
	default:
		w.checker.mark(rule.RowQuote, -1).text = rec.Describe(w.dialect.MaxRecord)
	}
}

// rowLength checks the length that the row has or would have in the import file.
func (w *worker) rowLength(c *Checker, rec *scan.Record, buf []byte, values []scan.Span) bool {
	length := int(rec.End - rec.Start)
	if length <= MaxRowBytes/2 {
		return true // even if every byte were a comma that needs a backslash
	}
	if w.dialect.Kind == scan.CSV {
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

// resolve makes findings of the marks, and completes the Facts.
func (w *worker) resolve() {
	marks := w.checker.marks
	for i := range marks {
		w.fill(w.Add(int(marks[i].record)), &marks[i])
	}
	w.Complete(w.base)
}

// fill makes a finding of a mark, all that a worker knows of it.
func (w *worker) fill(f *rule.Finding, m *mark) {
	at := w.at(m)
	f.Code, f.Severity = m.code, m.severity
	f.Want, f.Got, f.Text = int64(m.want), int64(m.got), m.text
	f.Pos, f.Field, f.Value = at.Pos, at.Field, at.Value
	if m.column >= 0 {
		c := w.column(int(m.column))
		f.Column, f.Source = c.Name, c.Source
	}
}

// column says how findings call a column.
func (r *runner) column(i int) ledger.Column {
	return ledger.Column{Name: r.Validator.columns[i].name, Source: r.Validator.origins[i].Names}
}

// at says where in the block a mark is.
func (w *worker) at(m *mark) (at ledger.At) {
	rec := &w.index.Records[m.record]
	at.Pos = scan.Pos{Offset: int64(rec.Start), Line: w.Line(int(m.record)) - w.Pos.Line, Column: 1}
	if m.column < 0 {
		return at
	}
	if w.ShowValues && m.value.Len() > 0 && w.Validator.columns[m.column].kind != kindHash {
		at.Value = m.value.Of(w.Block.Data[:cap(w.Block.Data)])
	}
	source := w.Validator.origins[m.column].Field
	if source < 0 || rec.N == 0 {
		return at
	}
	at.Field = source + 1
	if w.Format != nil {
		if n, ok := w.Format.Place(w.Block.Data[rec.Start:rec.End], source); ok {
			at.Pos.Offset, at.Pos.Column = at.Pos.Offset+int64(n), at.Pos.Column+n
		}
		return at
	}
	start := rec.End // of a field that was missing
	if source < int(rec.N) {
		start = w.index.Field(rec, source).Start
	}
	before := w.Block.Data[rec.Start:start]
	at.Pos.Offset += int64(len(before))
	if w.IsLine(int(m.record)) {
		at.Pos.Column += len(before)
		return at
	}
	end := w.Block.LineEnd()
	at.Pos.Line += int64(bytes.Count(before, []byte{end}))
	at.Pos.Column = len(before) - (bytes.LastIndexByte(before, end) + 1) + 1
	return at
}
