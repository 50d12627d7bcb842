package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/transform"
	"poolprep/validate"
)

// withGuess adds to the error of a conversion without a mapping, if one would help, the
// command that proposes it.
func (c *convertCommand) withGuess(cmd *cobra.Command, err error) error {
	if c.mapped() {
		return err
	}
	var causes *transform.HeaderCauseError
	var count *transform.FieldCountError
	var data *validate.DataHeaderError
	file := ""
	switch {
	case errors.As(err, &causes):
		file = causes.File
	case errors.As(err, &count):
		file = count.File
	case errors.As(err, &data):
		file = data.File
	default:
		return err
	}
	return errors.Join(err,
		errors.New("`poolprep mapping list` lists the presets for known systems; to have a mapping proposed for any other file, run"),
		errors.New("  "+c.guessCommand(cmd, file)))
}

// guessCommand returns the command that proposes a mapping for a file, with the flags of
// this one that say how to read it and for which pool.
func (c *convertCommand) guessCommand(cmd *cobra.Command, file string) string {
	words := []string{"poolprep", "mapping", "guess"}
	guess, _, err := cmd.Root().Find(words[1:])
	if err != nil || guess.Name() != words[2] {
		guess = nil
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		info := infoOf(f)
		if guess == nil || guess.Flags().Lookup(f.Name) == nil || info.group != groupReading && info.group != groupPool {
			return
		}
		for _, value := range flagValues(f) {
			for _, word := range flagWords(f, f.Name, value) {
				words = append(words, shellWord(word))
			}
		}
	})
	if file == displayName("-") {
		return strings.Join(append(words, "FILE"), " ") // what was on standard input
	}
	return strings.Join(append(words, fileWord(file)), " ")
}
