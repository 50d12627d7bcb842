package scan

import "bytes"

// Decode returns the span of the value of a field that lies in buf as raw:
// without its quotes or escapes. Where the value stands in the input as it is,
// the span points there and nothing is copied; otherwise the value is appended
// to buf, which is returned and may have moved. White space is kept.
func (d *Dialect) Decode(buf []byte, raw Span) ([]byte, Span) {
	if raw.Start == raw.End {
		return buf, raw
	}
	if d.Kind == Cognito {
		return d.decodeEscapes(buf, raw)
	}
	if d.TrimFields {
		raw = d.trimmed(buf, raw)
	}
	if d.Escape != 0 && bytes.IndexByte(raw.Of(buf), d.Escape) >= 0 {
		return d.decodeEscaped(buf, raw)
	}
	if raw.Start == raw.End || d.NoQuotes || buf[raw.Start] != d.Quote {
		return buf, raw
	}
	inner := Span{raw.Start + 1, raw.End}
	q := bytes.IndexByte(inner.Of(buf), d.Quote)
	if q == inner.Len()-1 {
		return buf, Span{inner.Start, inner.End - 1}
	}
	return d.decodeQuotes(buf, inner)
}

// decodeQuotes appends the value of a quoted field that is more than text
// between two quotes. rest starts after the opening quote.
func (d *Dialect) decodeQuotes(buf []byte, rest Span) ([]byte, Span) {
	start := uint32(len(buf))
	for i := rest.Start; i < rest.End; i++ {
		c := buf[i]
		if c == d.Quote {
			i++
			if i >= rest.End || buf[i] != d.Quote {
				// The closing quote; whatever follows was let through by LenientQuotes.
				buf = append(buf, buf[min(i, rest.End):rest.End]...)
				break
			}
		}
		buf = append(buf, c)
	}
	return buf, Span{start, uint32(len(buf))}
}

// trimmed returns the span without the blanks around it.
func (d *Dialect) trimmed(buf []byte, s Span) Span {
	blank := func(c byte) bool { return (c == ' ' || c == '\t') && c != d.Delimiter }
	for s.Start < s.End && blank(buf[s.Start]) {
		s.Start++
	}
	for s.Start < s.End && blank(buf[s.End-1]) {
		s.End--
	}
	return s
}

// decodeEscaped appends the value of a field that holds Escape.
func (d *Dialect) decodeEscaped(buf []byte, raw Span) ([]byte, Span) {
	m := machine{d: d}
	start := uint32(len(buf))
	inside := !d.NoQuotes && raw.Start < raw.End && buf[raw.Start] == d.Quote
	i := raw.Start
	if inside {
		i++
	}
	for ; i < raw.End; i++ {
		c := buf[i]
		switch {
		case c == d.Escape && i+1 < raw.End && m.escapable(buf[i+1]):
			i++
			c = buf[i]
		case inside && c == d.Quote && i+1 < raw.End && buf[i+1] == d.Quote:
			i++
		case inside && c == d.Quote: // whatever follows was let through by LenientQuotes
			inside = false
			continue
		}
		buf = append(buf, c)
	}
	return buf, Span{start, uint32(len(buf))}
}

// decodeEscapes takes the backslash away that stands just before a comma.
func (d *Dialect) decodeEscapes(buf []byte, raw Span) ([]byte, Span) {
	if bytes.IndexByte(raw.Of(buf), '\\') < 0 {
		return buf, raw
	}
	start := uint32(len(buf))
	for i := raw.Start; i < raw.End; i++ {
		if buf[i] == '\\' && i+1 < raw.End && buf[i+1] == d.Delimiter {
			continue
		}
		buf = append(buf, buf[i])
	}
	return buf, Span{start, uint32(len(buf))}
}

// AppendQuoted appends value to dst as a field of the dialect (CSV only),
// enclosed in quotes where it needs them. first and only say that the field is
// the only one of its record, which must not come out as a blank line.
func (d *Dialect) AppendQuoted(dst, value []byte, only bool) []byte {
	needs := only && len(value) == 0
	for _, c := range value {
		if c == d.Delimiter || c == d.Quote || c == '\n' || c == '\r' {
			needs = true
			break
		}
	}
	if !needs {
		return append(dst, value...)
	}
	dst = append(dst, d.Quote)
	for _, c := range value {
		if c == d.Quote {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, d.Quote)
}
