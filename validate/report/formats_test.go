package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// found returns a finding on a line.
func found(code rule.Code, severity rule.Severity, column string, line int64) rule.Finding {
	return rule.Finding{Code: code, Severity: severity, File: "./a b,c:d.csv", Column: column, Record: line - 1, Field: 1, Pos: scan.Pos{Line: line, Column: 3, Offset: 10 * line}}
}

// judged returns a report of a run that ended with a verdict.
func judged(t *testing.T, o Options, verdict rule.Verdict, findings ...rule.Finding) string {
	t.Helper()
	var b strings.Builder
	w, err := Open(&b, o)
	require.NoError(t, err)
	now := time.Unix(1_800_000_000, 0)
	require.NoError(t, w.Start(Run{Tool: "poolprep 1.2", Command: "check", Now: func() time.Time {
		now = now.Add(1250 * time.Millisecond)
		return now
	}}))
	result := rule.Result{Verdict: verdict, Sources: []rule.Source{{Name: "a.csv", Rows: 9, Size: 80}}}
	s := &result.Summary
	s.RowsRead, s.RowsAccepted, s.RowsRejected, s.Bytes = 9, 4, 5, 77
	for i := range findings {
		s.Count(findings[i].Code, findings[i].Severity, true)
		require.NoError(t, w.Finding(&findings[i]))
	}
	require.NoError(t, w.Finish(result))
	return b.String()
}

// junitElement is an element of a report, for the checks of its schema.
type junitElement struct {
	XMLName  xml.Name
	Attrs    []xml.Attr     `xml:",any,attr"`
	Text     string         `xml:",chardata"`
	Children []junitElement `xml:",any"`
}

func (e *junitElement) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// junitSchema is the part of Jenkins' junit-10.xsd that a report uses: children,
// attributes, and which of these are required (with !).
var junitSchema = map[string][2]string{
	"testsuites": {"testsuite", "name time tests failures errors"},
	"testsuite":  {"properties testcase", "name! tests! failures! errors! time skipped timestamp"},
	"properties": {"property", ""},
	"property":   {"", "name! value!"},
	"testcase":   {"skipped failure", "name! time classname"},
	"failure":    {"", "type message"},
	"skipped":    {"", "type message"},
}

func (e *junitElement) check(t *testing.T) {
	schema, ok := junitSchema[e.XMLName.Local]
	require.True(t, ok, e.XMLName.Local)
	for _, a := range e.Attrs {
		assert.Contains(t, strings.Fields(strings.ReplaceAll(schema[1], "!", "")), a.Name.Local)
		if a.Name.Local == "time" {
			assert.Regexp(t, `^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$`, a.Value)
		}
	}
	for _, name := range strings.Fields(schema[1]) {
		if name, required := strings.CutSuffix(name, "!"); required {
			assert.NotEmpty(t, e.attr(name), name)
		}
	}
	for i := range e.Children {
		assert.Contains(t, strings.Fields(schema[0]), e.Children[i].XMLName.Local)
		e.Children[i].check(t)
	}
	if schema[0] != "" {
		assert.Empty(t, strings.TrimSpace(e.Text))
	}
}

