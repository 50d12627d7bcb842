package importjob

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// A journal can be cut, emptied or removed. The names of the jobs follow from the
// manifest, so the pool's list of jobs says what the journal has lost: it is compared
// with the journal before any job is created, and after an interruption before any
// job is started. What is taken over is unambiguous, since a chunk gets a new job only
// when the one before is over; everything else is an error.

// settleWait is how long after the last entry of a journal the list of jobs may lack
// one that the same process has made.
const settleWait = 10 * time.Second

// runName returns what the names of all jobs of a run directory hold. It follows from
// the SHA-256 of the manifest, so that it outlives the journal.
func runName(sum string) string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	var name []byte
	bytes, _ := hex.DecodeString(sum) // of a hash
	for _, b := range bytes[:min(len(bytes), 10)] {
		name = append(name, letters[b%byte(len(letters))])
	}
	return string(name)
}

// jobName returns the name of the number-th job of a chunk.
func jobName(prefix, run string, chunk, number int) string {
	name := fmt.Sprintf("%s-%s-%05d", prefix, run, chunk)
	if number > 1 {
		name += fmt.Sprintf("-%d", number)
	}
	return name
}

// parseJobName returns the chunk and the number that are in the name of a job of a run.
func parseJobName(run, name string) (chunk, number int, ok bool) {
	at := strings.LastIndex(name, "-"+run+"-")
	if at < 0 {
		return 0, 0, false
	}
	first, second, again := strings.Cut(name[at+len(run)+2:], "-")
	chunk, err := strconv.Atoi(first)
	if number = 1; err == nil && again {
		number, err = strconv.Atoi(second)
	}
	return chunk, number, err == nil && name == jobName(name[:at], run, chunk, number)
}

// listedJob is a job of a run as the pool lists it.
type listedJob struct {
	cognito.Job
	number int // in its name, from 1
}

// jobsOfRun lists the jobs of a run in the pool, by chunk, the oldest first.
func jobsOfRun(ctx context.Context, call *cognito.Caller, pool, run string) (map[int][]listedJob, error) {
	found := make(map[int][]listedJob)
	seen := make(map[string]bool) // pages shift when a job is made
	err := call.Jobs(ctx, pool, func(j cognito.Job) {
		if chunk, number, ok := parseJobName(run, j.Name); ok && !seen[j.ID] {
			seen[j.ID] = true
			found[chunk] = append(found[chunk], listedJob{j, number})
		}
	})
	for _, jobs := range found {
		slices.SortStableFunc(jobs, func(a, b listedJob) int {
			return cmp.Or(cmp.Compare(a.number, b.number), a.Created.Compare(b.Created))
		})
	}
	return found, err
}

// lost returns the jobs of a chunk that the journal should know and does not: those
// that may have run, and the last one that may still be started. Beside a job that is
// known there may be another of its name, from a call that took effect late: it is
// never started.
func (c *chunkState) lost(run string, listed []listedJob) (lost []listedJob) {
	known := make(map[string]bool)
	last := 0 // number of the last job that counts
	for _, a := range c.attempts {
		if a.job == "" {
			continue
		}
		known[a.job] = true
		if _, number, ok := parseJobName(run, a.name); ok {
			last = max(last, number)
		}
	}
	for _, j := range listed {
		if !known[j.ID] && j.MayHaveJudged() {
			lost = append(lost, j)
			last = max(last, j.number)
		}
	}
	for _, j := range slices.Backward(listed) {
		if !known[j.ID] && j.Status == cognito.Created && j.number > last {
			return append(lost, j)
		}
	}
	return lost
}

// survey compares the journal with the jobs that the pool has for this run, and writes
// those into it that it has lost.
func (d *driver) survey(ctx context.Context) error {
	if err := d.surveyOnce(ctx); err != nil {
		return err
	}
	unexplained := slices.ContainsFunc(d.state.chunks, func(c *chunkState) bool { return c.ahead > 0 && !c.mayHaveJudged() })
	if unexplained && !d.settled { // the list may lack the job yet
		if err := d.settle(ctx); err != nil {
			return err
		}
		return d.surveyOnce(ctx)
	}
	return nil
}

