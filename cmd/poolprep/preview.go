package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"poolprep/transform"
	"poolprep/validate"
	"poolprep/validate/escape"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// The table that convert --dry-run shows: the first rows of the run, before and after.
const (
	previewRows  = 5
	previewWidth = 80
	previewName  = 24  // the widest column of names
	previewValue = 200 // bytes of a value that are kept
)

// preview collects the first rows of a run. Values are masked as they come.
type preview struct {
	show   bool // values as they are
	pool   *schema.Pool
	match  *transform.Match
	secret []bool // by column: its values are never shown
	rows   []previewed
}

// matched says how the mapping fits the input whose rows come next.
func (p *preview) matched(m *transform.Match) {
	p.match, p.secret = m, make([]bool, len(m.Columns))
	for target, column := range m.Columns {
		p.secret[target] = isSecret(column) || slices.ContainsFunc(m.Program.Sources(target), func(source int) bool { return isSecret(m.Names[source]) })
	}
	for _, from := range m.Program.Matches() {
		p.secret[from.Target] = p.secret[from.Target] || isSecret(from.Source) // of a second file, too
	}
}

// previewed is a row of the preview.
type previewed struct {
	title string
	cells [][3]string // column, before, after
}

// take takes a row, and reports whether more are wanted.
func (p *preview) take(row *transform.Preview) bool {
	one := previewed{title: fmt.Sprintf("%s:%d: ", row.File, row.Line)}
	switch {
	case row.Skipped:
		one.title += "skipped: " + row.Reason
	case row.Rejected:
		one.title += "rejected: " + codesOf(row.Findings)
	default:
		one.title += "accepted"
	}
	for target, column := range p.match.Columns {
		if row.Skipped {
			break
		}
		before := p.before(target, row.Fields)
		var after string
		switch {
		case row.Values != nil && target < len(row.Values):
			after = p.value(row.Values[target], p.secret[target], p.pool.Kind(column))
		case row.Rejected:
			after = codesOf(findingsOf(row.Findings, column))
		}
		if before != "" || after != "" {
			one.cells = append(one.cells, [3]string{escape.String(column), before, after})
		}
	}
	p.rows = append(p.rows, one)
	return len(p.rows) < previewRows
}

// before returns the values of the source columns that a column is made of.
func (p *preview) before(target int, fields [][]byte) string {
	var parts []string
	for _, source := range p.match.Program.Sources(target) {
		if source >= len(fields) || source >= len(p.match.Names) || len(fields[source]) == 0 {
			continue
		}
		text := p.value(fields[source], p.secret[target], schema.KindNone)
		switch name := p.match.Names[source]; {
		case validate.IsValueLike(name): // perhaps the file has no header
			text = fmt.Sprintf("field %d: %s", source+1, text)
		case name != p.match.Columns[target]:
			text = escape.String(name) + ": " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// isSecret reports whether the values of a column, of the import file or the source, are
// never shown: by its name it may hold passwords, hashes of them, or keys.
func isSecret(column string) bool {
	name := schema.PlainName(column)
	return slices.ContainsFunc([]string{"passw", "pwd", "kennwort", "motdepasse", "contrase", "hash", "salt", "secret", "token", "digest"}, func(word string) bool { return strings.Contains(name, word) })
}

// hashLike reports whether a value is written as password hashes are.
func hashLike(v []byte) bool {
	return value.HashOf(v) != value.HashNone || bytes.Count(v, []byte("$")) > 1
}

// value returns a value as it is shown.
func (p *preview) value(v []byte, secret bool, kind schema.Kind) string {
	switch {
	case len(v) == 0:
		return ""
	case secret || hashLike(v):
		return fmt.Sprintf("(%d bytes, never shown)", len(v))
	case len(v) > previewValue:
		v = []byte(strings.ToValidUTF8(string(v[:previewValue]), ""))
	}
	if p.show || kind == schema.KindBoolean || kind == schema.KindMFA {
		return escape.String(string(v))
	}
	return escape.String(masked(string(v)))
}

// masked returns the form of a value: x for each letter, 9 for each digit.
func masked(v string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '9'
		case unicode.IsUpper(r):
			return 'X'
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsSymbol(r) && r >= utf8.RuneSelf:
			return 'x'
		}
		return r
	}, v)
}

// findingsOf returns the findings about a column.
func findingsOf(findings []rule.Finding, column string) (of []rule.Finding) {
	for i := range findings {
		if findings[i].Column == column {
			of = append(of, findings[i])
		}
	}
	return of
}

// codesOf returns the codes of findings, each once.
func codesOf(findings []rule.Finding) string {
	var codes []string
	seen := make(map[rule.Code]bool)
	for i := range findings {
		if f := &findings[i]; !seen[f.Code] {
			seen[f.Code] = true
			codes = append(codes, f.Code.String())
		}
	}
	return strings.Join(codes, ", ")
}

// write writes the table.
func (p *preview) write(w io.Writer) {
	if len(p.rows) == 0 {
		return
	}
	name := len("column")
	for _, row := range p.rows {
		for _, cells := range row.cells {
			name = min(max(name, textWidth(cells[0])), previewName)
		}
	}
	before := (previewWidth - name - len("  ")*3) / 2
	what := "values are masked: x and 9; --show-values shows them"
	if p.show {
		what = "values as they are"
	}
	fmt.Fprintf(w, "\nThe first rows (%s):\n", what)
	line := func(cells [3]string) {
		text := "  " + padded(cells[0], name) + "  " + padded(cells[1], before) + "  " + cut(cells[2], previewWidth-name-before-len("  ")*3)
		fmt.Fprintln(w, strings.TrimRight(text, " "))
	}
	for i, row := range p.rows {
		if i == 0 {
			line([3]string{"column", "before", "after"})
		}
		fmt.Fprintln(w, cut(escape.String(row.title), previewWidth))
		for _, cells := range row.cells {
			line(cells)
		}
	}
}

// padded returns a text as wide as n characters of a terminal.
func padded(text string, n int) string {
	text = cut(text, n)
	return text + strings.Repeat(" ", n-textWidth(text))
}

// cut returns as much of a text as n characters of a terminal hold.
func cut(text string, n int) string {
	const more = "..."
	if textWidth(text) <= n {
		return text
	}
	n -= len(more)
	for i, r := range text {
		if n -= runeWidth(r); n < 0 {
			return text[:i] + more
		}
	}
	return text
}

// textWidth returns how many characters of a terminal a text takes.
func textWidth(text string) (n int) {
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
