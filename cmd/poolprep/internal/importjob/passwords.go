package importjob

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate/schema"
)

// Passwords says how many users of a run directory were imported with and without
// a password hash.
type Passwords struct {
	WithHash    int64
	WithoutHash int64 // they must set a password before they can sign in
	Unknown     int64 // rows whose outcome is unknown
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
	return p, d.eachImported(ctx, s, func(_ int, u *chunkUser) error {
		if u.hash {
			p.WithHash++
		} else {
			p.WithoutHash++
		}
		return nil
	})
}

// eachImported delivers the rows of all chunks that are known to be imported.
func (d *RunDir) eachImported(ctx context.Context, s *state, deliver func(chunk int, u *chunkUser) error) error {
	results, err := d.openResults()
	if err != nil {
		return err
	}
	defer results.close()
	for _, c := range s.chunks {
		if c.results == nil || c.results.Imported == 0 {
			continue
		}
		err := d.eachUser(ctx, c.number, func(u *chunkUser) error {
			row, err := results.at(c.number, u.line)
			if err != nil || row.Status != cognito.RowImported {
				return err
			}
			return deliver(c.number, u)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachUser delivers the rows of a chunk, by number from 1.
func (d *RunDir) eachUser(ctx context.Context, number int, deliver func(*chunkUser) error) error {
	file := d.file(d.Manifest.Chunks[number-1].File)
	var u chunkUser
	var columns, name, hash int
	for row, err := range d.chunkRows(ctx, number) {
		if err != nil {
			return err
		}
		if row.Pos.Line == 1 {
			u.names = row.Strings()
			columns, name, hash = len(u.names), slices.Index(u.names, schema.UsernameColumn), slices.Index(u.names, schema.HashColumn)
			if name < 0 {
				return fmt.Errorf("%s: the header has no column %s; convert again", file, schema.UsernameColumn)
			}
			continue
		}
		if len(row.Fields) != columns {
			return fmt.Errorf("%s:%d: the row does not have the %s of the header; convert again", file, row.Pos.Line, english.Plural(columns, "field", ""))
		}
		u.line, u.username, u.fields = row.Pos.Line, string(row.Fields[name]), row.Fields
		u.hash = hash >= 0 && len(row.Fields[hash]) > 0
		if err := deliver(&u); err != nil {
			return err
		}
	}
	if columns == 0 {
		return d.emptyChunk(number)
	}
	return nil
}
