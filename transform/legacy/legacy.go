// Package legacy has the presets: the mapping files for exports of other identity systems,
// as a person would write them. They are embedded in the program, and to be copied and
// edited like any other mapping file. Package mapping reads and runs them.
//
// What the functions return belongs to the caller. They are safe for concurrent use.
package legacy

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"poolprep/transform/mapping"
	"poolprep/validate/suggest"
)

//go:embed presets/*.yaml
var presets embed.FS

const extension = ".yaml"

// Names returns the names of the presets, sorted: those of the systems, in lower case.
func Names() []string {
	entries, err := presets.ReadDir("presets")
	if err != nil {
		panic(err) // it is part of the program
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), extension))
	}
	return names
}

// UnknownError says that there is no preset of a name.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string { return suggest.Unknown("unknown preset", e.Name, Names()) }

// Text returns the mapping file of a preset as it was written. The error is an
// UnknownError.
func Text(name string) ([]byte, error) {
	text, err := presets.ReadFile(path.Join("presets", name+extension))
	if err != nil || strings.ContainsAny(name, "/.") {
		return nil, &UnknownError{Name: name}
	}
	return text, nil
}

// Get returns a preset as a mapping. The error is an UnknownError, or says that the
// preset is none, which the tests of this package rule out.
func Get(name string) (*mapping.Mapping, error) {
	text, err := Text(name)
	if err != nil {
		return nil, err
	}
	m, err := mapping.Parse("preset "+name, text)
	if err != nil {
		return nil, fmt.Errorf("the preset does not fit this version of the program: %w", err)
	}
	return m, nil
}

// About returns what a preset is for, in one line: the comment at its head up to the
// first full stop. It is "" for a name that is none.
func About(name string) string {
	text, err := Text(name)
	if err != nil {
		return ""
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		words = append(words, strings.Fields(comment)...)
		if end := len(words) - 1; end >= 0 && strings.HasSuffix(words[end], ".") {
			words[end] = strings.TrimSuffix(words[end], ".")
			break
		}
	}
	return strings.Join(words, " ")
}
