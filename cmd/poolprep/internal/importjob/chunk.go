package importjob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// errNext ends the work on a job that never ran: the chunk goes on with the next one.
var errNext = errors.New("the next job")

// createdLooks is how often in a row a job may be seen as Created after its start
// was acknowledged, before it is started again.
const createdLooks = 5

// importChunk imports one chunk and writes its results.
func (d *driver) importChunk(ctx context.Context, c *chunkState, chunk *sink.Chunk) error {
	d.soFar.Status = ""
	d.o.Observer.Progress(d.soFar)
	for {
		err := d.attempt(ctx, c, chunk)
		if !errors.Is(err, errNext) {
			return err
		}
	}
}

// attempt goes on with the chunk's job, or with a new one, to its end.
func (d *driver) attempt(ctx context.Context, c *chunkState, chunk *sink.Chunk) error {
	before := c.current()
	job, err := d.job(ctx, c, chunk)
	if err != nil {
		return err
	}
	a := c.current()
	d.showProgress(&job)
	stoppedBefore := a == before && (job.Status == cognito.Stopping || job.Status == cognito.Stopped)
	if a.ended == nil {
		if err := d.toEnd(ctx, c, chunk, &job); err != nil {
			return err
		}
	}
	err = d.conclude(ctx, c, chunk, &job)
	if stoppedBefore && errors.Is(err, errStopped) {
		return errNext // that was known before this command began
	}
	return err
}

// job returns the job that the chunk goes on with: the one that the journal knows,
// as the service describes it now, or a new one.
func (d *driver) job(ctx context.Context, c *chunkState, chunk *sink.Chunk) (cognito.Job, error) {
	a := c.current()
	number := 1
	if a != nil {
		number = a.number
		ended := cognito.Job{}
		if a.ended != nil {
			ended = a.endedJob()
		}
		switch {
		case a.abandoned:
			number++
		case a.ended != nil && judged(&ended, chunk.Rows):
			return ended, nil
		case a.ended != nil: // stopped, or failed as a whole, which was printed then
			if e := d.brake(c, nil); e != nil {
				return ended, e
			}
			notef(d.o.Observer, "%s: job %s ended as %s; a new job takes the chunk again; users whom that one imported stay, and count as imported.", chunk.File, a.job, a.ended.Status)
			number++
		case a.job != "":
			return d.describe(ctx, a.job)
		}
	}
	if c.gone && a == nil {
		return cognito.Job{}, fmt.Errorf("%s is gone, and with it what `poolprep reconcile` found in saved logs: reconcile them again. Another job would take users who were imported a second time", d.file(ResultsName))
	}
	if err := chunk.Verify(d.Path); err != nil {
		return cognito.Job{}, err
	}
	if e := d.brake(c, nil); e != nil {
		return cognito.Job{}, e
	}
	return d.create(ctx, c, chunk, number)
}

// describe looks at a job.
func (d *driver) describe(ctx context.Context, id string) (cognito.Job, error) {
	job, err := d.call.Job(ctx, d.o.Pool, id)
	if cognito.HasCode(err, cognito.CodeNotFound) {
		err = fmt.Errorf("%w: the service does not know job %s any more. If the pool was deleted, there is nothing to go on with; if the region or the endpoint is another one than before, state that one", err, id)
	}
	return job, err
}

// toEnd uploads, starts and waits, as far as that is not done yet.
func (d *driver) toEnd(ctx context.Context, c *chunkState, chunk *sink.Chunk, job *cognito.Job) error {
	patience := patience(d.o.Clock)
	for created := 0; !job.Status.Ended(); {
		d.showProgress(job)
		if err := patience(job); err != nil {
			return err
		}
		if a := c.current(); job.Status.Active() && !a.startSent { // someone else started it
			if err := d.writeAs(entryStarted, Entry{Chunk: c.number, Attempt: a.number, Job: job.ID}); err != nil {
				return err
			}
		}
		if job.Status == cognito.Created && created == 0 {
			if !d.settled {
				if err := d.lookAgain(ctx, c); err != nil {
					return err
				}
			}
			if err := d.launch(ctx, c, chunk, job); err != nil {
				return err
			}
			if job.Status.Ended() {
				return nil
			}
		}
		if err := d.brakeRunning(ctx, c, job); err != nil {
			return err
		}
		if err := d.o.Clock.Sleep(ctx, d.o.Poll); err != nil {
			return err
		}
		now, err := d.describe(ctx, job.ID)
		if err != nil {
			return err
		}
		*job = now
		if created++; job.Status != cognito.Created || created > createdLooks {
			created = 0
		}
	}
	d.showProgress(job)
	return nil
}

// unknownWait is how long a status is waited for to change that poolprep does not know.
const unknownWait = 5 * time.Minute

// patience returns a function that gives a job up which has had a status that poolprep
// does not know for unknownWait.
func patience(clock cognito.Clock) func(*cognito.Job) error {
	var since time.Time
	return func(job *cognito.Job) error {
		switch now := clock.Now(); {
		case job.Status.Known():
			since = time.Time{}
		case since.IsZero():
			since = now
		case now.Sub(since) >= unknownWait:
			return fmt.Errorf("job %s has had the status %q for %s, which this poolprep does not know. The job is left as it is; look at it with `poolprep import list`, or in the console, and for a newer poolprep. Once it has ended, the same command resumes", job.ID, string(job.Status), unknownWait)
		}
		return nil
	}
}

func (d *driver) showProgress(job *cognito.Job) {
	d.soFar.Status, d.soFar.Imported, d.soFar.Skipped, d.soFar.Failed = job.Status, job.Imported, job.Skipped, job.Failed
	d.o.Observer.Progress(d.soFar)
}

// launch uploads the chunk and starts the job.
func (d *driver) launch(ctx context.Context, c *chunkState, chunk *sink.Chunk, job *cognito.Job) error {
	for try := 1; ; try++ {
		if a := c.current(); !a.uploaded {
			if err := d.upload(ctx, c, chunk, job); err != nil || job.Status != cognito.Created {
				return err
			}
		}
		err := d.start(ctx, c, chunk, job)
		if !errors.Is(err, errNoFile) {
			return err
		}
		if try == cognito.MaxTries {
			return fmt.Errorf("job %s: the service has lost the uploaded file %d times; start the same command again later", job.ID, try)
		}
	}
}

// open returns how the text of a chunk is read, and where its checksum stands when
// all of it was read.
func (d *driver) open(chunk *sink.Chunk) (func() (io.ReadCloser, error), *hashing) {
	sum := &hashing{}
	return func() (io.ReadCloser, error) {
		text, err := chunk.Open(d.Path)
		if err != nil {
			return nil, err
		}
		return sum.begin(text), nil
	}, sum
}
