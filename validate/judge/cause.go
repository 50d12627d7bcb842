package judge

import (
	"slices"
	"strings"

	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

// HeaderCause is what the header alone decides for every row: a column that rows must
// have and nothing fills. It is said once.
type HeaderCause struct {
	Severity rule.Severity   // of the rows' findings
	Columns  []string        // of which one would do
	Rows     []rule.RowCause // the rows' own findings
	never    bool            // Columns are filled, but never true
}

// Unfilled reports whether nothing fills the columns; otherwise they are filled, but never
// true.
func (c *HeaderCause) Unfilled() bool { return !c.never }

// What says what is wrong with columns, given by their names.
func (c *HeaderCause) What(columns string) string {
	if c.never {
		return "nothing makes " + columns + " true"
	}
	return "nothing fills " + columns
}

// Finding returns the finding about the header that stands for those of the rows.
func (c *HeaderCause) Finding(file string) rule.Finding {
	f := rule.Finding{Code: rule.HeaderMissingColumn, Severity: c.Severity, File: file, Column: c.Columns[0]}
	f.Pos.Line, f.Pos.Column = 1, 1
	f.Text = c.What("the column") + ", so every row "
	if c.Severity == rule.Error {
		f.Text += "is rejected as " + c.Rows[0].Code.String()
	} else {
		f.Text += "has a finding " + c.Rows[0].Code.String()
	}
	if c.Rows[0].Code == rule.NotVerified {
		f.Code = rule.HeaderNoAutoVerified
	}
	return f
}

// HeaderCauses returns what decides about every row when filled reports which columns,
// from 0, may have a value, and verified which of the *_verified may be true.
func (v *Validator) HeaderCauses(filled, verified func(column int) bool) []HeaderCause {
	var out []HeaderCause
	add := func(columns []int, codes ...rule.Code) {
		c := HeaderCause{Severity: v.severity[codes[0]]}
		if c.Severity == rule.Off {
			return
		}
		for _, i := range columns {
			c.Columns = append(c.Columns, v.columns[i].name)
		}
		for _, code := range codes {
			c.Rows = append(c.Rows, rule.RowCause{Code: code, Column: c.Columns[0]})
		}
		out = append(out, c)
	}
	for _, i := range v.required {
		switch {
		case filled(i):
		case i == v.username:
			add([]int{i}, rule.UsernameMissing)
		case i == v.email:
			add([]int{i}, rule.RequiredMissing, rule.EmailMissing)
		case i == v.phone:
			add([]int{i}, rule.RequiredMissing, rule.PhoneMissing)
		default:
			add([]int{i}, rule.RequiredMissing)
		}
	}
	if i := slices.IndexFunc(v.columns, func(c column) bool { return c.kind == schema.KindMFA }); i >= 0 && v.rules == Rules2023 && !filled(i) {
		add([]int{i}, rule.MFAMissing)
	}
	if len(v.verifiers) > 0 && !slices.ContainsFunc(v.verifiers, verified) {
		n := len(out)
		add(v.verifiers, rule.NotVerified)
		if len(out) > n {
			out[n].never = slices.ContainsFunc(v.verifiers, filled)
		}
	}
	return out
}

// IsFalse reports whether a value of a *_verified column can only mean false, with
// and without the repairs of a conversion.
func IsFalse(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "false", "no", "n", "f", "0", "off":
		return true
	}
	return false
}
