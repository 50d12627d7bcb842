package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/report"
	"poolprep/validate/rule"
)

// reportFlags say what is told, and when a run fails.
type reportFlags struct {
	reports    []string
	json       bool
	showValues bool
	maxReports int64
	color      choice
	progress   choice
	quiet      bool
	verbose    bool
	failOn     choice
	maxRejects tolerance
	exitZero   bool
	flags      *pflag.FlagSet
}

func (f *reportFlags) add(fs *pflag.FlagSet) {
	f.flags = fs
	f.color.value, f.progress.value, f.failOn.value = "auto", "auto", "error"
	bind(fs, "report", &f.reports)
	bind(fs, "json", &f.json)
	bind(fs, "show-values", &f.showValues)
	bind(fs, "max-reports", &f.maxReports)
	bind(fs, "color", &f.color)
	bind(fs, "progress", &f.progress)
	bind(fs, "quiet", &f.quiet)
	bind(fs, "verbose", &f.verbose)
	bind(fs, "fail-on", &f.failOn)
	bind(fs, "max-rejects", &f.maxRejects)
	bind(fs, "exit-zero", &f.exitZero)
}

// A person is shown so many findings, and so many of a code, unless they ask for more.
const (
	findingsForPeople = 200
	ofCodeForPeople   = 20
)

// reporters are the reports of one run.
type reporters []*reporter

// reporter is one of them.
type reporter struct {
	*report.Report
	file  *sink.File // nil: it goes to a stream
	ended bool       // the totals are written, and nothing is buffered any more
}

// buffered reports whether nobody sees the report before it is committed.
func (r *reporter) buffered() bool { return r.file != nil && !r.file.Direct() }

// end writes the result.
func (r *reporter) end(result *rule.Result) error {
	if r.ended {
		return nil
	}
	r.ended = true
	return r.Finish(*result)
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
	onStream := 0
	for _, spec := range specs {
		name, path, toFile := strings.Cut(spec, "=")
		format, err := report.ParseFormat(name)
		if err != nil {
			return nil, r.abort(fmt.Errorf("--report: %w", err))
		}
		toFile = toFile && path != "-" // which is the stream, as elsewhere
		if f.quiet && !toFile && format == report.Text {
			continue
		}
		var out io.Writer = w
		one := &reporter{}
		r = append(r, one)
		if toFile {
			if one.file, err = sink.CreateFile(path); err != nil {
				return nil, r.abort(err)
			}
			out = one.file
		} else if onStream++; onStream > 1 {
			return nil, r.abort(fmt.Errorf("two reports for one stream: give one a path, --report %s=PATH", name))
		}
		limits := report.Limits{Max: f.maxReports}
		forPeople := !toFile && format == report.Text && (command == "convert" || w.isTerminal())
		if forPeople && !f.flags.Changed("max-reports") {
			limits.Max, limits.PerCode = findingsForPeople, ofCodeForPeople
		}
		o := report.Options{Format: format, Info: f.verbose, Limits: limits, Color: !toFile && f.useColor(w)}
		if one.Report, err = report.Open(out, o); err != nil {
			return nil, r.abort(err)
		}
		if err := one.Start(report.Run{Tool: "poolprep " + versionText(), Command: command}); err != nil {
			return nil, r.abort(err)
		}
	}
	return r, nil
}

func (f *reportFlags) useColor(w *stream) bool {
	switch f.color.value {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && w.isTerminal()
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
	for _, w := range r {
		if !w.buffered() {
			continue
		}
		if err := w.end(result); err != nil {
			return err
		}
		if err := w.file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the result and commits the files. After an error the reports are to
// be aborted.
func (r reporters) finish(result *rule.Result) error {
	if err := r.prepare(result); err != nil {
		return err
	}
	for _, w := range r {
		if err := w.end(result); err != nil {
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
	return nil
}

// abort ends the reports of a run that failed with err: what was found so far
// is written to the streams, without totals; files are not left behind.
func (r reporters) abort(err error) error {
	for _, w := range r {
		if w.Report != nil && !w.ended {
			_ = w.Flush() // err is the one to tell
		}
		if w.file != nil {
			_ = w.file.Abort()
		}
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

// policy returns what the flags forgive.
func (f *reportFlags) policy() validate.Policy {
	p := validate.Policy{MaxRejects: f.maxRejects.Tolerance}
	p.FailOn, _ = rule.ParseSeverity(f.failOn.value) // the flag takes no other words
	return p
}

// exit turns the verdict on a run into the error that sets the exit code.
func (f *reportFlags) exit(v rule.Verdict) error {
	if v == rule.Failed && !f.exitZero {
		return errFindings
	}
	return nil
}
