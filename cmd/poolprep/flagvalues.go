package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"poolprep/validate/suggest"
)

// size is a number of bytes on the command line, with or without a unit.
type size int64

func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }
func (s *size) Type() string   { return "SIZE" }
func (s *size) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > 1<<62 {
		return fmt.Errorf("%q: a size is expected: bytes, or a number with a unit such as 64KiB or 100MB", text)
	}
	*s = size(n)
	return nil
}

// choice is a flag with a fixed set of words.
type choice struct {
	value string
	words []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.words, "|") }
func (c *choice) Set(text string) error {
	for _, w := range c.words {
		if w == text {
			c.value = text
			return nil
		}
	}
	return fmt.Errorf("%q: must be %s%s", text, alternatives(c.words), suggest.DidYouMean(text, c.words))
}

// alternatives lists words of which one is to be chosen.
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// valueError says what is wrong with the value that a flag was given, in the words of the
// flag: pflag's own begin with "invalid argument", and have the value twice.
func valueError(err error) error {
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return err
	}
	why := strings.TrimPrefix(wrong.Unwrap().Error(), fmt.Sprintf("%q: ", wrong.GetValue()))
	return fmt.Errorf("--%s %s: %s", wrong.GetFlag().Name, shellWord(wrong.GetValue()), why)
}

// words is a flag with words, several in a list with commas or in flags of their own.
type words []string

func (w *words) String() string { return strings.Join(*w, ",") }
func (w *words) Type() string   { return "strings" }
func (w *words) Set(text string) error {
	if text == "" {
		return nil
	}
	list := strings.Split(text, ",")
	if slices.Contains(list, "") {
		return fmt.Errorf("%q: between the commas of the list a name is missing", text)
	}
	*w = append(*w, list...)
	return nil
}
