package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/history"
	"poolprep/validate"
	"poolprep/validate/drift"
	"poolprep/validate/policy"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// nightlyFlags say what a run is held against, beside the rules for rows.
type nightlyFlags struct {
	policy   string
	baseline string
	history  string
	keep     int64
}

func (f *nightlyFlags) add(fs *pflag.FlagSet) {
	f.keep = history.DefaultKeep
	bind(fs, "policy", &f.policy)
	bind(fs, "baseline", &f.baseline)
	bind(fs, "history", &f.history)
	bind(fs, "history-keep", &f.keep)
}

// review holds a run against a policy and earlier runs. Files that cannot be read do not keep
// the data from being checked: they are findings, and err in the end.
type review struct {
	flags    *nightlyFlags
	streams  *streams
	level    func(rule.Code) rule.Severity
	rules    *policy.Rules  // nil: there is no policy
	baseline *drift.Summary // nil: there is none
	since    string         // what the baseline is called
	past     *history.Runs  // nil: no history is kept
	found    []rule.Finding // about the files
	started  time.Time
	quiet    bool // findings are not printed
	err      error
}

// review reads the files. columns are those of the pool; nil: not known. pool is its
// fingerprint.
func (f *nightlyFlags) review(s *streams, level func(rule.Code) rule.Severity, columns []string, pool string) *review {
	r := &review{flags: f, streams: s, level: level, started: time.Now()}
	if f.policy != "" {
		text, err := source.ReadFile(f.policy, 1<<20, "policy")
		if err == nil {
			r.rules, err = policy.Parse(f.policy, text, columns)
		}
		if err != nil {
			r.unreadable(rule.PolicyUnreadable, f.policy, err)
		}
	}
	if f.history != "" {
		past, err := history.Read(f.history)
		if err != nil {
			r.unreadable(rule.BaselineUnreadable, history.Path(f.history), err)
		} else if r.past = past; past.Note(f.history) != "" {
			printf(s.err, "%s\n", past.Note(f.history))
		}
	}
	r.readBaseline(pool)
	return r
}

// unreadable notes that a file cannot be read.
func (r *review) unreadable(code rule.Code, path string, err error) {
	r.err = errors.Join(r.err, err)
	f := rule.Finding{Code: code, Severity: rule.Error, File: path, Text: err.Error()}
	faults := policy.Errors{}
	if !errors.As(err, &faults) {
		r.found = append(r.found, f)
	}
	for _, fault := range faults {
		f.Pos.Line, f.Pos.Column, f.Text = int64(fault.Line), fault.Column, fault.What
		r.found = append(r.found, f)
	}
}

// readBaseline finds the run that this one is compared with: the one that is named, and
// otherwise the last one of the history.
func (r *review) readBaseline(pool string) {
	path := r.flags.baseline
	if path == "" {
		if r.past == nil {
			return
		}
		last, others := r.past.Last(pool)
		if last == nil && others > 0 {
			printf(r.streams.err, "%s: no run over an export for this pool, so nothing is compared\n", history.Path(r.flags.history))
		}
		if r.baseline = last; last != nil {
			r.since = "the run of " + last.Started
		}
		return
	}
	s, err := readSummary(path)
	switch {
	case errors.As(err, new(*drift.VersionError)):
		printf(r.streams.err, "%v; nothing is compared\n", err)
	case err != nil:
		r.unreadable(rule.BaselineUnreadable, path, err)
	case s.Pool != "" && pool != "" && s.Pool != pool:
		printf(r.streams.err, "%s: a run by another schema of the pool, so nothing is compared; write it again, or name the schema of then with --schema\n", path)
	default:
		r.baseline, r.since = s, path
	}
}

// wantsProfile reports whether the columns are to be looked at.
func (r *review) wantsProfile() bool {
	return r.rules != nil && r.rules.NeedsProfile() || r.baseline != nil || r.past != nil
}

// needs returns an error if the policy has a rule about a column, and there is no profile.
func (r *review) needs(profile bool) error {
	if profile || r.rules == nil || !r.rules.NeedsProfile() {
		return nil
	}
	i := slices.IndexFunc(r.rules.List, func(rule policy.Rule) bool { return rule.Column != "" })
	first := &r.rules.List[i]
	return fmt.Errorf("%s:%d: %s is about a column, and the parts have no profile: make plan and parts again, with `poolprep plan --profile`", r.rules.File, first.Line, first.Name)
}

