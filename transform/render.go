package transform

import (
	"bytes"

	"poolprep/validate/scan"
)

// AppendHeader appends the header line of an import file with these columns, with its
// newline, see validate.TargetColumns.
func AppendHeader(dst []byte, columns []string) []byte {
	for i, name := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, name...)
	}
	return append(dst, '\n')
}

// appendFields appends the row whose values are fields of a record.
func (s *stage) appendFields(dst []byte, block *scan.Block, x *scan.Index, r *scan.Record) []byte {
	s.values = s.values[:0]
	quote := block.Quote()
	for _, field := range s.c.plain {
		var v scan.Span
		if field >= 0 {
			v = x.Field(r, field)
			if v.Start < v.End && quote != 0 && block.Data[v.Start] == quote {
				v.Start++
				v.End--
			}
		}
		s.values = append(s.values, v)
	}
	return append(appendRow(dst, block.Data, s.values, s.dataEnd), '\n')
}

// appendRow appends values as the import file holds them. Neighbours that stand
// in the input, before dataEnd, with nothing but a comma between them are copied
// in one go: a comma just outside of a value is a delimiter, so neither of them
// is quoted, and neither holds a comma.
func appendRow(dst, buf []byte, values []scan.Span, dataEnd uint32) []byte {
	for i := 0; i < len(values); {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := values[i]
		end, single := v.End, true
		for i++; i < len(values) && values[i].Start == end+1 && end < dataEnd && buf[end] == ','; i++ {
			end, single = values[i].End, false
		}
		switch {
		case !single:
			dst = append(dst, buf[v.Start:end]...)
		case v.Start != end:
			dst = appendEscaped(dst, v.Of(buf))
		}
	}
	return dst
}

// appendEscaped appends a value as the import file holds it: a backslash before each comma.
func appendEscaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, ',')
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		dst = append(dst, '\\', ',')
		v = v[i+1:]
	}
}
