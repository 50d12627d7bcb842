package importjob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/row"
	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// OldIDs finds the IDs that users had in the system they come from.
type OldIDs struct {
	byName map[string]string // of side.jsonl

	ctx      context.Context
	d        *RunDir
	column   string
	sources  []string
	opened   int // number of the source, from 0; -1: none
	file     *os.File
	in       io.Closer
	text     *spanReader
	at       int // the column's place in the records
	fromJSON row.Format
	record   bytes.Buffer
}

// SideIDs reads the `id` of each user in the directory's side.jsonl; without such a file there
// are none.
func (d *RunDir) SideIDs() (*OldIDs, error) {
	ids := &OldIDs{byName: make(map[string]string)}
	err := readLines(d, sink.SideName, func(_ int, e *struct {
		Username string
		ID       any
	}) error {
		if e.ID != nil {
			text, ok := e.ID.(string)
			if !ok {
				b, err := json.Marshal(e.ID)
				if err != nil {
					return err
				}
				text = string(b)
			}
			ids.byName[e.Username] = text
		}
		return nil
	})
	return ids, err
}

// ColumnIDs takes the IDs from a column of the sources, which are looked for as those of the
// file for retries. They are to be closed.
func (d *RunDir) ColumnIDs(ctx context.Context, column string, sources []string) *OldIDs {
	return &OldIDs{ctx: ctx, d: d, column: column, sources: sources, opened: -1}
}

// Of returns the old ID of a user, "" if there is none.
func (o *OldIDs) Of(u *Identity) (string, error) {
	if o.byName != nil {
		return o.byName[u.Username], nil
	}
	if o.opened != u.From.Source || u.From.Offset < o.text.at {
		if err := o.open(u.From.Source); err != nil {
			return "", err
		}
	}
	o.record.Reset()
	if err := o.text.copy(&o.record, u.From.Offset, int64(u.From.Length)); err != nil {
		return "", err
	}
	if o.fromJSON != nil {
		fields := make([]scan.Span, 1)
		buf, fault := o.fromJSON.Fields(bytes.Clone(o.record.Bytes()), scan.Span{End: uint32(o.record.Len())}, fields, func([]byte, int) {})
		if fault != nil {
			return "", fault
		}
		return string(fields[0].Of(buf)), nil
	}
	fields, err := o.fields(o.record.Bytes(), &o.d.Manifest.Sources[o.opened])
	if err != nil || o.at >= len(fields) {
		return "", err
	}
	return fields[o.at], nil
}

// open opens a source, and finds the column.
func (o *OldIDs) open(n int) error {
	if err := o.Close(); err != nil {
		return err
	}
	s := &o.d.Manifest.Sources[n]
	if s.Header == nil {
		return fmt.Errorf("%s: the manifest does not say where the header is", s.Path)
	}
	f, err := o.d.findSource(o.ctx, s, o.sources)
	if err != nil {
		return err
	}
	in, err := source.FromReader(s.Path, source.UntilDone(o.ctx, f), source.Options{Encoding: s.Charset, MaxExpanded: source.DefaultMaxExpanded})
	if err != nil {
		return errors.Join(err, f.Close())
	}
	o.opened, o.file, o.in, o.text = n, f, in, &spanReader{in: in, at: in.Start()}
	if s.Delimiter == "" {
		o.fromJSON = row.NewJSONLine([]string{o.column})
		return nil
	}
	o.fromJSON = nil
	o.record.Reset()
	if err := o.text.copy(&o.record, s.Header.Offset, s.Header.Length); err != nil {
		return err
	}
	names, err := o.fields(o.record.Bytes(), s)
	if err != nil {
		return err
	}
	if o.at = slices.Index(names, o.column); o.at < 0 {
		return fmt.Errorf("%s has no column of that name", s.Path)
	}
	return nil
}

// fields returns the fields of a record.
func (o *OldIDs) fields(record []byte, s *sink.Source) ([]string, error) {
	delimiter, err := validate.ParseDelimiter(s.Delimiter)
	if err != nil {
		return nil, err
	}
	r, err := scan.NewReader(bytes.NewReader(record), scan.Pos{}, scan.Dialect{Delimiter: delimiter, LenientQuotes: true})
	if err != nil {
		return nil, err
	}
	for row, err := range r.All() {
		if err != nil {
			return nil, err
		}
		return row.Strings(), nil
	}
	return nil, nil
}

// Close closes the source.
func (o *OldIDs) Close() error {
	if o.file == nil {
		return nil
	}
	err := errors.Join(o.in.Close(), o.file.Close())
	o.file, o.opened = nil, -1
	return err
}
