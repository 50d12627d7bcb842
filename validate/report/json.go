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

// jsonWriter is a report for programs, an object a line: the run, findings, the totals.
type jsonWriter struct {
	*lines
	run     Run
	started string
	texts   []jsonTexts
	last    likeLast
	line    number
	offset  number
	record  number
	message []byte
}

func newJSONLines(l *lines, _ Options) Writer { return &jsonWriter{lines: l, texts: textsByCode()} }

func (w *jsonWriter) Start(run Run) error {
	w.run, w.started = run, run.now()
	w.buf = AppendString(append(w.buf, `{"v":1,"type":"run","tool":`...), run.Tool)
	w.buf = AppendString(append(w.buf, `,"command":`...), run.Command)
	w.buf = append(w.buf, "}\n"...)
	return w.endLine()
}

func (w *jsonWriter) Finding(f *rule.Finding) error {
	w.buf = w.appendFinding(w.buf, f)
	return w.endLine()
}

func (w *jsonWriter) Finish(result rule.Result) error {
	w.buf = w.appendSummary(w.buf, &result)
	return w.endLine()
}

// newSummary returns a Writer of the last object of JSON lines alone.
func newSummary(l *lines, _ Options) Writer { return &summaryWriter{jsonWriter{lines: l}} }

// summaryWriter is a JSON report without the findings.
type summaryWriter struct{ jsonWriter }

func (w *summaryWriter) Start(run Run) error {
	w.run, w.started = run, run.now()
	return nil
}

func (w *summaryWriter) Finding(*rule.Finding) error { return nil }

// like returns the texts for a finding with a message that is always the same.
func (w *jsonWriter) like(f *rule.Finding) *likeLast {
	l := &w.last
	if l.head != nil && l.code == f.Code && l.severity == f.Severity && l.file == f.File && l.column == f.Column && l.source == f.Source {
		return l
	}
	l.code, l.severity, l.file, l.column, l.source = f.Code, f.Severity, f.File, f.Column, f.Source
	t := &w.texts[f.Code]
	l.head = append(append(append(l.head[:0], t.head...), f.Severity.String()...), `","file":`...)
	l.head = append(AppendString(l.head, f.File), `,"line":`...)
	l.tail = AppendString(append(l.tail[:0], `,"column_name":`...), f.Column)
	l.tail = append(append(append(l.tail, `,"message":`...), t.message...), t.hint...)
	l.tail = append(appendSource(l.tail, f), "}\n"...)
	return l
}

// appendFinding appends a finding as one JSON object and a newline.
func (w *jsonWriter) appendFinding(dst []byte, f *rule.Finding) []byte {
	t := &w.texts[f.Code]
	if t.message != "" && f.Value == nil {
		l := w.like(f)
		return append(w.appendPlace(append(dst, l.head...), f), l.tail...)
	}
	dst = append(append(append(dst, t.head...), f.Severity.String()...), `","file":`...)
	dst = w.appendPlace(append(AppendString(dst, f.File), `,"line":`...), f)
	dst = AppendString(append(dst, `,"column_name":`...), f.Column)
	w.message = f.AppendMessage(w.message[:0])
	dst = AppendString(append(dst, `,"message":`...), w.message)
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
func (w *jsonWriter) appendPlace(dst []byte, f *rule.Finding) []byte {
	dst = w.line.append(dst, f.Pos.Line)
	dst = strconv.AppendInt(append(dst, `,"column":`...), int64(f.Pos.Column), 10)
	dst = w.offset.append(append(dst, `,"byte_offset":`...), f.Pos.Offset)
	dst = w.record.append(append(dst, `,"record":`...), f.Record)
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
func (w *jsonWriter) appendSummary(dst []byte, result *rule.Result) []byte {
	s := &result.Summary
	dst = AppendString(append(dst, `{"v":1,"type":"summary","tool":`...), w.run.Tool)
	dst = AppendString(append(dst, `,"started":`...), w.started)
	dst = AppendString(append(dst, `,"finished":`...), w.run.now())
	dst = appendSources(append(dst, `,"sources":`...), result.Sources)
	totals := summaryCounts(s)
	dst = appendTotals(dst, totals[:5])
	dst = AppendCounts(append(dst, `,"findings":`...), s)
	dst = append(dst, `,"truncated":`...)
	dst = strconv.AppendBool(dst, result.Truncated)
	dst = appendTotals(dst, totals[5:])
	if result.Pool != "" {
		dst = AppendString(append(dst, `,"pool":`...), result.Pool)
	}
	if result.Verdict != rule.Undecided {
		dst = AppendString(append(dst, `,"verdict":`...), result.Verdict.String())
	}
	if result.StoppedAfter > 0 {
		dst = strconv.AppendInt(append(dst, `,"complete":false,"stopped_after":`...), result.StoppedAfter, 10)
	}
	if result.Profile != nil {
		dst = appendProfile(append(dst, `,"profile":`...), result.Profile)
	}
	return append(dst, "}\n"...)
}

// total is a number of the summary with its name.
type total struct {
	name string
	n    int64
}

// summaryCounts are the numbers of the summary, rows first.
func summaryCounts(s *rule.Summary) []total {
	return []total{
		{"rows_read", s.RowsRead},
		{"rows_accepted", s.RowsAccepted},
		{"rows_rejected", s.RowsRejected},
		{"rows_skipped", s.RowsSkipped},
		{"rows_blank", s.RowsBlank},
		{"errors", s.Errors},
		{"warnings", s.Warnings},
		{"infos", s.Hints},
		{"bytes_read", s.Bytes},
		{"lines_read", s.Lines},
	}
}

// appendTotals appends them as members of a JSON object, each with a comma before it.
func appendTotals(dst []byte, totals []total) []byte {
	for _, t := range totals {
		dst = append(append(append(dst, `,"`...), t.name...), `":`...)
		dst = strconv.AppendInt(dst, t.n, 10)
	}
	return dst
}

// appendSources appends the inputs as a JSON array.
func appendSources(dst []byte, sources []rule.Source) []byte {
	dst = append(dst, '[')
	for i, s := range sources {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(append(dst, `{"name":`...), s.Name)
		dst = strconv.AppendInt(append(dst, `,"rows":`...), s.Rows, 10)
		if s.Size >= 0 {
			dst = strconv.AppendInt(append(dst, `,"size":`...), s.Size, 10)
		}
		if s.SHA256 != "" {
			dst = AppendString(append(dst, `,"sha256":`...), s.SHA256)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
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
