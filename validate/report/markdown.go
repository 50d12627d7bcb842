package report

import (
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// markdownWriter is a summary for people: of a step of GitHub Actions, for a chat or mail.
type markdownWriter struct {
	*lines
	run     Run
	started time.Time
	broken  brokenPolicy
}

func newMarkdown(l *lines, _ Options) Writer { return &markdownWriter{lines: l} }

func (w *markdownWriter) Start(run Run) error {
	w.run, w.started = run, run.clock()
	return nil
}

func (w *markdownWriter) Finding(f *rule.Finding) error {
	w.broken.add(f)
	return nil
}

func (w *markdownWriter) Finish(result rule.Result) error {
	s := &result.Summary
	w.add("## " + headline(&result) + "\n\n")
	for _, line := range w.broken {
		w.add("- " + markdownName(line) + "\n")
	}
	if len(w.broken) > 0 {
		w.add("\n")
	}
	w.add("| rows read | accepted | rejected | skipped | blank lines |\n|---:|---:|---:|---:|---:|\n")
	w.row(humanize.Comma(s.RowsRead), humanize.Comma(s.RowsAccepted), humanize.Comma(s.RowsRejected), humanize.Comma(s.RowsSkipped), humanize.Comma(s.RowsBlank))
	if counts := w.tally.Counts(); len(counts) > 0 {
		w.add("\n| level | code | findings | columns | meaning | how to fix |\n|---|---|---:|---|---|---|\n")
		for _, c := range counts {
			w.row(c.Severity.String(), c.Code.String(), humanize.Comma(findingsOf(&c, s)), markdownName(columnsText(&c)),
				markdownText(meaning(c.Code)), markdownText(c.Code.Info().Fix()))
		}
	}
	for _, line := range driftLines(&result) {
		w.add("\n" + markdownName(line) + "  \n")
	}
	if result.Profile != nil && len(result.Profile.Columns) > 0 {
		w.profile(result.Profile)
	}
	w.add("\n")
	for _, source := range result.Sources {
		w.add("- " + markdownName(escape.String(source.Name)) + ": " + count(source.Rows, "row") + "\n")
	}
	if result.Truncated {
		w.add("\nSome reports do not list all findings. These totals count all of them.\n")
	}
	w.add("\n" + markdownName(escape.String(w.run.Tool+" "+w.run.Command)) + ", " + w.started.Format(time.RFC3339) + "\n")
	return w.endLine()
}

// findingsOf returns how many findings of a code there were: not every blank line before
// the header is reported.
func findingsOf(c *CodeCount, s *rule.Summary) int64 {
	if c.Code == rule.RowBlank {
		return max(c.N, s.Findings[c.Code])
	}
	return c.N
}

func (w *markdownWriter) add(text string) { w.buf = append(w.buf, text...) }

func (w *markdownWriter) row(cells ...string) {
	w.add("| " + strings.Join(cells, " | ") + " |\n")
}

// markdownText returns a text of the program as it stands in a table, its code included.
func markdownText(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i > 0 {
			b.WriteByte('`')
		}
		if i%2 == 1 {
			b.WriteString(strings.ReplaceAll(part, "|", `\|`))
		} else {
			b.WriteString(markdownName(part))
		}
	}
	return b.String()
}

// markdownName returns text of any origin as Markdown that shows just this text: no
// markup, link or mention.
func markdownName(text string) string {
	text = markdownEscapes.Replace(text)
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '_' && !(i > 0 && i+1 < len(text) && alphanumeric(text[i-1]) && alphanumeric(text[i+1])) {
			b.WriteByte('\\') // within a word it is no markup
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

var markdownEscapes = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "&#64;", "://", `\://`, "www.", `www\.`,
	`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "$", `\$`, "#", `\#`, "!", `\!`,
)
