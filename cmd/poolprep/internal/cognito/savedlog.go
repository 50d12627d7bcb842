package cognito

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"

	"poolprep/validate/source"
)

// ReadSavedLog adds the lines of a saved log: text, with anything before, after and
// between them; or JSON as `aws logs` prints it, and JSON lines, in which every
// string is looked at. Compressed files and UTF-16 are read too. A file without a
// single line about a row is an error.
//
// What it waits for is left behind when ctx ends; then into is not to be used any more.
func ReadSavedLog(ctx context.Context, path string, into *RowLog) error {
	_, err := source.Await(ctx, func() (struct{}, error) { return struct{}{}, readSavedLogNow(ctx, path, into) })
	return err
}

func readSavedLogNow(ctx context.Context, path string, into *RowLog) error {
	in, err := source.Open(path, source.Options{})
	if err != nil {
		return err
	}
	defer in.Close()
	head, err := in.Peek(4096)
	if err != nil {
		return err
	}
	before := into.lines
	r := source.UntilDone(ctx, in)
	if looksLikeJSON(head) {
		err = readJSONLog(path, r, into)
	} else {
		err = readTextLog(path, r, into)
	}
	if err == nil && into.lines == before {
		err = fmt.Errorf("%s: no line of an import log is in it; a line such as \"[SUCCEEDED] Line Number 2 - The import succeeded\" is expected", path)
	}
	return err
}

// looksLikeJSON distinguishes a JSON text from a log line, which also begins with a bracket.
func looksLikeJSON(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 || head[0] == '{' {
		return len(head) > 0
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return head[0] == '[' && len(rest) > 0 && bytes.IndexByte([]byte(`{["]`), rest[0]) >= 0
}

// maxLogPart is how long a part of a text may be, in bytes: one that ends at a
// newline or a tab. `aws logs --output text` writes all messages into one line, with
// tabs between them.
const maxLogPart = 1 << 20

func readTextLog(path string, r io.Reader, into *RowLog) error {
	parts := bufio.NewScanner(r)
	parts.Buffer(nil, maxLogPart)
	parts.Split(splitParts)
	number := int64(1)
	location := func() string { return fmt.Sprintf("%s:%d", path, number) }
	for parts.Scan() {
		part := parts.Bytes()
		if yamlMessage().Match(part) {
			return fmt.Errorf("%s: this looks like YAML, in which long messages are broken into lines; get the log again with --output json", location())
		}
		if err := into.Add(part, location); err != nil {
			return err
		}
		if bytes.HasSuffix(part, []byte("\n")) {
			number++
		}
	}
	err := parts.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s: a line of more than %d bytes without a tab is not of an import log; get the log again with --output json", location(), maxLogPart)
	}
	return err
}

// splitParts splits after newlines and tabs.
func splitParts(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexAny(data, "\t\n"); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// yamlMessage is how a message begins in `aws logs --output yaml`: as a member or in
// a list, and in quotes, which a bracket needs there.
var yamlMessage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:- )?(?:message: )?'\[(?:SUCCEEDED|SKIPPED|FAILED)\]`)
})

// readJSONLog looks at every string in a sequence of JSON values.
func readJSONLog(path string, r io.Reader, into *RowLog) error {
	limited := &tokenLimit{r: r}
	d := json.NewDecoder(limited)
	open := 0 // brackets and braces
	for number := int64(1); ; {
		limited.left = maxToken
		token, err := d.Token()
		var syntax *json.SyntaxError
		switch {
		case err == io.EOF && open == 0:
			return nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &syntax):
			return fmt.Errorf("%s: at byte %d the JSON is cut off or not valid; get the log again", path, d.InputOffset())
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if open++; open > maxNesting {
				return fmt.Errorf("%s: at byte %d the JSON is nested more than %d levels deep, which no log is; get the log again", path, d.InputOffset(), maxNesting)
			}
		case json.Delim('}'), json.Delim(']'):
			open--
		}
		text, ok := token.(string)
		if !ok {
			continue
		}
		before := into.lines
		location := func() string {
			return fmt.Sprintf("%s: line %d of the log (before byte %d)", path, number, d.InputOffset())
		}
		if err := into.Add([]byte(text), location); err != nil {
			return err
		}
		number += into.lines - before
	}
}

// maxNesting is how deep the JSON of a log may be nested; that of the service has three levels.
const maxNesting = 100

// maxToken is how much is read for one JSON token, in bytes.
const maxToken = 16 << 20

// tokenLimit ends a text that would take too much memory.
type tokenLimit struct {
	r    io.Reader
	left int
}

func (t *tokenLimit) Read(p []byte) (int, error) {
	if t.left <= 0 {
		return 0, fmt.Errorf("a JSON value of more than %d bytes is no log", maxToken)
	}
	n, err := t.r.Read(p[:min(len(p), t.left)])
	t.left -= n
	return n, err
}