// readJUnit reads a report and checks it by the schema.
func readJUnit(t *testing.T, text string) (suite *junitElement, cases []string) {
	t.Helper()
	var root junitElement
	require.NoError(t, xml.Unmarshal([]byte(text), &root), text)
	root.check(t)
	suite = &root.Children[0]
	tests := map[string]int{}
	for _, c := range suite.Children {
		if c.XMLName.Local != "testcase" {
			continue
		}
		outcome := "passed"
		for _, o := range c.Children {
			outcome = o.XMLName.Local + " " + strings.SplitAfter(o.attr("message"), "finding")[0]
			tests[o.XMLName.Local]++
		}
		tests["all"]++
		cases = append(cases, c.attr("classname")+" "+c.attr("name")+" "+outcome)
	}
	for i, e := range []*junitElement{&root, suite} {
		assert.Equal(t, []string{strconv.Itoa(tests["all"]), strconv.Itoa(tests["failure"]), "0"}, []string{e.attr("tests"), e.attr("failures"), e.attr("errors")}, i)
	}
	assert.Equal(t, strconv.Itoa(tests["skipped"]), suite.attr("skipped"))
	if path, err := exec.LookPath("xmllint"); err == nil {
		file := filepath.Join(t.TempDir(), "report.xml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		out, err := exec.CommandContext(t.Context(), path, "--noout", "--nonet", file).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return suite, cases
}

func TestJUnitHasACaseForEachCodeAndColumn(t *testing.T) {
	o := Options{Format: "junit", Limits: Limits{Max: 1}}
	errs := []rule.Finding{
		found(rule.EmailFormat, rule.Error, "email", 7), found(rule.ValueQuoted, rule.Error, "name", 3), found(rule.ValueQuoted, rule.Error, "email", 3),
		found(rule.ValueQuoted, rule.Error, "name", 4), found(rule.RowFieldCount, rule.Error, "", 5), found(rule.ValueNullWord, rule.Warning, "name", 5),
	}
	suite, cases := readJUnit(t, judged(t, o, rule.Failed, errs...))
	assert.Equal(t, []string{
		"poolprep.name value-quoted failure 2 finding", "poolprep.email value-quoted failure 1 finding",
		"poolprep.(record) row-field-count failure 1 finding", "poolprep.email email-format failure 1 finding",
	}, cases)
	assert.Equal(t, "2027-01-15T08:00:01", suite.attr("timestamp"))
	assert.Equal(t, "1.250", suite.attr("time"))
	_, cases = readJUnit(t, judged(t, o, rule.Passed, errs[0], errs[5]))
	assert.Equal(t, []string{"poolprep.email email-format skipped tolerated: 1 finding"}, cases)
	_, cases = readJUnit(t, judged(t, o, rule.Failed, errs[5]))
	assert.Equal(t, []string{"poolprep.name value-null-word failure 1 finding"}, cases, "what fails the run")
	for _, f := range [][]rule.Finding{nil, {errs[5]}} {
		_, cases = readJUnit(t, judged(t, o, rule.Passed, f...))
		assert.Equal(t, []string{"poolprep no errors passed"}, cases)
	}
	readJUnit(t, judged(t, o, rule.Failed, found(rule.HeaderUnknownColumn, rule.Error, hostile+"\x00\x1b\xff\ufffe]]>", 1)))
}

// sarifLog is what is looked at in a report.
type sarifLog struct {
	Version string
	Runs    []struct {
		ColumnKind string
		Results    []struct {
			RuleID    string
			RuleIndex int
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           map[string]int
				}
			}
			PartialFingerprints map[string]string
		}
		Tool struct {
			Driver struct {
				Name, Version string
				Rules         []struct{ ID string }
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				Level   string
				Message struct{ Text string }
			}
		}
		Properties map[string]any
	}
}

func readSARIF(t *testing.T, text string) (log sarifLog) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &log), text)
	require.Equal(t, "2.1.0", log.Version)
	require.Len(t, log.Runs, 1)
	require.Len(t, log.Runs[0].Invocations, 1)
	assert.Equal(t, "utf16CodeUnits", log.Runs[0].ColumnKind)
	for _, r := range log.Runs[0].Results {
		assert.Equal(t, r.RuleID, log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID)
		for name := range r.Locations[0].PhysicalLocation.Region {
			assert.Equal(t, "startLine", name, "positions count bytes")
		}
	}
	return log
}

func TestSARIF(t *testing.T) {
	run := readSARIF(t, judged(t, Options{Format: "sarif"}, rule.Failed, found(rule.EmailFormat, rule.Error, "e[x](1){0}", 7), found(rule.EmailFormat, rule.Warning, "", 8), found(rule.ValueWhitespace, rule.Hint, "", 8))).Runs[0]
	require.Len(t, run.Results, 3)
	first := run.Results[0]
	assert.Equal(t, []any{"email-format", "error", `e\[x\](1){{0}}: not an e-mail address`, "./a%20b,c:d.csv"}, []any{first.RuleID, first.Level, first.Message.Text, first.Locations[0].PhysicalLocation.ArtifactLocation.URI})
	assert.Equal(t, map[string]int{"startLine": 7}, first.Locations[0].PhysicalLocation.Region)
	assert.Equal(t, []string{"warning", "note"}, []string{run.Results[1].Level, run.Results[2].Level})
	assert.Equal(t, []any{"poolprep", "1.2", 2}, []any{run.Tool.Driver.Name, run.Tool.Driver.Version, len(run.Tool.Driver.Rules)})
	assert.Empty(t, run.Invocations[0].ToolExecutionNotifications)
	assert.True(t, run.Invocations[0].ExecutionSuccessful)
	assert.Equal(t, false, run.Properties["truncated"])
	assert.Empty(t, readSARIF(t, judged(t, Options{Format: "sarif"}, rule.Passed)).Runs[0].Results)
}

