package cognito

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"poolprep/validate/schema"
)

// Job describes a job.
func (c *Caller) Job(ctx context.Context, pool, id string) (job Job, err error) {
	err = c.repeat(ctx, "DescribeUserImportJob", func() (err error) {
		job, err = c.api.DescribeJob(ctx, pool, id)
		return err
	})
	return job, err
}

// maxPages is how many pages a list of jobs may have: a pool takes 1,000 jobs.
const maxPages = 1000

// Jobs delivers all jobs of a pool, newest first. One that is made meanwhile may let
// another one be delivered twice.
func (c *Caller) Jobs(ctx context.Context, pool string, deliver func(Job)) error {
	for token, pages := "", 0; ; pages++ {
		var page []Job
		var next string
		err := c.repeat(ctx, "ListUserImportJobs", func() (err error) {
			page, next, err = c.api.ListJobs(ctx, pool, token)
			return err
		})
		if err != nil {
			return err
		}
		for _, j := range page {
			deliver(j)
		}
		if next == "" {
			return nil
		}
		if next == token || pages == maxPages {
			return errors.New("ListUserImportJobs: the service gives the same page again and again")
		}
		token = next
	}
}

// List delivers all jobs of a pool, newest first.
func List(ctx context.Context, api API, pool string, n Notes, deliver func(Job)) error {
	return NewCaller(CallerOptions{API: api, Notes: n}).Jobs(ctx, pool, deliver)
}

// StopJob asks for a job to be stopped until the service says yes, or that it does not
// run any more. The job may still be Stopping.
func (c *Caller) StopJob(ctx context.Context, pool, id string) error {
	for try := 1; ; try++ {
		if err := c.Pace(ctx, "StopUserImportJob"); err != nil {
			return err
		}
		_, err := c.api.StopJob(ctx, pool, id)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if job, e := c.Job(ctx, pool, id); e != nil || !job.Status.Active() || job.Status == Stopping {
			return e
		}
		if KindOf(err) == Refused {
			return fmt.Errorf("job %s cannot be stopped: %w", id, err)
		}
		if err := c.Pause(ctx, try, err); err != nil {
			return errors.Join(err, ctx.Err())
		}
	}
}

// ResetPassword resets the password of a user, who gets a message. If an answer is lost
// the user may get a second one.
func (c *Caller) ResetPassword(ctx context.Context, pool, username string) error {
	return c.repeat(ctx, "AdminResetUserPassword", func() error { return c.api.ResetPassword(ctx, pool, username) })
}

// GetUser describes a user. One that is not there is an error with CodeNoUser.
func (c *Caller) GetUser(ctx context.Context, pool, username string) (u User, err error) {
	err = c.repeat(ctx, "AdminGetUser", func() (err error) {
		u, err = c.api.GetUser(ctx, pool, username)
		return err
	})
	return u, err
}

// HasGroup reports whether a pool has a group.
func (c *Caller) HasGroup(ctx context.Context, pool, group string) (bool, error) {
	err := c.repeat(ctx, "GetGroup", func() error { return c.api.GetGroup(ctx, pool, group) })
	if HasCode(err, CodeNotFound) {
		return false, nil
	}
	return err == nil, err
}

// CreateGroup makes a group. One that was made meanwhile, perhaps by a call whose answer was
// lost, is no error.
func (c *Caller) CreateGroup(ctx context.Context, pool, group string) error {
	err := c.repeat(ctx, "CreateGroup", func() error { return c.api.CreateGroup(ctx, pool, group) })
	if HasCode(err, "GroupExistsException") {
		return nil
	}
	return err
}

// AddToGroup adds a user to a group; one who is in it stays in it.
func (c *Caller) AddToGroup(ctx context.Context, pool, username, group string) error {
	return c.repeat(ctx, "AdminAddUserToGroup", func() error { return c.api.AddToGroup(ctx, pool, username, group) })
}

// Users delivers all users of a pool, in no order.
func (c *Caller) Users(ctx context.Context, pool string, deliver func(*User) error) error {
	for token := ""; ; {
		var page []User
		var next string
		err := c.repeat(ctx, "ListUsers", func() (err error) {
			page, next, err = c.api.ListUsers(ctx, pool, token)
			return err
		})
		if err != nil {
			return err
		}
		for i := range page {
			if err := deliver(&page[i]); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		if next == token {
			return errors.New("ListUsers: the service gives the same page again and again")
		}
		token = next
	}
}

// DeleteUser deletes a user. If an answer is lost, it may be gone when it is asked for again,
// which is an error with CodeNoUser.
func (c *Caller) DeleteUser(ctx context.Context, pool, username string) error {
	return c.repeat(ctx, "AdminDeleteUser", func() error { return c.api.DeleteUser(ctx, pool, username) })
}

// Pool reads header and settings of a pool.
func (c *Caller) Pool(ctx context.Context, id string) (*schema.Pool, error) {
	var header []string
	var text []byte
	err := c.repeat(ctx, "GetCSVHeader", func() (err error) {
		header, err = c.api.Header(ctx, id)
		return err
	})
	if err == nil {
		err = c.repeat(ctx, "DescribeUserPool", func() (err error) {
			text, err = c.api.DescribePool(ctx, id)
			return err
		})
	}
	if HasCode(err, CodeNotFound) {
		return nil, fmt.Errorf("%w; is --user-pool-id right, and the region?", err)
	}
	if err != nil {
		return nil, err
	}
	// Both answers make one document, as schema reads it from a file.
	document := make(map[string]any)
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("DescribeUserPool: %w", err)
	}
	document["CSVHeader"] = header
	if text, err = json.Marshal(document); err != nil {
		return nil, err
	}
	return schema.Parse("the pool "+id, text)
}

// FetchPool reads header and settings of a pool.
func FetchPool(ctx context.Context, api API, id string, clock Clock, n Notes) (*schema.Pool, error) {
	return NewCaller(CallerOptions{API: api, Notes: n, Clock: clock}).Pool(ctx, id)
}
