package validate

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// This file judges records as they stand in the input, before their values count:
// lines that hold nothing, the header once more, records that swallowed others, and
// records with too few or too many fields.

// structure judges a record as far as that does not depend on its values, and
// reports whether that settles it.
func (w *worker) structure(i int, buf []byte, t scan.Content) (v ledger.Verdict, done bool) {
	rec, c := &w.Records[i], w.checker
	raw := buf[rec.Start:rec.End]
	if rec.Blank && rec.N == 0 {
		c.Mark(rule.RowBlank, -1)
		return ledger.Blank, true
	}
	switch w.headerAgain(rec, buf) {
	case sameHeader:
		c.Mark(rule.RowHeaderAgain, -1)
		return ledger.HeaderAgain, true
	case otherHeader:
		if w.HeaderAgain < 0 {
			w.HeaderAgain = i
		}
		rec.N = 0
		return ledger.Rejected, true
	}
	switch {
	case rec.Fault != scan.Sound:
		w.fault(rec)
		return ledger.Rejected, true
	case w.blank(rec, buf):
		c.Mark(rule.RowBlank, -1)
		return ledger.Blank, true
	case t&scan.HasInvalid != 0 && !utf8.Valid(raw):
		c.Mark(rule.RowEncoding, -1).Text = w.Input.encodingText(raw)
	case w.Format != nil:
		return ledger.Accepted, false
	case len(w.LineOf) > 0 && w.dialect.Kind == scan.CSV && w.embeds(rec, raw) && w.embedded(c, 1+bytes.Count(raw, []byte{w.Block.LineEnd()})):
	case !w.fit(rec, buf):
		m := c.Mark(rule.RowFieldCount, -1)
		m.Got, m.Want = int32(rec.N), int32(w.Fields)
		if w.NoHeader {
			m.Text = " (that is, the columns that are expected)"
		}
	default:
		if int(rec.N) != w.Fields {
			w.Padded = append(w.Padded, int32(i))
		}
		return ledger.Accepted, false
	}
	rec.N = 0
	return ledger.Rejected, true
}

// mend finds the fields of a record that breaks the rules, if it is known how it was
// written, and notes that. It reports whether that could be done.
func (w *worker) mend(rec *scan.Record, buf []byte) (newBuf []byte, done bool) {
	raw := scan.Span{Start: rec.Start, End: rec.End}
	if w.Mender == nil || rec.Blank || rec.Fault == scan.Sound && int(rec.N) == w.Fields || rec.Fault == scan.TooLong || !utf8.Valid(raw.Of(buf)) {
		return buf, false
	}
	if buf, done = w.Mender.Mend(buf, raw, w.fields); !done {
		return buf, false
	}
	const accepted = "; the fields around it prove the value, and the record is read"
	if rec.Fault == scan.Sound {
		m := w.checker.MarkAs(rule.RowFieldCount, rule.Warning, -1)
		m.Got, m.Want, m.Text = int32(rec.N), int32(w.Fields), accepted
	} else {
		w.checker.MarkAs(rule.RowQuote, rule.Warning, -1).Text = rec.Describe(w.dialect.MaxRecord) + accepted
	}
	rec.N = 0 // its fields do not begin where the index says
	return buf, true
}

// embedded notes a record that swallowed others, and reports whether it is rejected for that.
func (w *worker) embedded(c *judge.Checker, lines int) bool {
	c.Mark(rule.RowEmbeddedRecord, -1).Got = int32(lines)
	return c.Rejected()
}

// blank reports whether a record holds nothing but white space.
func (w *worker) blank(rec *scan.Record, buf []byte) bool {
	return !w.dialect.KeepBlank && isBlankRecord(&w.dialect, &w.index, rec, buf)
}

// isBlankRow is the same for a row that is read without a run.
func isBlankRow(row *scan.Row) bool {
	return !slices.ContainsFunc(row.Fields, func(v []byte) bool { return len(trimAll(v)) > 0 })
}

func isBlankRecord(d *scan.Dialect, x *scan.Index, rec *scan.Record, buf []byte) bool {
	raw := buf[rec.Start:rec.End]
	for len(raw) > 0 {
		c := raw[0]
		if c != d.Delimiter && isBlank(c) == 0 && (d.NoQuotes || c != d.Quote) && (d.Escape == 0 || c != d.Escape) {
			break
		}
		raw = raw[max(1, isBlank(c)):]
	}
	if len(raw) > 0 && !startsNoBreakSpace(raw) {
		return false
	}
	for f := range int(rec.N) {
		var value scan.Span
		buf, value = d.Decode(buf, x.Field(rec, f))
		if len(trimAll(value.Of(buf))) > 0 {
			return false
		}
	}
	return true
}

// isBlank returns 1 if c is white space, or the Ctrl-Z that ended text files once.
func isBlank(c byte) int {
	switch c {
	case ' ', '\t', '\r', '\n', 0x1A:
		return 1
	}
	return 0
}

func startsNoBreakSpace(b []byte) bool { return len(b) > 1 && b[0] == 0xC2 && b[1] == 0xA0 }

