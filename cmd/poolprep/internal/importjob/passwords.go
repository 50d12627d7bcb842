package importjob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// Passwords says how many users of a run directory were imported with and without
// a password hash.
type Passwords struct {
	WithHash    int64
	WithoutHash int64 // they must set a password before they can sign in
	Missing     []int // chunks whose results are not known
}

// errIncomplete marks an import whose results are not all known.
var errIncomplete = errors.New("the import is not complete")

// CountPasswords counts imported users by whether they have a password.
func (d *RunDir) CountPasswords(ctx context.Context) (*Passwords, error) {
	s, err := d.readState()
	if err != nil {
		return nil, err
	}
	p := &Passwords{}
	for i, c := range s.chunks {
		if !c.resultsKnown() {
			p.Missing = append(p.Missing, i+1)
		}
	}
	return p, d.eachImported(ctx, func(chunk int, _ int64, _ string, hash bool) error {
		switch {
		case slices.Contains(p.Missing, chunk):
		case hash:
			p.WithHash++
		default:
			p.WithoutHash++
		}
		return nil
	})
}

// resultsKnown reports whether it is known what became of every row.
func (c *chunkState) resultsKnown() bool {
	return c.reconciled != nil && c.reconciled.Unknown == 0 || c.hand != nil && c.hand.Unknown == 0
}

// eachImported delivers the rows of all chunks that are not in results.jsonl, with
// the username and whether there is a password hash. line counts the header as 1.
func (d *RunDir) eachImported(ctx context.Context, deliver func(chunk int, line int64, username string, hash bool) error) error {
	results, err := d.openResults()
	if err != nil {
		return err
	}
	defer results.close()
	for number := range d.Manifest.Chunks {
		err := d.eachUser(ctx, number+1, func(line int64, username string, hash bool) error {
			for r := results.next; r != nil && (r.Chunk < number+1 || r.Chunk == number+1 && r.ChunkLine < line); r = results.next {
				if err := results.advance(); err != nil {
					return err
				}
			}
			if r := results.next; r != nil && r.Chunk == number+1 && r.ChunkLine == line {
				return nil
			}
			return deliver(number+1, line, username, hash)
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
	rows, err := scan.NewSplitter(&cancelled{ctx, text}, scan.Pos{}, scan.Dialect{Kind: scan.Cognito, KeepBlank: true}, 0)
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
				return fmt.Errorf("%s:%d: the row does not have the header's %d fields; convert again", d.file(chunk.File), line, len(columns))
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
