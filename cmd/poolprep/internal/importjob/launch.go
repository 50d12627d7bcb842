package importjob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// maxRenewals is how many jobs, or URLs, of a chunk are replaced in one run because
// they had expired or were refused: a pool takes 1,000 jobs, and none can be deleted.
const maxRenewals = 3

// hashing computes the SHA-256 of what was read last.
type hashing struct{ h hash.Hash }

func (s *hashing) begin(r io.ReadCloser) io.ReadCloser {
	s.h = sha256.New()
	return hashingReader{r, s.h}
}

func (s *hashing) sum() string { return hex.EncodeToString(s.h.Sum(nil)) }

type hashingReader struct {
	io.ReadCloser
	h hash.Hash
}

func (r hashingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.h.Write(p[:n])
	return n, err
}

// upload sends the chunk to the job's URL. It returns errNext if the URL has
// expired and the job is given up, and leaves at once if someone has started it.
func (d *driver) upload(ctx context.Context, c *chunkState, chunk *sink.Chunk, job *cognito.Job) error {
	about := Entry{Chunk: c.number, Attempt: c.current().number, Job: job.ID}
	if err := d.writeAs(entryUpload, about); err != nil {
		return err
	}
	open, sum := d.open(chunk)
	for try := 1; ; try++ {
		err := error(&cognito.UploadError{Status: 403}) // no URL is as good as an expired one
		if job.URL != "" {
			if err = d.call.Pace(ctx, "upload"); err == nil {
				err = d.o.Store.Put(ctx, job.URL, chunk.Bytes, open)
			}
		}
		var failed *cognito.UploadError
		switch {
		case err == nil && sum.sum() != chunk.SHA256:
			return errors.New("the file was changed while it was uploaded; the job was not started. Convert again into a new directory")
		case err == nil:
			detailf(d.o.Observer, "%s: uploaded to job %s", chunk.File, job.ID)
			return d.writeAs(entryUploaded, about)
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &failed):
			return err
		case failed.Expired():
			again, err := d.renew(ctx, c, chunk, job)
			if err != nil || !again {
				return err
			}
			continue
		case !failed.Temporary():
			return fmt.Errorf("%w: the upload to job %s was refused. Does something between here and the store, such as a proxy, change requests? The header x-amz-server-side-encryption was sent", err, job.ID)
		}
		if err := d.call.Pause(ctx, try, err); err != nil {
			return err
		}
	}
}

// writeAs writes an entry of a type into the journal.
func (d *driver) writeAs(t EntryType, e Entry) error {
	e.Type = t
	return d.writeEntry(e)
}

// renew looks whether a job whose URL was refused has another one now. If not it
// gives the job up, which never ran, for a new one.
func (d *driver) renew(ctx context.Context, c *chunkState, chunk *sink.Chunk, job *cognito.Job) (again bool, err error) {
	now, err := d.describe(ctx, job.ID)
	if err != nil {
		return false, err
	}
	before := job.URL
	*job = now
	switch a := c.current(); {
	case job.Status != cognito.Created:
		return false, nil
	case a.startSent && (job.URL == "" || job.URL == before):
		return false, fmt.Errorf("job %s has no file, and its URL has expired, but it may have been started. Look at it with `poolprep import status`; once it is Expired or Stopped, the same command resumes", job.ID)
	case d.renewed[c.number] >= maxRenewals:
		return false, fmt.Errorf("the store refuses the URL of job %s, and %d before it could not be used either; is the clock of this machine right?", job.ID, maxRenewals)
	}
	d.renewed[c.number]++
	if job.URL != "" && job.URL != before {
		return true, nil
	}
	detailf(d.o.Observer, "%s: the URL of job %s has expired; a new job takes its place, and the old one expires by itself", chunk.File, job.ID)
	return false, errors.Join(d.writeAs(entryAbandoned, Entry{Chunk: c.number, Attempt: c.current().number, Job: job.ID}), errNext)
}

// errNoFile says that the service has no file for the job.
var errNoFile = errors.New("no file was uploaded")

// start starts the job, and waits as long as another one keeps it from that. It
// returns when the job has started, or will never run.
func (d *driver) start(ctx context.Context, c *chunkState, chunk *sink.Chunk, job *cognito.Job) error {
	about := Entry{Chunk: c.number, Attempt: c.current().number, Job: job.ID}
	if err := d.writeAs(entryStart, about); err != nil {
		return err
	}
	noted := false
	for try := 1; ; {
		if err := d.call.Pace(ctx, "StartUserImportJob"); err != nil {
			return err
		}
		c.current().waiting = false
		started, err := d.o.API.StartJob(ctx, d.o.Pool, job.ID)
		if err == nil {
			*job = started
			return d.writeAs(entryStarted, about)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// Whatever the answer was: the job is started if it says so itself.
		if *job, err = d.startedAllTheSame(ctx, job, err); err == nil {
			if job.Status == cognito.Expired {
				return nil
			}
			return d.writeAs(entryStarted, about)
		}
		switch {
		case cognito.HasCode(err, cognito.CodePrecondition) && noFile(err):
			return errors.Join(d.writeAs(entryRefused, about), errNoFile)
		case cognito.HasCode(err, cognito.CodePrecondition) || cognito.HasCode(err, cognito.CodeLimit):
			c.current().waiting = true
			if !noted {
				noted = true
				if err := d.noteOtherJob(ctx, chunk, err); err != nil {
					return err
				}
			}
			try = 1
			err = d.o.Clock.Sleep(ctx, d.o.Poll)
		case cognito.KindOf(err) == cognito.Refused:
			return fmt.Errorf("job %s cannot be started: %w", job.ID, err)
		default:
			err = d.call.Pause(ctx, try, err)
			try++
		}
		if err != nil {
			return err
		}
	}
}

// startedAllTheSame looks at a job after a start that failed with cause, which it
// returns if the job is not started.
func (d *driver) startedAllTheSame(ctx context.Context, job *cognito.Job, cause error) (cognito.Job, error) {
	now, err := d.describe(ctx, job.ID)
	switch {
	case err != nil:
		return *job, err
	case now.Status == cognito.Created:
		return now, cause
	}
	return now, nil
}

// noFile distinguishes the one reason for a refused start from the others.
func noFile(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), "no csv file")
}

// noteOtherJob says what is waited for.
func (d *driver) noteOtherJob(ctx context.Context, chunk *sink.Chunk, cause error) error {
	other := "an account runs one import job at a time, and there may be one in another pool"
	err := d.call.Jobs(ctx, d.o.Pool, func(j cognito.Job) {
		if j.Status.Active() {
			other = fmt.Sprintf("job %s (%s) is %s", j.ID, j.Name, j.Status)
		}
	})
	if err == nil {
		notef(d.o.Observer, "%s: the service does not start the job yet: %s. Waiting: %s.", chunk.File, strings.TrimSuffix(messageOf(cause), "."), other)
	}
	return err
}

// messageOf returns the service's words in an error.
func messageOf(err error) string {
	var e *cognito.CallError
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
