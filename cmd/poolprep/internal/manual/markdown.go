// Package manual shows the project's Markdown in a terminal and as manual pages, so that
// docs, help and man say the same. It knows what docs/ uses: headings, paragraphs, lists,
// code, and tables of two columns. It does no I/O, keeps no state, and is safe for
// concurrent use.
package manual

import (
	"strings"
)

// kind is what a block is.
type kind uint8

const (
	heading kind = iota
	paragraph
	item // of a list
	code
	row // of a table
)

// block is a piece of a document.
type block struct {
	kind  kind
	level int      // of a heading, from 1
	text  string   // inline Markdown, on one line; of a row the first cell
	more  string   // of a row: the other cells
	lines []string // of code
}

// Doc is a document. It is immutable.
type Doc struct{ blocks []block }

// Parse reads Markdown. There are no errors: what it does not know is text.
func Parse(text string) Doc {
	p := parser{lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
	for len(p.lines) > 0 {
		p.next()
	}
	return Doc{p.blocks}
}

// Title returns the text of the first heading, "" if there is none.
func (d Doc) Title() string {
	for _, b := range d.blocks {
		if b.kind == heading {
			return plain(b.text, nil)
		}
	}
	return ""
}

type parser struct {
	lines  []string
	blocks []block
}

// next reads one block, or skips a blank line.
func (p *parser) next() {
	line := p.lines[0]
	switch {
	case strings.TrimSpace(line) == "":
		p.lines = p.lines[1:]
	case strings.HasPrefix(line, "```"):
		p.fence()
	case isCode(line):
		p.indented()
	case headingLevel(line) > 0:
		level := headingLevel(line)
		p.add(block{kind: heading, level: level, text: strings.TrimSpace(line[level:])})
		p.lines = p.lines[1:]
	case strings.HasPrefix(line, "|"):
		p.table()
	default:
		p.paragraph()
	}
}

func (p *parser) add(b block) { p.blocks = append(p.blocks, b) }

// isCode reports whether a line is indented as code is: in help by two blanks, in
// Markdown by four.
func isCode(line string) bool { return strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t") }

func headingLevel(line string) int {
	level := len(line) - len(strings.TrimLeft(line, "#"))
	if level > 0 && strings.HasPrefix(line[level:], " ") {
		return level
	}
	return 0
}

// fence reads code between lines of backquotes.
func (p *parser) fence() {
	b := block{kind: code}
	p.lines = p.lines[1:]
	for len(p.lines) > 0 {
		line := p.lines[0]
		p.lines = p.lines[1:]
		if strings.HasPrefix(line, "```") {
			break
		}
		b.lines = append(b.lines, line)
	}
	p.add(b)
}

// indented reads indented code.
func (p *parser) indented() {
	b := block{kind: code}
	for len(p.lines) > 0 && (isCode(p.lines[0]) || strings.TrimSpace(p.lines[0]) == "") {
		b.lines = append(b.lines, strings.ReplaceAll(p.lines[0], "\t", "    "))
		p.lines = p.lines[1:]
	}
	for strings.TrimSpace(b.lines[len(b.lines)-1]) == "" {
		b.lines = b.lines[:len(b.lines)-1]
	}
	indent := len(b.lines[0])
	for _, line := range b.lines {
		if line != "" {
			indent = min(indent, len(line)-len(strings.TrimLeft(line, " ")))
		}
	}
	for i, line := range b.lines {
		b.lines[i] = line[min(indent, len(line)):]
	}
	p.add(b)
}

// table reads the rows of a table. Its header is left out: rows must say enough.
func (p *parser) table() {
	for first := true; len(p.lines) > 0 && strings.HasPrefix(p.lines[0], "|"); first = false {
		cells := splitRow(p.lines[0])
		p.lines = p.lines[1:]
		isRule := strings.Trim(strings.Join(cells, ""), "-: ") == ""
		if isRule || first && len(p.lines) > 0 && strings.HasPrefix(p.lines[0], "|--") {
			continue
		}
		b := block{kind: row, text: cells[0]}
		for _, cell := range cells[1:] {
			if cell != "" && b.more != "" {
				b.more += "; "
			}
			b.more += cell
		}
		p.add(b)
	}
}

// splitRow returns the cells of a row. A bar in a cell is written \|.
func splitRow(line string) []string {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.TrimSpace(line), `\|`, bar)
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], bar, "|"))
	}
	return cells
}

// paragraph reads lines up to what begins another block. A list is items.
func (p *parser) paragraph() {
	b := block{kind: paragraph}
	for first := true; len(p.lines) > 0; first = false {
		line := p.lines[0]
		text, isItem := cutItem(line)
		if isItem && !first {
			break
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "```") || headingLevel(line) > 0 || isCode(line) && b.kind != item {
			break
		}
		if isItem {
			b.kind = item
		}
		if b.text != "" {
			b.text += " "
		}
		b.text += strings.TrimSpace(text)
		p.lines = p.lines[1:]
	}
	p.add(b)
}

// cutItem returns the text of the first line of an item of a list.
func cutItem(line string) (text string, ok bool) {
	if text, ok = strings.CutPrefix(line, "- "); ok {
		return text, true
	}
	return strings.CutPrefix(line, "* ")
}

// span is a piece of a line of text.
type span struct {
	style style
	text  string
	link  string // where it leads
}

type style uint8

const (
	normal style = iota
	literal
	strong
)

// spans reads inline Markdown: `code`, **strong**, *emphasis*, [text](link).
func spans(text string) (out []span) {
	var plainText strings.Builder
	flush := func() {
		if plainText.Len() > 0 {
			out = append(out, span{text: plainText.String()})
			plainText.Reset()
		}
	}
	for text != "" {
		if s, rest, ok := inline(text); ok {
			flush()
			out = append(out, s)
			text = rest
			continue
		}
		plainText.WriteByte(text[0])
		text = text[1:]
	}
	flush()
	return out
}

// inline reads a marked piece at the beginning of text.
func inline(text string) (s span, rest string, ok bool) {
	for _, m := range []struct {
		mark  string
		style style
	}{{"``", literal}, {"`", literal}, {"**", strong}, {"*", strong}} {
		inner, found := strings.CutPrefix(text, m.mark)
		if !found {
			continue
		}
		inner, rest, found = strings.Cut(inner, m.mark)
		if found && inner != "" && (m.style == literal || inner == strings.TrimSpace(inner)) {
			return span{style: m.style, text: inner}, rest, true
		}
	}
	if inner, found := strings.CutPrefix(text, "["); found {
		if words, after, found := strings.Cut(inner, "]("); found && !strings.Contains(words, "[") {
			if target, rest, found := strings.Cut(after, ")"); found {
				return span{text: plain(words, nil), link: target}, rest, true
			}
		}
	}
	return span{}, text, false
}

// Link returns what stands for a link in the output, "" for the text of the link alone.
type Link func(target string) string

// plain returns inline Markdown without its marks.
func plain(text string, link Link) string {
	var b strings.Builder
	for _, s := range spans(text) {
		b.WriteString(s.shown(link))
	}
	return b.String()
}

// shown returns the text of a span, or what stands for its link.
func (s span) shown(link Link) string {
	if s.link != "" && link != nil {
		if text := link(s.link); text != "" {
			return text
		}
	}
	return s.text
}
