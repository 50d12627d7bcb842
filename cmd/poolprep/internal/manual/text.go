package manual

import (
	"strings"
	"unicode/utf8"
)

// The layout of text: how far tables and code are indented, and how wide the first
// column of a table gets. A wider cell stands on a line of its own.
const (
	textIndent     = 2
	codeIndent     = 2
	maxFirstColumn = 24
)

// AppendText appends the document as text for a terminal of width columns, without the
// first heading. Lines of code stay as they are.
func (d Doc) AppendText(dst []byte, width int, link Link) []byte {
	w := textWriter{dst: dst, width: width, link: link}
	var before kind
	for i, b := range d.blocks {
		if i == 0 && b.kind == heading {
			continue
		}
		if len(w.dst) > len(dst) && !(b.kind == before && (b.kind == row || b.kind == item)) {
			w.dst = append(w.dst, '\n')
		}
		before = b.kind
		switch b.kind {
		case heading:
			w.line(0, plain(b.text, link))
		case paragraph:
			w.wrapped("", 0, b.text)
		case item:
			w.wrapped("- ", 2, b.text)
		case code:
			for _, line := range b.lines {
				w.line(codeIndent, line)
			}
		case row:
			if i == 0 || d.blocks[i-1].kind != row {
				w.first = d.firstColumn(i, link)
			}
			w.row(b)
		}
	}
	return w.dst
}

type textWriter struct {
	dst   []byte
	width int
	link  Link
	first int // columns of the first column of a table
}

// firstColumn returns how wide the first column is of the table that begins at block i.
func (d Doc) firstColumn(i int, link Link) (width int) {
	for _, b := range d.blocks[i:] {
		if b.kind != row {
			break
		}
		if n := utf8.RuneCountInString(plain(b.text, link)); n <= maxFirstColumn {
			width = max(width, n)
		}
	}
	return width
}

func (w *textWriter) line(indent int, text string) {
	if text != "" {
		w.dst = append(w.dst, strings.Repeat(" ", indent)...)
	}
	w.dst = append(append(w.dst, text...), '\n')
}

// row writes a row of a table: the first cell, and beside or below it the second.
func (w *textWriter) row(b block) {
	first := strings.Repeat(" ", textIndent) + plain(b.text, w.link)
	indent := textIndent + w.first + 2
	if n := utf8.RuneCountInString(first); n+2 > indent {
		w.line(0, first)
		first = ""
	}
	w.wrapped(first, indent, b.more)
}

// wrapped writes text behind a first piece, each line of it indented.
func (w *textWriter) wrapped(first string, indent int, text string) {
	line := first + strings.Repeat(" ", max(0, indent-utf8.RuneCountInString(first)))
	start := line
	for word := range strings.FieldsSeq(plain(text, w.link)) {
		if line != start && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > w.width {
			w.line(0, strings.TrimRight(line, " "))
			start = strings.Repeat(" ", indent)
			line = start
		}
		if line != start {
			line += " "
		}
		line += word
	}
	w.line(0, strings.TrimRight(line, " "))
}
