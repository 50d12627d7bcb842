package guess

import (
	"strings"
	"unicode/utf8"

	"poolprep/validate/escape"
)

// AppendYAML appends the proposal as a mapping file, with its reasons as comments. head
// are lines for people that the file begins with. advice says how to decide what only a
// person can; nil, and "": nothing is said.
func (p *Proposal) AppendYAML(dst []byte, head []string, advice func(Decision) string) []byte {
	if advice == nil {
		advice = func(Decision) string { return "" }
	}
	y := &yamlWriter{advice: advice}
	for _, line := range head {
		y.line("# " + line)
	}
	for _, note := range p.Notes {
		y.comment("", note.Text, advice(note.Decision))
	}
	y.line("version: 1")
	if len(p.Source) > 0 {
		y.line("source: {" + strings.Join(p.Source, ", ") + "}")
	}
	if len(p.Require) > 0 {
		y.line("require: " + list(p.Require))
	}
	y.line("")
	y.columns(p.Lines)
	y.skips(p.Skips)
	y.missing(p.Missing)
	y.unused(p.Unused())
	return append(dst, y.text.String()...)
}

// yamlWriter writes a mapping file.
type yamlWriter struct {
	text   strings.Builder
	advice func(Decision) string
}

// line writes a line. What is unsafe in it was escaped where it was made, but for the
// characters that YAML forbids in comments, too.
func (y *yamlWriter) line(text string) {
	y.text.WriteString(clean(text))
	y.text.WriteByte('\n')
}

// clean escapes what neither a terminal nor YAML takes.
func clean(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	text = escape.String(text)
	return strings.Map(func(r rune) rune {
		if r&0xFFFE == 0xFFFE {
			return utf8.RuneError
		}
		return r
	}, text)
}

// commentWidth is how long a line of comment is, in characters.
const commentWidth = 92

// comment writes texts as comments, each one from a line of its own.
func (y *yamlWriter) comment(indent string, texts ...string) {
	for _, text := range texts {
		line := ""
		for word := range strings.FieldsSeq(clean(text)) {
			if line != "" && utf8.RuneCountInString(indent+line+word) > commentWidth {
				y.line(indent + "#" + line)
				line = ""
			}
			line += " " + word
		}
		if line != "" {
			y.line(indent + "#" + line)
		}
	}
}

// columns writes the columns of the pool.
func (y *yamlWriter) columns(lines []*Line) {
	any := false
	for _, l := range lines {
		any = any || l.State == Sure || l.State == Doubtful
	}
	if any {
		y.line("columns:")
	} else {
		y.line("columns: {} # nothing is certain; take the braces away with the first line that you decide")
	}
	for _, l := range lines {
		y.column(l)
	}
}

// marks begin the comment of a line that somebody should look at.
var marks = [...]string{Sure: "", Doubtful: "CHECK: ", Open: "DECIDE: ", Left: "Left out: "}

// column writes the line of a column of the pool, as a comment unless it is decided.
func (y *yamlWriter) column(l *Line) {
	y.comment("  ", marks[l.State]+l.Target+": "+strings.Join(l.Reasons, "; "))
	key := scalarKey(l.Target)
	switch l.State {
	case Sure, Doubtful:
		y.line("  " + key + ": " + l.Choices[l.taken].Text)
	case Open:
		y.comment("  ", y.advice(l.Decision))
		for _, c := range l.Choices {
			label := ""
			if c.Label != "" {
				label = " # " + c.Label
			}
			y.line("  # " + key + ": " + c.Text + label)
		}
		if len(l.Choices) == 0 && l.Decision == DecideColumn {
			y.line("  # " + key + ": COLUMN")
		}
	}
}

// skips writes the rules for records to leave out.
func (y *yamlWriter) skips(skips []*Line) {
	if len(skips) == 0 {
		return
	}
	y.line("")
	mark, any := "# ", false
	for _, l := range skips {
		any = any || l.State == Sure
	}
	if any {
		mark = ""
	} else {
		y.comment("", marks[Open]+"records to leave out", y.advice(DecideSkip))
	}
	y.line(mark + "skip:")
	for _, l := range skips {
		y.comment("  ", strings.Join(l.Reasons, "; "))
		mark = "# "
		if l.State == Sure {
			mark = ""
		}
		y.line("  " + mark + "- " + l.Choices[l.taken].Text)
	}
}

// missing lists the columns of the pool that nothing fits.
func (y *yamlWriter) missing(list []Missing) {
	if len(list) == 0 {
		return
	}
	var names []string
	for _, m := range list {
		name := m.Target
		if m.Why != "" {
			name += " (" + m.Why + ")"
		}
		names = append(names, name)
	}
	y.line("")
	y.comment("", "No column of the export fits these columns of the pool: "+strings.Join(names, ", "))
}

// maxUnused is how many source columns that go nowhere are listed.
const maxUnused = 200

// unused lists the source columns that go nowhere.
func (y *yamlWriter) unused(list []string) {
	if len(list) == 0 {
		return
	}
	y.line("")
	y.comment("", "These columns of the export go nowhere:")
	for i, text := range list {
		if i == maxUnused {
			y.line("#   and " + comma(len(list)-i) + " more")
			break
		}
		y.line("#   " + clean(text))
	}
}

// scalarKey is scalar for a key, which may have a colon inside.
func scalarKey(name string) string {
	if rest, ok := strings.CutPrefix(name, "custom:"); ok && plainScalar().MatchString(rest) {
		return name
	}
	if rest, ok := strings.CutPrefix(name, "cognito:"); ok && plainScalar().MatchString(rest) {
		return name
	}
	return scalar(name)
}
