package join

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/dustin/go-humanize/english"

	"poolprep/validate"
	"poolprep/validate/row"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/source"
	"poolprep/validate/suggest"
)

// maxObject is how long an object of JSON may be, in bytes.
const maxObject = 4 << 20

// reader reads a file into a table.
type reader struct {
	Options
	table  *Table
	name   string
	fields []scan.Span // the ids, and then the values
	buf    []byte
}

func (r *reader) read(ctx context.Context, s validate.Source) error {
	how := r.Reading
	how.Detect, how.Bare = how.Detect || how.Dialect.Delimiter == 0, true // JSON is looked at here
	in, err := validate.Open(ctx, s, how)
	if err != nil {
		return err
	}
	defer in.Close()
	r.name = in.Name
	_, err = source.Await(ctx, func() (struct{}, error) {
		sample, err := in.Raw().Peek(64)
		if err != nil {
			return struct{}{}, err
		}
		if text := bytes.TrimLeft(sample, " \t\r\n"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
			return struct{}{}, r.json(source.UntilDone(ctx, in.Raw()), text[0] == '[')
		}
		return struct{}{}, r.delimited(source.UntilDone(ctx, in.Raw()), in)
	})
	return err
}

// keep adds the record whose fields were found.
func (r *reader) keep() error {
	n := len(r.With)
	r.table.add(r.buf, r.fields[:n], r.fields[n:])
	if r.table.stats.Bytes > r.Memory {
		return &MemoryError{File: r.name, Limit: r.Memory}
	}
	return nil
}

// json reads objects: in arrays, or one after the other.
func (r *reader) json(text io.Reader, arrays bool) error {
	format := row.NewJSONLine(slices.Concat(r.With, r.Columns)).NewDecoder(nil)
	l := &lines{r: text}
	l.d = json.NewDecoder(l)
	object := func() error {
		var raw json.RawMessage
		if err := l.d.Decode(&raw); err != nil {
			return err
		}
		r.buf = append(r.buf[:0], raw...)
		var fault *row.Error
		if r.buf, fault = format.Fields(r.buf, scan.Span{End: uint32(len(raw))}, r.fields); fault != nil {
			return fault
		}
		return r.keep()
	}
	for {
		switch err := l.next(arrays, object); {
		case err == nil:
		case err == io.EOF:
			return r.checkIDs()
		case isBroken(err):
			return r.broken(l, err)
		default:
			return err
		}
	}
}

// isBroken reports whether an error is about what is in the file, not about reading it.
func isBroken(err error) bool {
	var syntax *json.SyntaxError
	var fault *row.Error
	return errors.As(err, &syntax) || errors.As(err, &fault) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errNoArray) || errors.Is(err, errTooLong)
}

// broken says where a file is not as expected, without anything that is in it.
func (r *reader) broken(l *lines, err error) error {
	what := "not valid JSON"
	var fault *row.Error
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = "the file ends in the middle of an object"
	case errors.Is(err, errNoArray), errors.Is(err, errTooLong):
		what = err.Error()
	case errors.As(err, &fault):
		what = fault.Error()
	}
	return fmt.Errorf("%s:%d: record %d cannot be read: %s; expected are JSON objects, one a line or in an array", r.name, l.line(), r.table.stats.Records+1, what)
}

var (
	errNoArray = errors.New("something else between the arrays")
	errTooLong = fmt.Errorf("it is longer than %d bytes", maxObject)
)

// lines hands text to a decoder, and knows on which line that is.
type lines struct {
	r     io.Reader
	d     *json.Decoder
	given int64
	ends  int64 // of lines, in what was given
	in    bool  // an array
}

func (l *lines) Read(p []byte) (int, error) {
	if l.given-l.d.InputOffset() > maxObject {
		return 0, errTooLong
	}
	n, err := l.r.Read(p)
	l.given += int64(n)
	l.ends += int64(bytes.Count(p[:n], []byte{'\n'}))
	return n, err
}

// line returns the line, from 1, of the record that comes next.
func (l *lines) line() int64 {
	left, _ := io.ReadAll(l.d.Buffered()) // which cannot fail
	start := len(left) - len(bytes.TrimLeft(left, ", \t\r\n"))
	return l.ends - int64(bytes.Count(left[start:], []byte{'\n'})) + 1
}

// next reads the next object. At the end it returns io.EOF.
func (l *lines) next(arrays bool, object func() error) error {
	for arrays {
		if l.in && l.d.More() {
			break
		}
		token, err := l.d.Token()
		if err == io.EOF && l.in {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if _, ok := token.(json.Delim); !ok || token != json.Delim('[') && !l.in {
			return errNoArray
		}
		l.in = !l.in
	}
	err := object()
	if err == io.EOF && l.in {
		return io.ErrUnexpectedEOF
	}
	return err
}

// delimited reads records of delimited text with a header.
func (r *reader) delimited(text io.Reader, in *validate.Input) error {
	records, err := scan.NewReader(text, in.Start(), in.Dialect())
	if err != nil {
		return err
	}
	var columns []int
	var width int
	for record, err := range records.All() {
		switch {
		case err != nil:
			return err
		case record.Fault != scan.Sound:
			return fmt.Errorf("%s:%d: the record cannot be read: %s", r.name, record.Pos.Line, record.Reason)
		case len(record.Fields) == 0:
			continue
		case columns == nil:
			width = len(record.Fields)
			if columns, err = r.header(record); err != nil {
				return err
			}
			continue
		case len(record.Fields) != width:
			return fmt.Errorf("%s:%d: the record has %d fields, and the header %d", r.name, record.Pos.Line, len(record.Fields), width)
		}
		r.buf = r.buf[:0]
		for i, c := range columns {
			start := uint32(len(r.buf))
			if c >= 0 {
				r.buf = append(r.buf, record.Fields[c]...)
			}
			r.fields[i] = scan.Span{Start: start, End: uint32(len(r.buf))}
		}
		if err := r.keep(); err != nil {
			return err
		}
	}
	return r.checkIDs()
}

// header returns for each field the column, from 0, that it is; -1: there is none.
func (r *reader) header(record *scan.Row) ([]int, error) {
	names := record.Strings()
	find := func(name string) int {
		if i := slices.Index(names, name); i >= 0 {
			return i
		}
		return slices.IndexFunc(names, func(other string) bool { return schema.PlainName(other) == schema.PlainName(name) })
	}
	columns := make([]int, 0, len(r.fields))
	any := false
	for _, name := range r.With {
		columns = append(columns, find(name))
		any = any || columns[len(columns)-1] >= 0
	}
	if !any {
		return nil, fmt.Errorf("%s:%d: the header has no column with the id; expected is %s", r.name, record.Pos.Line, suggest.Joined(r.With, " or "))
	}
	for _, name := range r.Columns {
		columns = append(columns, find(name))
	}
	return columns, nil
}

// checkIDs returns an error for a file whose records all lack the id: it is another one.
func (r *reader) checkIDs() error {
	s := r.table.stats
	if s.Records > 0 && s.WithoutID == s.Records {
		return fmt.Errorf("%s: none of its %s has an id; expected is %s", r.name, english.Plural(int(s.Records), "record", ""), suggest.Joined(r.With, " or "))
	}
	return nil
}
