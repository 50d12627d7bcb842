package report

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"time"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// junitWriter is a report in the form that servers for tests read: one case for each code
// and column that has errors, however many rows they are in. It keeps to the schema
// junit-10.xsd of Jenkins.
type junitWriter struct {
	*lines
	run     Run
	started time.Time
	text    bytes.Buffer
}

func newJUnit(l *lines, _ Options) Writer { return &junitWriter{lines: l} }

func (w *junitWriter) Start(run Run) error {
	w.run, w.started = run, run.clock()
	return nil
}

func (w *junitWriter) Finding(*rule.Finding) error { return nil }

func (w *junitWriter) Finish(result rule.Result) error {
	cases := w.cases(&result)
	failures, skipped := 0, 0
	switch {
	case len(cases) > 0 && verdict(&result) == "FAILED":
		failures = len(cases)
	case len(cases) > 0:
		skipped = len(cases)
	}
	tests := strconv.Itoa(max(1, len(cases)))
	name, took := "poolprep "+w.run.Command, seconds(w.run.clock().Sub(w.started))
	w.text.WriteString(xml.Header)
	w.open("testsuites", "name", name, "time", took, "tests", tests, "failures", strconv.Itoa(failures), "errors", "0")
	w.open("testsuite", "name", name, "tests", tests, "failures", strconv.Itoa(failures), "errors", "0", "skipped", strconv.Itoa(skipped),
		"time", took, "timestamp", w.started.Format("2006-01-02T15:04:05"))
	w.properties(&result)
	for i := range cases {
		w.testcase(&cases[i], failures == 0)
	}
	if len(cases) == 0 {
		w.open("testcase", "classname", "poolprep", "name", "no errors", "time", "0")
		w.text.WriteString("</testcase>\n")
	}
	w.text.WriteString("</testsuite>\n</testsuites>\n")
	w.buf = append(w.buf, w.text.Bytes()...)
	return w.endLine()
}

// cases returns what there is a case for: errors. If it is warnings that make a run fail,
// these.
func (w *junitWriter) cases(result *rule.Result) []Case {
	all := w.tally.Cases()
	if len(all) == 0 || all[0].Severity != rule.Error && verdict(result) == "PASSED" {
		return nil
	}
	n := 0
	for n < len(all) && all[n].Severity == all[0].Severity {
		n++
	}
	return all[:n]
}

// properties writes the totals.
func (w *junitWriter) properties(result *rule.Result) {
	s := &result.Summary
	w.text.WriteString("<properties>\n")
	property := func(name, value string) {
		w.open("property", "name", name, "value", value)
		w.text.WriteString("</property>\n")
	}
	property("tool", w.run.Tool)
	property("verdict", verdict(result))
	if result.StoppedAfter > 0 {
		property("stopped_after", strconv.FormatInt(result.StoppedAfter, 10))
	}
	for _, t := range summaryCounts(s) {
		property(t.name, strconv.FormatInt(t.n, 10))
	}
	property("truncated", strconv.FormatBool(result.Truncated))
	w.text.WriteString("</properties>\n")
}

// testcase writes a case: a failure, or one that is skipped because the run tolerates it.
func (w *junitWriter) testcase(c *Case, tolerated bool) {
	w.open("testcase", "classname", "poolprep."+c.about(), "name", c.Code.String(), "time", "0")
	message := strconv.FormatInt(c.N, 10) + " findings: "
	if c.N == 1 {
		message = "1 finding: "
	}
	element := "failure"
	if tolerated {
		element, message = "skipped", "tolerated: "+message
	}
	info := c.Code.Info()
	w.open(element, "type", c.Code.String(), "message", message+meaning(c.Code))
	w.escaped("First at " + c.place() + "\n" + info.Rule() + "\nHow to fix: " + info.Fix() + "\n")
	w.text.WriteString("</" + element + ">\n</testcase>\n")
}

// open writes a start tag with attributes: names and values in turn.
func (w *junitWriter) open(element string, attributes ...string) {
	w.text.WriteString("<" + element)
	for i := 0; i < len(attributes); i += 2 {
		w.text.WriteString(" " + attributes[i] + `="`)
		w.escaped(escape.String(attributes[i+1]))
		w.text.WriteByte('"')
	}
	w.text.WriteString(">")
	if element != "property" && element != "failure" && element != "skipped" {
		w.text.WriteByte('\n')
	}
}

// escaped writes text; a character that XML has not becomes U+FFFD.
func (w *junitWriter) escaped(text string) {
	_ = xml.EscapeText(&w.text, []byte(text)) // a bytes.Buffer takes all
}
