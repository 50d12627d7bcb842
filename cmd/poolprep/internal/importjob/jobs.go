package importjob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// Status returns where the import of the directory stands: what the journal says,
// and if api is not nil, what the service says now of a job that has not ended. If
// that cannot be had the observer gets a note, and the journal counts.
func (d *RunDir) Status(ctx context.Context, api cognito.API, o Observer) (*Summary, error) {
	s, err := d.whole()
	if err != nil {
		return nil, err
	}
	if text := d.NothingToImport(); text != "" {
		o.Note(text)
	}
	out := s.summary(d.Manifest)
	for i, c := range s.chunks {
		a := c.current()
		if api == nil || c.done(&d.Manifest.Chunks[i]) || a == nil || a.job == "" || a.abandoned || a.ended != nil {
			continue
		}
		job, err := api.DescribeJob(ctx, s.run.Pool, a.job)
		if err != nil {
			notef(o, "%v; this is what the journal says.", err)
			break
		}
		out.Chunks[i].Status = string(job.Status)
		out.Chunks[i].Counts = Counts{Imported: job.Imported, Skipped: job.Skipped, Failed: job.Failed}
		if job.Status.Active() {
			out.Active = a.job
		}
	}
	if s.run == nil && !d.exists(sink.JournalName) && !lastActivity(d.Path).IsZero() {
		notef(o, "There is no %s. If an import was at work here, `poolprep import run` with its pool finds its jobs and continues with them.", d.file(sink.JournalName))
	}
	if api != nil && s.run != nil && !s.allDone() {
		d.noteLostJobs(ctx, api, s, o)
	}
	return out, nil
}

// noteLostJobs names jobs of the run that the pool has and the journal does not know.
func (d *RunDir) noteLostJobs(ctx context.Context, api cognito.API, s *state, o Observer) {
	call := cognito.NewCaller(cognito.CallerOptions{API: api, Notes: o, Tries: 1})
	listed, err := jobsOfRun(ctx, call, s.run.Pool, s.run.Run)
	if err != nil {
		notef(o, "%v; whether the pool has other jobs of this directory is unknown.", err)
		return
	}
	for _, c := range s.chunks {
		if c.done(&s.files[c.number-1]) {
			continue
		}
		for _, j := range c.lost(s.run.Run, listed[c.number]) {
			notef(o, "Chunk %d: %s does not know job %s (%s), which the pool has for it as %s. `poolprep import run` continues with that job.", c.number, sink.JournalName, j.ID, j.Name, j.Status)
		}
	}
}

// Pool returns the ID of the pool that the directory is being imported into, ""
// if no import has begun.
func (d *RunDir) Pool() (string, error) {
	s, err := d.readState()
	if err != nil || s.run == nil {
		return "", err
	}
	return s.run.Pool, nil
}

// Imported returns how many users the directory's import is known to have made.
func (d *RunDir) Imported() (n int64, err error) {
	s, err := d.readState()
	if err != nil {
		return 0, err
	}
	for _, c := range s.chunks {
		if c.results != nil {
			n += c.results.Imported
		}
	}
	return n, nil
}

// Stop stops the job of the directory that is active, and waits until it has
// ended. It returns the job as it ended, nil if none was active. It may be called
// while an import of the directory goes on elsewhere; if that one has no active job
// now, it is an error, since it may start one at any time.
func (d *RunDir) Stop(ctx context.Context, api cognito.API, poll time.Duration, clock cognito.Clock, o Observer) (*cognito.Job, error) {
	s, err := d.whole()
	if err != nil {
		return nil, err
	}
	if s.run == nil {
		return nil, d.nobodyAtWork("")
	}
	call := cognito.NewCaller(cognito.CallerOptions{API: api, Notes: o, Clock: clock, Gap: poll})
	pool := s.run.Pool
	job, err := s.activeJob(ctx, call)
	switch {
	case err != nil:
		return nil, err
	case job.Status == cognito.Created:
		return nil, d.nobodyAtWork(fmt.Sprintf(" Job %s waits for another one to end.", job.ID))
	case job.ID != "" && !job.Status.Known():
		return nil, fmt.Errorf("job %s has the status %q, which this poolprep does not know; stop it in the console, and look for a newer poolprep", job.ID, string(job.Status))
	case !job.Status.Active():
		return nil, d.nobodyAtWork("")
	}
	if job.Status != cognito.Stopping {
		if err := call.StopJob(ctx, pool, job.ID); err != nil {
			return nil, err
		}
	}
	patience := patience(clock)
	for !job.Status.Ended() {
		if err := patience(&job); err != nil {
			return nil, err
		}
		if err := clock.Sleep(ctx, poll); err != nil {
			return nil, err
		}
		if job, err = call.Job(ctx, pool, job.ID); err != nil {
			return nil, err
		}
	}
	return &job, nil
}

// activeJob returns the job of an import that is active: the one that the journal
// knows, or one that it has lost. Without one it returns the job that was to start
// last, or none.
func (s *state) activeJob(ctx context.Context, call *cognito.Caller) (job cognito.Job, err error) {
	if a := s.active(); a != nil {
		if job, err = call.Job(ctx, s.run.Pool, a.job); err != nil || job.Status.Active() {
			return job, err
		}
	}
	if s.allDone() {
		return job, nil
	}
	listed, err := jobsOfRun(ctx, call, s.run.Pool, s.run.Run)
	for _, jobs := range listed {
		for _, j := range jobs {
			if j.Status.Active() {
				return j.Job, err
			}
		}
	}
	return job, err
}

// nobodyAtWork returns an error if another process is at work in the directory.
func (d *RunDir) nobodyAtWork(what string) error {
	release, err := lock(d.Path)
	if errors.Is(err, errAtWork) {
		return fmt.Errorf("%s: no job is running, but an import is at work there, and will start one.%s End that import first, with Ctrl-C where it runs, or with SIGINT; if a job runs then, this command stops it", d.Path, what)
	}
	if err == nil {
		release()
	}
	return nil
}
