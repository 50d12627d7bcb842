package importjob

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// rowFinder finds the rows of all chunks that users of a pool come from. It keeps 16 bytes a
// row, and reads the rows that it finds from the chunks. Rows are numbered from 0 over all
// chunks. It is to be closed.
type rowFinder struct {
	*RunDir
	pool    *schema.Pool
	seed    maphash.Seed
	files   []*os.File // of the chunks, decompressed
	names   [][]string // their headers
	entries []rowEntry // sorted by hash
	starts  []int      // number of the first row of each chunk
	buf     []byte
}

// findRows indexes the rows of a run by the usernames of a pool.
func (d *RunDir) findRows(ctx context.Context, pool *schema.Pool) (*rowFinder, error) {
	f := &rowFinder{RunDir: d, pool: pool, seed: maphash.MakeSeed()}
	if err := f.index(ctx); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// count returns how many rows there are.
func (f *rowFinder) count() int { return len(f.entries) }

// number returns that of the row at a line of a chunk; the chunk counts from 1.
func (f *rowFinder) number(chunk int, line int64) int {
	return f.starts[chunk-1] + int(line) - firstRowLine
}

// firstRowLine is the line of a chunk with its first row.
const firstRowLine = 2

// rowSet is a set of rows.
type rowSet []uint64

// set returns an empty set.
func (f *rowFinder) set() rowSet { return make(rowSet, len(f.entries)/64+1) }

func (s rowSet) add(row int)      { s[row/64] |= 1 << (row % 64) }
func (s rowSet) has(row int) bool { return s[row/64]>>(row%64)&1 == 1 }

// rowEntry says where a row is.
type rowEntry struct {
	hash   uint32
	row    uint32 // of all chunks together
	chunk  uint32 // from 0
	offset uint32 // in its text
}

// index notes where each row is.
func (x *rowFinder) index(ctx context.Context) error {
	for i := range x.Manifest.Chunks {
		f, err := x.plainChunk(ctx, i)
		if err != nil {
			return err
		}
		x.files = append(x.files, f)
		x.starts = append(x.starts, len(x.entries))
		name := -1
		for row, err := range x.chunkRows(ctx, i+1) {
			if err != nil {
				return err
			}
			if row.Pos.Line == 1 {
				x.names = append(x.names, row.Strings())
				if name = slices.Index(x.names[i], schema.UsernameColumn); name < 0 {
					return fmt.Errorf("%s: the header has no column %s; convert again", x.file(x.Manifest.Chunks[i].File), schema.UsernameColumn)
				}
				continue
			}
			if len(row.Fields) != len(x.names[i]) {
				return fmt.Errorf("%s:%d: the row does not have the fields of the header; convert again", x.file(x.Manifest.Chunks[i].File), row.Pos.Line)
			}
			x.entries = append(x.entries, rowEntry{x.hash(string(row.Fields[name])), uint32(len(x.entries)), uint32(i), uint32(row.Pos.Offset)})
		}
		if name < 0 {
			return x.emptyChunk(i + 1)
		}
	}
	slices.SortFunc(x.entries, func(a, b rowEntry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row)) })
	return nil
}

// fold returns what is compared of a username.
func (x *rowFinder) fold(name string) string {
	if name = strings.Trim(name, " \t"); x.pool.CaseSensitive {
		return name
	}
	return strings.ToLower(strings.ToUpper(name))
}

func (x *rowFinder) hash(name string) uint32 { return uint32(maphash.String(x.seed, x.fold(name))) }

// plainChunk opens the text of a chunk to read anywhere, decompressed into a file without a
// name if need be.
func (x *rowFinder) plainChunk(ctx context.Context, i int) (*os.File, error) {
	chunk := &x.Manifest.Chunks[i]
	text, err := chunk.Open(x.Path)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	f, err := os.CreateTemp("", "poolprep-verify-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // it ends with the process where that cannot be
	if _, err := io.Copy(f, text); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, ctx.Err()
}

func (x *rowFinder) close() {
	for _, f := range x.files {
		_ = f.Close() // it was only read
	}
}

// of calls f with the rows that a user of the pool comes from; the chunk counts from 1.
func (x *rowFinder) of(u *cognito.User, f func(row, chunk int, r *chunkUser)) error {
	names := []string{u.Username}
	for _, a := range x.pool.UsernameAttributes { // the username is an ID of the service then
		if value := u.Attributes[a]; value != "" {
			names = append(names, value)
		}
	}
	for _, name := range names {
		h, found := x.hash(name), false
		at, _ := slices.BinarySearchFunc(x.entries, h, func(e rowEntry, h uint32) int { return cmp.Compare(e.hash, h) })
		for ; at < len(x.entries) && x.entries[at].hash == h; at++ {
			e := &x.entries[at]
			row, err := x.row(e)
			if err != nil {
				return err
			}
			if x.fold(row.username) == x.fold(name) {
				f(int(e.row), int(e.chunk)+1, row)
				found = true // another row may have the same name, where duplicates were let through
			}
		}
		if found {
			return nil
		}
	}
	return nil
}

// row reads a row.
func (x *rowFinder) row(e *rowEntry) (*chunkUser, error) {
	const most = 64 << 10 // a row of an import has at most 16,000 characters
	if x.buf == nil {
		x.buf = make([]byte, most+1)
	}
	n, err := x.files[e.chunk].ReadAt(x.buf[:most], int64(e.offset))
	if err != nil && err != io.EOF {
		return nil, err
	}
	end := bytes.IndexByte(x.buf[:n], '\n')
	if end < 0 {
		end = n
	}
	x.buf[end] = '\n'
	r, err := scan.NewReader(bytes.NewReader(x.buf[:end+1]), scan.Pos{}, scan.Dialect{Kind: scan.Cognito, KeepBlank: true, LineEnd: scan.EndLF})
	if err != nil {
		return nil, err
	}
	u := &chunkUser{names: x.names[e.chunk], line: int64(int(e.row)-x.starts[e.chunk]) + firstRowLine}
	for row, err := range r.All() {
		if err != nil || len(row.Fields) != len(u.names) {
			return nil, errors.Join(fmt.Errorf("%s: the file was changed while it was read", x.file(x.Manifest.Chunks[e.chunk].File)), err)
		}
		for i, name := range row.Strings() {
			u.fields = append(u.fields, []byte(name))
			switch u.names[i] {
			case schema.UsernameColumn:
				u.username = name
			case schema.HashColumn:
				u.hash = name != ""
			}
		}
	}
	return u, nil
}
