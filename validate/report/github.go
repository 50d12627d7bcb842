package report

import (
	"strconv"
	"strings"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// maxAnnotations is how many annotations of a level GitHub shows of a step.
const maxAnnotations = 10

// githubWriter is a report as annotations, which are workflow commands of GitHub Actions:
// at most maxAnnotations of a level, and of each code one before a second of any.
type githubWriter struct {
	*lines
	levels [rule.Error + 1]annotated
}

// annotated are the findings of a level.
type annotated struct {
	n    int64
	kept [rule.NumCodes][]annotation
}

// annotation is what is kept of a finding.
type annotation struct {
	file     string
	line     int64
	column   int
	sentence string
}

func newGitHub(l *lines, _ Options) Writer { return &githubWriter{lines: l} }

func (w *githubWriter) Start(Run) error { return nil }

func (w *githubWriter) Finding(f *rule.Finding) error {
	if int(f.Severity) >= len(w.levels) {
		return nil
	}
	of := &w.levels[f.Severity]
	of.n++
	w.cut = w.cut || of.n > maxAnnotations
	if kept := of.kept[f.Code]; len(kept) < maxAnnotations {
		of.kept[f.Code] = append(kept, annotation{f.File, f.Pos.Line, f.Pos.Column, string(appendSentence(nil, f))})
	}
	return nil
}

// githubCommands are the words for severities.
var githubCommands = map[rule.Severity]string{rule.Error: "error", rule.Warning: "warning", rule.Hint: "notice"}

func (w *githubWriter) Finish(result rule.Result) error {
	counts := w.tally.Counts()
	for _, level := range []rule.Severity{rule.Error, rule.Warning, rule.Hint} {
		written := 0
		for round := 0; round < maxAnnotations && written < maxAnnotations; round++ {
			for _, c := range counts {
				if kept := w.levels[level].kept[c.Code]; c.Severity == level && round < len(kept) && written < maxAnnotations {
					w.annotate(&c, &kept[round])
					written++
				}
			}
		}
		if all := w.levels[level].n; all > int64(written) {
			w.buf = append(w.buf, "Not all are annotated: "+strconv.Itoa(written)+" of "+count(all, githubCommands[level])+"\n"...)
		}
	}
	w.buf = append(append(w.buf, githubData.Replace(headline(&result))...), '\n')
	return w.endLine()
}

// annotate writes an annotation.
func (w *githubWriter) annotate(c *CodeCount, a *annotation) {
	w.buf = append(append(w.buf, "::"...), githubCommands[c.Severity]...)
	w.buf = append(append(w.buf, " file="...), githubProperty.Replace(escape.String(relativePath(a.file)))...)
	if a.line > 0 {
		w.buf = strconv.AppendInt(append(w.buf, ",line="...), a.line, 10)
		w.buf = strconv.AppendInt(append(w.buf, ",col="...), int64(a.column), 10)
	}
	title := c.Code.String() + " (" + count(c.N, "finding") + ")"
	w.buf = append(append(w.buf, ",title="...), githubProperty.Replace(title)...)
	text := a.sentence + "\nHow to fix: " + c.Code.Info().Fix()
	w.buf = append(append(append(w.buf, "::"...), githubData.Replace(text)...), '\n')
}

// What workflow commands write otherwise in their text, and in their properties.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
