package scan

import "bytes"

// Fault says why a record could not be read as fields.
type Fault uint8

const (
	// Sound is a record without fault.
	Sound Fault = iota
	// BareQuote is a quote inside an unquoted field.
	BareQuote
	// TextAfterQuote is anything but a delimiter or a line end after a closing quote.
	TextAfterQuote
	// OpenQuote is a quoted field that the end of input or the record limit cuts off on the record's first line.
	OpenQuote
	// OpenQuoteLines is broken quoting in a record whose quoted field had already run over a line end.
	OpenQuoteLines
	// TooLong is a physical line longer than the record limit.
	TooLong
	// CutValue is a record in which a bare LF stands where the others have CR LF; only from Index.JoinCut.
	CutValue
)

// outcome is what the machine has to say of one record.
type outcome struct {
	end     int   // where the content ends; the line end follows
	next    int   // where the next record starts
	fault   Fault // Sound, or why the record is malformed
	at      int   // the place of the fault: the bare quote, the byte after the closing quote, the opening quote
	comment bool  // a line that begins with Dialect.Comment, and has no field
	more    bool  // the record may go on after the data; end and next say nothing
}

// machine is the reference: it reads one record at a time, byte for byte, and
// is the definition of what every faster path must return. A record whose
// quoting breaks is malformed up to its first physical line end, so that it
// never takes a neighbour with it.
type machine struct {
	d    *Dialect
	open *openStretch // shared by the calls for one data; nil: every record is read from its start
}

// openStretch remembers a record that ran into the record limit or the end of
// input: it was inside quotes at every line end from from to to. Another record that
// is inside quotes at one of these will be so at to, too, and need not be read up to
// there. Without it, text in which every line begins such a record would be read
// once for each line.
type openStretch struct{ from, to int }

// next reads the record that starts at data[p] and appends the end offset of
// each field to ends, which it returns. Where the record is malformed nothing
// is appended. final says that no data follows.
//
// A record may have MaxRecord bytes before its last line end byte, so whether it
// is within the limit is known once MaxRecord+1 bytes are there.
func (m machine) next(data []byte, p int, final bool, ends []uint32) (outcome, []uint32) {
	d, end := m.d, m.d.end()
	window := min(len(data), p+d.MaxRecord+1)
	overLimit := len(data)-p > d.MaxRecord
	before := len(ends)
	if d.Comment != "" {
		if o, is := m.commentLine(data, p, window, final); is {
			return o, ends
		}
	}

	i := p
	for {
		// i is at the start of a field.
		open := m.skipBlanks(data, i, window)
		if open >= window && !overLimit && !final {
			return outcome{more: true}, ends[:before]
		}
		if !d.NoQuotes && open < window && data[open] == d.Quote {
			i = m.closingQuote(data, open+1, window)
			if i >= window {
				if !overLimit && !final {
					return outcome{more: true}, ends[:before]
				}
				m.remember(data, p, window)
				return m.malformed(data, p, window, final, OpenQuote, open, window), ends[:before]
			}
			i = m.skipBlanks(data, i+1, window)
			if !d.LenientQuotes {
				atEnd, more := m.fieldEnd(data, i, final)
				if more && !overLimit {
					return outcome{more: true}, ends[:before]
				}
				if !atEnd && i < window {
					return m.malformed(data, p, window, final, TextAfterQuote, i, i), ends[:before]
				}
			}
		}
		for i < window && data[i] != end && !m.delimiterAt(data, p, i) {
			if !d.NoQuotes && !d.LenientQuotes && data[i] == d.Quote {
				return m.malformed(data, p, window, final, BareQuote, i, i), ends[:before]
			}
			i++
			if d.Escape != 0 && data[i-1] == d.Escape && i < window && m.escapable(data[i]) {
				i++
			}
		}
		if i >= window {
			if overLimit {
				m.remember(data, p, window)
				return m.malformed(data, p, window, final, OpenQuote, window, window), ends[:before]
			}
			if !final {
				return outcome{more: true}, ends[:before]
			}
			return outcome{end: i, next: i}, append(ends, uint32(i))
		}
		if data[i] == end {
			stop := m.contentEnd(data, p, i)
			return outcome{end: stop, next: i + 1}, append(ends, uint32(stop))
		}
		ends = append(ends, uint32(i))
		i++
	}
}

// closingQuote returns the place of the quote that closes the field whose text
// starts at data[i], or at least window if there is none before.
func (m machine) closingQuote(data []byte, i, window int) int {
	d, end := m.d, m.d.end()
	for i < window {
		switch c := data[i]; {
		case d.Escape != 0 && c == d.Escape && i+1 < window && m.escapable(data[i+1]):
			i += 2
		case c == end && m.open != nil && m.open.from <= i && i < m.open.to:
			i = m.open.to
		case c != d.Quote:
			i++
		case i+1 < window && data[i+1] == d.Quote:
			i += 2
		default:
			return i
		}
	}
	return i
}

