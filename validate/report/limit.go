package report

import (
	"fmt"

	"poolprep/validate/rule"
)

// Limits say which findings a Writer gets. The zero value is all of them.
type Limits struct {
	Max     int64 // at most so many findings; 0: all
	PerCode int64 // at most so many findings of a code; 0: all
	NoInfo  bool  // none of severity info
}

// Report is a Writer that hands findings on to another one as far as its Limits allow,
// and counts all of them. What a finding about the header said of every row is not said
// of each, see Said.
type Report struct {
	w         Writer
	lines     *lines // what w writes to; nil: not known
	limits    Limits
	tally     Tally
	written   int64
	ofCode    [rule.NumCodes]int64 // written
	truncated bool
	said      map[rule.RowCause]bool
	unsaid    bool // a finding was left out because of said
	totals    bool // w gets every finding
}

// NewReport returns a report that w writes.
func NewReport(w Writer, l Limits) *Report { return &Report{w: w, limits: l} }

// Start begins the report.
func (r *Report) Start(run Run) error { return r.w.Start(run) }

// Said tells what a finding about the header has said for all rows of the input at
// hand, so that the rows' own findings of it are not written. It replaces what was
// told before.
func (r *Report) Said(causes []rule.RowCause) {
	r.said = make(map[rule.RowCause]bool, len(causes))
	for _, c := range causes {
		r.said[c] = true
	}
}

// Finding counts a finding, and hands it on if the limits allow it and no finding about
// the header has said it.
func (r *Report) Finding(f *rule.Finding) error {
	if f.Code >= rule.NumCodes {
		return fmt.Errorf("report: there is no code %d", f.Code)
	}
	r.tally.Finding(f)
	if r.totals {
		return r.w.Finding(f)
	}
	if r.limits.NoInfo && f.Severity == rule.Hint {
		return nil
	}
	if len(r.said) > 0 && f.Record > 0 && r.said[rule.RowCause{Code: f.Code, Column: f.Column}] {
		r.unsaid = true
		return nil
	}
	if r.limits.Max > 0 && r.written >= r.limits.Max || r.limits.PerCode > 0 && r.ofCode[f.Code] >= r.limits.PerCode {
		r.truncated = true
		return nil
	}
	r.written++
	r.ofCode[f.Code]++
	return r.w.Finding(f)
}

// Finish ends the report with the result, and writes what is buffered. It does not
// close what the report is written to.
func (r *Report) Finish(result rule.Result) error {
	result.Truncated = result.Truncated || r.Cut()
	if r.lines != nil {
		r.lines.cut = r.Cut()
	}
	if err := r.w.Finish(result); err != nil {
		return err
	}
	return r.Flush()
}

// Flush writes what is buffered. Of a run that failed it is called instead of Finish.
func (r *Report) Flush() error {
	if r.lines == nil {
		return nil
	}
	return r.lines.flush()
}

// failing is a Writer whose format can say that a run failed.
type failing interface{ appendFailure(dst []byte) []byte }

// Failure returns what is to replace the report of a run that failed, nil where the
// format has nothing to say then: of most formats there is no report.
func (r *Report) Failure() []byte {
	if w, ok := r.w.(failing); ok {
		return w.appendFailure(nil)
	}
	return nil
}

// Truncated reports whether findings were left out because of Max or PerCode.
func (r *Report) Truncated() bool { return r.truncated }

// Cut reports whether findings were left out of the report for any reason: because of
// Max, PerCode or Said, or because the format has room for so many only.
func (r *Report) Cut() bool {
	return r.truncated || r.unsaid || r.lines != nil && r.lines.cut
}

// Counts returns how many findings there were, those included that were not handed on,
// see Tally.Counts.
func (r *Report) Counts() []CodeCount { return r.tally.Counts() }
