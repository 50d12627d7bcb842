package importjob

import (
	"context"
	"fmt"

	"poolprep/transform/sink"
)

// Step is what an import would do about a chunk.
type Step struct {
	Number    int
	File      string
	Rows      int64
	Bytes     int64 // of the text
	Algorithm string
	Would     string
}

// Plan verifies every chunk and the pool's header, and returns what Import would
// do. It writes nothing, and makes only calls that change nothing.
func (d *RunDir) Plan(ctx context.Context, o Options) ([]Step, error) {
	if err := d.Complete(&o); err != nil {
		return nil, err
	}
	if err := d.Manifest.Verify(d.Path); err != nil {
		return nil, err
	}
	r := newDriver(d, o, lastActivity(d.Path))
	r.call = r.o.caller()
	var err error
	if r.state, err = d.readState(); err != nil {
		return nil, err
	}
	if err := r.checkJournal(); err != nil {
		return nil, err
	}
	if text := d.NothingToImport(); text != "" {
		o.Observer.Note(text)
		return nil, nil
	}
	if d.exists(UndoName) {
		return nil, d.undone()
	}
	if err := r.preflight(ctx); err != nil {
		return nil, err
	}
	if err := r.planSurvey(ctx); err != nil {
		return nil, err
	}
	var steps []Step
	for i, c := range r.state.chunks {
		if !o.chosen(c.number) {
			continue
		}
		chunk := &d.Manifest.Chunks[i]
		steps = append(steps, Step{
			Number: c.number, File: chunk.File, Rows: chunk.Rows, Bytes: chunk.Bytes, Algorithm: chunk.PasswordHashAlgorithm,
			Would: c.would(chunk),
		})
	}
	return steps, nil
}

// planSurvey takes over what the journal has lost, without writing it down.
func (d *driver) planSurvey(ctx context.Context) error {
	if d.state.run == nil {
		if err := d.writeEntry(d.runEntry()); err != nil {
			return err
		}
	}
	d.settled = false // nothing is known of who was at work here
	return d.recoverJournal(ctx)
}

// would says in words how a chunk goes on.
func (c *chunkState) would(chunk *sink.Chunk) string {
	a := c.current()
	if c.done(chunk) {
		if c.byHand && c.noJobEnded() {
			return "nothing: the outcome of its rows is known from saved logs"
		}
		return "nothing: it is imported"
	}
	if a == nil || a.abandoned {
		return "create a job, upload, start"
	}
	if a.ended == nil {
		if a.job == "" {
			return fmt.Sprintf("look for job %s, and create it if it is not there", a.name)
		}
		return fmt.Sprintf("go on with job %s", a.job)
	}
	if j := a.endedJob(); !judged(&j, chunk.Rows) {
		return fmt.Sprintf("create a new job: %s ended as %s", a.job, j.Status)
	}
	return fmt.Sprintf("read the log of job %s", a.job)
}
