package report

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"poolprep/validate/rule"
)

// promWriter is a report as metrics, for the textfile collector of Prometheus' node
// exporter. Of a run that failed it has an appendFailure.
type promWriter struct {
	*lines
	run         Run
	started     time.Time
	lastSuccess time.Time
}

func newProm(l *lines, o Options) Writer { return &promWriter{lines: l, lastSuccess: o.LastSuccess} }

func (w *promWriter) Start(run Run) error {
	w.run, w.started = run, run.clock()
	return nil
}

func (w *promWriter) Finding(*rule.Finding) error { return nil }

const lastSuccessMetric = "poolprep_last_success_timestamp_seconds"

func (w *promWriter) Finish(result rule.Result) error {
	s := &result.Summary
	dst := appendMetric(w.buf, "poolprep_rows", "Rows of the last run by what became of them.")
	for _, of := range []total{{"accepted", s.RowsAccepted}, {"rejected", s.RowsRejected}, {"skipped", s.RowsSkipped}} {
		dst = append(dst, `poolprep_rows{result="`+of.name+`"} `...)
		dst = append(strconv.AppendInt(dst, of.n, 10), '\n')
	}
	dst = appendMetric(dst, "poolprep_findings", "Findings of the last run by code, whatever their level.")
	for _, c := range rule.Codes() {
		dst = append(dst, `poolprep_findings{code="`+c.String()+`"} `...)
		dst = append(strconv.AppendInt(dst, s.Findings[c], 10), '\n')
	}
	dst = appendMetric(dst, "poolprep_read_bytes", "Bytes of text that the last run read, after decompression.")
	dst = append(strconv.AppendInt(append(dst, "poolprep_read_bytes "...), s.Bytes, 10), '\n')
	w.buf = w.appendEnd(dst, verdict(&result) == "PASSED")
	return w.endLine()
}

// appendFailure appends the metrics of a run that could not do its job: it has no totals.
func (w *promWriter) appendFailure(dst []byte) []byte { return w.appendEnd(dst, false) }

// appendEnd appends what there is of every run.
func (w *promWriter) appendEnd(dst []byte, passed bool) []byte {
	now := w.run.clock()
	dst = appendMetric(dst, "poolprep_run_duration_seconds", "Duration of the last run.")
	dst = append(dst, "poolprep_run_duration_seconds "+seconds(now.Sub(w.started))+"\n"...)
	success, last := "0", w.lastSuccess
	if passed {
		success, last = "1", now
	}
	dst = appendMetric(dst, "poolprep_run_success", "Whether the last run passed: 1 or 0.")
	dst = append(dst, "poolprep_run_success "+success+"\n"...)
	if last.IsZero() {
		return dst
	}
	dst = appendMetric(dst, lastSuccessMetric, "When a run passed last, in Unix time.")
	return append(strconv.AppendInt(append(dst, lastSuccessMetric+" "...), last.Unix(), 10), '\n')
}

// appendMetric begins a metric. All are gauges: each run replaces them.
func appendMetric(dst []byte, name, help string) []byte {
	return append(dst, "# HELP "+name+" "+help+"\n# TYPE "+name+" gauge\n"...)
}

// LastSuccess returns when a run passed last, from a report in the format prom; zero if
// the text does not say so.
func LastSuccess(text []byte) time.Time {
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) != 2 || string(fields[0]) != lastSuccessMetric || line[len(line)-1] != '\n' {
			continue
		}
		if n, err := strconv.ParseFloat(string(fields[1]), 64); err == nil && n > 0 && n < math.MaxInt32*1000.0 {
			return time.Unix(int64(n), 0)
		}
	}
	return time.Time{}
}
