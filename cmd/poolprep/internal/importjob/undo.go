package importjob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
)

// UndoName is the file in a run directory that says which of its users were deleted again. It
// holds positions and the ID (sub) of each user, no names. Once it is there, the directory
// cannot be imported any more.
const UndoName = "undo.jsonl"

// UndoOptions say how an import is taken back.
type UndoOptions struct {
	Pool     string  // "": the one in the journal
	Rate     float64 // users a second; 0: DefaultUndoRate
	Changed  bool    // delete users that were changed since the import, too
	DryRun   bool    // delete nobody and write nothing
	API      cognito.API
	Clock    cognito.Clock // nil: SystemClock
	Observer Observer
	Kept     func(SourceRow) // is told of each user that is kept; nil: nobody is told
}

// DefaultUndoRate is how many users a second are deleted.
const DefaultUndoRate = 10

// SourceRow is a row of a source, and what is to be said of its user.
type SourceRow struct {
	File string // of the source
	Line int64  // in it, from 1
	Why  string
}

// Undone says what came of an undo.
type Undone struct {
	Deleted int64 // in all, by earlier commands too; with DryRun those that would be
	Gone    int64 // users who are not in the pool any more
	Kept    int64
}

// undoEntry is a line of undo.jsonl. The first one is about the whole; another one with a sub is
// written before that user is deleted, and one without after.
type undoEntry struct {
	Version  int    `json:"v"`
	Pool     string `json:"pool,omitempty"`
	Manifest string `json:"manifest,omitempty"`
	Chunk    int    `json:"chunk,omitempty"`
	Line     int64  `json:"chunk_line,omitempty"`
	Sub      string `json:"sub,omitempty"`
	Done     string `json:"done,omitempty"` // undoDeleted, undoGone
}

const (
	undoDeleted = "deleted"
	undoGone    = "gone"
)

// undone is the error for a directory whose import was taken back.
func (d *RunDir) undone() error {
	return fmt.Errorf("%s: users of this import were deleted again by `poolprep import undo`, so it is not continued; convert into a new directory, and import that", d.file(UndoName))
}

// window is when a job may have made users.
type window struct{ from, to time.Time }

// undoer takes one import back.
type undoer struct {
	*RunDir
	o       UndoOptions
	call    *cognito.Caller
	file    lineFile
	intents map[position]string // the sub of a user that was about to be deleted
	over    map[int][]uint64    // by chunk, a bit for each line whose user is not there any more
	lines   lineFinder
	windows map[int][]window // by chunk
	next    time.Time
	gap     time.Duration
	out     Undone
}

// Undo deletes the users that the import of this directory made, and nobody else: rows that
// were skipped or failed are not touched, nor is a user of the same name that was made before
// or after. A user whose status or attributes were changed since is kept unless o.Changed is
// set. A call after an interruption goes on where that one stopped.
func (d *RunDir) Undo(ctx context.Context, o UndoOptions) (*Undone, error) {
	if o.Clock == nil {
		o.Clock = cognito.SystemClock{}
	}
	if o.Kept == nil {
		o.Kept = func(SourceRow) {}
	}
	release, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	u := &undoer{
		RunDir: d, o: o, intents: make(map[position]string), over: make(map[int][]uint64), windows: make(map[int][]window), lines: lineFinder{d: d},
		gap:  time.Duration(float64(time.Second) / cmp.Or(max(0, o.Rate), DefaultUndoRate)),
		call: cognito.NewCaller(cognito.CallerOptions{API: o.API, Notes: o.Observer, Clock: o.Clock, Gap: -1}),
	}
	s, err := d.whole()
	if err != nil {
		return nil, err
	}
	if err := u.check(ctx, s); err != nil {
		return nil, err
	}
	if !o.DryRun {
		if u.file, err = d.openLines(UndoName); err != nil {
			return nil, err
		}
		defer u.file.Close()
	}
	if err := u.readEntries(); err != nil {
		return nil, err
	}
	if o.DryRun {
		return &u.out, errors.Join(u.rehearse(ctx, s), u.lines.close())
	}
	u.next = o.Clock.Now()
	err = d.eachImported(ctx, s, func(chunk int, user *chunkUser) error { return u.user(ctx, chunk, user) })
	return &u.out, errors.Join(err, u.lines.close())
}

