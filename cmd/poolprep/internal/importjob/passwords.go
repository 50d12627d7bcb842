package importjob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// Passwords says how many users of a run directory were imported with and without
// a password hash.
type Passwords struct {
	WithHash    int64
	WithoutHash int64 // they must set a password before they can sign in
	Unknown     int64 // rows of which it is not known what became of them
	Missing     []int // chunks with such rows, from 1
}

// errIncomplete marks an import whose results are not all known.
var errIncomplete = errors.New("the import is not complete")

// CountPasswords counts the users who are known to be imported by whether they have
// a password.
func (d *RunDir) CountPasswords(ctx context.Context) (*Passwords, error) {
	s, err := d.whole()
	if err != nil {
		return nil, err
	}
	p := &Passwords{}
	for i, c := range s.chunks {
		chunk := &d.Manifest.Chunks[i]
		if c.done(chunk) {
			continue
		}
		p.Missing = append(p.Missing, i+1)
		if c.results == nil {
			p.Unknown += chunk.Rows
		} else {
			p.Unknown += c.results.Unknown
		}
	}
	return p, d.eachImported(ctx, s, func(_ int, _ int64, _ string, hash bool) error {
		if hash {
			p.WithHash++
		} else {
			p.WithoutHash++
		}
		return nil
	})
}

// eachImported delivers the rows of all chunks that are known to be imported, with
// the username and whether there is a password hash. line counts the header as 1.
func (d *RunDir) eachImported(ctx context.Context, s *state, deliver func(chunk int, line int64, username string, hash bool) error) error {
	results, err := d.openResults()
	if err != nil {
		return err
	}
	defer results.close()
	for _, c := range s.chunks {
		if c.results == nil || c.results.Imported == 0 {
			continue
		}
		err := d.eachUser(ctx, c.number, func(line int64, username string, hash bool) error {
			row, err := results.at(c.number, line)
			if err != nil || row.Status != cognito.RowImported {
				return err
			}
			return deliver(c.number, line, username, hash)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachUser delivers the rows of a chunk, by number from 1.
func (d *RunDir) eachUser(ctx context.Context, number int, deliver func(line int64, username string, hash bool) error) error {
	chunk := &d.Manifest.Chunks[number-1]
	columns, err := d.header(ctx, number)
	if err != nil {
		return err
	}
	name, hash := slices.Index(columns, schema.UsernameColumn), slices.Index(columns, schema.HashColumn)
	if name < 0 {
		return fmt.Errorf("%s: the header has no column %s; convert again", d.file(chunk.File), schema.UsernameColumn)
	}
	text, err := chunk.Open(d.Path)
	if err != nil {
		return err
	}
	defer text.Close()
	rows, err := scan.NewSplitter(source.UntilDone(ctx, text), scan.Pos{}, scan.Dialect{Kind: scan.Cognito, KeepBlank: true}, 0)
	if err != nil {
		return err
	}
	dialect := rows.Dialect()
	var b scan.Block
	var x scan.Index
	var buf []byte
	for line := int64(1); ; {
		err := rows.Next(&b)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b.Index(&x)
		buf = append(buf[:0], b.Data...)
		for i := range x.Records {
			rec := &x.Records[i]
			if rec.Fault != scan.Sound || int(rec.N) != len(columns) {
				return fmt.Errorf("%s:%d: the row does not have the %s of the header; convert again", d.file(chunk.File), line, english.Plural(len(columns), "field", ""))
			}
			if line > 1 {
				var value scan.Span
				buf, value = dialect.Decode(buf, x.Field(rec, name))
				withHash := hash >= 0 && x.Field(rec, hash).Len() > 0
				if err := deliver(line, string(value.Of(buf)), withHash); err != nil {
					return err
				}
			}
			line++
		}
	}
}
