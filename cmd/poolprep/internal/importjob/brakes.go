package importjob

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/rule"
)

// DefaultMaxFailed is Options.MaxFailed unless another one is stated.
const DefaultMaxFailed = "50%"

// TooManyFailed ends an import of whose rows more failed than Options.MaxFailed allows. What
// was imported stays; a run with a higher limit resumes.
type TooManyFailed struct {
	Failed, Rows int64 // rows that failed, of all rows of the chunks that were begun
	Limit        string
	Job          string // ID of the job that was stopped for it, "" if none ran
}

func (e *TooManyFailed) Error() string {
	text := fmt.Sprintf("%s of %s in the chunks that were begun failed, more than %s", humanize.Comma(e.Failed), english.Plural(int(e.Rows), "row", ""), e.Limit)
	if e.Job != "" {
		text += fmt.Sprintf("; job %s was stopped", e.Job)
	}
	return text
}

// brake returns an error if too many rows have failed. job is that of c which runs, nil if
// none does. The rows of a chunk count as a whole once it was begun.
func (d *driver) brake(c *chunkState, job *cognito.Job) *TooManyFailed {
	e := &TooManyFailed{Limit: d.o.MaxFailed.String()}
	for i, other := range d.state.chunks {
		failed, begun := other.failed()
		if other == c && job != nil {
			failed, begun = max(failed, job.Failed), true
		}
		if begun {
			e.Failed += failed
			e.Rows += d.state.files[i].Rows
		}
	}
	if d.o.MaxFailed.Allows(&rule.Summary{RowsRejected: e.Failed, RowsAccepted: e.Rows - e.Failed}) {
		return nil
	}
	return e
}

// failed returns how many rows of the chunk are known to have failed, and whether it was begun.
func (c *chunkState) failed() (n int64, begun bool) {
	if c.results != nil {
		n, begun = c.results.Failed, true
	}
	for _, a := range c.attempts {
		begun = begun || a.startSent && !a.abandoned
		if a.ended != nil {
			n = max(n, a.ended.Counts.Failed)
		}
	}
	return n, begun
}

// brakeRunning stops the job of a chunk if too many rows have failed.
func (d *driver) brakeRunning(ctx context.Context, c *chunkState, job *cognito.Job) error {
	if d.braked != nil || !job.Status.Active() || job.Status == cognito.Stopping {
		return nil
	}
	e := d.brake(c, job)
	if e == nil {
		return nil
	}
	if err := d.call.StopJob(ctx, d.o.Pool, job.ID); err != nil {
		return err
	}
	e.Job = job.ID
	d.braked = e
	return nil
}

// concludeBraked brings back what is known of the rows of a job that was stopped because too
// many failed.
func (d *driver) concludeBraked(ctx context.Context, c *chunkState, chunk *sink.Chunk, job *cognito.Job) error {
	if job.Seen() > 0 {
		if err := d.reconcileJob(ctx, c, chunk); err != nil {
			return err
		}
	}
	return d.braked
}

// completeBrakes fills in the limit if none is stated.
func (o *Options) completeBrakes() {
	if o.MaxFailed.String() == "" {
		o.MaxFailed, _ = validate.ParseTolerance(DefaultMaxFailed) // which is one
	}
}