func (d *driver) surveyOnce(ctx context.Context) error {
	now := d.o.Clock.Now()
	listed, err := jobsOfRun(ctx, d.call, d.o.Pool, d.state.run.Run)
	if err != nil {
		return err
	}
	if !now.Before(d.settledAt) {
		d.settled = true
	}
	anyLost := false
	for i, c := range d.state.chunks {
		anyLost = anyLost || !c.done(&d.state.files[i]) && len(c.lost(d.state.run.Run, listed[c.number])) > 0
	}
	if anyLost && !d.settled { // what is seen may not be the whole yet
		if err := d.settle(ctx); err != nil {
			return err
		}
		return d.surveyOnce(ctx)
	}
	d.listed = listed
	for i, c := range d.state.chunks {
		chunk := &d.state.files[i]
		if c.done(chunk) {
			continue
		}
		err := d.writeStarted(c, listed[c.number])
		if err == nil {
			err = d.takeOver(ctx, c, chunk, c.lost(d.state.run.Run, listed[c.number]))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.file(chunk.File), err)
		}
	}
	return nil
}

// writeStarted notes that the job of a chunk was started, if only the pool knows that.
func (d *driver) writeStarted(c *chunkState, listed []listedJob) error {
	a := c.current()
	if a == nil || a.job == "" || a.startSent || a.abandoned || a.ended != nil {
		return nil
	}
	for i := range listed {
		if listed[i].ID == a.job && listed[i].MayHaveJudged() {
			return d.writeAs(entryStarted, Entry{Chunk: c.number, Attempt: a.number, Job: a.job})
		}
	}
	return nil
}

// settle waits until the list of jobs has all that an earlier command made.
func (d *driver) settle(ctx context.Context) error {
	if wait := d.settledAt.Sub(d.o.Clock.Now()); wait > 0 {
		detailf(d.o.Observer, "waiting %s, until the pool lists all jobs that an earlier command may have made", wait.Round(time.Millisecond))
		return d.o.Clock.Sleep(ctx, wait)
	}
	return ctx.Err()
}

// lookAgain looks whether the pool has a job for a chunk that the journal does not
// know. It returns errNext if the chunk goes on with another job than before.
func (d *driver) lookAgain(ctx context.Context, c *chunkState) error {
	if !d.settled {
		if err := d.settle(ctx); err != nil {
			return err
		}
	}
	before, job := c.current(), ""
	if before != nil {
		job = before.job
	}
	if err := d.survey(ctx); err != nil {
		return err
	}
	if now := c.current(); now != before || now != nil && now.job != job {
		return errNext
	}
	return d.explain(c)
}

// takeOver writes jobs of a chunk into the journal that it does not know, the oldest first.
func (d *driver) takeOver(ctx context.Context, c *chunkState, chunk *sink.Chunk, lost []listedJob) error {
	for i := range lost {
		j := &lost[i]
		if err := d.checkLost(c, chunk, j); err != nil {
			return err
		}
		a := c.current()
		if a != nil && a.job != "" && a.ended == nil && !a.abandoned {
			if err := d.closeAttempt(ctx, c, chunk, a, j); err != nil {
				return err
			}
		}
		about := Entry{Chunk: c.number, Attempt: 1, Name: j.Name}
		if a != nil {
			about.Attempt = a.number
		}
		if a == nil || a.job != "" {
			if a != nil {
				about.Attempt++
			}
			if err := d.writeAs(entryCreate, about); err != nil {
				return err
			}
		}
		about.Job = j.ID
		if err := d.writeAs(entryCreated, about); err != nil {
			return err
		}
		if j.MayHaveJudged() {
			about.Name = ""
			if err := d.writeAs(entryStarted, about); err != nil {
				return err
			}
		}
		notef(d.o.Observer, "%s: %s does not know job %s (%s), which the pool has for this chunk as %s: the journal was cut off, emptied or removed. The import continues with that job.", chunk.File, sink.JournalName, j.ID, j.Name, j.Status)
	}
	return nil
}

