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
)

// outcome is what the machine has to say of one record.
type outcome struct {
	end   int   // where the content ends; the line end follows
	next  int   // where the next record starts
	fault Fault // Sound, or why the record is malformed
	at    int   // the place of the fault: the bare quote, the byte after the closing quote, the opening quote
	more  bool  // the record may go on after the data; end and next say nothing
}

// machine is the reference: it reads one record at a time, byte for byte, and
// is the definition of what every faster path must return. A record whose
// quoting breaks is malformed up to its first physical line end, so that it
// never takes a neighbour with it.
type machine struct {
	d *Dialect
}

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

	i := p
	for {
		// i is at the start of a field.
		if !d.NoQuotes && i < window && data[i] == d.Quote {
			open := i
			i++
			for i < window {
				if data[i] != d.Quote {
					i++
				} else if i+1 < window && data[i+1] == d.Quote {
					i += 2
				} else {
					break
				}
			}
			if i >= window {
				if !overLimit && !final {
					return outcome{more: true}, ends[:before]
				}
				return m.malformed(data, p, window, final, OpenQuote, open, window), ends[:before]
			}
			i++ // past the closing quote
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
		}
		if i >= window {
			if overLimit {
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
		if i+1 == len(data) {
			return false, !final
		}
		return data[i+1] == '\n', false
	}
	return false, false
}

// contentEnd returns where the content of a line ends that starts at p and whose end byte is data[i].
func (m machine) contentEnd(data []byte, p, i int) int {
	if m.d.crlf() && i > p && data[i-1] == '\r' {
		return i - 1
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
		switch {
		case inside && data[i] == m.d.Quote && data[i+1] == m.d.Quote:
			i++
		case inside:
			inside = data[i] != m.d.Quote
			fieldStart = false
		case fieldStart && data[i] == m.d.Quote:
			inside, open = true, i
		default:
			fieldStart = data[i] == m.d.Delimiter
		}
	}
	return open
}
