package importjob

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"poolprep/validate/source"
)

// readSavedLog adds the lines of a saved log: text, one line each, with anything
// before them; or JSON as `aws logs` prints it, and JSON lines, in which every
// string is looked at. Compressed files and UTF-16 are read too. A file without a
// single line about a row is an error.
func readSavedLog(ctx context.Context, path string, into *rowLog) error {
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
	r := &cancelled{ctx, in}
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

// looksLikeJSON tells a JSON text from a log line, which also begins with a bracket.
func looksLikeJSON(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 || head[0] == '{' {
		return len(head) > 0
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return head[0] == '[' && len(rest) > 0 && bytes.IndexByte([]byte(`{["]`), rest[0]) >= 0
}

// maxLogLine is how much of a text line is looked at, in bytes.
const maxLogLine = 64 << 10

func readTextLog(path string, r io.Reader, into *rowLog) error {
	lines := bufio.NewReaderSize(r, maxLogLine)
	for number := int64(1); ; number++ {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			place := func() string { return fmt.Sprintf("%s:%d", path, number) }
			if err := into.add(bytes.TrimRight(line, "\r\n"), place); err != nil {
				return err
			}
		}
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of an overlong line
			_, err = lines.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readJSONLog looks at every string in a sequence of JSON values.
func readJSONLog(path string, r io.Reader, into *rowLog) error {
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
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
		text, ok := token.(string)
		if !ok {
			continue
		}
		before := into.lines
		place := func() string {
			return fmt.Sprintf("%s: line %d of the log (before byte %d)", path, number, d.InputOffset())
		}
		if err := into.add([]byte(text), place); err != nil {
			return err
		}
		if into.lines > before {
			number++
		}
	}
}

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
	n, err := t.r.Read(p)
	t.left -= n
	return n, err
}
