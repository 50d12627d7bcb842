package report

import (
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// jsonTexts are the parts of a finding's object that depend on its code alone.
type jsonTexts struct {
	head    string // up to the severity
	message string // with quotes; "" if it is not always the same
	hint    string
}

// textsByCode are those of every code, indexed by it.
var textsByCode = sync.OnceValue(func() []jsonTexts {
	texts := make([]jsonTexts, len(rule.Codes()))
	for _, c := range rule.Codes() {
		f := rule.Finding{Code: c}
		t := &texts[c]
		t.head = `{"v":1,"type":"finding","code":"` + c.String() + `","severity":"`
		t.hint = `,"hint":` + string(AppendString(nil, f.Hint()))
		if c.MessageIsConstant() {
			t.message = string(AppendString(nil, f.AppendMessage(nil)))
		}
	}
	return texts
})

// likeLast is what an object has in common with the one before it, mostly: the
// text up to the line, and that from the column's name on.
type likeLast struct {
	code                 rule.Code
	severity             rule.Severity
	file, column, source string
	head, tail           []byte
}

// like returns the texts for a finding with a message that is always the same.
func (r *Writer) like(f *rule.Finding) *likeLast {
	l := &r.last
	if l.head != nil && l.code == f.Code && l.severity == f.Severity && l.file == f.File && l.column == f.Column && l.source == f.Source {
		return l
	}
	l.code, l.severity, l.file, l.column, l.source = f.Code, f.Severity, f.File, f.Column, f.Source
	t := &r.texts[f.Code]
	l.head = append(append(append(l.head[:0], t.head...), f.Severity.String()...), `","file":`...)
	l.head = append(AppendString(l.head, f.File), `,"line":`...)
	l.tail = AppendString(append(l.tail[:0], `,"column_name":`...), f.Column)
	l.tail = append(append(append(l.tail, `,"message":`...), t.message...), t.hint...)
	l.tail = append(appendSource(l.tail, f), "}\n"...)
	return l
}

// appendFinding appends a finding as one JSON object and a newline.
func (r *Writer) appendFinding(dst []byte, f *rule.Finding) []byte {
	t := &r.texts[f.Code]
	if t.message != "" && f.Value == nil {
		l := r.like(f)
		return append(r.appendPlace(append(dst, l.head...), f), l.tail...)
	}
	dst = append(append(append(dst, t.head...), f.Severity.String()...), `","file":`...)
	dst = r.appendPlace(append(AppendString(dst, f.File), `,"line":`...), f)
	dst = AppendString(append(dst, `,"column_name":`...), f.Column)
	r.message = f.AppendMessage(r.message[:0])
	dst = AppendString(append(dst, `,"message":`...), r.message)
	dst = appendSource(append(dst, t.hint...), f)
	if f.Value != nil {
		dst = AppendString(append(dst, `,"value":`...), f.Value)
	}
	if f.FirstLine > 0 {
		dst = strconv.AppendInt(append(dst, `,"first_line":`...), f.FirstLine, 10)
		if f.FirstFile != "" {
			dst = AppendString(append(dst, `,"first_file":`...), f.FirstFile)
		}
	}
	return append(dst, "}\n"...)
}

// appendSource appends the source column where it is called otherwise.
func appendSource(dst []byte, f *rule.Finding) []byte {
	if f.Source == "" {
		return dst
	}
	return AppendString(append(dst, `,"source_column":`...), f.Source)
}

// appendPlace appends the line, and what else there is up to the field.
func (r *Writer) appendPlace(dst []byte, f *rule.Finding) []byte {
	dst = r.line.append(dst, f.Pos.Line)
	dst = strconv.AppendInt(append(dst, `,"column":`...), int64(f.Pos.Column), 10)
	dst = r.offset.append(append(dst, `,"byte_offset":`...), f.Pos.Offset)
	dst = r.record.append(append(dst, `,"record":`...), f.Record)
	return strconv.AppendInt(append(dst, `,"field":`...), int64(f.Field), 10)
}

// number writes numbers of which most share all but the last three digits with
// the one before: a report of millions of findings is mostly such numbers.
type number struct {
	thousands uint64
	text      [20]byte // the digits of these
	digits    int
}

// threeDigits are the numbers 000 to 999.
var threeDigits = func() (t [1000][3]byte) {
	for i := range t {
		t[i] = [3]byte{byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)}
	}
	return t
}()

