package importjob

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
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

// verifier compares the users of a pool with the rows of all chunks.
type verifier struct {
	*RunDir
	o         VerifyOptions
	call      *cognito.Caller
	found     rowSet
	different map[int]string
	subs      map[int]string
	out       Verified
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
		RunDir: d, o: o, different: make(map[int]string), subs: make(map[int]string),
		call: cognito.NewCaller(cognito.CallerOptions{API: o.API, Notes: o.Observer, Clock: o.Clock, Gap: -1}),
	}
	pool, err := v.call.Pool(ctx, o.Pool)
	if err != nil {
		return nil, err
	}
	rows, err := d.findRows(ctx, pool)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	v.out.Rows, v.found = int64(rows.count()), rows.set()
	err = v.call.Users(ctx, o.Pool, func(u *cognito.User) error {
		return rows.of(u, func(row, _ int, r *chunkUser) { v.compare(row, r, u) })
	})
	if err != nil {
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

// compare notes that the user of a row is there, and in what it differs.
func (v *verifier) compare(row int, r *chunkUser, u *cognito.User) {
	v.found.add(row)
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
			there := v.found.has(row)
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
