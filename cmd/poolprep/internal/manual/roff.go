package manual

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// AppendPage appends the head of a manual page: its name as in poolprep-check, its
// section, and the release of the program.
func AppendPage(dst []byte, name string, section byte, release, about string) []byte {
	dst = append(dst, ".\\\" Made by `make man`; do not edit.\n"...)
	dst = append(dst, ".TH "...)
	dst = append(dst, quoted(strings.ToUpper(name))...)
	dst = append(dst, ' ', section, ' ')
	dst = append(dst, `"" `+quoted("poolprep "+release)+" "+quoted("poolprep manual")+"\n"...)
	dst = append(dst, ".nh\n.ad l\n"...) // flags are not to be hyphenated
	dst = AppendSection(dst, "Name")
	return append(append(append(append(dst, escaped(name)...), ` \- `...), escaped(about)...), '\n')
}

// AppendSection appends the heading of a section.
func AppendSection(dst []byte, title string) []byte {
	return append(append(append(dst, ".SH "...), quoted(strings.ToUpper(title))...), '\n')
}

// AppendSubsection appends the heading of a subsection.
func AppendSubsection(dst []byte, title string) []byte {
	return append(append(append(dst, ".SS "...), quoted(title)...), '\n')
}

// AppendItem appends a term and what is said of it. Both are inline Markdown.
func AppendItem(dst []byte, term, text string) []byte {
	dst = append(dst, ".TP\n"...)
	dst = appendLine(dst, inlineRoff(term, nil))
	return appendLine(dst, inlineRoff(text, nil))
}

// AppendCode appends lines that are shown as they are.
func AppendCode(dst []byte, lines []string) []byte {
	dst = append(appendBreak(dst), ".RS 4\n.nf\n"...)
	for _, line := range lines {
		dst = appendLine(dst, escaped(line))
	}
	return append(dst, ".fi\n.RE\n"...)
}

// AppendRoff appends the document as a part of a manual page, without the first heading.
// Headings become sections.
func (d Doc) AppendRoff(dst []byte, link Link) []byte {
	for i, b := range d.blocks {
		switch b.kind {
		case heading:
			if i > 0 {
				dst = AppendSection(dst, plain(b.text, link))
			}
		case paragraph:
			dst = appendLine(appendBreak(dst), inlineRoff(b.text, link))
		case item:
			dst = appendLine(append(dst, ".IP \\(bu 2\n"...), inlineRoff(b.text, link))
		case code:
			dst = AppendCode(dst, b.lines)
		case row:
			dst = append(dst, ".TP\n"...)
			dst = appendLine(dst, inlineRoff(b.text, link))
			dst = appendLine(dst, inlineRoff(b.more, link))
		}
	}
	return dst
}

// appendBreak begins a paragraph. Behind a heading one has begun.
func appendBreak(dst []byte) []byte {
	last := bytes.TrimSuffix(dst, []byte("\n"))
	last = last[bytes.LastIndexByte(last, '\n')+1:]
	if bytes.HasPrefix(last, []byte(".SH ")) || bytes.HasPrefix(last, []byte(".SS ")) {
		return dst
	}
	return append(dst, ".PP\n"...)
}

// appendLine appends a line of text. A dot or an apostrophe at its beginning is no request.
func appendLine(dst []byte, text string) []byte {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		dst = append(dst, `\&`...)
	}
	return append(append(dst, text...), '\n')
}

// inlineRoff returns inline Markdown as roff: what is code or strong is bold.
func inlineRoff(text string, link Link) string {
	var b strings.Builder
	for _, s := range spans(text) {
		if s.style == normal {
			b.WriteString(escaped(s.shown(link)))
			continue
		}
		b.WriteString(`\fB` + escaped(s.text) + `\fR`)
	}
	return b.String()
}

var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// escaped returns text that roff shows as it is.
func escaped(text string) string {
	text = roffEscapes.Replace(text)
	var b strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\[u%04X]`, r)
	}
	return b.String()
}

// quoted returns text as an argument of a request.
func quoted(text string) string { return `"` + strings.ReplaceAll(escaped(text), `"`, `\(dq`) + `"` }