// checkLost reports a job that cannot be the next one of the chunk.
func (d *driver) checkLost(c *chunkState, chunk *sink.Chunk, j *listedJob) error {
	what := fmt.Sprintf("%s does not know job %s (%s), which the pool has for this chunk as %s", sink.JournalName, j.ID, j.Name, j.Status)
	if j.Seen() > chunk.Rows || j.Status == cognito.Succeeded && j.Seen() != chunk.Rows {
		return fmt.Errorf("%s. It has judged %s and the chunk has %d, so another file was uploaded to it; convert again into a new directory", what, english.Plural(int(j.Seen()), "row", ""), chunk.Rows)
	}
	for _, a := range c.attempts {
		_, number, ok := parseJobName(d.state.run.Run, a.name)
		if !ok || number <= j.number || a.job == "" {
			continue
		}
		return fmt.Errorf("%s, and it knows job %s, which came later. No job is started, since one may be the second for the same users. Get %s from a backup, or let `poolprep reconcile` read the logs of both jobs", what, a.job, sink.JournalName)
	}
	return nil
}

// closeAttempt notes how a job ended of which the pool has a successor.
func (d *driver) closeAttempt(ctx context.Context, c *chunkState, chunk *sink.Chunk, a *attempt, next *listedJob) error {
	job, err := d.describe(ctx, a.job)
	switch {
	case err != nil:
		return err
	case job.Status.Ended() && job.Status != cognito.Expired:
		return d.writeEnded(c, chunk, &job)
	case job.MayHaveJudged():
		return fmt.Errorf("the pool has job %s (%s), which is %s, and job %s (%s), which %s does not know, for the same chunk. Wait until both have ended, and let `poolprep reconcile` read their logs", job.ID, job.Name, job.Status, next.ID, next.Name, sink.JournalName)
	}
	return d.writeAs(entryAbandoned, Entry{Chunk: c.number, Attempt: a.number, Job: a.job})
}

// nextName returns the name of the next job of a chunk, which no job of the pool has.
func (d *driver) nextName(c *chunkState, number int) string {
	for _, j := range d.listed[c.number] {
		number = max(number, j.number+1)
	}
	return jobName(d.state.run.Prefix, d.state.run.Run, c.number, number)
}

// mayHaveJudged reports whether a job of this import can have judged rows of the chunk.
func (c *chunkState) mayHaveJudged() bool {
	return slices.ContainsFunc(c.attempts, func(a *attempt) bool { return a.startSent || a.ended != nil })
}

// explain reports results of a chunk that no job can have brought.
func (d *driver) explain(c *chunkState) error {
	if c.ahead == 0 || c.mayHaveJudged() {
		return nil
	}
	return fmt.Errorf("%w; and the pool %s has no job that can have brought them. If they come from saved logs, let `poolprep reconcile` read those again; if the users were imported into another pool, name that one; if no user of the chunk was ever imported, remove %s", d.behind(c), d.o.Pool, d.file(ResultsName))
}

// behind says that results.jsonl has results of a chunk of which the journal knows nothing.
func (d *RunDir) behind(c *chunkState) error {
	return fmt.Errorf("%s has results of %s of chunk %d, of which %s knows nothing: the journal was cut off, emptied or removed. Get it from a backup if there is one", d.file(ResultsName), english.Plural(int(c.ahead), "row", ""), c.number, d.file(sink.JournalName))
}

// whole returns what is known of the import, or an error if the journal is behind
// results.jsonl.
func (d *RunDir) whole() (*state, error) {
	s, err := d.readState()
	if err != nil {
		return nil, err
	}
	for _, c := range s.chunks {
		if c.ahead > 0 && !c.mayHaveJudged() {
			return nil, fmt.Errorf("%w. Otherwise `poolprep import run` looks in the pool for the jobs of this directory, and continues from them; results of saved logs are to be reconciled again", d.behind(c))
		}
	}
	return s, nil
}
