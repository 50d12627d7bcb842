package report

import (
	"strconv"
	"sync"
	"unicode/utf8"

	"poolprep/validate"
)

// jsonTexts are the parts of a finding's object that depend on its code alone.
type jsonTexts struct {
	head    string // up to the severity
	message string // with quotes; "" if it is not always the same
	tail    string // from the hint on
}

// textsByCode are those of every code, indexed by it.
var textsByCode = sync.OnceValue(func() []jsonTexts {
	texts := make([]jsonTexts, len(validate.Codes()))
	for _, c := range validate.Codes() {
		f := validate.Finding{Code: c}
		t := &texts[c]
		t.head = `{"v":1,"type":"finding","code":"` + c.String() + `","severity":"`
		t.tail = `,"hint":` + string(AppendString(nil, f.Hint())) + "}\n"
		if c.MessageIsConstant() {
			t.message = string(AppendString(nil, f.AppendMessage(nil)))
		}
	}
	return texts
})

// appendFinding appends a finding as one JSON object and a newline.
func (r *Writer) appendFinding(dst []byte, f *validate.Finding) []byte {
	t := &r.texts[f.Code]
	dst = append(dst, t.head...)
	dst = append(dst, f.Severity.String()...)
	dst = append(dst, `","file":`...)
	dst = AppendString(dst, f.File)
	dst = appendPlace(dst, f)
	dst = append(dst, `,"field":`...)
	dst = strconv.AppendInt(dst, int64(f.Field), 10)
	dst = append(dst, `,"column_name":`...)
	dst = AppendString(dst, f.Column)
	dst = append(dst, `,"message":`...)
	if t.message != "" && f.Value == nil {
		dst = append(dst, t.message...)
	} else {
		r.message = f.AppendMessage(r.message[:0])
		dst = AppendString(dst, r.message)
	}
	return append(dst, t.tail...)
}

func appendPlace(dst []byte, f *validate.Finding) []byte {
	dst = append(dst, `,"line":`...)
	dst = strconv.AppendInt(dst, f.Pos.Line, 10)
	dst = append(dst, `,"column":`...)
	dst = strconv.AppendInt(dst, int64(f.Pos.Column), 10)
	dst = append(dst, `,"byte_offset":`...)
	dst = strconv.AppendInt(dst, f.Pos.Offset, 10)
	dst = append(dst, `,"record":`...)
	return strconv.AppendInt(dst, f.Record, 10)
}

// appendSummary appends the totals as one JSON object and a newline.
func appendSummary(dst []byte, s *validate.Summary, truncated bool) []byte {
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
	return append(dst, "}\n"...)
}

// AppendCounts appends the findings by code as a JSON object, in the order of the codes.
func AppendCounts(dst []byte, s *validate.Summary) []byte {
	dst = append(dst, '{')
	first := true
	for _, c := range validate.Codes() {
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

// AppendString appends s as a JSON string; bytes that are not UTF-8 become U+FFFD.
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
			dst = utf8.AppendRune(dst, r)
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
func AppendReject(dst []byte, file string, line, offset int64, findings []validate.Finding) []byte {
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
