package importjob

import (
	"context"
	"fmt"
	"time"

	"poolprep/transform/sink"
)

// logWait is how long the log is waited for once a job has ended.
const logWait = 60 * time.Second

// maxEventsPerRow bounds how long a log is read. A job writes one event a row.
const maxEventsPerRow = 1000

// readLog reads the log of a job that has ended, until it has a line for every row
// that the job says it has judged, or for logWait.
func (d *driver) readLog(ctx context.Context, a *attempt, chunk *sink.Chunk) (*RowLog, error) {
	if err := d.knowPool(ctx); err != nil {
		return nil, err
	}
	stream := a.job + "/" + a.name
	log := NewRowLog(chunk.Rows)
	job := a.endedJob()
	want := min(job.Seen(), chunk.Rows)
	if judged(&job, chunk.Rows) {
		want = chunk.Rows
	}
	deadline := d.o.Clock.Now().Add(logWait)
	event := 0
	group := "" // not known yet
	for token := ""; ; {
		messages, next, found, err := d.eventsOf(ctx, group, stream, token)
		group = orElse(group, found)
		if err != nil {
			return nil, fmt.Errorf("the log of job %s cannot be read: %w. The job itself has ended; when the log can be read the same command goes on", a.job, err)
		}
		for _, m := range messages {
			if event++; int64(event) > maxEventsPerRow*(chunk.Rows+1) {
				return nil, fmt.Errorf("log stream %s has more than %d events for %d rows, so it cannot be the log of this job", stream, event-1, chunk.Rows)
			}
			location := func() string { return fmt.Sprintf("log stream %s, line %d", stream, event) }
			if err := log.Add([]byte(m), location); err != nil {
				return nil, err
			}
		}
		if next != "" && next != token && len(messages) > 0 {
			token = next
			continue
		}
		if log.Seen() >= want {
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

// eventsOf reads a page of a stream from a group, "" if it is still to be found.
func (d *driver) eventsOf(ctx context.Context, group, stream, token string) (messages []string, next, found string, err error) {
	groups := []string{group}
	if group == "" {
		if groups, err = d.logGroups(ctx); err != nil {
			return nil, "", "", err
		}
	}
	return d.events(ctx, groups, stream, token)
}