// append is strconv.AppendInt in base 10.
func (m *number) append(dst []byte, n int64) []byte {
	if n < 1000 {
		return strconv.AppendInt(dst, n, 10)
	}
	thousands := uint64(n) / 1000
	if thousands != m.thousands {
		m.thousands, m.digits = thousands, len(strconv.AppendUint(m.text[:0], thousands, 10))
	}
	at := len(dst) + m.digits
	dst = slices.Grow(dst, len(m.text)+3)[:at+3]
	*(*[20]byte)(dst[at-m.digits : cap(dst)]) = m.text
	*(*[3]byte)(dst[at:]) = threeDigits[uint64(n)-thousands*1000]
	return dst
}

// appendSummary appends the totals as one JSON object and a newline.
func appendSummary(dst []byte, s *rule.Summary, truncated bool) []byte {
	dst = append(dst, `{"v":1,"type":"summary"`...)
	count := func(name string, n int64) {
		dst = append(dst, `,"`...)
		dst = append(dst, name...)
		dst = append(dst, `":`...)
		dst = strconv.AppendInt(dst, n, 10)
	}
	count("rows_read", s.RowsRead)
	count("rows_accepted", s.RowsAccepted)
	count("rows_rejected", s.RowsRejected)
	count("rows_skipped", s.RowsSkipped)
	count("rows_blank", s.RowsBlank)
	dst = AppendCounts(append(dst, `,"findings":`...), s)
	dst = append(dst, `,"truncated":`...)
	dst = strconv.AppendBool(dst, truncated)
	count("errors", s.Errors)
	count("warnings", s.Warnings)
	count("infos", s.Hints)
	count("bytes_read", s.Bytes)
	count("lines_read", s.Lines)
	return append(dst, "}\n"...)
}

// AppendCounts appends the findings by code as a JSON object, in the order of the codes.
func AppendCounts(dst []byte, s *rule.Summary) []byte {
	dst = append(dst, '{')
	first := true
	for _, c := range rule.Codes() {
		if n := s.Findings[c]; n > 0 {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = strconv.AppendQuote(dst, c.String())
			dst = append(dst, ':')
			dst = strconv.AppendInt(dst, n, 10)
		}
	}
	return append(dst, '}')
}

// AppendString appends s as a JSON string that is safe to show, see package
// escape; bytes that are not UTF-8 become U+FFFD.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	plain := 0
	for plain < len(s) && s[plain] >= ' ' && s[plain] < 0x7F && s[plain] != '"' && s[plain] != '\\' {
		plain++
	}
	dst = append(dst, s[:plain]...)
	for i := plain; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if escape.Unsafe(r) {
				dst = escape.AppendJSONRune(dst, r)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < ' ' || c == 0x7F:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}

// AppendReject appends what rejects.jsonl says of a rejected record: where it
// stands and what is wrong, without any of its data. findings must not be empty.
func AppendReject(dst []byte, file string, line, offset int64, findings []rule.Finding) []byte {
	dst = appendRecordPlace(dst, file, line, offset, findings[0].Record)
	dst = append(dst, `,"findings":[`...)
	texts := textsByCode()
	for i, f := range findings {
		if i > 0 {
			dst = append(dst, ',')
		}
		f.Value = nil
		dst = append(dst, `{"code":"`...)
		dst = append(dst, f.Code.String()...)
		dst = append(dst, `","severity":"`...)
		dst = append(dst, f.Severity.String()...)
		dst = append(dst, `","column_name":`...)
		dst = AppendString(dst, f.Column)
		dst = append(dst, `,"message":`...)
		if t := &texts[f.Code]; t.message != "" {
			dst = append(dst, t.message...)
		} else {
			dst = AppendString(dst, f.AppendMessage(nil))
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// AppendSkip appends what skipped.jsonl says of a record that was left out on purpose.
func AppendSkip(dst []byte, file string, line, offset, record int64, reason string) []byte {
	dst = appendRecordPlace(dst, file, line, offset, record)
	dst = append(dst, `,"reason":`...)
	dst = AppendString(dst, reason)
	return append(dst, '}')
}

func appendRecordPlace(dst []byte, file string, line, offset, record int64) []byte {
	dst = append(dst, `{"v":1,"file":`...)
	dst = AppendString(dst, file)
	dst = append(dst, `,"line":`...)
	dst = strconv.AppendInt(dst, line, 10)
	dst = append(dst, `,"column":1,"byte_offset":`...)
	dst = strconv.AppendInt(dst, offset, 10)
	dst = append(dst, `,"record":`...)
	return strconv.AppendInt(dst, record, 10)
}
