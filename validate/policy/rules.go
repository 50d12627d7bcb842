// Package policy reads the rules that a run over an export has to keep, and says which ones
// it broke. It knows two summaries and nothing of how they came about.
package policy

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// Rules are what a policy file says. The zero value has no rules. They are not changed by
// use, so several goroutines may use them.
type Rules struct {
	File       string
	MaxRejects string // as --max-rejects takes it; "": not stated
	List       []Rule // in the order of the file
}

// Rule is a limit for a number of a run.
type Rule struct {
	Name    string // as in the file
	Text    string // what the number is held against, as in the file
	Line    int    // where it is, from 1
	Column  string // of the pool; "": the number is of the run
	Measure Measure

	code   rule.Code
	op     string   // of operators; "": within share percent of the baseline
	limit  *big.Rat // nil: the number of rows
	isRate bool     // limit is in percent
}

// Measure is what is measured.
type Measure uint8

// The measures: Rows and Findings are of the run, the others of a column.
const (
	Rows Measure = iota
	Findings
	Filled
	Empty
	Distinct
)

// measures are the names of those of columns.
var measures = map[string]Measure{"filled": Filled, "empty": Empty, "distinct": Distinct}

// NeedsProfile reports whether a rule is about a column.
func (r *Rules) NeedsProfile() bool {
	return slices.ContainsFunc(r.List, func(r Rule) bool { return r.Column != "" })
}

// NeedsBaseline reports whether a rule compares with an earlier run.
func (r *Rules) NeedsBaseline() bool {
	return slices.ContainsFunc(r.List, func(r Rule) bool { return r.op == "" })
}

var (
	comparison = regexp.MustCompile(`^(<=|>=|==|<|>) *(?:([0-9]{1,15}(?:\.[0-9]{1,9})?)( ?%)?|(rows))$`)
	within     = regexp.MustCompile(`^within +([0-9]{1,15}(?:\.[0-9]{1,9})?) ?% +of +baseline$`)
)

// expected is what the text of a rule may be.
const expected = `a limit is expected, such as "<= 50", ">= 99%", "== rows" or "within 5% of baseline"`

// limitOf reads what a number is held against. It returns what is wrong, "" for nothing.
func (r *Rule) limitOf(text string) (wrong string) {
	r.Text = text
	if m := within.FindStringSubmatch(text); m != nil {
		r.limit, r.isRate = number(m[1]), true
		return ""
	}
	m := comparison.FindStringSubmatch(text)
	if m == nil {
		return expected
	}
	r.op, r.isRate = m[1], m[3] != ""
	switch {
	case m[4] == "":
		r.limit = number(m[2])
	case r.Measure == Rows:
		return "rows are not compared with rows; " + expected
	}
	switch {
	case r.isRate && r.Measure == Rows:
		return `a number is expected, such as ">= 1000", or "within 5% of baseline"`
	case r.isRate && r.limit.Cmp(big.NewRat(100, 1)) > 0:
		return "a share is at most 100%"
	}
	return ""
}

// number reads digits of the form that the expressions above let through.
func number(digits string) *big.Rat {
	n, _ := new(big.Rat).SetString(digits)
	return n
}

// subject reads what is measured. It returns what is wrong, "" for nothing.
func (r *Rule) subject(name string, columns []string) (wrong string) {
	r.Name = name
	if name == "rows" {
		return ""
	}
	if code, ok := strings.CutPrefix(name, "code."); ok {
		c, err := rule.ParseCode(code)
		if err != nil {
			return err.Error()
		}
		r.code, r.Measure = c, Findings
		return ""
	}
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return suggest.Unknown("unknown rule", name, []string{"max_rejects", "rows", "code.CODE", "COLUMN.filled", "COLUMN.empty", "COLUMN.distinct"})
	}
	measure, ok := measures[name[i+1:]]
	if !ok {
		return suggest.Unknown("unknown measure", name[i+1:], []string{"filled", "empty", "distinct"})
	}
	r.Column, r.Measure = name[:i], measure
	if r.Column == "username" {
		r.Column = "cognito:username"
	}
	if columns != nil && !slices.Contains(columns, r.Column) {
		return suggest.Unknown("the pool has no column", r.Column, columns)
	}
	return ""
}
