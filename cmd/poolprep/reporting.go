package main

import (
	"os"

	"github.com/spf13/pflag"

	"poolprep/validate"
	"poolprep/validate/rule"
)

// reportFlags say what is told, and when a run fails.
type reportFlags struct {
	reports    []string
	json       bool
	showValues bool
	maxReports int64
	profile    bool
	color      choice
	progress   choice
	quiet      bool
	verbose    bool
	failOn     choice
	maxRejects tolerance
	stopAfter  stopLimit
	exitZero   bool
	nightly    nightlyFlags
	flags      *pflag.FlagSet
	opened     *bool // the reports have begun
}

func (f *reportFlags) add(fs *pflag.FlagSet) {
	f.addMerged(fs)
	bind(fs, "show-values", &f.showValues)
	bind(fs, "profile", &f.profile)
	bind(fs, "stop-after", &f.stopAfter)
}

// addMerged adds the flags that count where nothing is read: findings carry values already,
// or do not.
func (f *reportFlags) addMerged(fs *pflag.FlagSet) {
	f.flags, f.opened = fs, new(bool)
	f.color.value, f.progress.value, f.failOn.value = "auto", "auto", "error"
	bind(fs, "report", &f.reports)
	bind(fs, "json", &f.json)
	bind(fs, "max-reports", &f.maxReports)
	bind(fs, "color", &f.color)
	bind(fs, "progress", &f.progress)
	bind(fs, "quiet", &f.quiet)
	bind(fs, "verbose", &f.verbose)
	bind(fs, "fail-on", &f.failOn)
	bind(fs, "max-rejects", &f.maxRejects)
	bind(fs, "exit-zero", &f.exitZero)
	f.nightly.add(fs)
}

// A person is shown so many findings, and so many of a code, unless they ask for more.
const (
	findingsForPeople = 200
	ofCodeForPeople   = 20
)

func (f *reportFlags) useColor(w *stream) bool {
	switch f.color.value {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && w.isTerminal()
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
