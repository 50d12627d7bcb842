package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"poolprep/transform/sink"
	"poolprep/validate/judge"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"poolprep/validate/source"
)

// reporters are the reports of one run.
type reporters []*reporter

// reporter is one of them.
type reporter struct {
	*report.Report
	file    *sink.File // nil: it goes to a stream, or to step
	spec    reportSpec
	stream  *stream  // nil: it goes to a file
	step    *os.File // the file that GitHub shows as the summary of the step; nil: none
	summary bytes.Buffer
	ended   bool // the totals are written, and nothing is buffered any more
	terse   bool // it leaves out the profile, which was not asked for
}

// buffered reports whether nobody sees the report before it is committed.
func (r *reporter) buffered() bool { return r.file != nil && !r.file.Direct() }

// end writes the result.
func (r *reporter) end(result rule.Result) error {
	if r.ended {
		return nil
	}
	r.ended = true
	if r.terse {
		result.Profile = nil
	}
	return r.Finish(result)
}

// reportSpec is a value of --report.
type reportSpec struct {
	format report.Format
	path   string // "": the stream
}

// parseReport reads FORMAT[=PATH]; the path - is the stream, as elsewhere.
func parseReport(text string) (reportSpec, error) {
	name, path, _ := strings.Cut(text, "=")
	format, err := report.ParseFormat(name)
	if err != nil {
		return reportSpec{}, fmt.Errorf("--report: %w", err)
	}
	if path == "-" {
		path = ""
	}
	return reportSpec{format, path}, nil
}

// open begins the reports. Those without a path go to w.
func (f *reportFlags) open(w *stream, command string) (r reporters, err error) {
	specs := f.reports
	if f.json {
		specs = append(specs, string(report.JSONL))
	}
	if len(specs) == 0 {
		specs = []string{string(report.Text)}
	}
	onStream, annotates := 0, false
	for _, text := range specs {
		spec, err := parseReport(text)
		if err != nil {
			return nil, r.abort(err)
		}
		if f.quiet && spec.path == "" && spec.format == report.Text {
			continue
		}
		annotates = annotates || spec.format == report.GitHub
		if spec.path == "" {
			if onStream++; onStream > 1 {
				return nil, r.abort(fmt.Errorf("two reports for one stream: give one a path, --report %s=PATH", spec.format))
			}
		}
		one := &reporter{}
		r = append(r, one)
		if err := f.begin(one, spec, w, command); err != nil {
			return nil, r.abort(err)
		}
	}
	if path := os.Getenv(stepSummary); annotates && path != "" {
		one := &reporter{terse: !f.profile}
		r = append(r, one)
		if err := one.beginStep(path, command); err != nil {
			return nil, r.abort(err)
		}
	}
	*f.opened = true
	return r, nil
}

// begin begins a report.
func (f *reportFlags) begin(one *reporter, spec reportSpec, w *stream, command string) (err error) {
	var out io.Writer = w
	one.spec, one.terse = spec, !f.profile && (spec.format == report.Text || spec.format == report.Markdown)
	o := report.Options{Format: spec.format, Info: f.verbose, Limits: report.Limits{Max: f.maxReports}}
	if spec.path != "" {
		if spec.format == report.Prom {
			o.LastSuccess = lastSuccess(spec.path)
		}
		if one.file, err = createReport(spec); err != nil {
			return err
		}
		out = one.file
	} else {
		one.stream = w
		if spec.format == report.Text && (command == "convert" || w.isTerminal()) && !f.flags.Changed("max-reports") {
			o.Limits = report.Limits{Max: findingsForPeople, PerCode: ofCodeForPeople}
		}
		o.Color = f.useColor(w)
	}
	if one.Report, err = report.Open(out, o); err != nil {
		return err
	}
	return one.Start(reportRun(command))
}

// reportRun is what reports say of a run.
func reportRun(command string) report.Run {
	return report.Run{Tool: "poolprep " + versionText(), Command: command}
}

// createReport begins the file of a report. That of metrics, which names no user, can be
// read by the collector, which runs as another user.
func createReport(spec reportSpec) (*sink.File, error) {
	file, err := sink.CreateFile(spec.path)
	if err != nil || spec.format != report.Prom {
		return file, err
	}
	if err := file.Publish(); err != nil {
		return nil, errors.Join(err, file.Abort())
	}
	return file, nil
}

// lastSuccess returns when a run passed last, from the metrics that are there.
func lastSuccess(path string) time.Time {
	const most = 1 << 20
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return time.Time{}
	}
	text, _ := os.ReadFile(path) // what cannot be read says nothing
	return report.LastSuccess(text)
}

