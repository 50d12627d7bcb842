package importjob

import (
	"context"
	"fmt"
	"time"

	"poolprep/transform/sink"
)

// logWait is how long the log is waited for once a job has ended.
const logWait = 60 * time.Second

// logPlace returns where the log of a job is.
func logPlace(pool, poolName string, a *attempt) (group, stream string) {
	return logGroup(pool, poolName), a.job + "/" + a.name
}

func logGroup(pool, poolName string) string {
	return "/aws/cognito/userpools/" + pool + "/" + poolName
}

// readLog reads the log of a job that has ended, until it has a line for every row
// that the job says it has judged, or for logWait.
func (d *driver) readLog(ctx context.Context, a *attempt, chunk *sink.Chunk) (*rowLog, error) {
	if err := d.knowPool(ctx); err != nil {
		return nil, err
	}
	group, stream := logPlace(d.o.Pool, d.poolName, a)
	log := newRowLog(chunk.Rows)
	job := a.endedJob()
	want := min(job.Seen(), chunk.Rows)
	if judged(&job, chunk.Rows) {
		want = chunk.Rows
	}
	deadline := d.o.Clock.Now().Add(logWait)
	event := 0
	for token := ""; ; {
		messages, next, err := d.events(ctx, group, stream, token)
		if err != nil {
			return nil, fmt.Errorf("the log of job %s cannot be read: %w. The job itself has ended; when the log can be read the same command goes on", a.job, err)
		}
		for _, m := range messages {
			event++
			place := func() string { return fmt.Sprintf("log stream %s, line %d", stream, event) }
			if err := log.add([]byte(m), place); err != nil {
				return nil, err
			}
		}
		if next != "" && next != token && len(messages) > 0 {
			token = next
			continue
		}
		if log.seen() >= want {
			return log, nil
		}
		if !d.o.Clock.Now().Before(deadline) {
			return log, nil
		}
		if next == token || next == "" {
			if err := d.o.Clock.Sleep(ctx, d.o.Poll); err != nil {
				return nil, err
			}
		} else {
			token = next
		}
	}
}

// events reads a page of a log. A group or stream that is not there yet is empty.
func (d *driver) events(ctx context.Context, group, stream, token string) (messages []string, next string, err error) {
	err = d.call.read(ctx, getLogEvents, func() (err error) {
		messages, next, err = d.o.Logs.Events(ctx, group, stream, token)
		return err
	})
	if hasCode(err, codeNotFound) {
		return nil, token, nil
	}
	return messages, next, err
}
