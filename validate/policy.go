package validate

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"

	"poolprep/validate/rule"
)

// Policy says what a run forgives. The zero value forgives no rejected row, no error
// about a file or header, and every warning.
type Policy struct {
	MaxRejects Tolerance
	FailOn     rule.Severity // Warning, Hint: findings of this level and heavier ones fail the run; else only errors do
	// Judge returns what else is to be said of a run that is over: findings
	// about the run, which are counted and reported last. It may add Drift and Past to the
	// Result. nil: nothing.
	Judge func(*rule.Result) []rule.Finding
}

// Conclude decides on a run that is over.
func (p *Policy) Conclude(result *rule.Result, report func(*rule.Finding) error) error {
	if p.Judge != nil {
		for _, f := range p.Judge(result) {
			result.Summary.Count(f.Code, f.Severity, false)
			if report == nil {
				continue
			}
			if err := report(&f); err != nil {
				return err
			}
		}
	}
	result.Verdict = p.Verdict(result)
	return nil
}

// Verdict says whether a run with this result passes.
func (p *Policy) Verdict(r *rule.Result) rule.Verdict {
	s := &r.Summary
	failed := s.FileErrors > 0 || r.StoppedAfter > 0 || !p.MaxRejects.Allows(s)
	switch p.FailOn {
	case rule.Warning:
		failed = failed || s.Warnings > 0
	case rule.Hint:
		failed = failed || s.Warnings+s.Hints > 0
	}
	if failed {
		return rule.Failed
	}
	return rule.Passed
}

// Tolerance is how many rejected rows pass: a number, or a percentage of those that
// were accepted or rejected. Rows left out on purpose do not dilute it. The zero value
// tolerates none.
type Tolerance struct {
	set     bool
	rows    int64
	percent *big.Rat // exact: 0.57% of 10,000 rows are 57; nil: rows counts
	text    string
}

// decimal is the form of a percentage.
var decimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,18})?$|^\.[0-9]{1,18}$`) })

// ParseTolerance reads a number such as 20, or a percentage such as 0.5%.
func ParseTolerance(text string) (Tolerance, error) {
	number, isPercent := strings.CutSuffix(text, "%")
	if isPercent && decimal().MatchString(number) {
		percent, ok := new(big.Rat).SetString(number)
		if ok && percent.Cmp(big.NewRat(100, 1)) <= 0 {
			return Tolerance{set: true, percent: percent, text: text}, nil
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return Tolerance{set: true, rows: n, text: text}, nil
	}
	return Tolerance{}, fmt.Errorf("%q: a number of rows is expected, or a percentage from 0%% to 100%% such as 0.5%%", text)
}

// String returns the text that was read, "" for the zero value.
func (t *Tolerance) String() string { return t.text }

// Allows reports whether so many rejected rows are tolerated.
func (t *Tolerance) Allows(s *rule.Summary) bool {
	switch {
	case !t.set:
		return s.RowsRejected == 0
	case t.percent == nil:
		return s.RowsRejected <= t.rows
	}
	most := new(big.Rat).Mul(t.percent, new(big.Rat).SetInt64(s.RowsAccepted+s.RowsRejected))
	return new(big.Rat).SetInt64(s.RowsRejected).Cmp(most.Quo(most, big.NewRat(100, 1))) <= 0
}

// LetStop lets a run end where t says, and result, which has the totals of the run, say so.
func (t *Tolerance) LetStop(o *RunOptions, result *rule.Result) {
	if !t.set {
		return
	}
	o.StopFrom = StopFrom
	o.Stop = func(accepted, rejected int64) bool {
		if !t.Stops(accepted, rejected) {
			return false
		}
		result.StoppedAfter = rejected
		return true
	}
}

// StopFrom is the row, of those accepted or rejected, from which on a percentage can stop a run.
const StopFrom = 1000

// Stops reports whether a run ends with so many rows: with that number of rejected ones, or
// with that percentage of them from StopFrom rows on. The zero value ends none.
func (t *Tolerance) Stops(accepted, rejected int64) bool {
	switch {
	case !t.set:
		return false
	case t.percent == nil:
		return rejected >= t.rows
	case accepted+rejected < StopFrom:
		return false
	}
	share := new(big.Rat).SetFrac64(100*rejected, accepted+rejected)
	return share.Cmp(t.percent) >= 0
}

// IsZero reports whether it tolerates none, be it said or not.
func (t *Tolerance) IsZero() bool {
	return t.rows == 0 && (t.percent == nil || t.percent.Sign() == 0)
}

// Describe says how many rows were rejected of how many, and whether that is within
// the limit; "" for the zero value.
func (t *Tolerance) Describe(s *rule.Summary) string {
	if !t.set {
		return ""
	}
	base, share := s.RowsAccepted+s.RowsRejected, 0.0
	if base > 0 {
		share = 100 * float64(s.RowsRejected) / float64(base)
	}
	verdict := "within"
	if !t.Allows(s) {
		verdict = "above"
	}
	return fmt.Sprintf("%s of %s accepted and rejected rows were rejected (%s%%): %s the limit",
		humanize.Comma(s.RowsRejected), humanize.Comma(base), humanize.FtoaWithDigits(share, 4), verdict)
}