// apply sets what a run does for the review.
func (r *review) apply(f *reportFlags, p *validate.Policy) {
	p.Judge, r.quiet = r.judge, f.quiet
	if r.rules != nil && r.rules.MaxRejects != "" && !f.flags.Changed("max-rejects") {
		f.maxRejects.Tolerance, _ = validate.ParseTolerance(r.rules.MaxRejects) // it was read with the policy
		p.MaxRejects = f.maxRejects.Tolerance
	}
}

// policyCodes are the codes of findings about broken rules.
var policyCodes = map[policy.Measure]rule.Code{
	policy.Rows: rule.PolicyRows, policy.Findings: rule.PolicyFindings, policy.Filled: rule.PolicyFilled,
	policy.Empty: rule.PolicyEmpty, policy.Distinct: rule.PolicyDistinct,
}

// judge says what is wrong with a run, and what is not as it was.
func (r *review) judge(result *rule.Result) []rule.Finding {
	findings := slices.Clip(r.found)
	run := drift.Of(result, toolName(), r.started.UTC().Format(time.RFC3339))
	if r.rules != nil && result.StoppedAfter == 0 { // else the numbers are not those of the input
		for _, o := range r.rules.Evaluate(run, r.baseline) {
			if !o.Broken {
				printf(r.streams.err, "%s:%d: %s\n", r.rules.File, o.Rule.Line, o.Text)
				continue
			}
			code := policyCodes[o.Rule.Measure]
			if level := r.level(code); level != rule.Off {
				if r.quiet { // what it ends with would have no reason otherwise
					printf(r.streams.err, "%s:%d: %s\n", r.rules.File, o.Rule.Line, o.Text)
				}
				findings = append(findings, rule.Finding{
					Code: code, Severity: level, File: r.rules.File, Pos: scan.Pos{Line: int64(o.Rule.Line), Column: 1}, Column: o.Rule.Column, Text: o.Text,
				})
			}
		}
	}
	if r.baseline != nil && result.StoppedAfter == 0 {
		result.Drift = append(drift.Fill(r.baseline, run), drift.Shapes(r.baseline, run)...)
	}
	if r.past != nil {
		result.Past = pastOf(r.past.List)
	}
	return findings
}

// pastOf returns runs as they are shown.
func pastOf(runs []*drift.Summary) (past []rule.Past) {
	for _, s := range runs {
		p := rule.Past{Read: s.Read, Accepted: s.Accepted, Rejected: s.Rejected, Stopped: s.Stopped > 0}
		p.Started, _ = time.Parse(time.RFC3339, s.Started) // the zero time if it is none
		switch s.Verdict {
		case rule.Passed.String():
			p.Verdict = rule.Passed
		case rule.Failed.String():
			p.Verdict = rule.Failed
		}
		past = append(past, p)
	}
	return past
}

// print says what is not as it was.
func (r *review) print(result *rule.Result) {
	if len(result.Drift) == 0 {
		return
	}
	printf(r.streams.err, "Since %s:\n", r.since)
	for _, line := range result.Drift {
		printf(r.streams.err, "  %s\n", line)
	}
}

// keep adds the run to the history.
func (r *review) keep(ctx context.Context, command string, result *rule.Result) error {
	if r.past == nil {
		return nil
	}
	var text bytes.Buffer
	w, err := report.Open(&text, report.Options{Format: report.Summary})
	if err != nil {
		return err
	}
	run, calls := reportRun(command), 0
	run.Now = func() time.Time { // first for the beginning
		if calls++; calls == 1 {
			return r.started
		}
		return time.Now()
	}
	if err := errors.Join(w.Start(run), w.Finish(*result)); err != nil {
		return err
	}
	return history.Append(ctx, r.flags.history, text.Bytes(), int(cmp.Or(r.flags.keep, history.DefaultKeep)))
}

// end tells what the review has found once the reports are written, keeps the run, and
// returns verdict, or why the review could not be done.
func (r *review) end(ctx context.Context, command string, result *rule.Result, verdict error) error {
	r.print(result)
	if err := errors.Join(r.err, r.keep(ctx, command, result)); err != nil {
		return err
	}
	return verdict
}
