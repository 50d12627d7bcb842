package rule

import "time"

// Result is the outcome of a run over one or several inputs; the zero value is that of no
// input.
type Result struct {
	Sources []Source
	Summary Summary
	Verdict Verdict
	Profile *Profile // of the columns; nil: none was taken
	Pool    string   // fingerprint of the schema that the rows were judged by; "": not known
	// Drift are lines that say what is not as in an earlier run, and Past are earlier runs,
	// oldest first; whoever knows of them adds them.
	Drift []string
	Past  []Past
	// StoppedAfter is the number of rejected rows with which the run ended before the inputs
	// did; 0: it did not.
	StoppedAfter int64
	// Truncated says that a report did not get every finding. The counts are exact all the same.
	Truncated bool
}

// Source is an input of a run, as far as it was read.
type Source struct {
	Name    string
	Rows    int64
	Size    int64  // bytes as stored in the file; -1: not known
	SHA256  string // of the same bytes, in hex; "": not known
	Lacking bool   // its header lacks columns of the pool: it may be an export, no import file yet
}

// Merge adds the result of the next inputs. It is associative. It only adds up: rows of one
// that are duplicates of rows of the other are found by a ledger that takes the Facts of
// both. The verdict is Undecided afterwards, since what a run tolerates may be a share of
// all its rows; and there is no Profile, since distinct values of two runs do not add up.
func (r *Result) Merge(next *Result) {
	r.Sources = append(r.Sources[:len(r.Sources):len(r.Sources)], next.Sources...)
	r.Summary.Add(&next.Summary)
	r.Verdict, r.Profile = Undecided, nil
	r.Truncated = r.Truncated || next.Truncated
}

// Past is an earlier run, as far as it is shown beside a later one.
type Past struct {
	Started  time.Time
	Read     int64 // rows
	Accepted int64
	Rejected int64
	Verdict  Verdict
	Stopped  bool // it ended before its inputs did
}

// Verdict says whether a run passed, by what its Policy tolerates.
type Verdict uint8

// The verdicts of a run.
const (
	Undecided Verdict = iota
	Passed
	Failed
)

func (v Verdict) String() string { return [...]string{"undecided", "passed", "failed"}[v] }
