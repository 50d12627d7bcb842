package main

import (
	"fmt"
	"io"
	"os"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"strings"

	"github.com/spf13/pflag"
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
type reporters struct {
	all   []*reporter
	tally report.Tally
}

// reporter is one of them.
type reporter struct {
	*report.Writer
	file  *sink.File // nil: it goes to a stream
	ended bool       // the totals are written, and nothing is buffered any more
}

// buffered reports whether nobody sees the report before it is committed.
func (r *reporter) buffered() bool { return r.file != nil && !r.file.Direct() }

// end writes the totals.
func (r *reporter) end(s *rule.Summary) error {
	if r.ended {
		return nil
	}
	r.ended = true
	if err := r.Summary(s); err != nil {
		return err
	}
	return r.Close()
}

// open begins the reports. Those without a path go to w.
func (f *reportFlags) open(w *stream, command string) (*reporters, error) {
	specs := f.reports
	if f.json {
		specs = append(specs, string(report.JSONL))
	}
	if len(specs) == 0 {
		specs = []string{string(report.Text)}
	}
	r := &reporters{}
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
		if toFile {
			if one.file, err = sink.CreateFile(path); err != nil {
				return nil, r.abort(err)
			}
			out = one.file
		} else if onStream++; onStream > 1 {
			return nil, r.abort(fmt.Errorf("two reports for one stream: give one a path, --report %s=PATH", name))
		}
		limit, ofCode := f.maxReports, int64(0)
		forPeople := !toFile && format == report.Text && (command == "convert" || w.isTerminal())
		if forPeople && !f.flags.Changed("max-reports") {
			limit, ofCode = findingsForPeople, ofCodeForPeople
		}
		r.all = append(r.all, one)
		one.Writer, err = report.NewWriter(out, report.Options{
			Format: format, Info: f.verbose, Max: limit, PerCode: ofCode, Tool: "poolprep " + versionText(), Command: command,
			Color: !toFile && f.useColor(w),
		})
		if err != nil {
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
func (r *reporters) said(causes []validate.HeaderCause) {
	var rows []validate.RowCause
	for _, c := range causes {
		rows = append(rows, c.Rows...)
	}
	for _, w := range r.all {
		w.Said(rows)
	}
}

// finding hands a finding to every report.
func (r *reporters) finding(f *rule.Finding) error {
	r.tally.Finding(f)
	for _, w := range r.all {
		if err := w.Finding(f); err != nil {
			return err
		}
	}
	return nil
}

// prepare puts the reports that nobody sees yet on disk, so that finish has little
// left that can fail.
func (r *reporters) prepare(s *rule.Summary) error {
	for _, w := range r.all {
		if !w.buffered() {
			continue
		}
		if err := w.end(s); err != nil {
			return err
		}
		if err := w.file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the totals and commits the files. After an error the reports are to
// be aborted.
func (r *reporters) finish(s *rule.Summary) error {
	if err := r.prepare(s); err != nil {
		return err
	}
	for _, w := range r.all {
		if err := w.end(s); err != nil {
			return err
		}
		if w.file != nil && !w.buffered() {
			if err := w.file.Commit(); err != nil {
				return err
			}
		}
	}
	for _, w := range r.all {
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
func (r *reporters) abort(err error) error {
	for _, w := range r.all {
		if w.Writer != nil && !w.ended {
			_ = w.Close() // err is the one to tell
		}
		if w.file != nil {
			_ = w.file.Abort()
		}
	}
	return err
}

// truncated reports whether --max-reports left findings out.
func (r *reporters) truncated() bool {
	for _, w := range r.all {
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

// verdict turns what came of a run into the error that sets the exit code.
func (f *reportFlags) verdict(passed bool) error {
	if !passed && !f.exitZero {
		return errFindings
	}
	return nil
}
