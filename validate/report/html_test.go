package report

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
)

// TestPageIsClosedInItself looks at the page as a text; browser_test.go looks at it in a browser.
func TestPageIsClosedInItself(t *testing.T) {
	text := string(faultyRun(t, Options{Format: "html", Limits: Limits{Max: 3}}))
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(text)[1]
	sum := sha256.Sum256([]byte(style))
	assert.Contains(t, text, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-`+
		base64.StdEncoding.EncodeToString(sum[:])+`'; base-uri 'none'; form-action 'none'">`)
	assert.Equal(t, "FAILED: 1,500 of 100,700 rows rejected", regexp.MustCompile(`(?s)<h1>(.*?)</h1>`).FindStringSubmatch(text)[1])
	assert.NotRegexp(t, `(?i)<script|<img|<link|<iframe|onerror="|style="|https?:|url\(|@import`, text)
	assert.Equal(t, 1, strings.Count(text, "<h1"))
	assert.Contains(t, text, "&lt;script&gt;")
}

// TestSectionsWithoutContentAreLeftOut takes a run without findings.
func TestSectionsWithoutContentAreLeftOut(t *testing.T) {
	text := judged(t, Options{Format: "html"}, rule.Passed)
	assert.Contains(t, text, "<h1>PASSED: 5 of 9 rows rejected, which is tolerated</h1>")
	for _, heading := range []string{"Errors by code", "Warnings", "Where the faults are", "Worth a look"} {
		assert.NotContains(t, text, heading)
	}
	f := found(rule.EmailFormat, rule.Error, "email", 7)
	f.Value = []byte("<b>@example.org")
	text = judged(t, Options{Format: "html"}, rule.Failed, f)
	assert.Contains(t, text, `<q>&lt;b&gt;@example.org</q>`)
	assert.Contains(t, text, `<code>./a b,c:d.csv:7:3</code>`)
	assert.Contains(t, text, "Where the faults are")
	assert.NotContains(t, text, "Warnings")
	f.Value = nil
	assert.NotContains(t, judged(t, Options{Format: "html"}, rule.Failed, f), "<q>")
}

// TestSpreadKeepsEveryFinding adds findings at records of all sizes, in any order.
func TestSpreadKeepsEveryFinding(t *testing.T) {
	var s spread
	errors := map[string]int64{}
	for i := range int64(5000) {
		f := rule.Finding{Severity: rule.Error, File: []string{"a", "b"}[i/7%2], Record: 1 + i*i*i%1_000_003}
		if i == 4000 {
			f.Record = 1 << 40
		}
		s.add(&f)
		errors[f.File]++
		s.add(&rule.Finding{Severity: rule.Warning, File: "a", Record: i + 1})
		s.add(&rule.Finding{Severity: rule.Hint, File: "c", Record: i + 1})
		s.add(&rule.Finding{Severity: rule.Error, File: "c"})
	}
	require.Len(t, s.files, 2)
	for i := range s.files {
		var e, w int64
		for _, b := range s.files[i].bins {
			e, w = e+b.errors, w+b.warnings
		}
		assert.Equal(t, errors[s.files[i].name], e)
		assert.Equal(t, int64(5000*(1-i)), w)
	}
	for i := range 100 {
		s.add(&rule.Finding{Severity: rule.Error, File: strings.Repeat("x", i+1), Record: 1})
	}
	assert.Len(t, s.files, maxSpreadFiles)
	assert.True(t, s.more)
}

// TestSpreadIsDrawnOverAllRows draws an input whose last rows are clean.
func TestSpreadIsDrawnOverAllRows(t *testing.T) {
	for _, rows := range []int64{0, 1, 2, 127, 128, 129, 1000, 1 << 33} {
		var h spreadFile
		h.bin(1).errors++
		for record := int64(1); record <= rows; record = record*2 + 1 {
			h.bin(record).warnings++
		}
		c := h.chart(rows)
		assert.LessOrEqual(t, c.Width, maxBins, rows)
		assert.GreaterOrEqual(t, c.Rows, max(1, rows))
		for _, b := range c.Bars {
			assert.Less(t, b.X, c.Width)
		}
		assert.True(t, c.Bars[0].HasError)
	}
	var h spreadFile
	h.bin(3).errors++
	assert.Equal(t, []spreadBar{{X: 0, Errors: "97.00", ErrorY: "3.00", Warnings: "0.00", WarningY: "3.00", Title: "rows 1 to 8: 1 error", HasError: true}}, h.chart(1000).Bars)
	assert.Equal(t, "row 3: 1 error", h.chart(3).Bars[0].Title)
}

func TestPercent(t *testing.T) {
	for want, n := range map[string]int64{"0.0 %": 0, "< 0.1 %": 1, "50.0 %": 50_000, "> 99.9 %": 99_999, "100.0 %": 100_000} {
		assert.Equal(t, want, percent(n, 100_000))
	}
}
