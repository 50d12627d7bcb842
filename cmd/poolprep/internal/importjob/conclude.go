package importjob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
	"poolprep/validate/escape"
)

// errStopped marks the end of a job that was stopped.
var errStopped = errors.New("the job was stopped")

// conclude notes how a job has ended, and brings its results back to the source.
func (d *driver) conclude(ctx context.Context, c *chunkState, chunk *sink.Chunk, job *cognito.Job) error {
	a := c.current()
	if job.Status == cognito.Expired {
		if err := d.writeAs(entryAbandoned, Entry{Chunk: c.number, Attempt: a.number, Job: job.ID}); err != nil {
			return err
		}
		if d.renewed[c.number] >= maxRenewals {
			return fmt.Errorf("job %s has expired without having run, and %d jobs before it could not be used either. The service keeps jobs for a day at least; as each takes one of the 1,000 that a pool can have, no other is made now. Nothing of this chunk was imported; when the service has been looked at, the same command tries again", job.ID, maxRenewals)
		}
		d.renewed[c.number]++
		detailf(d.o.Observer, "%s: job %s has expired without having run; a new one takes its place", chunk.File, job.ID)
		return errNext
	}
	if a.ended == nil {
		if err := d.writeEnded(c, chunk, job); err != nil {
			return err
		}
	}
	switch {
	case job.Status == cognito.Stopped && d.braked != nil:
		return d.concludeBraked(ctx, c, chunk, job)
	case job.Status == cognito.Stopped:
		return fmt.Errorf("%w: %s, after %d of %s. The same command resumes: a new job takes the chunk again, and users whom this one imported stay, and count as imported", errStopped, job.ID, job.Seen(), english.Plural(int(chunk.Rows), "row", ""))
	case judged(job, chunk.Rows):
		return d.reconcileJob(ctx, c, chunk)
	}
	err := failedAsAWhole(job, chunk.Rows)
	if job.Seen() > 0 { // what it did is worth knowing
		err = errors.Join(err, d.reconcileJob(ctx, c, chunk))
	}
	return err
}

// writeEnded notes how the chunk's last job has ended.
func (d *driver) writeEnded(c *chunkState, chunk *sink.Chunk, job *cognito.Job) error {
	counts := &Counts{Imported: job.Imported, Skipped: job.Skipped, Failed: job.Failed, Unknown: max(0, chunk.Rows-job.Seen())}
	return d.writeAs(entryEnded, Entry{Chunk: c.number, Attempt: c.current().number, Job: job.ID, Status: job.Status, Message: job.Message, Counts: counts})
}

// failedAsAWhole says what usually is behind a job that did not judge all its rows.
func failedAsAWhole(job *cognito.Job, rows int64) error {
	advice := `Usual causes: the role of --role-arn cannot be assumed by cognito-idp.amazonaws.com, or may not write logs (see "poolprep import role"); the
pool was changed or deleted; the service could not read the file; a password hash column is missing. When that is fixed, the same
command tries the chunk again, with a new job`
	if strings.Contains(job.Message, "Too many users") {
		advice = `The service gave up on the chunk. ` + ResultsName + ` says which rows failed, and lists as unknown those that it did not reach. A new job, which the
same command would make, counts everybody who was imported as skipped, and may fail for that: convert only these rows into a new
run directory, once they are fixed`
	}
	return fmt.Errorf("job %s ended as %s after %d of %s: %s\n%w", job.ID, job.Status, job.Seen(), english.Plural(int(rows), "row", ""), cmp.Or(job.Message, "the service gives no reason"), escape.Lines(advice))
}

// reconcileJob reads the logs of all jobs that ran for a chunk and writes its results.
func (d *driver) reconcileJob(ctx context.Context, c *chunkState, chunk *sink.Chunk) error {
	d.soFar.Status = "reading the log"
	d.o.Observer.Progress(d.soFar)
	found, offset, err := d.jobOutcomes(ctx, c, chunk)
	if err != nil {
		return err
	}
	news := fresh{outcomes: map[int]outcomes{c.number: found}, offsets: map[int]cognito.Offset{c.number: offset}}
	if err := d.saveResults(d.state, news, d.writeEntry, d.hooks.saved); err != nil {
		return err
	}
	if n := c.results.Unknown; n > 0 {
		notef(d.o.Observer, "%s: the log has no line for %d of %s; %s calls them unknown. The same command looks again.", chunk.File, n, english.Plural(int(chunk.Rows), "row", ""), ResultsName)
	}
	return nil
}

// jobOutcomes returns what became of the rows. The last job's log counts; a row
// that it does not mention is what the job before it made of it; and one that it
// skipped was imported if an earlier job says so. offset is what the journal says of
// how lines are counted.
func (d *driver) jobOutcomes(ctx context.Context, c *chunkState, chunk *sink.Chunk) (o outcomes, mark cognito.Offset, err error) {
	var logs []*cognito.RowLog
	offset := d.o.LineOffset
	guessed := false
	for i := len(c.attempts) - 1; i >= 0; i-- {
		a := c.attempts[i]
		if a.ended == nil || a != c.current() && a.ended.Counts.Rows() == a.ended.Counts.Unknown {
			continue // it did not run, or not a single row
		}
		log, err := d.readLog(ctx, a, chunk)
		if err != nil {
			return nil, "", err
		}
		counted, unsure, err := log.Resolve(offset)
		if err != nil {
			return nil, "", err
		}
		if log.Lines() > 0 && !unsure {
			offset = counted // and so do the logs of earlier jobs
		}
		guessed = guessed || unsure
		logs = append(logs, log)
	}
	switch mark = offset; {
	case offset == cognito.OffsetAuto && !guessed: // not a single line
		offset, mark = cognito.OffsetHeader, c.offset
	case offset == cognito.OffsetAuto:
		if offset, mark = decideOffset(cognito.OffsetHeader, true, c.offset); mark == cognito.OffsetAuto {
			notef(d.o.Observer, "%s: the log does not tell how lines are counted; the header is taken for line 1", chunk.File)
		}
	}
	return func(row int64) cognito.Outcome {
		got := cognito.Outcome{}
		for _, log := range logs { // the last first
			got = later(got, log.At(row, offset))
		}
		return got
	}, mark, nil
}

// readLog reads the log of a job that has ended, until it has a line for every row
// that the job says it has judged.
func (d *driver) readLog(ctx context.Context, a *attempt, chunk *sink.Chunk) (*cognito.RowLog, error) {
	if err := d.knowPool(ctx); err != nil {
		return nil, err
	}
	job := a.endedJob()
	wanted := min(job.Seen(), chunk.Rows)
	if judged(&job, chunk.Rows) {
		wanted = chunk.Rows
	}
	return d.call.ReadLog(ctx, cognito.JobLog{
		Pool: d.o.Pool, PoolName: d.poolName, Job: a.job, Name: a.name, Rows: chunk.Rows, Wanted: wanted, Poll: d.o.Poll,
	})
}
