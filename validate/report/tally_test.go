package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"poolprep/validate"
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
	assert.LessOrEqual(t, len(tally.counts), maxColumns+1)
	c := tally.Counts()[0]
	assert.EqualValues(t, 100_000, c.N)
	assert.Len(t, c.Columns, maxColumns)
	assert.EqualValues(t, 100_000-maxColumns, c.Others)
}

func TestCapOfACode(t *testing.T) {
	other := finding
	other.Code = rule.RowQuote
	out := write(t, Options{PerCode: 2}, finding, finding, finding, other, other, other, finding)
	assert.Equal(t, 4, strings.Count(out, "\n"))
	out = write(t, Options{PerCode: 2, Max: 3, Format: JSONL}, finding, finding, finding, other, other, other)
	assert.Equal(t, 3, strings.Count(out, `"type":"finding"`))
	assert.Contains(t, out, `"truncated":true`)
}

func TestWhatTheHeaderSaidIsNotSaidOfRows(t *testing.T) {
	for _, format := range []Format{Text, JSONL, CSV} {
		var b strings.Builder
		w, err := NewWriter(&b, Options{Format: format})
		assert.NoError(t, err)
		w.Said([]validate.RowCause{{Code: finding.Code, Column: finding.Column}})
		header, other := finding, finding
		header.Record, other.Column = 0, "other"
		for _, f := range []rule.Finding{header, finding, other} {
			assert.NoError(t, w.Finding(&f))
		}
		w.Said(nil)
		assert.NoError(t, w.Finding(&finding))
		assert.NoError(t, w.Summary(&rule.Summary{}))
		assert.NoError(t, w.Close())
		assert.False(t, w.Truncated())
		assert.Equal(t, 3, strings.Count(b.String(), finding.Code.String()), b.String())
		assert.Equal(t, format == JSONL, strings.Contains(b.String(), `"truncated":true`))
	}
}