func TestSARIFIsCappedAndSaysSo(t *testing.T) {
	for n, limit := range map[int]int64{maxSARIF: 0, maxSARIF + 1: 0, 2*maxSARIF + 7: 0, 12: 5} {
		var findings []rule.Finding
		for i := range n {
			findings = append(findings, found(rule.EmailFormat, rule.Error, "email", int64(i+2)))
		}
		run := readSARIF(t, judged(t, Options{Format: "sarif", Limits: Limits{Max: limit}}, rule.Failed, findings...)).Runs[0]
		want := min(n, maxSARIF)
		if limit > 0 {
			want = int(limit)
		}
		assert.Len(t, run.Results, want)
		assert.Equal(t, n > want, run.Properties["truncated"])
		assert.Equal(t, map[string]any{"email-format": float64(n)}, run.Properties["findings"], "totals stay exact")
		if notes := run.Invocations[0].ToolExecutionNotifications; n > want {
			require.Len(t, notes, 1)
			assert.Contains(t, notes[0].Message.Text, fmt.Sprintf("first %d of %d findings", want, n))
		} else {
			assert.Empty(t, notes)
		}
	}
}

func TestFingerprintsAreUniqueAndStable(t *testing.T) {
	a, b := found(rule.EmailFormat, rule.Error, "email", 7), found(rule.EmailFormat, rule.Error, "email", 8)
	var all []string
	for range 2 {
		var issues []struct {
			Description string
			CheckName   string `json:"check_name"`
			Fingerprint string
			Severity    string
			Location    struct {
				Path  string
				Lines struct{ Begin int }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(judged(t, Options{Format: "gitlab"}, rule.Failed, a, a, b, found(rule.FileEmpty, rule.Warning, "", 0))), &issues))
		require.Len(t, issues, 4)
		assert.Equal(t, []any{"email: not an e-mail address", "email-format", "major", "a b,c:d.csv", 7}, []any{issues[0].Description, issues[0].CheckName, issues[0].Severity, issues[0].Location.Path, issues[0].Location.Lines.Begin})
		assert.Equal(t, []any{"minor", 1}, []any{issues[3].Severity, issues[3].Location.Lines.Begin})
		for _, issue := range issues {
			all = append(all, issue.Fingerprint)
		}
	}
	assert.Equal(t, all[:4], all[4:])
	seen := make(map[string]bool)
	for _, print := range all {
		seen[print] = true
	}
	assert.Len(t, seen, 4)
	assert.JSONEq(t, "[]", judged(t, Options{Format: "gitlab"}, rule.Passed))
}

func TestGitHubAnnotatesEachCodeFirst(t *testing.T) {
	var findings []rule.Finding
	for i := range int64(30) {
		findings = append(findings, found(rule.EmailFormat, rule.Error, "email", i+2))
	}
	for code := range rule.Code(8) {
		findings = append(findings, found(code, rule.Error, "", 50))
	}
	findings = append(findings, found(rule.ValueNullWord, rule.Warning, "a:b,c%\n::x", 60))
	out := judged(t, Options{Format: GitHub}, rule.Failed, findings...)
	var errs []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "::error ") {
			errs = append(errs, regexp.MustCompile(`title=([-a-z]*)`).FindStringSubmatch(line)[1])
		}
	}
	assert.Len(t, errs, 10)
	assert.Equal(t, "email-format", errs[0])
	assert.Equal(t, "email-format", errs[9], "the second of a code comes after the first of all")
	assert.Contains(t, out, "::error file=a b%2Cc%3Ad.csv,line=2,col=3,title=email-format (30 findings)::email: not an e-mail address%0AHow to fix: ")
	assert.Contains(t, out, `::warning file=a b%2Cc%3Ad.csv,line=60,col=3,title=value-null-word (1 finding)::a:b,c%25\n::x: the whole`)
	assert.Contains(t, out, "Not all are annotated: 10 of 38 errors\n")
	assert.Equal(t, 11, strings.Count("\n"+out, "\n::"))
	w, err := Open(io.Discard, Options{Format: GitHub})
	require.NoError(t, err)
	for i := range 11 {
		assert.False(t, w.Cut(), i)
		require.NoError(t, w.Finding(&findings[i]))
	}
	assert.True(t, w.Cut())
}

