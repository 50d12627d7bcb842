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
	"poolprep/transform/sink"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// VerifyOptions say how a pool is compared with a run directory.
type VerifyOptions struct {
	Pool     string // "": the one in the journal
	API      cognito.API
	Clock    cognito.Clock // nil: SystemClock
	Observer Observer
	Deliver  func(Difference) error   // in the order of the chunks; nil: they are only counted
	Subs     func(row Identity) error // is called for each row whose user is there, in that order; nil: never
}

// Difference is a row whose user is not as the row says. It holds no values.
type Difference struct {
	File string // of the source
	Line int64  // in it, from 1
	What string
}

// Identity is a user of the run as the pool has it.
type Identity struct {
	Username, Sub string
	From          sink.Row // where in the sources the row comes from
}

// Verified counts the rows of a run.
type Verified struct {
	Rows, Missing, Different int64
	Confirmed                int64 // users without a hash who have set a password since, which is no difference
}

// verifier compares the users of a pool with the rows of all chunks. It keeps 16 bytes a row,
// and reads the rows it needs from the chunks.
type verifier struct {
	*RunDir
	o         VerifyOptions
	pool      *schema.Pool
	call      *cognito.Caller
	seed      maphash.Seed
	files     []*os.File // of the chunks, decompressed
	names     [][]string // their headers
	entries   []rowEntry // sorted by hash
	rows      []int      // of each chunk
	found     []uint64   // by row
	different map[int]string
	subs      map[int]string
	out       Verified
	buf       []byte
}

// rowEntry says where a row is.
type rowEntry struct {
	hash   uint32
	row    uint32 // of all chunks together
	chunk  uint32 // from 0
	offset uint32 // in its text
}

// Verify compares every row of the chunks with the users of the pool, page by page: users that
// are missing, attributes and a status that are not as the import makes them. Rows that failed
// are missing.
func (d *RunDir) Verify(ctx context.Context, o VerifyOptions) (*Verified, error) {
	s, err := d.whole()
	if err != nil {
		return nil, err
	}
	if o.Pool = cmp.Or(o.Pool, poolOf(s)); o.Pool == "" {
		return nil, errors.New("--user-pool-id is missing: no import of this directory has begun, so the pool is not known")
	}
	v := &verifier{
		RunDir: d, o: o, seed: maphash.MakeSeed(), different: make(map[int]string), subs: make(map[int]string),
		call: cognito.NewCaller(cognito.CallerOptions{API: o.API, Notes: o.Observer, Clock: o.Clock, Gap: -1}),
	}
	defer v.close()
	if v.pool, err = v.call.Pool(ctx, o.Pool); err != nil {
		return nil, err
	}
	if err := v.index(ctx); err != nil {
		return nil, err
	}
	if err := v.call.Users(ctx, o.Pool, v.user); err != nil {
		return nil, err
	}
	return &v.out, v.report(ctx)
}

func poolOf(s *state) string {
	if s.run == nil {
		return ""
	}
	return s.run.Pool
}

// index notes where each row is.
func (v *verifier) index(ctx context.Context) error {
	for i := range v.Manifest.Chunks {
		f, err := v.plainChunk(ctx, i)
		if err != nil {
			return err
		}
		v.files = append(v.files, f)
		name, n := -1, 0
		for row, err := range v.chunkRows(ctx, i+1) {
			if err != nil {
				return err
			}
			if row.Pos.Line == 1 {
				v.names = append(v.names, row.Strings())
				if name = slices.Index(v.names[i], schema.UsernameColumn); name < 0 {
					return fmt.Errorf("%s: the header has no column %s; convert again", v.file(v.Manifest.Chunks[i].File), schema.UsernameColumn)
				}
				continue
			}
			if len(row.Fields) != len(v.names[i]) {
				return fmt.Errorf("%s:%d: the row does not have the fields of the header; convert again", v.file(v.Manifest.Chunks[i].File), row.Pos.Line)
			}
			v.entries = append(v.entries, rowEntry{v.hash(string(row.Fields[name])), uint32(len(v.entries)), uint32(i), uint32(row.Pos.Offset)})
			n++
		}
		if name < 0 {
			return v.emptyChunk(i + 1)
		}
		v.rows = append(v.rows, n)
	}
	v.out.Rows = int64(len(v.entries))
	v.found = make([]uint64, len(v.entries)/64+1)
	slices.SortFunc(v.entries, func(a, b rowEntry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row)) })
	return nil
}