// check finds out the pool, and when the jobs of each chunk ran.
func (u *undoer) check(ctx context.Context, s *state) error {
	switch {
	case s.run == nil:
		return fmt.Errorf("%s was not imported by `poolprep import run`, so there is nothing to take back", u.Path)
	case u.o.Pool != "" && u.o.Pool != s.run.Pool:
		return fmt.Errorf("the users were imported into %s, not into %s", s.run.Pool, u.o.Pool)
	}
	u.o.Pool = s.run.Pool
	if a := s.active(); a != nil {
		return fmt.Errorf("job %s of this import may still be running; stop it with `poolprep import stop`, or let `poolprep import run` end it first", a.job)
	}
	for _, c := range s.chunks {
		if c.results == nil || c.results.Imported == 0 {
			continue
		}
		for _, a := range c.attempts {
			if a.job == "" || a.abandoned {
				continue
			}
			job, err := u.call.Job(ctx, u.o.Pool, a.job)
			if err != nil {
				return err
			}
			if !job.Started.IsZero() {
				u.windows[c.number] = append(u.windows[c.number], window{job.Started, job.Complete})
			}
		}
	}
	return nil
}

// readEntries reads what earlier commands did.
func (u *undoer) readEntries() error {
	first := true
	err := readLines(u.RunDir, UndoName, func(number int, e *undoEntry) error {
		switch {
		case number == 1 && (e.Pool != u.o.Pool || e.Manifest != u.Sum):
			return errors.New("this belongs to another import; put the file of this one there")
		case number > 1 && (e.Chunk < 1 || e.Chunk > len(u.Manifest.Chunks) || e.Line < 2 || e.Line > u.Manifest.Chunks[e.Chunk-1].Rows+1):
			return errDamagedLine
		}
		first = false
		if number > 1 {
			u.take(e)
		}
		return nil
	})
	if err == nil && first && !u.o.DryRun {
		err = u.file.append(undoEntry{Version: 1, Pool: u.o.Pool, Manifest: u.Sum})
	}
	return err
}

// take notes what an entry says.
func (u *undoer) take(e *undoEntry) {
	p := position{e.Chunk, e.Line}
	switch e.Done {
	case undoDeleted:
		u.out.Deleted++
	case undoGone:
		u.out.Gone++
	default:
		u.intents[p] = e.Sub
		return
	}
	delete(u.intents, p)
	bits := u.over[e.Chunk]
	if k := int(e.Line / 64); k >= len(bits) {
		bits = append(bits, make([]uint64, max(1024, k+1-len(bits)))...)
		u.over[e.Chunk] = bits
	}
	bits[e.Line/64] |= 1 << (e.Line % 64)
}

// isOver reports whether the user of a row is known not to be there any more.
func (u *undoer) isOver(p position) bool {
	bits := u.over[p.chunk]
	return int(p.line/64) < len(bits) && bits[p.line/64]>>(p.line%64)&1 == 1
}

