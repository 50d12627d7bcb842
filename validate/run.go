package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"poolprep/validate/judge"
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
	// Findings are noted with c.Mark.
	Values(c *judge.Checker, buf []byte, fields, values []scan.Span) (newBuf []byte, skip int)
	// Accept takes a row that passed. It may note a finding and return false.
	Accept(c *judge.Checker, buf []byte, values []scan.Span) bool
	// Refuse is called instead of Accept for every record that is not taken.
	Refuse()
	// Columns makes the values of all records of the block at once, as far as it is sure
	// of them; of the others it says so. It is not called where rows are judged one by one.
	Columns(*judge.Columns)
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
	if sum == nil {
		return errors.New("validate: a run needs a Summary to count in")
	}
	r := &runner{RunOptions: o, sum: sum, dialect: o.Input.splitter.Dialect(), header: newHeaderNames(o.Header)}
	if r.Ledger == nil {
		r.Ledger = ledger.New(ledger.Options{})
		defer r.Ledger.Close()
	}
	if !r.RowByRow {
		records := judge.Records{Dialect: r.dialect, Fields: r.Fields, Decoded: r.Format != nil}
		if r.header != nil {
			records.Header = r.header.mayBe
		}
		r.fastPath = r.Validator.NewFastPath(records)
	}
	r.base = r.Ledger.Begin(r.forLedger(), sum)
	if err := r.blankLines(); err != nil {
		return err
	}
	r.aim = firstBlock
	o.Input.splitter.AimAt(r.aim)
	err := scan.Run(ctx, o.Input.splitter, o.Workers, r.newWorker, r.process, r.commit)
	if err == ledger.ErrLimit || err == ledger.ErrStopped {
		err = nil
	}
	if err == nil && o.Profile != nil {
		o.Profile.EndInput()
	}
	return o.Input.broken(err)
}

type runner struct {
	RunOptions
	sum      *rule.Summary
	dialect  scan.Dialect // its LineEnd may still be open
	header   *headerNames
	aim      int             // bytes in a block
	fastPath *judge.FastPath // nil: every row is judged by a checker
	base     int64           // of the places of keys, see Ledger.Begin
}

func (r *runner) newWorker() *worker {
	w := &worker{runner: r, fields: make([]scan.Span, r.Fields)}
	w.Seed, w.Width, w.Text = r.Ledger.Seed(), len(r.Validator.Keys()), w
	w.checker = r.Validator.NewChecker(r.ShowValues)
	if r.fastPath != nil {
		w.fast = r.fastPath.Start()
	}
	if r.Format != nil {
		w.decoder = r.Format.NewDecoder(func(name []byte, at int) { w.stray(w.decoding, name, at) })
	}
	w.values = w.fields
	if r.NewStage != nil {
		w.Stage = r.NewStage()
	}
	if r.Profile != nil {
		w.profiling = r.newProfiling()
	}
	if !r.inPlace() {
		w.values = make([]scan.Span, r.Validator.Columns())
	}
	return w
}

// inPlace reports whether the values of a row are its fields, one for one.
func (r *runner) inPlace() bool {
	for i, o := range r.Validator.Origins() {
		if o.Made || o.Field != i {
			return false
		}
	}
	return r.Validator.Columns() == r.Fields
}

// process does everything that does not depend on other blocks.
func (r *runner) process(block *scan.Block, w *worker) {
	w.begin(block)
	if w.Stage != nil {
		w.Stage.Begin(block)
	}
	w.judgeAll()
	if w.profiling != nil {
		w.profileBlock()
	}
	w.resolve()
}

// judgeAll judges the records: those that the fast path takes for sound are.
func (w *worker) judgeAll() {
	n := len(w.Records)
	if w.byColumn = w.judgeByColumn(); !w.byColumn {
		w.judge(0, n, scan.ContentOf(w.Block.Data, w.endings()))
		return
	}
	s := w.fast
	for from := 0; from < n; {
		to, recheck := s.Next(from)
		switch recheck {
		case judge.RecheckNothing:
			s.AddKeys(w.checker, from, to)
			w.accept(from, to)
		case judge.RecheckValues:
			if s.JudgeValues(w.checker, from) {
				w.accept(from, to)
			} else {
				w.refuse(from)
			}
		case judge.RecheckRow:
			w.judge(from, to, s.Content())
		}
		from = to
	}
}

// judgeByColumn lets the fast path look at the block, and reports whether it says anything.
func (w *worker) judgeByColumn() bool {
	s := w.fast
	switch {
	case s == nil:
		return false
	case w.Format != nil:
		if !s.BeginDecoded(w.Block, &w.index, w.decodeRecord) {
			return false
		}
	case !s.Begin(w.Block, &w.index):
		return false
	}
	columns := s.Columns()
	if w.Stage != nil {
		w.Stage.Columns(columns)
	}
	ok := s.Judge()
	w.kept, w.used = len(columns.Buf), len(columns.Buf)
	return ok
}

// decodeRecord finds the fields of a record of w.Format, and reports false for one that
// is to be judged by itself.
func (w *worker) decodeRecord(i int, buf []byte, fields []scan.Span) ([]byte, bool) {
	rec := &w.Records[i]
	w.decoding = i
	buf, fault := w.decoder.Fields(buf, scan.Span{Start: rec.Start, End: rec.End}, fields)
	return buf, fault == nil
}

// accept takes the records from to to, whose rows were judged by column.
func (w *worker) accept(from, to int) {
	if w.Stage != nil {
		w.Stage.AcceptColumns(w.Block, &w.index, from, to)
	}
}

