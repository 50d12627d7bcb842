package main

import (
	"fmt"
	"io"
	"strings"

	"poolprep/validate/escape"
)

// printf writes text for a person. The format is ours, and only its line feeds
// and tabs are layout: every string, error and Stringer among the arguments may
// come from an input, a name or a server, and is escaped, see package escape.
// What must not be escaped twice (%q) is no argument.
func printf(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format, escaped(args)...)
	return err
}

// escaped returns the arguments with those that are text escaped.
func escaped(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			out[i] = escape.String(arg)
		case []byte:
			out[i] = string(escape.Append(nil, arg))
		case error:
			out[i] = errorText(arg)
		case fmt.Stringer:
			out[i] = escape.String(arg.String())
		default:
			out[i] = arg
		}
	}
	return out
}

// errorText returns the text of an error for a person. Errors name files, columns
// and flags, so all of it is escaped but for the line feeds that errors.Join puts
// between errors, and one just before an error that another one wraps.
func errorText(err error) string {
	text := err.Error()
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return listText(text, e.Unwrap())
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return wrappedText(text, inner)
		}
	}
	return escape.String(text)
}

// listText is errorText of an error that wraps several, in their order.
func listText(text string, wrapped []error) string {
	var b strings.Builder
	for _, inner := range wrapped {
		if inner == nil {
			continue
		}
		before, after, found := strings.Cut(text, inner.Error())
		if !found {
			break // the text says something else of it
		}
		b.WriteString(beforeText(before))
		b.WriteString(errorText(inner))
		text = after
	}
	return b.String() + escape.String(text)
}

// wrappedText is errorText of an error that wraps inner.
func wrappedText(text string, inner error) string {
	at := strings.LastIndex(text, inner.Error())
	if at < 0 {
		return escape.String(text)
	}
	return beforeText(text[:at]) + errorText(inner) + escape.String(text[at+len(inner.Error()):])
}

// beforeText is what stands before a wrapped error; a line feed at its end is layout.
func beforeText(text string) string {
	line, layout := strings.CutSuffix(text, "\n")
	if layout {
		return escape.String(line) + "\n"
	}
	return escape.String(text)
}

// fileWord returns a file's name as one word of a shell command, that is no flag.
func fileWord(name string) string {
	if strings.HasPrefix(name, "-") && name != "-" {
		name = "./" + name
	}
	return shellWord(name)
}
