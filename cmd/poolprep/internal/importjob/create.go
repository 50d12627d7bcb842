package importjob

import (
	"context"
	"fmt"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// limitTries is how often a job is asked for while the service says that a limit is reached.
const limitTries = 3

// create makes the job of an attempt at a chunk, unless the pool has one that the
// journal does not know: then it returns errNext.
func (d *driver) create(ctx context.Context, c *chunkState, chunk *sink.Chunk, number int) (cognito.Job, error) {
	if err := d.lookAgain(ctx, c); err != nil {
		return cognito.Job{}, err
	}
	a := c.current()
	if a == nil || a.number != number { // else it is the intent of an earlier run
		if err := d.writeAs(entryCreate, Entry{Chunk: c.number, Attempt: number, Name: d.nextName(c, number)}); err != nil {
			return cognito.Job{}, err
		}
		a = c.current()
	}
	job, err := d.createOrFind(ctx, a.name, chunk.PasswordHashAlgorithm)
	if err != nil {
		return cognito.Job{}, err
	}
	detailf(d.o.Observer, "%s: job %s, %s", chunk.File, job.ID, a.name)
	return job, d.writeEntry(Entry{Type: entryCreated, Chunk: c.number, Attempt: number, Name: a.name, Job: job.ID})
}

// createOrFind calls CreateUserImportJob until there is one job of that name at
// least, and after a lost answer looks for it by its name first. Should a lost call take effect late there may be two, of which only the
// one that the journal knows is ever started.
func (d *driver) createOrFind(ctx context.Context, name, algorithm string) (cognito.Job, error) {
	const operation = "CreateUserImportJob"
	look := false
	in := cognito.JobRequest{Pool: d.o.Pool, Name: name, Role: d.o.Role, Algorithm: algorithm}
	for try := 1; ; try++ {
		if look {
			job, found, err := d.lookFor(ctx, name)
			if found || err != nil {
				return job, err
			}
		}
		if err := d.call.Pace(ctx, operation); err != nil {
			return cognito.Job{}, err
		}
		job, err := d.o.API.CreateJob(ctx, in)
		switch {
		case err == nil:
			return job, nil
		case ctx.Err() != nil:
			return cognito.Job{}, ctx.Err()
		case cognito.HasCode(err, cognito.CodeLimit) && try >= limitTries:
			return cognito.Job{}, fmt.Errorf("%w. A pool takes 1,000 import jobs, and none can be deleted: see `poolprep import list`", err)
		case cognito.KindOf(err) == cognito.Refused && !cognito.HasCode(err, cognito.CodeLimit):
			return cognito.Job{}, refusedCreate(err)
		}
		look = look || cognito.KindOf(err) == cognito.Unsure
		if err := d.call.Pause(ctx, try, err); err != nil {
			return cognito.Job{}, err
		}
	}
}

// refusedCreate says what usually is wrong.
func refusedCreate(err error) error {
	switch {
	case cognito.HasCode(err, cognito.CodeNotFound):
		return fmt.Errorf("%w; is --user-pool-id right, and the region?", err)
	case cognito.HasCode(err, "InvalidParameterException"):
		return fmt.Errorf("%w; is --role-arn the ARN of a role that cognito-idp.amazonaws.com may assume? `poolprep import role` shows it", err)
	}
	return err
}

// lookFor looks for a job by its name, a second time a little later if there is
// none: what was created just now may not be listed at once.
func (d *driver) lookFor(ctx context.Context, name string) (job cognito.Job, found bool, err error) {
	for try := range 2 {
		if try > 0 {
			if err := d.o.Clock.Sleep(ctx, d.o.Poll); err != nil {
				return job, false, err
			}
		}
		err := d.call.Jobs(ctx, d.o.Pool, func(j cognito.Job) {
			if j.Name == name && (!found || chance(&j) > chance(&job)) {
				job, found = j, true
			}
		})
		if found || err != nil {
			return job, found, err
		}
	}
	return job, false, nil
}

// chance orders jobs of one name by whether they can have judged rows, or still may.
func chance(j *cognito.Job) int {
	switch {
	case j.MayHaveJudged():
		return 2
	case j.Status == cognito.Created:
		return 1
	}
	return 0
}
