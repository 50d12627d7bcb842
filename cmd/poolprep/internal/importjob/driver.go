package importjob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// driver imports one run directory.
type driver struct {
	*RunDir
	o        Options
	call     *cognito.Caller
	journal  *journal
	state    *state
	poolName string
	renewed  map[int]int // by chunk: jobs and URLs that could not be used
	soFar    Progress
	braked   *TooManyFailed // the job at hand was stopped for it
	hooks    hooks

	settledAt time.Time           // from then on the list of jobs has all that earlier commands made
	settled   bool                // the list was compared with the journal since then
	listed    map[int][]listedJob // the list as it was last, by chunk
}

// hooks are where tests let the process crash.
type hooks struct {
	journal func(journalFile) journalFile
	saved   func() // results are written
}

// newDriver returns a driver. last is when another one was at work in the directory,
// the zero time for never.
func newDriver(d *RunDir, o Options, last time.Time) *driver {
	r := &driver{RunDir: d, o: o, renewed: make(map[int]int), settled: last.IsZero(), hooks: hooks{
		journal: func(f journalFile) journalFile { return f },
		saved:   func() {},
	}}
	if !r.settled {
		now, wait := o.Clock.Now(), min(5*o.Poll, settleWait)
		r.settledAt = last.Add(wait)
		if r.settledAt.After(now.Add(wait)) { // a clock was set back
			r.settledAt = now.Add(wait)
		}
	}
	return r
}

// Import imports every chunk that is not imported yet, and writes results.jsonl
// and the file for retries. What came of it is returned beside an error too. Rows that failed
// are no error. After an error, a crash or a cancelled context the same call goes
// on where it stopped; no chunk is imported by two jobs, unless the first was
// stopped or failed as a whole.
func (d *RunDir) Import(ctx context.Context, o Options) (*Summary, error) {
	if err := d.Complete(&o); err != nil {
		return nil, err
	}
	last := lastActivity(d.Path)
	release, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	return newDriver(d, o, last).importAll(ctx)
}

// importAll imports the directory, which is locked.
func (d *driver) importAll(ctx context.Context) (*Summary, error) {
	d.call = d.o.caller()
	var err error
	if d.state, err = d.readState(); err != nil {
		return nil, err
	}
	if err := d.checkJournal(); err != nil {
		return nil, err
	}
	if d.exists(UndoName) {
		return nil, d.undone()
	}
	if text := d.NothingToImport(); text != "" {
		d.o.Observer.Note(text)
	} else if d.allDone() && d.state.finished && d.exists(ResultsName) {
		d.o.Observer.Note("Everything was imported before; nothing is left to do.")
		return d.retryAgain(ctx)
	}
	if !d.allDone() {
		if err := d.verifyChunks(ctx); err != nil {
			return nil, err
		}
		if err := d.preflight(ctx); err != nil {
			return nil, err
		}
	}
	if err := d.begin(); err != nil {
		return nil, err
	}
	defer d.journal.Close()
	err = d.recoverJournal(ctx)
	if err == nil {
		err = d.importChunks(ctx)
	}
	if ctx.Err() != nil {
		return d.summary(), errors.Join(err, ctx.Err())
	}
	out, e := d.finish(ctx, err == nil && d.allDone())
	return out, errors.Join(err, e)
}

// checkJournal compares the journal with what is asked for.
func (d *driver) checkJournal() error {
	path := d.file(sink.JournalName)
	switch run := d.state.run; {
	case run == nil:
	case run.Pool != d.o.Pool:
		return fmt.Errorf("%s: this directory is being imported into %s, not into %s. For another pool convert again into a new directory", path, run.Pool, d.o.Pool)
	case d.o.Prefix != DefaultPrefix && d.o.Prefix != run.Prefix:
		notef(d.o.Observer, "The jobs of this directory go on being called %s-%s-...", run.Prefix, run.Run)
	}
	return nil
}

// begin opens the journal, and gives a new run its name.
func (d *driver) begin() error {
	var err error
	var entries []Entry
	d.journal, entries, err = openJournal(d.Path, d.o.Clock)
	if err != nil {
		return err
	}
	d.journal.file = d.hooks.journal(d.journal.file)
	if d.state, err = d.stateOf(entries); err == nil && d.state.run == nil {
		err = d.writeEntry(d.runEntry())
	}
	if err != nil {
		d.journal.Close()
	}
	return err
}

