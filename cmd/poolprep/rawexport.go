package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"poolprep/transform/legacy"
	"poolprep/validate"
	"poolprep/validate/rule"
)

// exportHint returns what check says of a file that is an export rather than an import file:
// how to judge it as convert would. sure is false if it was not recognised; then the file is
// one only if something else says so, and the hint is about any file.
func (c *checkCommand) exportHint(file string) (hint string, isJSON, sure bool) {
	const judge = "judge it as convert would, with the same flags: poolprep convert --dry-run "
	sample, ok := c.sampleAgain(file)
	if ok {
		guess, err := legacy.Recognise(sample)
		unsure := new(legacy.UnsureError)
		switch {
		case err == nil:
			return fmt.Sprintf("%s: this looks like an export, not an import file: %s; %s--from %s %s",
				file, guess, judge, guess.Preset, fileWord(file)), sample.Header == nil, true
		case errors.As(err, &unsure) && len(unsure.Guesses) > 0:
			names := make([]string, len(unsure.Guesses))
			for i, g := range unsure.Guesses {
				names[i] = g.Preset
			}
			return fmt.Sprintf("%s: this looks like an export, not an import file; %s--from NAME %s, where NAME is %s",
				file, judge, fileWord(file), strings.Join(names, " or ")), sample.Header == nil, true
		}
	}
	return "If this is an export, not yet an import file, judge it as convert would, with the same flags and, for a system of `poolprep mapping list`, --from NAME: poolprep convert --dry-run " +
		fileWord(file), ok && sample.Header == nil, false
}

// sampleAgain reads the beginning of a file once more, as convert would read it; false if it
// cannot be read twice.
func (c *checkCommand) sampleAgain(file string) (legacy.Sample, bool) {
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return legacy.Sample{}, false
	}
	read := c.read
	if read.tables = true; read.dialect.value == "" || read.dialect.value == "cognito" {
		read.dialect.value = "auto"
	}
	in, err := read.open(context.Background(), file, c.in, false) // a regular file keeps nobody waiting
	if err != nil {
		return legacy.Sample{}, false
	}
	defer in.Close()
	sample, err := legacy.Look(in)
	return sample, err == nil
}

// suggestConvert says how to judge an export: a file that has not the columns of an import
// file, or JSON of a known system.
func (c *checkCommand) suggestConvert(files []string, result *rule.Result) {
	if c.report.quiet {
		return
	}
	i := slices.IndexFunc(result.Sources, func(s rule.Source) bool { return s.Lacking })
	if i >= 0 {
		hint, _, _ := c.exportHint(files[i])
		printf(c.err, "%s\n", hint)
		return
	}
	if len(result.Sources) == 0 || result.Summary.RowsRejected == 0 {
		return
	}
	if hint, isJSON, sure := c.exportHint(files[0]); isJSON && sure {
		printf(c.err, "%s\n", hint)
	}
}

// withExport adds to the error of a check how to judge the file if it is an export.
func (c *checkCommand) withExport(files []string, err error) error {
	var data *validate.DataHeaderError
	var none *validate.NotATableError
	var name string
	switch {
	case errors.As(err, &data):
		name = data.File
	case errors.As(err, &none) && none.What.Name == "JSON":
		name = none.File
	default:
		return err
	}
	i := slices.IndexFunc(files, func(file string) bool { return displayName(file) == name })
	if i < 0 {
		return err
	}
	hint, _, sure := c.exportHint(files[i])
	if !sure {
		return err
	}
	return errors.Join(err, errors.New(hint))
}
