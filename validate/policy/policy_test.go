package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/drift"
)

var columns = []string{"cognito:username", "email", "phone_number"}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "p.yaml: the policy is empty",
		"# nothing\n":                       "p.yaml: the policy is empty",
		"- rows\n":                          "p.yaml:1:1: rules are expected",
		"rows: [1]\n":                       "p.yaml:1:7: a limit is expected",
		"rows: 5\n":                         "p.yaml:1:7: a limit is expected",
		"rows: '>= 9%'\n":                   "p.yaml:1:7: a number is expected",
		"rows: == rows\n":                   "p.yaml:1:7: rows are not compared with rows",
		"rows: '>= 1'\nrows: '>= 2'\n":      "p.yaml:2:",
		"rows: '>= 1'\n---\nrows: '>= 2'\n": "p.yaml:2:1: one YAML document",
		"rows: *a\n":                        "no YAML: unknown anchor",
		"rows: '>= 1\n":                     "no YAML: ",
		"max_rejects: many\n":               "p.yaml:1:14: ",
		"row: '>= 1'\n":                     "p.yaml:1:1: unknown rule",
		"emial.filled: '>= 1%'\n":           `"email"`,
		"email.fillde: '>= 1%'\n":           `"filled"`,
		"code.phone-fromat: '<= 5'\n":       `"phone-format"`,
		"email.filled: '>= 101%'\n":         "p.yaml:1:15: a share is at most 100%",
		"email.filled: 'within 5%'\n":       "p.yaml:1:15: a limit is expected",
		"a: b: c\n":                         "no YAML: mapping values",
	} {
		_, err := Parse("p.yaml", []byte(text), columns)
		require.Error(t, err, text)
		assert.ErrorAs(t, err, new(*Error), text)
		assert.Contains(t, err.Error(), want, text)
	}
}

func TestParseNamesAllFaults(t *testing.T) {
	t.Parallel()
	_, err := Parse("p.yaml", []byte("rows: '>= 1'\nemial.filled: '>= 1%'\nrows: '>= 2'\nemail.filled: 5\n"), columns)
	require.EqualError(t, err, `p.yaml:2:1: the pool has no column "emial", did you mean "email"?
p.yaml:3:1: the rule is in line 1 already
p.yaml:4:15: `+expected)
	_, err = Parse("p.yaml", []byte(strings.Repeat("a.b: c\n", 100)), columns)
	require.IsType(t, Errors{}, err)
	assert.Len(t, err.(Errors), mostFaults)
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	run := &drift.Summary{Read: 1000, Accepted: 990, Rejected: 10, Findings: map[string]int64{"phone-format": 51}}
	run.Profile.Columns = []drift.Column{
		{Name: "cognito:username", Filled: 1000, Distinct: 999},
		{Name: "phone_number", Filled: 412, Empty: 588},
	}
	baseline := &drift.Summary{Read: 1050}
	for text, want := range map[string]string{
		"rows: '>= 1000'":                        "",
		"rows: '> 1000'":                         "rows is 1,000, and > 1000 is the limit",
		"rows: '< 1000'":                         "rows is 1,000, and < 1000 is the limit",
		"rows: within 5% of baseline":            "",
		"rows: within 4.7% of baseline":          "rows is 1,000, and was 1,050: not within 4.7% of baseline",
		"code.phone-format: <= 51":               "",
		"code.phone-format: <= 50":               "code.phone-format is 51, and <= 50 is the limit",
		"code.phone-format: <= 5.1%":             "",
		"code.phone-format: <= 5%":               "code.phone-format is 51 of 1,000 (5.1%), and <= 5% is the limit",
		"phone_number.filled: '>= 41.2%'":        "",
		"phone_number.filled: '>= 99%'":          "phone_number.filled is 412 of 1,000 (41.2%), and >= 99% is the limit",
		"phone_number.empty: == 588":             "",
		"username.distinct: == rows":             "username.distinct is 999, and == rows is the limit",
		"email.filled: '>= 1%'":                  "email.filled: not judged: the run has no profile of the column",
		"username.filled: within 5% of baseline": "username.filled: not judged: the baseline has no profile of the column",
		"max_rejects: 0.1%":                      "",
	} {
		rules, err := Parse("p.yaml", []byte(text), columns)
		require.NoError(t, err, text)
		got := rules.Evaluate(run, baseline)
		if want == "" {
			assert.Empty(t, got, text)
		} else if assert.Len(t, got, 1, text) {
			assert.Equal(t, want, got[0].Text)
		}
	}
	rules, err := Parse("p.yaml", []byte("rows: within 5% of baseline\n"), columns)
	require.NoError(t, err)
	got := rules.Evaluate(run, nil)
	require.Len(t, got, 1)
	assert.False(t, got[0].Broken, "without a baseline a rule is noted")
	assert.True(t, rules.NeedsBaseline())
	assert.False(t, rules.NeedsProfile())
}
