package report

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
)

func TestCapOfACode(t *testing.T) {
	other := finding
	other.Code = rule.RowQuote
	out := write(t, Options{Limits: Limits{PerCode: 2}}, finding, finding, finding, other, other, other, finding)
	assert.Equal(t, 4, strings.Count(out, "\n"))
	out = write(t, Options{Format: JSONL, Limits: Limits{PerCode: 2, Max: 3}}, finding, finding, finding, other, other, other)
	assert.Equal(t, 3, strings.Count(out, `"type":"finding"`))
	assert.Contains(t, out, `"truncated":true`)
}

func TestWhatTheHeaderSaidIsNotSaidOfRows(t *testing.T) {
	for _, format := range []Format{Text, JSONL, CSV} {
		var b strings.Builder
		w, err := Open(&b, Options{Format: format})
		assert.NoError(t, err)
		assert.NoError(t, w.Start(Run{}))
		w.Said([]rule.RowCause{{Code: finding.Code, Column: finding.Column}})
		header, other := finding, finding
		header.Record, other.Column = 0, "other"
		for _, f := range []rule.Finding{header, finding, other} {
			assert.NoError(t, w.Finding(&f))
		}
		w.Said(nil)
		assert.NoError(t, w.Finding(&finding))
		assert.NoError(t, w.Finish(rule.Result{}))
		assert.False(t, w.Truncated())
		assert.Equal(t, 3, strings.Count(b.String(), finding.Code.String()), b.String())
		assert.Equal(t, format == JSONL, strings.Contains(b.String(), `"truncated":true`))
	}
}

// counter is a Writer of another package.
type counter struct{ findings, results int }

func (c *counter) Start(Run) error             { return nil }
func (c *counter) Finding(*rule.Finding) error { c.findings++; return nil }
func (c *counter) Finish(r rule.Result) error {
	if r.Truncated {
		c.results++
	}
	return nil
}

// TestReportOfAnyWriter limits a Writer that is not of this package, and counts all the same.
func TestReportOfAnyWriter(t *testing.T) {
	var c counter
	r := NewReport(&c, Limits{Max: 2, NoInfo: true})
	assert.NoError(t, r.Start(Run{}))
	info := finding
	info.Severity = rule.Hint
	for _, f := range []rule.Finding{info, finding, finding, finding} {
		assert.NoError(t, r.Finding(&f))
	}
	assert.NoError(t, r.Finish(rule.Result{}))
	assert.Equal(t, counter{findings: 2, results: 1}, c)
	assert.EqualValues(t, 3, r.Counts()[0].N)
	assert.NoError(t, r.Flush())
}

// TestFormats opens each format by its name, and no other.
// TestMisuseIsAnError takes options that are zero, and those that no report has.
func TestMisuseIsAnError(t *testing.T) {
	for _, o := range []Options{{}, {Limits: Limits{Max: -1, PerCode: -1}}} {
		var b strings.Builder
		r, err := Open(&b, o)
		require.NoError(t, err)
		require.NoError(t, r.Start(Run{}))
		require.NoError(t, r.Finding(&rule.Finding{Code: rule.EmailFormat, Severity: rule.Error}))
		require.Error(t, r.Finding(&rule.Finding{Code: rule.NumCodes}))
		require.NoError(t, r.Finish(rule.Result{}))
		assert.Equal(t, 1, strings.Count(b.String(), "email-format"))
	}
	_, err := Open(io.Discard, Options{Format: "xml"})
	require.Error(t, err)
	_, err = Open(nil, Options{})
	require.Error(t, err)
	_, err = ParseFormat("")
	require.Error(t, err)
}

func TestFormats(t *testing.T) {
	for _, name := range Formats() {
		format, err := ParseFormat(name)
		assert.NoError(t, err)
		_, err = Open(io.Discard, Options{Format: format})
		assert.NoError(t, err)
	}
	_, err := Open(io.Discard, Options{Format: "jsonk"})
	assert.EqualError(t, err, `unknown report format "jsonk", did you mean "jsonl"? (text, jsonl, csv, junit, sarif, github, gitlab, prom, html, markdown or summary)`)
}