// user deletes the user of a row, if that is to be.
func (u *undoer) user(ctx context.Context, chunk int, row *chunkUser) error {
	p := position{chunk, row.line}
	if u.isOver(p) {
		return nil
	}
	intent := u.intents[p]
	if wait := u.next.Sub(u.o.Clock.Now()); wait > 0 {
		if err := u.o.Clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	u.next = u.o.Clock.Now().Add(u.gap)
	now, err := u.call.GetUser(ctx, u.o.Pool, row.username)
	switch {
	case cognito.HasCode(err, cognito.CodeNoUser) && intent != "":
		return u.done(p, undoDeleted)
	case cognito.HasCode(err, cognito.CodeNoUser):
		return u.done(p, undoGone)
	case err != nil:
		return err
	}
	if why := u.keep(chunk, row, intent, &now); why != "" {
		return u.kept(p, why)
	}
	if intent == "" {
		if err := u.file.append(undoEntry{Version: 1, Chunk: chunk, Line: row.line, Sub: now.Attributes["sub"]}); err != nil {
			return err
		}
	}
	if err := u.call.DeleteUser(ctx, u.o.Pool, row.username); err != nil && !cognito.HasCode(err, cognito.CodeNoUser) {
		return err
	}
	return u.done(p, undoDeleted)
}

// done notes that a user is not there any more.
func (u *undoer) done(p position, what string) error {
	e := undoEntry{Version: 1, Chunk: p.chunk, Line: p.line, Done: what}
	if err := u.file.append(e); err != nil {
		return err
	}
	u.take(&e)
	return nil
}

// kept tells that the user of a row is kept.
func (u *undoer) kept(p position, why string) error {
	u.out.Kept++
	file, line, err := u.lines.source(p.chunk, p.line)
	if err == nil {
		u.o.Kept(SourceRow{file, line, why})
	}
	return err
}

// rehearse finds out what would come of an undo now. It reads the pool page by page, which
// takes less than a call for each user does.
func (u *undoer) rehearse(ctx context.Context, s *state) error {
	pool, err := u.call.Pool(ctx, u.o.Pool)
	if err != nil {
		return err
	}
	rows, err := u.findRows(ctx, pool)
	if err != nil {
		return err
	}
	defer rows.close()
	imported, there, kept := rows.set(), rows.set(), make(map[int]string)
	err = u.eachImported(ctx, s, func(chunk int, r *chunkUser) error {
		if p := (position{chunk, r.line}); !u.isOver(p) {
			imported.add(rows.number(chunk, r.line))
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = u.call.Users(ctx, u.o.Pool, func(now *cognito.User) error {
		return rows.of(now, func(row, chunk int, r *chunkUser) {
			if !imported.has(row) {
				return
			}
			there.add(row)
			if why := u.keep(chunk, r, u.intents[position{chunk, r.line}], now); why != "" {
				kept[row] = why
			}
		})
	})
	if err != nil {
		return err
	}
	return u.eachImported(ctx, s, func(chunk int, r *chunkUser) error {
		row, p := rows.number(chunk, r.line), position{chunk, r.line}
		switch why := kept[row]; {
		case !imported.has(row):
		case why != "":
			return u.kept(p, why)
		case !there.has(row) && u.intents[p] == "":
			u.out.Gone++
		default:
			u.out.Deleted++
		}
		return nil
	})
}

// keep says why a user is kept, "" if it is not. intent is the sub of the user that an earlier
// command was about to delete.
func (u *undoer) keep(chunk int, row *chunkUser, intent string, now *cognito.User) string {
	made := func(w window) bool {
		return !now.Created.Before(w.from.Add(-time.Second)) && (w.to.IsZero() || !now.Created.After(w.to.Add(time.Second)))
	}
	switch {
	case intent != "" && intent != now.Attributes["sub"]:
		return "another user of this name was made since"
	case !slices.ContainsFunc(u.windows[chunk], made):
		return "the user of this name was not made by the jobs of this import"
	case u.o.Changed:
		return ""
	}
	var what []string
	if names := row.differences(now); len(names) > 0 {
		what = append(what, strings.Join(names, ", "))
	}
	expected := now.Status == "CONFIRMED" || !row.hash && now.Status == "RESET_REQUIRED"
	if since := now.Modified.Sub(now.Created); !expected || !row.hash && now.Status == "CONFIRMED" && since > time.Second {
		what = append(what, "the status, which is "+now.Status)
	}
	if len(what) == 0 {
		return ""
	}
	return "changed since the import: " + strings.Join(what, "; ")
}