// refuse rejects a record, whose row was judged by column.
func (w *worker) refuse(i int) {
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
		if !w.ShowValues && w.profiling == nil {
			buf = buf[:w.kept]
		}
		var verdict ledger.Verdict
		var skip int
		buf, verdict, skip = w.record(i, buf, t)
		if verdict != ledger.Accepted && w.Stage != nil {
			w.Stage.Refuse()
		}
		if !w.judged {
			w.checker.AddNoKeys()
		}
		if w.profiling != nil {
			w.profiling.row(i, w.judged, w.values)
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
	c.Record(i)
	w.judged = false
	buf, mended := w.mend(rec, buf)
	if !mended {
		if v, done := w.structure(i, buf, t); done {
			return buf, v, 0
		}
	}
	switch {
	case mended:
		t = scan.HasAnything
	case w.Format != nil:
		var fault *row.Error
		w.decoding = i
		buf, fault = w.decoder.Fields(buf, scan.Span{Start: rec.Start, End: rec.End}, w.fields)
		if fault != nil {
			c.Mark(rule.RowJSON, -1).Text = w.explain(rec, fault)
			rec.N = 0
			return buf, ledger.Rejected, 0
		}
		t = scan.HasAnything
	default:
		if t&(scan.HasControls|scan.HasBackslash|scan.HasInvalid) != 0 {
			t = scan.ContentOf(buf[rec.Start:rec.End], 0)
		}
		buf, t = w.decode(rec, buf, t)
	}
	if w.Stage == nil && len(w.values) != len(w.fields) {
		for column, origin := range w.Validator.Origins() {
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
	c.Row(buf, w.values, t)
	w.judged = true
	if w.Stage == nil {
		w.rowLength(rec, buf)
	}
	if c.Rejected() || w.Stage != nil && !w.Stage.Accept(c, buf, w.values) {
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
		w.checker.Mark(rule.RowTooLong, -1).Want = int32(w.dialect.MaxRecord)
		return
	case scan.CutValue:
		w.checker.Mark(rule.RowLineEnd, -1).Text = rec.Describe(w.dialect.MaxRecord)
		return
	case scan.OpenQuoteLines:
		w.checker.Mark(rule.RowUnclosedQuote, -1).Text = rec.Describe(w.dialect.MaxRecord)
	default:
		w.checker.Mark(rule.RowQuote, -1).Text = rec.Describe(w.dialect.MaxRecord)
	}
}

// rowLength checks the length that the row has or would have in the import file.
func (w *worker) rowLength(rec *scan.Record, buf []byte) {
	length := int(rec.End - rec.Start)
	if length <= judge.MaxRowBytes/2 {
		return // even if every byte were a comma that needs a backslash
	}
	if w.dialect.Kind != scan.Cognito {
		length = len(w.values) - 1
		for _, s := range w.values {
			length += s.Len() + bytes.Count(s.Of(buf), []byte{','})
		}
	}
	w.checker.RowLength(length)
}

// resolve makes findings of the marks, and completes the Facts.
func (w *worker) resolve() {
	marks := w.checker.Marks()
	for i := range marks {
		m := &marks[i]
		f := w.Add(int(m.Record))
		w.Validator.Fill(f, m)
		at := w.at(int(m.Record), int(m.Column), m.Value)
		f.Pos, f.Field, f.Value = at.Pos, at.Field, at.Value
		if m.Column >= 0 {
			f.Source = w.Validator.Origins()[m.Column].Names
		}
	}
	w.Complete(w.base)
}

// at says where in the block a column of a record is, and its value; column -1 is the
// whole record.
func (w *worker) at(record, column int, value scan.Span) (at ledger.At) {
	rec := &w.index.Records[record]
	at.Pos = w.place(record, 0)
	if column < 0 {
		return at
	}
	if w.ShowValues && value.Len() > 0 && !w.Validator.Secret(column) {
		at.Value = value.Of(w.Block.Data[:cap(w.Block.Data)])
	}
	source := w.Validator.Origins()[column].Field
	if source < 0 || rec.N == 0 {
		return at
	}
	at.Field = source + 1
	if w.Format != nil {
		if n, ok := w.Format.Place(w.Block.Data[rec.Start:rec.End], source); ok {
			at.Pos = w.place(record, n)
		}
		return at
	}
	start := rec.End // of a field that was missing
	if source < int(rec.N) {
		start = w.index.Field(rec, source).Start
	}
	before := w.Block.Data[rec.Start:start]
	at.Pos.Offset += int64(len(before))
	if w.IsLine(record) {
		at.Pos.Column += len(before)
		return at
	}
	end := w.Block.LineEnd()
	at.Pos.Line += int64(bytes.Count(before, []byte{end}))
	at.Pos.Column = len(before) - (bytes.LastIndexByte(before, end) + 1) + 1
	return at
}

// explain says what is wrong with a record of w.Format, and where in it.
func (w *worker) explain(rec *scan.Record, fault *row.Error) string {
	text := w.Block.Data[rec.Start:min(rec.Start+uint32(fault.Column-1), rec.End)]
	lines := bytes.Count(text, []byte{'\n'})
	if w.dialect.Kind != scan.JSON || lines == 0 {
		return fault.Error()
	}
	return fmt.Sprintf("%s, at column %d of line %d of the record", fault.What, len(text)-bytes.LastIndexByte(text, '\n'), lines+1)
}
