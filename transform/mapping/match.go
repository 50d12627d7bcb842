package mapping

import (
	"errors"
	"fmt"
	"strconv"

	"poolprep/validate"
	"poolprep/validate/schema"
	"poolprep/validate/suggest"
)

// ByName makes the mapping that goes without a file: each target column
// takes the source column of the same name, or failing that the one whose name
// is the same but for letter case, blanks, `_`, `-` and `:`. Two that fit
// equally well are an error.
func ByName(source, target []string) (*Mapping, error) {
	m := &Mapping{}
	exact, alike := placesByName(source, asWritten), placesByName(source, schema.PlainName)
	for _, name := range target {
		fits, ok := exact[name]
		if !ok {
			fits, ok = alike[schema.PlainName(name)]
		}
		switch {
		case !ok:
		case fits.second < 0:
			m.columns = append(m.columns, columnSpec{target: text{value: name}, sources: []text{{value: source[fits.first]}}})
		default:
			return nil, fmt.Errorf("two source columns fit %s: %q (field %d) and %q (field %d); say which one in a mapping, by its number",
				name, suggest.Short(source[fits.first]), fits.first+1, suggest.Short(source[fits.second]), fits.second+1)
		}
	}
	return m, nil
}

func asWritten(name string) string { return name }

// columnPlaces are the places of source columns by name: a header may have a million of
// them, and a mapping as many names.
type columnPlaces map[string]places

// places are the fields, from 0, where a name stands first and second; -1: nowhere.
type places struct{ first, second int }

// placesByName returns the places of names in the spelling that is compared.
func placesByName(source []string, spelling func(string) string) columnPlaces {
	f := make(columnPlaces, len(source))
	for i, name := range source {
		name = spelling(name)
		at, there := f[name]
		switch {
		case !there:
			f[name] = places{i, -1}
		case at.second < 0:
			f[name] = places{at.first, i}
		}
	}
	return f
}

// errorList is a list of errors for a person: the first ones, and how many more there are.
type errorList struct {
	errs []error
	more int
}

func (l *errorList) add(err error) {
	if len(l.errs) < maxErrors {
		l.errs = append(l.errs, err)
	} else {
		l.more++
	}
}

// full reports whether more errors are only counted.
func (l *errorList) full() bool { return len(l.errs) == maxErrors }

func (l *errorList) join() error {
	errs := l.errs
	if l.more > 0 {
		errs = append(errs, fmt.Errorf("and %d more", l.more))
	}
	return errors.Join(errs...)
}

// fieldNumber returns the number, from 1, of the field that a name stands for if no
// column is called so, 0 if it stands for none.
func fieldNumber(name string) int {
	n, err := strconv.Atoi(name)
	if err != nil || n < 1 || strconv.Itoa(n) != name {
		return 0
	}
	return n
}

// didYouMeanColumn is didYouMean for names of a header, some of which may be values.
func didYouMeanColumn(name string, source []string) string {
	if s := suggest.DidYouMean(name, source); s != "" {
		return s
	}
	for i, s := range source[:min(len(source), 20)] {
		if validate.IsValueLike(s) {
			return fmt.Sprintf(" (field %d of its %d may be a value)", i+1, len(source))
		}
	}
	return didYouMean(name, source)
}
