package logs

import (
	"errors"
	"strings"

	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// pattern is a filter pattern for log events: words and "quoted phrases", all
// of which a message must hold; of those with a question mark before it must
// hold one, of those with a minus sign none. Letter case counts.
type pattern struct{ all, any, none []string }

// term is a term of a pattern: its sign, and a phrase or a word.
var term = wire.Compiled(`^\s*([?-]?)(?:"((?:[^"\\]|\\.)+)"|(\w+))(?:\s+|$)`)

var errPattern = errors.New(`words of letters, digits and underscores are expected, and "quoted phrases", each with ? or - before it or without; patterns for JSON and for fields, and regular expressions, are not emulated`)

// parsePattern reads a filter pattern.
func parsePattern(text string) (*pattern, error) {
	p := &pattern{}
	for strings.TrimSpace(text) != "" {
		m := term().FindStringSubmatch(text)
		if m == nil {
			return nil, errPattern
		}
		word := m[3]
		if m[2] != "" {
			word = wire.Unescape(m[2])
		}
		switch m[1] {
		case "?":
			p.any = append(p.any, word)
		case "-":
			p.none = append(p.none, word)
		default:
			p.all = append(p.all, word)
		}
		text = text[len(m[0]):]
	}
	return p, nil
}

// matches reports whether the pattern lets a message through.
func (p *pattern) matches(message string) bool {
	for _, word := range p.none {
		if strings.Contains(message, word) {
			return false
		}
	}
	for _, word := range p.all {
		if !strings.Contains(message, word) {
			return false
		}
	}
	for _, word := range p.any {
		if strings.Contains(message, word) {
			return true
		}
	}
	return len(p.any) == 0
}