// runEntry returns the first entry of a journal.
func (d *driver) runEntry() Entry {
	return Entry{Type: entryRun, Run: runName(d.Sum), Pool: d.o.Pool, Role: d.o.Role, Prefix: d.o.Prefix, Manifest: d.Sum}
}

// recoverJournal compares the journal with results.jsonl and, if another command was at work
// here before, with the jobs of the pool.
func (d *driver) recoverJournal(ctx context.Context) error {
	behind := slices.ContainsFunc(d.state.chunks, func(c *chunkState) bool { return c.ahead > 0 && !c.mayHaveJudged() })
	if d.allDone() || d.settled && !behind {
		return nil
	}
	if err := d.survey(ctx); err != nil {
		return err
	}
	for _, c := range d.state.chunks {
		if err := d.explain(c); err != nil {
			return err
		}
	}
	return nil
}

// writeEntry writes an entry into the journal, if there is one, and takes it into account.
func (d *driver) writeEntry(e Entry) error {
	if d.journal != nil {
		if err := d.journal.append(e); err != nil {
			return err
		}
		touch(d.Path, d.o.Clock.Now())
	}
	return d.state.apply(&e)
}

// allDone reports whether nothing is left to do for any chunk.
func (d *driver) allDone() bool { return d.state.allDone() }

// importChunks imports what is not imported yet.
func (d *driver) importChunks(ctx context.Context) error {
	d.soFar = Progress{Chunks: len(d.state.chunks)}
	for i := range d.state.chunks {
		if d.o.chosen(i + 1) {
			d.soFar.Total += d.Manifest.Chunks[i].Rows
		}
	}
	for i, c := range d.state.chunks {
		if !d.o.chosen(c.number) {
			continue
		}
		chunk := &d.Manifest.Chunks[i]
		d.soFar.Chunk = c.number
		if c.done(chunk) && c.byHand && c.noJobEnded() {
			notef(d.o.Observer, "%s: the outcome of its rows is known from saved logs; no job is created for it.", chunk.File)
		}
		if !c.done(chunk) {
			if err := d.importChunk(ctx, c, chunk); err != nil {
				return fmt.Errorf("%s: %w", d.file(chunk.File), err)
			}
		}
		d.soFar.Before += chunk.Rows
		d.soFar.Done.Add(*c.results)
		d.soFar.Imported, d.soFar.Skipped, d.soFar.Failed = 0, 0, 0
	}
	return nil
}

// finish writes the file for retries for the results that are there.
func (d *driver) finish(ctx context.Context, all bool) (*Summary, error) {
	out := d.summary()
	if !d.exists(ResultsName) {
		if !all {
			return out, nil
		}
		// There is no chunk, or not one row that has to stand in it.
		if err := d.saveResults(d.state, fresh{}, d.writeEntry, d.hooks.saved); err != nil {
			return out, err
		}
	}
	var err error
	if out.Retry, out.Why, err = d.writeRetry(ctx, d.o.Sources); err != nil {
		return out, err
	}
	if all {
		err = d.writeEntry(finishedEntry(out))
	}
	return out, err
}

// finishedEntry says that all is done, and what the file for retries holds.
func finishedEntry(out *Summary) Entry {
	e := Entry{Type: entryFinished}
	if out.Why != nil {
		e.By = byChunks
	}
	return e
}

// retryAgain writes the file for retries of a run that is complete once more, if it is gone or
// sources are named. One that is there is left alone: people mend rows in it.
func (d *driver) retryAgain(ctx context.Context) (*Summary, error) {
	out := d.summary()
	switch {
	case out.Total().Failed == 0:
		return out, nil
	case (d.exists(RetryName) || d.exists(JSONRetryName)) && len(d.o.Sources) == 0:
		if d.state.retryByChunks {
			out.Why = errors.New("no source was to be had when it was written")
		}
		return out, nil
	}
	if err := d.begin(); err != nil {
		return nil, err
	}
	defer d.journal.Close()
	out, err := d.finish(ctx, true)
	if err == nil {
		notef(d.o.Observer, "%s is written once more.", d.file(d.RetryFile(out.Why != nil)))
	}
	return out, err
}

// active returns the job that may be running, nil if there is none. One whose log
// has a line for every row has no more to do.
func (s *state) active() *attempt {
	for i, c := range s.chunks {
		if a := c.current(); !c.done(&s.files[i]) && a != nil && a.job != "" && a.startSent && !a.abandoned && a.ended == nil {
			return a
		}
	}
	return nil
}