// stepSummary is the variable with the path of the summary of a step in GitHub Actions,
// which is appended to.
const stepSummary = "GITHUB_STEP_SUMMARY"

// beginStep begins the summary of a step.
func (r *reporter) beginStep(path, command string) (err error) {
	if r.step, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("%s: %w", stepSummary, source.CreateError(path, err))
	}
	if r.Report, err = report.Open(&r.summary, report.Options{Format: report.Markdown}); err != nil {
		return err
	}
	return r.Start(reportRun(command))
}

// said tells the reports what findings about the header have said for all rows.
func (r reporters) said(causes []judge.HeaderCause) {
	var rows []rule.RowCause
	for _, c := range causes {
		rows = append(rows, c.Rows...)
	}
	for _, w := range r {
		w.Said(rows)
	}
}

// finding hands a finding to every report.
func (r reporters) finding(f *rule.Finding) error {
	for _, w := range r {
		if err := w.Finding(f); err != nil {
			return err
		}
	}
	return nil
}

// prepare puts the reports that nobody sees yet on disk, so that finish has little
// left that can fail.
func (r reporters) prepare(result *rule.Result) error {
	whole := r.whole(result)
	for _, w := range r {
		if !w.buffered() {
			continue
		}
		if err := w.end(whole); err != nil {
			return err
		}
		if err := w.file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// whole returns the result, which says whether any report was cut.
func (r reporters) whole(result *rule.Result) rule.Result {
	whole := *result
	for _, w := range r {
		whole.Truncated = whole.Truncated || w.Cut()
	}
	return whole
}

// finish writes the result and commits the files. After an error the reports are to
// be aborted.
func (r reporters) finish(result *rule.Result) error {
	if err := r.prepare(result); err != nil {
		return err
	}
	whole := r.whole(result)
	for _, w := range r {
		if err := w.end(whole); err != nil {
			return err
		}
		if w.file != nil && !w.buffered() {
			if err := w.file.Commit(); err != nil {
				return err
			}
		}
	}
	for _, w := range r {
		if w.buffered() {
			if err := w.file.Commit(); err != nil {
				return err
			}
		}
	}
	for _, w := range r {
		if w.step != nil {
			_, err := w.step.Write(w.summary.Bytes())
			if err := errors.Join(err, w.step.Close()); err != nil {
				return fmt.Errorf("%s: %w", stepSummary, source.CreateError(w.step.Name(), err))
			}
		}
	}
	return nil
}

// abort ends the reports of a run that failed with err: what was found so far is written
// to the streams, without totals; files are not left behind, but for those of a format
// that can say that a run failed.
func (r reporters) abort(err error) error {
	for _, w := range r {
		w.abort() // err is the one to tell
	}
	return err
}

func (r *reporter) abort() {
	if r.Report != nil && !r.ended {
		_ = r.Flush()
	}
	if r.step != nil {
		_ = r.step.Close()
	}
	var failure []byte
	if r.Report != nil {
		failure = r.Failure()
	}
	switch {
	case r.stream != nil && !r.ended:
		_, _ = r.stream.Write(failure)
	case r.file != nil && r.file.Direct() && failure != nil && !r.ended:
		_, _ = r.file.Write(failure)
		_ = r.file.Commit()
	case r.file != nil:
		_ = r.file.Abort()
		if failure != nil {
			_ = r.replace(failure)
		}
	}
}

// replace writes what is to stand instead of a report.
func (r *reporter) replace(text []byte) error {
	file, err := createReport(r.spec)
	if err != nil {
		return err
	}
	if _, err = file.Write(text); err == nil {
		err = file.Commit()
	}
	return errors.Join(err, file.Abort()) // nothing after Commit
}

// notOpened lets the reports that can say so say that a run failed before its reports had
// begun. It returns err.
func (f *reportFlags) notOpened(err error, command string) error {
	if err == nil || errors.Is(err, errFindings) || *f.opened {
		return err
	}
	for _, text := range f.reports {
		spec, wrong := parseReport(text)
		if wrong != nil || spec.path == "" || spec.format != report.Prom {
			continue
		}
		one := &reporter{}
		_ = f.begin(one, spec, nil, command)
		one.abort()
	}
	return err
}

// truncated reports whether --max-reports left findings out.
func (r reporters) truncated() bool {
	for _, w := range r {
		if w.Truncated() {
			return true
		}
	}
	return false
}
