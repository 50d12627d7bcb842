package report

import (
	"strconv"
	"strings"
	"time"

	"poolprep/validate/rule"
)

// maxSARIF is how many results a SARIF report has at most: what servers take in one run.
const maxSARIF = 5000

// sarifWriter is a SARIF 2.1.0 log with a result for each finding, up to maxSARIF. It is
// written as the findings come: what describes them follows them.
type sarifWriter struct {
	*lines
	run     Run
	started time.Time
	results int
	rules   []rule.Code // in the order of their first result
	index   [rule.NumCodes]int
	prints  fingerprint
}

func newSARIF(l *lines, _ Options) Writer { return &sarifWriter{lines: l} }

func (w *sarifWriter) Start(run Run) error {
	w.run, w.started = run, run.clock()
	w.buf = append(w.buf, `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"columnKind":"utf16CodeUnits","results":[`...)
	return w.endLine()
}

// sarifLevels are the words for severities.
var sarifLevels = map[rule.Severity]string{rule.Error: "error", rule.Warning: "warning", rule.Hint: "note", rule.Off: "none"}

// Finding writes a result. It names the line, and as columns of a region count
// characters, while positions count bytes, the position only among the properties.
func (w *sarifWriter) Finding(f *rule.Finding) error {
	if w.results == maxSARIF {
		w.cut = true
		return nil
	}
	if w.results++; w.results > 1 {
		w.buf = append(w.buf, ',')
	}
	if w.index[f.Code] == 0 {
		w.rules = append(w.rules, f.Code)
		w.index[f.Code] = len(w.rules)
	}
	dst := AppendString(append(w.buf, "\n"+`{"ruleId":`...), f.Code.String())
	dst = strconv.AppendInt(append(dst, `,"ruleIndex":`...), int64(w.index[f.Code]-1), 10)
	dst = AppendString(append(dst, `,"level":`...), sarifLevels[f.Severity])
	dst = appendSARIFMessage(append(dst, `,"message":`...), string(appendSentence(nil, f)))
	dst = AppendString(append(dst, `,"locations":[{"physicalLocation":{"artifactLocation":{"uri":`...), fileURI(f.File))
	dst = append(dst, '}')
	if f.Pos.Line > 0 {
		dst = strconv.AppendInt(append(dst, `,"region":{"startLine":`...), f.Pos.Line, 10)
		dst = append(dst, '}')
	}
	dst = AppendString(append(dst, `}}],"partialFingerprints":{"poolprepPlace/v1":`...), w.prints.of(f))
	dst = strconv.AppendInt(append(dst, `},"properties":{"byte_column":`...), int64(f.Pos.Column), 10)
	dst = strconv.AppendInt(append(dst, `,"byte_offset":`...), f.Pos.Offset, 10)
	dst = strconv.AppendInt(append(dst, `,"record":`...), f.Record, 10)
	dst = strconv.AppendInt(append(dst, `,"field":`...), int64(f.Field), 10)
	dst = AppendString(append(dst, `,"column_name":`...), f.Column)
	w.buf = append(appendSource(dst, f), "}}"...)
	return w.endLine()
}

func (w *sarifWriter) Finish(result rule.Result) error {
	s := &result.Summary
	name, version, _ := strings.Cut(w.run.Tool, " ")
	dst := AppendString(append(w.buf, "\n"+`],"tool":{"driver":{"name":`...), name)
	if version != "" {
		dst = AppendString(append(dst, `,"version":`...), version)
	}
	dst = w.appendRules(append(dst, `,"rules":[`...))
	dst = AppendString(append(dst, "\n"+`]}},"invocations":[{"executionSuccessful":`+strconv.FormatBool(result.StoppedAfter == 0)+`,"startTimeUtc":`...), w.started.Format(time.RFC3339))
	dst = AppendString(append(dst, `,"endTimeUtc":`...), w.run.now())
	if w.cut {
		dst = append(dst, `,"toolExecutionNotifications":[{"level":"warning","descriptor":{"id":"truncated"},"message":`...)
		var all int64
		for _, c := range w.tally.Cases() {
			all += c.N
		}
		dst = appendSARIFMessage(dst, "The results are the first "+strconv.Itoa(w.results)+" of "+strconv.FormatInt(all, 10)+
			" findings. The totals in the properties of the run count all of them.")
		dst = append(dst, "}]"...)
	}
	dst = strconv.AppendBool(append(dst, "\n"+`}],"properties":{"truncated":`...), w.cut)
	dst = AppendString(append(dst, `,"verdict":`...), result.Verdict.String())
	dst = AppendString(append(dst, `,"command":`...), w.run.Command)
	if result.StoppedAfter > 0 {
		dst = appendTotals(dst, []total{{"stopped_after", result.StoppedAfter}})
	}
	dst = appendTotals(dst, summaryCounts(s))
	dst = AppendCounts(append(dst, `,"findings":`...), s)
	w.buf = append(dst, "}}]}\n"...)
	return w.endLine()
}

// appendRules appends what is known of the codes that results have.
func (w *sarifWriter) appendRules(dst []byte) []byte {
	for i, c := range w.rules {
		if i > 0 {
			dst = append(dst, ',')
		}
		info := c.Info()
		dst = AppendString(append(dst, "\n"+`{"id":`...), c.String())
		dst = appendSARIFMessage(append(dst, `,"shortDescription":`...), meaning(c))
		dst = appendSARIFMessage(append(dst, `,"fullDescription":`...), info.Rule()+" "+info.Reason())
		dst = appendSARIFMessage(append(dst, `,"help":`...), info.Fix())
		dst = AppendString(append(dst, `,"defaultConfiguration":{"level":`...), sarifLevels[info.Severity()])
		dst = append(dst, "}}"...)
	}
	return dst
}

// appendSARIFMessage appends an object with a text in which nothing is a placeholder or a
// link.
func appendSARIFMessage(dst []byte, text string) []byte {
	text = strings.NewReplacer("{", "{{", "}", "}}", "[", `\[`, "]", `\]`).Replace(text)
	return append(AppendString(append(dst, `{"text":`...), text), '}')
}
