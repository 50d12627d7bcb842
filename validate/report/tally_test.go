package report

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"poolprep/validate/rule"
)

func TestTally(t *testing.T) {
	var tally Tally
	add := func(code rule.Code, s rule.Severity, column string, n int) {
		for range n {
			tally.Finding(&rule.Finding{Code: code, Severity: s, Column: column})
		}
	}
	assert.Empty(t, tally.Counts())
	add(rule.EmailFormat, rule.Error, "email", 2)
	add(rule.RequiredMissing, rule.Error, "name", 1)
	add(rule.RequiredMissing, rule.Error, "gender", 2)
	add(rule.RequiredMissing, rule.Error, "address", 1)
	add(rule.RequiredMissing, rule.Warning, "name", 9)
	add(rule.RowQuote, rule.Error, "", 3)
	add(rule.RowBlank, rule.Hint, "", 100)
	assert.Equal(t, []ColumnCount{{"gender", 2}, {"address", 1}, {"name", 1}}, tally.Counts()[0].Columns)
	var got []string
	for _, c := range tally.Counts() {
		got = append(got, fmt.Sprintf("%s %s %d", c.Severity, c.Code, c.N))
	}
	assert.Equal(t, []string{"error required-missing 4", "error row-quote 3", "error email-format 2", "warning required-missing 9", "info row-blank 100"}, got)
}

// TestTallyIsBounded counts findings about more columns than are known by name.
func TestTallyIsBounded(t *testing.T) {
	var tally Tally
	for i := range 100_000 {
		tally.Finding(&rule.Finding{Code: rule.HeaderUnknownColumn, Severity: rule.Error, Column: fmt.Sprint(i)})
	}
	assert.LessOrEqual(t, len(tally.Cases()), maxColumns+1)
	c := tally.Counts()[0]
	assert.EqualValues(t, 100_000, c.N)
	assert.Len(t, c.Columns, maxColumns)
	assert.EqualValues(t, 100_000-maxColumns, c.Others)
}
