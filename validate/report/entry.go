package report

import (
	"strconv"
	"strings"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// What the files of a run directory say of a record: rejects.jsonl, skipped.jsonl and
// rejects-reasons.csv.

// AppendReject appends what rejects.jsonl says of a rejected record: where it
// stands and what is wrong, without any of its data. findings must not be empty.
func AppendReject(dst []byte, file string, at scan.Pos, findings []rule.Finding) []byte {
	dst = appendRecordPlace(dst, file, at, findings[0].Record)
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
func AppendSkip(dst []byte, file string, at scan.Pos, record int64, reason string) []byte {
	dst = appendRecordPlace(dst, file, at, record)
	dst = append(dst, `,"reason":`...)
	dst = AppendString(dst, reason)
	return append(dst, '}')
}

func appendRecordPlace(dst []byte, file string, at scan.Pos, record int64) []byte {
	dst = append(dst, `{"v":1,"file":`...)
	dst = AppendString(dst, file)
	dst = append(dst, `,"line":`...)
	dst = strconv.AppendInt(dst, at.Line, 10)
	dst = append(dst, `,"column":`...)
	dst = strconv.AppendInt(dst, int64(at.Column), 10)
	dst = append(dst, `,"byte_offset":`...)
	dst = strconv.AppendInt(dst, at.Offset, 10)
	dst = append(dst, `,"record":`...)
	return strconv.AppendInt(dst, record, 10)
}

// ReasonColumns are the columns of rejects-reasons.csv.
var ReasonColumns = []string{"line", "file", "source_line", "codes", "columns", "messages"}

// AppendReason appends what rejects-reasons.csv says of a rejected record, behind its
// line there: where it stood, and codes, columns and messages of what is wrong, each
// in one cell and in the same order. It holds none of the data. findings must not be empty.
func AppendReason(dst []byte, file string, line int64, findings []rule.Finding) []byte {
	var codes, columns, messages []string
	for _, f := range findings {
		codes = append(codes, f.Code.String())
		columns = append(columns, Harmless(escape.String(f.Column)))
		messages = append(messages, string(f.AppendMessage(nil)))
	}
	join := func(parts []string) string { return strings.Join(parts, "; ") }
	return AppendCSV(dst, file, strconv.FormatInt(line, 10), join(codes), join(columns), join(messages))
}
