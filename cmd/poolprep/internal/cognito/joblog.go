package cognito

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"
)

// LogWait is how long the log is waited for once a job has ended.
const LogWait = 60 * time.Second

// maxEventsPerRow bounds how long a log is read. A job writes one event a row.
const maxEventsPerRow = 1000

// JobLog names the log of a job that has ended.
type JobLog struct {
	Pool, PoolName string        // ID and name of the user pool
	Job, Name      string        // ID and name of the job
	Rows           int64         // of the file that was uploaded to it
	Wanted         int64         // how many of them have a line once the log is complete
	Poll           time.Duration // between two looks at it
}

// ReadLog reads the log of a job, until it has as many lines as are wanted, or for a
// minute after which it returns what there is.
func (c *Caller) ReadLog(ctx context.Context, l JobLog) (*RowLog, error) {
	stream := l.Job + "/" + l.Name
	log := NewRowLog(l.Rows)
	deadline := c.clock.Now().Add(LogWait)
	event := 0
	group := "" // not known yet
	for token := ""; ; {
		messages, next, found, err := c.eventsOf(ctx, l, group, stream, token)
		group = cmp.Or(group, found)
		if err != nil {
			return nil, fmt.Errorf("the log of job %s cannot be read: %w. The job itself has ended; when the log can be read the same command resumes", l.Job, err)
		}
		for _, m := range messages {
			if event++; int64(event) > maxEventsPerRow*(l.Rows+1) {
				return nil, fmt.Errorf("log stream %s has more than %s for %s, so it cannot be the log of this job", stream, english.Plural(event-1, "event", ""), english.Plural(int(l.Rows), "row", ""))
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
		if log.Seen() >= l.Wanted || !c.clock.Now().Before(deadline) {
			return log, nil
		}
		if next == token || next == "" {
			if err := c.clock.Sleep(ctx, l.Poll); err != nil {
				return nil, err
			}
		} else {
			token = next
		}
	}
}

// eventsOf reads a page of a stream from a group, "" if it is still to be found.
func (c *Caller) eventsOf(ctx context.Context, l JobLog, group, stream, token string) (messages []string, next, found string, err error) {
	groups := []string{group}
	if group == "" {
		if groups, err = c.logGroups(ctx, l.Pool, l.PoolName); err != nil {
			return nil, "", "", err
		}
	}
	return c.events(ctx, groups, stream, token)
}