// promSamples reads metrics strictly: as the text format has them, with HELP and TYPE
// before the samples of a metric, each metric in one piece and each sample once.
func promSamples(t *testing.T, text string) map[string]float64 {
	t.Helper()
	sample := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="[^"\\\n]*"\})? ([-+0-9.eE]+)$`)
	samples, announced := make(map[string]float64), make(map[string]bool)
	metric, typed := "", false
	require.True(t, strings.HasSuffix(text, "\n"))
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		switch fields := strings.Fields(line); {
		case strings.HasPrefix(line, "# HELP "):
			require.Greater(t, len(fields), 3, "the help has a text")
			require.False(t, announced[fields[2]], line)
			metric, typed, announced[fields[2]] = fields[2], false, true
		case strings.HasPrefix(line, "# TYPE "):
			require.Equal(t, []string{"#", "TYPE", metric, "gauge"}, fields)
			typed = true
		default:
			parts := sample.FindStringSubmatch(line)
			require.NotNil(t, parts, line)
			require.True(t, typed && parts[1] == metric, line)
			require.NotContains(t, samples, parts[1]+parts[2])
			n, err := strconv.ParseFloat(parts[3], 64)
			require.NoError(t, err)
			samples[parts[1]+parts[2]] = n
		}
	}
	if path, err := exec.LookPath("promtool"); err == nil {
		cmd := exec.CommandContext(t.Context(), path, "check", "metrics")
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return samples
}

func TestMetrics(t *testing.T) {
	before := time.Unix(1_700_000_000, 0)
	o := Options{Format: Prom, LastSuccess: before}
	findings := []rule.Finding{found(rule.EmailFormat, rule.Error, "email", 7), found(rule.EmailFormat, rule.Warning, "email", 7)}
	failed := judged(t, o, rule.Failed, findings...)
	got := promSamples(t, failed)
	for name, want := range map[string]float64{
		`poolprep_rows{result="accepted"}`: 4, `poolprep_rows{result="rejected"}`: 5, `poolprep_rows{result="skipped"}`: 0,
		`poolprep_findings{code="email-format"}`: 2, `poolprep_findings{code="phone-format"}`: 0, "poolprep_read_bytes": 77,
		"poolprep_run_duration_seconds": 1.25, "poolprep_run_success": 0, "poolprep_last_success_timestamp_seconds": 1_700_000_000,
	} {
		assert.Contains(t, got, name)
		assert.InDelta(t, want, got[name], 0, name)
	}
	assert.Len(t, got, 7+int(rule.NumCodes))
	assert.Equal(t, before, LastSuccess([]byte(failed)))
	passed := judged(t, o, rule.Passed, findings...)
	got = promSamples(t, passed)
	assert.InDelta(t, 1, got["poolprep_run_success"], 0)
	assert.Equal(t, time.Unix(1_800_000_002, 0), LastSuccess([]byte(passed)))

	w, err := Open(io.Discard, o)
	require.NoError(t, err)
	require.NoError(t, w.Start(Run{}))
	got = promSamples(t, string(w.Failure()))
	assert.InDelta(t, 1_700_000_000, got["poolprep_last_success_timestamp_seconds"], 0)
	assert.InDelta(t, 0, got["poolprep_run_success"], 0)
	assert.Len(t, got, 3, "a run that failed has no totals")
	o.LastSuccess = time.Time{}
	assert.NotContains(t, promSamples(t, judged(t, o, rule.Failed)), "poolprep_last_success_timestamp_seconds")
}

// TestLastSuccessOfBrokenMetrics takes what is no time for none.
func TestLastSuccessOfBrokenMetrics(t *testing.T) {
	const name = "poolprep_last_success_timestamp_seconds "
	for text, want := range map[string]int64{
		"": 0, name: 0, name + "\n": 0, name + "17": 0, name + "x\n": 0, name + "NaN\n": 0, name + "-5\n": 0, name + "1e99\n": 0, name + "+Inf\n": 0,
		"x" + name + "17\n": 0, name + "17 18\n": 0, name + "1.7e+09\n": 1_700_000_000, "a\n" + name + "17\nb\n": 17,
	} {
		got := LastSuccess([]byte(text))
		assert.Equal(t, want == 0, got.IsZero(), "%q", text)
		if want > 0 {
			assert.Equal(t, want, got.Unix(), "%q", text)
		}
	}
}

func TestOnlyMetricsTellOfAFailure(t *testing.T) {
	for _, format := range Formats() {
		w, err := Open(io.Discard, Options{Format: Format(format)})
		require.NoError(t, err)
		require.NoError(t, w.Start(Run{}))
		assert.Equal(t, Format(format) == Prom, w.Failure() != nil, format)
	}
}

