package policy

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/dustin/go-humanize"

	"poolprep/validate/drift"
)

// Outcome is what came of a rule.
type Outcome struct {
	Rule   Rule
	Broken bool   // false: it could not be judged, which is only noted
	Text   string // what the number is, and what the limit, in words
}

// Evaluate returns the rules that a run broke, and those that could not be judged, in the
// order of the file. baseline is that of an earlier run; nil: there is none.
func (r *Rules) Evaluate(run, baseline *drift.Summary) []Outcome {
	var outcomes []Outcome
	for _, rule := range r.List {
		note := func(text string) {
			outcomes = append(outcomes, Outcome{Rule: rule, Text: rule.Name + ": not judged: " + text})
		}
		n, of, ok := rule.measure(run)
		if !ok {
			note("the run has no profile of the column")
			continue
		}
		if rule.op != "" {
			if !rule.holds(n, of, run.Accepted+run.Rejected) {
				outcomes = append(outcomes, Outcome{rule, true, rule.describe(n, of) + ", and " + rule.Text + " is the limit"})
			}
			continue
		}
		if baseline == nil {
			note("there is no baseline")
			continue
		}
		old, _, ok := rule.measure(baseline)
		if !ok {
			note("the baseline has no profile of the column")
			continue
		}
		if !rule.near(n, old) {
			outcomes = append(outcomes, Outcome{rule, true, fmt.Sprintf("%s is %s, and was %s: not %s",
				rule.Name, humanize.Comma(n), humanize.Comma(old), rule.Text)})
		}
	}
	return outcomes
}

// measure returns the number of a run, and what it is a share of; false if it is unknown.
func (r *Rule) measure(s *drift.Summary) (n, of int64, ok bool) {
	switch r.Measure {
	case Rows:
		return s.Read, s.Read, true
	case Findings:
		return s.Findings[r.code.String()], s.Accepted + s.Rejected, true
	}
	i := slices.IndexFunc(s.Profile.Columns, func(c drift.Column) bool { return c.Name == r.Column })
	if i < 0 {
		return 0, 0, false
	}
	c := &s.Profile.Columns[i]
	return map[Measure]int64{Filled: c.Filled, Empty: c.Empty, Distinct: c.Distinct}[r.Measure], c.Filled + c.Empty, true
}

// holds reports whether n is within the limit. A share of nothing is 0 %.
func (r *Rule) holds(n, of, rows int64) bool {
	left, limit := big.NewRat(n, 1), r.limit
	if limit == nil {
		limit = big.NewRat(rows, 1)
	}
	if r.isRate && of > 0 {
		left = big.NewRat(n, of)
		left.Mul(left, big.NewRat(100, 1))
	}
	switch c := left.Cmp(limit); r.op {
	case "<=":
		return c <= 0
	case ">=":
		return c >= 0
	case "<":
		return c < 0
	case ">":
		return c > 0
	default:
		return c == 0
	}
}

// near reports whether n differs from old by the share of it at most.
func (r *Rule) near(n, old int64) bool {
	change := new(big.Rat).Sub(big.NewRat(n, 1), big.NewRat(old, 1))
	change.Abs(change).Mul(change, big.NewRat(100, 1))
	return change.Cmp(new(big.Rat).Mul(r.limit, big.NewRat(old, 1))) <= 0
}

// describe says what the number is, and its share.
func (r *Rule) describe(n, of int64) string {
	text := r.Name + " is " + humanize.Comma(n)
	if r.isRate && of > 0 {
		text += fmt.Sprintf(" of %s (%s%%)", humanize.Comma(of), humanize.FtoaWithDigits(100*float64(n)/float64(of), 4))
	}
	return text
}