// fold returns what is compared of a username.
func (v *verifier) fold(name string) string {
	if name = strings.Trim(name, " \t"); v.pool.CaseSensitive {
		return name
	}
	return strings.ToLower(strings.ToUpper(name))
}

func (v *verifier) hash(name string) uint32 { return uint32(maphash.String(v.seed, v.fold(name))) }

// plainChunk opens the text of a chunk to read anywhere, decompressed into a file without a
// name if need be.
func (v *verifier) plainChunk(ctx context.Context, i int) (*os.File, error) {
	chunk := &v.Manifest.Chunks[i]
	text, err := chunk.Open(v.Path)
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

func (v *verifier) close() {
	for _, f := range v.files {
		_ = f.Close() // it was only read
	}
}

// user compares a user of the pool with its row, if there is one.
func (v *verifier) user(u *cognito.User) error {
	names := []string{u.Username}
	for _, a := range v.pool.UsernameAttributes { // the username is an ID of the service then
		if value := u.Attributes[a]; value != "" {
			names = append(names, value)
		}
	}
	for _, name := range names {
		h, found := v.hash(name), false
		at, _ := slices.BinarySearchFunc(v.entries, h, func(e rowEntry, h uint32) int { return cmp.Compare(e.hash, h) })
		for ; at < len(v.entries) && v.entries[at].hash == h; at++ {
			row, err := v.row(&v.entries[at])
			if err != nil {
				return err
			}
			if v.fold(row.username) == v.fold(name) {
				v.compare(int(v.entries[at].row), row, u)
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
func (v *verifier) row(e *rowEntry) (*chunkUser, error) {
	const most = 64 << 10 // a row of an import has at most 16,000 characters
	if v.buf == nil {
		v.buf = make([]byte, most+1)
	}
	n, err := v.files[e.chunk].ReadAt(v.buf[:most], int64(e.offset))
	if err != nil && err != io.EOF {
		return nil, err
	}
	end := bytes.IndexByte(v.buf[:n], '\n')
	if end < 0 {
		end = n
	}
	v.buf[end] = '\n'
	r, err := scan.NewReader(bytes.NewReader(v.buf[:end+1]), scan.Pos{}, scan.Dialect{Kind: scan.Cognito, KeepBlank: true, LineEnd: scan.EndLF})
	if err != nil {
		return nil, err
	}
	u := &chunkUser{names: v.names[e.chunk]}
	for row, err := range r.All() {
		if err != nil || len(row.Fields) != len(u.names) {
			return nil, errors.Join(fmt.Errorf("%s: the file was changed while it was read", v.file(v.Manifest.Chunks[e.chunk].File)), err)
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

// compare notes that the user of a row is there, and in what it differs.
func (v *verifier) compare(row int, r *chunkUser, u *cognito.User) {
	v.found[row/64] |= 1 << (row % 64)
	if v.o.Subs != nil {
		v.subs[row] = u.Attributes["sub"]
	}
	what := r.differences(u)
	switch {
	case u.Status == "CONFIRMED" && !r.hash:
		v.out.Confirmed++
	case u.Status == "CONFIRMED" || u.Status == "RESET_REQUIRED" && !r.hash:
	default:
		what = append(what, "status "+u.Status)
	}
	if len(what) > 0 {
		v.different[row] = strings.Join(what, ", ")
	}
}

// report delivers what was found, in the order of the rows.
func (v *verifier) report(ctx context.Context) error {
	row := 0
	for i := range v.Manifest.Chunks {
		lines := lineFinder{d: v.RunDir}
		err := v.eachUser(ctx, i+1, func(u *chunkUser) error {
			defer func() { row++ }()
			there := v.found[row/64]>>(row%64)&1 == 1
			what := "differs: " + v.different[row]
			switch {
			case !there:
				v.out.Missing++
				what = "missing"
			case v.different[row] != "":
				v.out.Different++
			default:
				what = ""
			}
			if there && v.o.Subs != nil || what != "" && v.o.Deliver != nil {
				path, line, err := lines.source(i+1, u.line)
				if err == nil && there && v.o.Subs != nil {
					err = v.o.Subs(Identity{u.username, v.subs[row], lines.row})
				}
				if err == nil && what != "" && v.o.Deliver != nil {
					err = v.o.Deliver(Difference{path, line, what})
				}
				return err
			}
			return nil
		})
		if err = errors.Join(err, lines.close()); err != nil {
			return err
		}
	}
	return nil
}