// TestSummaryIsTheLastLine compares the report with the end of JSON lines.
func TestSummaryIsTheLastLine(t *testing.T) {
	findings := []rule.Finding{found(rule.EmailFormat, rule.Error, "email", 7), found(rule.PhoneFormat, rule.Warning, "phone_number", 7)}
	lines := strings.SplitAfter(judged(t, Options{Format: JSONL}, rule.Failed, findings...), "\n")
	assert.Equal(t, lines[len(lines)-2], judged(t, Options{Format: "summary"}, rule.Failed, findings...))
	assert.Contains(t, judged(t, Options{Format: "summary", Limits: Limits{Max: 1}}, rule.Failed, findings...), `"truncated":true`, "as JSON lines would be")
}

// TestCutSaysSo wants truncated in the summary of a run in which another report was cut.
func TestCutSaysSo(t *testing.T) {
	var b strings.Builder
	w, err := Open(&b, Options{Format: "summary"})
	require.NoError(t, err)
	require.NoError(t, w.Start(Run{}))
	require.NoError(t, w.Finish(rule.Result{Truncated: true}))
	assert.Contains(t, b.String(), `"truncated":true`)
}

func TestMarkdownIsNoMarkup(t *testing.T) {
	f := found(rule.HeaderUnknownColumn, rule.Error, "a|b`c`<b>*x*_y_@team https://x [l](u) www.x custom_name \x1b\n", 1)
	out := judged(t, Options{Format: Markdown}, rule.Failed, f)
	assert.Contains(t, out, "## FAILED: 5 of 9 rows rejected\n")
	assert.Contains(t, out, "| 9 | 4 | 5 | 0 | 0 |\n")
	assert.Contains(t, out, `a\|b\`+"`c\\`"+`&lt;b&gt;\*x\*\_y\_&#64;team https\://x \[l\](u) www\.x custom_name \\x1b\\n`)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "| error") {
			assert.Equal(t, 7, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"))
		}
	}
	assert.Equal(t, "use `a\\|b` or &#64;", markdownText("use `a|b` or @"))
}

// TestHeadlines says how runs end.
func TestHeadlines(t *testing.T) {
	for want, r := range map[string]rule.Result{
		"PASSED: 0 rows read, none rejected":                            {},
		"PASSED: 1 row read, none rejected":                             {Verdict: rule.Passed, Summary: rule.Summary{RowsRead: 1}},
		"PASSED: 2 of 1,000 rows rejected, which is tolerated":          {Verdict: rule.Passed, Summary: rule.Summary{RowsRead: 1000, RowsRejected: 2}},
		"FAILED: 1 of 1 row rejected":                                   {Summary: rule.Summary{RowsRead: 1, RowsRejected: 1}},
		"FAILED: 2 of 5 rows rejected, and 1 error in a file or header": {Verdict: rule.Failed, Summary: rule.Summary{RowsRead: 5, RowsRejected: 2, Errors: 3, FileErrors: 1}},
		"FAILED: 2 errors in a file or header":                          {Verdict: rule.Failed, Summary: rule.Summary{RowsRead: 5, Errors: 2, FileErrors: 2}},
		"FAILED: no row rejected, but 1 warning":                        {Verdict: rule.Failed, Summary: rule.Summary{RowsRead: 5, Warnings: 1}},
		"FAILED: no row rejected":                                       {Verdict: rule.Failed, Summary: rule.Summary{RowsRead: 5, Hints: 1}},
	} {
		assert.Equal(t, want, headline(&r))
	}
}

// TestReportsAreSafeToShow wants no character in any report that moves the cursor.
func TestReportsAreSafeToShow(t *testing.T) {
	const unsafe = "x\x1b[31m\u009b\x7f\u202e\u2028\r\n\xff"
	f := found(rule.HeaderUnknownColumn, rule.Error, unsafe, 7)
	f.File, f.Text, f.Source, f.Value = unsafe, unsafe, unsafe, []byte(unsafe)
	for _, format := range Formats() {
		for line := range strings.SplitSeq(judged(t, Options{Format: Format(format)}, rule.Failed, f), "\n") {
			line = strings.ReplaceAll(line, "\t", "") // of the style sheet
			assert.Equal(t, escape.String(line), line, format)
		}
	}
}

// TestReportsShowValuesOnlyIfFindingsDo gives the formats that count nothing to show.
func TestReportsShowValuesOnlyIfFindingsDo(t *testing.T) {
	f := found(rule.EmailFormat, rule.Error, "email", 7)
	f.Value = []byte("secret-value")
	for _, format := range Formats() {
		counts := map[string]bool{"junit": true, "prom": true, "markdown": true, "summary": true}[format]
		assert.Equal(t, !counts, strings.Contains(judged(t, Options{Format: Format(format)}, rule.Failed, f), "secret-value"), format)
	}
}
