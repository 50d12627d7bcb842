package report

import (
	"strconv"

	"poolprep/validate/rule"
)

// gitlabWriter is a code quality report of GitLab: a JSON array with an object for each
// finding.
type gitlabWriter struct {
	*lines
	some   bool
	prints fingerprint
}

func newGitLab(l *lines, _ Options) Writer { return &gitlabWriter{lines: l} }

func (w *gitlabWriter) Start(Run) error {
	w.buf = append(w.buf, '[')
	return nil
}

// gitlabLevels are the words for severities.
var gitlabLevels = map[rule.Severity]string{rule.Error: "major", rule.Warning: "minor", rule.Hint: "info"}

func (w *gitlabWriter) Finding(f *rule.Finding) error {
	if w.some {
		w.buf = append(w.buf, ',')
	}
	w.some = true
	dst := AppendString(append(w.buf, "\n"+`{"description":`...), appendSentence(nil, f))
	dst = AppendString(append(dst, `,"check_name":`...), f.Code.String())
	dst = AppendString(append(dst, `,"fingerprint":`...), w.prints.of(f))
	dst = AppendString(append(dst, `,"severity":`...), gitlabLevels[f.Severity])
	dst = AppendString(append(dst, `,"location":{"path":`...), relativePath(f.File))
	dst = strconv.AppendInt(append(dst, `,"lines":{"begin":`...), max(1, f.Pos.Line), 10)
	w.buf = append(dst, "}}}"...)
	return w.endLine()
}

func (w *gitlabWriter) Finish(rule.Result) error {
	w.buf = append(w.buf, "\n]\n"...)
	return w.endLine()
}