// trimAll returns v without the white space around it.
func trimAll(v []byte) []byte { return bytes.Trim(v, " \t\r\n\x1a\u00a0") }

// decodeLine returns the trimmed values of a single record; none if it is malformed.
func decodeLine(text []byte, d scan.Dialect) (fields []string) {
	ends, ok := d.Fields(text)
	if !ok {
		return nil
	}
	start := uint32(0)
	for _, end := range ends {
		buf, v := d.Decode(text, scan.Span{Start: start, End: end})
		fields = append(fields, string(trimAll(v.Of(buf))))
		start = end + 1
	}
	return fields
}

// embeds reports whether a record swallowed others, by its lines or by its values.
func (w *worker) embeds(rec *scan.Record, raw []byte) bool {
	d := w.Block.Dialect()
	if bytes.IndexByte(raw, w.Block.LineEnd()) < 0 {
		return false
	}
	if embeds(raw, &d, w.Fields) {
		return true
	}
	delimiters, typed := 0, false
	for f := range int(rec.N) {
		field := w.index.Field(rec, f).Of(w.Block.Data)
		if bytes.IndexByte(field, w.Block.LineEnd()) < 0 {
			continue
		}
		for _, cell := range bytes.FieldsFunc(field, func(c rune) bool { return c == rune(d.Delimiter) || c == rune(w.Block.LineEnd()) }) {
			typed = typed || isTyped(bytes.Trim(cell, " \t\r"+string(rune(d.Quote))))
		}
		delimiters += bytes.Count(field, []byte{d.Delimiter})
	}
	return typed && delimiters+2 >= w.Fields
}

// isTyped reports whether a cell is an e-mail address, a phone number or a boolean: in
// a text that somebody wrote none stands between delimiters.
func isTyped(cell []byte) bool {
	if len(cell) == 0 || !utf8.Valid(cell) {
		return false
	}
	_, isBoolean := value.ParseBoolean(cell)
	return isBoolean || value.IsEmail(cell) || len(cell) > 7 && value.IsPhone(cell)
}

// embeds reports whether a record of several lines swallowed others: quotes
// disregarded, its first line and a later one each have the number of fields of a
// record, or two later ones, unless lines with so few fields are common; or the last
// line is a record by itself, which it is not where it closes a quote of a line before.
func embeds(raw []byte, d *scan.Dialect, fields int) bool {
	const common = 3 // fields
	end := []byte{'\n'}
	if d.LineEnd == scan.EndCR {
		end[0] = '\r'
	}
	line, rest, several := bytes.Cut(raw, end)
	if !several {
		return false
	}
	first := isRecord(line, d, fields)
	records := 0
	if first {
		records++
	}
	for several {
		line, rest, several = bytes.Cut(rest, end)
		if (first || fields > common) && isRecord(line, d, fields) {
			records++
		}
		if records > 1 || !several && isSound(line, d, fields) {
			return true
		}
	}
	return false
}

// isSound reports whether a line is a record of so many fields by itself, all its quotes in place.
func isSound(line []byte, d *scan.Dialect, fields int) bool {
	if bytes.IndexByte(line, d.Quote) < 0 {
		return false
	}
	strict := *d
	strict.LenientQuotes = false
	ends, ok := strict.Fields(line)
	return ok && len(ends) == fields
}

// isRecord reports whether a line has so many fields: where quotes are data, or
// where those that open and close on the line, around whole fields, are quotes.
func isRecord(line []byte, d *scan.Dialect, fields int) bool {
	if bytes.Count(line, []byte{d.Delimiter})+1 == fields {
		return true
	}
	n := 1
	start := true // of a field
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == d.Delimiter:
			n++
			start = true
			continue
		case start && line[i] == d.Quote:
			if shut := closedOnLine(line, i, d); shut > 0 {
				i = shut
			}
		}
		start = false
	}
	return n == fields
}

// closedOnLine returns where the quote that opens at line[i] closes at the end of a
// field, 0 if it does not. Where nothing else closes it, a doubled quote at the end of
// a field does: one of the two may be too much.
func closedOnLine(line []byte, i int, d *scan.Dialect) (shut int) {
	ends := func(i int) bool { return i == len(line) || line[i] == d.Delimiter || line[i] == '\r' }
	for i++; i < len(line); i++ {
		switch {
		case line[i] != d.Quote:
		case ends(i + 1):
			return i
		case line[i+1] != d.Quote:
			return shut
		default:
			i++
			if shut == 0 && ends(i+1) {
				shut = i
			}
		}
	}
	return shut
}

// fit reports whether a record has the right number of fields, or was made to.
func (w *worker) fit(rec *scan.Record, buf []byte) bool {
	n := int(rec.N)
	if n == w.Fields {
		return true
	}
	if !w.PadRagged {
		return false
	}
	for f := w.Fields; f < n; f++ {
		var value scan.Span
		buf, value = w.dialect.Decode(buf, w.index.Field(rec, f))
		if len(trimAll(value.Of(buf))) > 0 {
			return false
		}
	}
	return true
}
