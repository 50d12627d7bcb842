package cognito

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

// Operations of the log service.
const (
	describeLogGroups = "DescribeLogGroups"
	getLogEvents      = "GetLogEvents"
)

// groupPrefix begins the names of the log groups of a pool; its name follows.
func groupPrefix(pool string) string { return "/aws/cognito/userpools/" + pool + "/" }

// notInGroup is what the name of a pool may hold and that of a log group not.
var notInGroup = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^A-Za-z0-9_./#-]`) })

// guessedGroup returns the name that the log group of a pool most likely has.
func guessedGroup(pool, poolName string) string {
	return groupPrefix(pool) + notInGroup().ReplaceAllString(poolName, "_")
}

// logGroups returns the names that the pool's log group may have, the likeliest
// first. A pool that was renamed has several groups. Before the first job there is
// none, and whoever may not list groups has to guess: then it is the one that its
// name leads to.
func (c *Caller) logGroups(ctx context.Context, pool, poolName string) ([]string, error) {
	guess := guessedGroup(pool, poolName)
	var found []string
	err := c.repeat(ctx, describeLogGroups, func() (err error) {
		found, err = c.logs.Groups(ctx, groupPrefix(pool))
		return err
	})
	switch {
	case accessDenied(err):
		c.notes.Detail(fmt.Sprintf("%v; the log group is taken to be %s", err, guess))
	case err != nil:
		return nil, err
	}
	found = slices.DeleteFunc(found, func(name string) bool { return name == guess })
	return append([]string{guess}, found...), nil
}

// CheckLogs finds out whether the logs of a pool's jobs can be read, before it is too
// late to care. poolName is that of the pool, which is in the name of its log group.
func (c *Caller) CheckLogs(ctx context.Context, pool, poolName string) error {
	groups, err := c.logGroups(ctx, pool, poolName)
	if err == nil {
		_, _, _, err = c.events(ctx, groups, "poolprep/access", "")
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case accessDenied(err):
		return fmt.Errorf("%w; the results of every row stand in that log, so let this identity read it (logs:GetLogEvents on /aws/cognito/userpools/*)", err)
	}
	return fmt.Errorf("%w; the results of every row stand in the job's log, which cannot be read so. No job was made", err)
}

// events reads a page of a log stream, from the first of the groups that has it,
// and returns that group. A stream that is not there yet is empty, in no group.
func (c *Caller) events(ctx context.Context, groups []string, stream, token string) (messages []string, next, group string, err error) {
	for _, group = range groups {
		err = c.repeat(ctx, getLogEvents, func() (err error) {
			messages, next, err = c.logs.Events(ctx, group, stream, token)
			return err
		})
		if !HasCode(err, CodeNotFound) {
			return messages, next, group, err
		}
	}
	return nil, token, "", nil
}
