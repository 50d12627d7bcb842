package guess

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// expression is the value of a line, as YAML in one line.
type expression struct {
	kind  string   // "": a column, or the first of several; else join, template, constant, or test: one that is not empty
	names []string // of source columns, as a mapping names them
	text  string   // of join, template and constant
	steps []string // YAML
	soft  bool     // a value that cannot be made is empty
}

// String returns the YAML.
func (e expression) String() string {
	if e.kind == "" && len(e.names) == 1 && len(e.steps) == 0 && !e.soft {
		return scalar(e.names[0])
	}
	var parts []string
	quoted := make([]string, len(e.names))
	for i, n := range e.names {
		quoted[i] = scalar(n)
	}
	switch kind := e.kind; {
	case kind == "constant" || kind == "template":
		parts = append(parts, kind+": "+strconv.Quote(e.text))
	case kind == "test":
		parts = append(parts, "test: {column: "+quoted[0]+", empty: false}")
	case kind == "join":
		parts = append(parts, "join: ["+strings.Join(quoted, ", ")+"]", "with: "+strconv.Quote(e.text))
	case len(e.names) > 1:
		parts = append(parts, "first: ["+strings.Join(quoted, ", ")+"]")
	default:
		parts = append(parts, "from: "+quoted[0])
	}
	if len(e.steps) > 0 {
		parts = append(parts, "steps: ["+strings.Join(e.steps, ", ")+"]")
	}
	if e.soft {
		parts = append(parts, "if-failed: empty")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// plainScalar is text that means itself in YAML, within brackets too.
var plainScalar = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[\p{L}_]([\p{L}\p{M}\p{N}_./ ()+-]*[\p{L}\p{M}\p{N}_.)])?$`)
})

// scalar returns text as YAML that means it.
func scalar(text string) string {
	if plainScalar().MatchString(text) && !strings.EqualFold(text, "null") {
		return text
	}
	if strings.Trim(text, "0123456789") == "" && text != "" {
		return text
	}
	return strconv.Quote(text)
}

// list returns words as a YAML list.
func list(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = scalar(w)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