// remember notes that the record from p on is inside quotes at every line end before window.
func (m machine) remember(data []byte, p, window int) {
	if m.open == nil {
		return
	}
	if last := bytes.LastIndexByte(data[p:window], m.d.end()); last >= 0 {
		*m.open = openStretch{p, p + last}
	}
}

// escapable reports whether an escape takes its meaning from c.
func (m machine) escapable(c byte) bool {
	return c == m.d.Escape || c == m.d.Delimiter || c == m.d.Quote && !m.d.NoQuotes
}

// skipBlanks returns the place of the first byte from i on that is not a blank
// around a field, if the dialect has such.
func (m machine) skipBlanks(data []byte, i, window int) int {
	if m.d.TrimFields {
		for i < window && (data[i] == ' ' || data[i] == '\t') && data[i] != m.d.Delimiter {
			i++
		}
	}
	return i
}

// commentLine reads the line at data[p] if it is a comment.
func (m machine) commentLine(data []byte, p, window int, final bool) (o outcome, is bool) {
	prefix := m.d.Comment
	if have := data[p:min(len(data), p+len(prefix))]; string(have) != prefix {
		return outcome{more: true}, len(have) < len(prefix) && !final && string(have) == prefix[:len(have)]
	}
	line := bytes.IndexByte(data[p:window], m.d.end())
	switch {
	case line >= 0:
		return outcome{end: m.contentEnd(data, p, p+line), next: p + line + 1, comment: true}, true
	case window-p > m.d.MaxRecord:
		return outcome{end: window, next: window, fault: TooLong, at: p}, true
	case !final:
		return outcome{more: true}, true
	}
	return outcome{end: window, next: window, comment: true}, true
}

// delimiterAt reports whether data[i] ends a field of the record that starts at p.
func (m machine) delimiterAt(data []byte, p, i int) bool {
	if data[i] != m.d.Delimiter {
		return false
	}
	return m.d.Kind != Cognito || i == p || data[i-1] != '\\'
}

// fieldEnd reports whether a field may end at data[i]: there is a delimiter, a
// line end or the end of input. more says that the data does not tell.
func (m machine) fieldEnd(data []byte, i int, final bool) (ok, more bool) {
	switch {
	case i == len(data):
		return final, !final
	case data[i] == m.d.Delimiter || data[i] == m.d.end():
		return true, false
	case data[i] == '\r' && m.d.crlf():
		for i < len(data) && data[i] == '\r' {
			i++
		}
		if i == len(data) {
			return false, !final
		}
		return data[i] == '\n', false
	}
	return false, false
}

// contentEnd returns where the content of a line ends that starts at p and whose
// end byte is data[i]. Every CR just before an LF belongs to the line end: some
// programs write CR CR LF.
func (m machine) contentEnd(data []byte, p, i int) int {
	if m.d.crlf() {
		for i > p && data[i-1] == '\r' {
			i--
		}
	}
	return i
}

// malformed gives the first physical line from p as a record with a fault.
// broke is where the reading broke off, at the place to report.
func (m machine) malformed(data []byte, p, window int, final bool, fault Fault, at, broke int) outcome {
	line := bytes.IndexByte(data[p:window], m.d.end())
	if line < 0 {
		if window-p > m.d.MaxRecord {
			return outcome{end: window, next: window, fault: TooLong, at: p}
		}
		if !final {
			return outcome{more: true}
		}
		return outcome{end: window, next: window, fault: fault, at: at}
	}
	line += p
	if broke > line {
		fault = OpenQuoteLines
		if at > line {
			at = m.lastQuoteOpened(data, p, line)
		}
	}
	return outcome{end: m.contentEnd(data, p, line), next: line + 1, fault: fault, at: at}
}

// lastQuoteOpened returns the place of the quote that is still open at the
// line end data[line] of the record that starts at p.
func (m machine) lastQuoteOpened(data []byte, p, line int) int {
	inside, fieldStart, open := false, true, p
	for i := p; i < line; i++ {
		c := data[i]
		switch {
		case m.d.Escape != 0 && c == m.d.Escape && m.escapable(data[i+1]):
			i++
			fieldStart = false
		case inside && c == m.d.Quote && data[i+1] == m.d.Quote:
			i++
		case inside:
			inside = c != m.d.Quote
			fieldStart = false
		case fieldStart && c == m.d.Quote:
			inside, open = true, i
		default:
			fieldStart = c == m.d.Delimiter || fieldStart && m.d.TrimFields && (c == ' ' || c == '\t')
		}
	}
	return open
}
