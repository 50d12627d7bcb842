package main

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
)

// groupsCommand holds the flags of import groups.
type groupsCommand struct {
	*streams
	aws      awsFlags
	progress progressFlags
	side     string
	rate     float64
	dryRun   bool
}

func newImportGroups(s *streams) *cobra.Command {
	c := &groupsCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "groups DIR",
		Short: "Add the users of an import to their groups",
		Long: `groups adds the users that "import run DIR" imported to the groups that side.jsonl
has for them: lines {"v":1,"username":...,"groups":[...]}. A group that the pool does
not have is created; a slash before a name is dropped. Users who were skipped get no
membership. After an interruption the same command resumes: groups.jsonl in DIR has
the progress. It exits with 1 if the service refused a membership.`,
		Example: `  poolprep import groups run-1 --dry-run
  poolprep import groups run-1 --side memberships.jsonl`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	c.rate = importjob.DefaultGroupsRate
	bind(fs, "side", &c.side)
	bind(fs, "rate", &c.rate)
	bind(fs, "dry-run", &c.dryRun)
	c.aws.add(fs)
	c.progress.add(fs)
	return cmd
}

func (c *groupsCommand) run(ctx context.Context, dir string) error {
	if err := checkRate(c.rate); err != nil {
		return err
	}
	run, err := openRun(ctx, dir)
	if err != nil {
		return err
	}
	o := importjob.GroupsOptions{Side: c.side, Rate: c.rate, DryRun: c.dryRun}
	if !c.dryRun {
		pool, err := run.Pool()
		if err != nil {
			return err
		}
		client, err := cognito.Dial(ctx, c.aws.config(pool))
		if err != nil {
			return err
		}
		printer := c.progress.observer(c.streams)
		o.API, o.Observer = client, printer
		shown := 0
		o.Refused = func(k importjob.SourceRow) {
			if shown++; shown <= maxKept && !c.progress.quiet {
				printer.line(fmt.Sprintf("%s:%d: refused: %s", k.File, k.Line, k.Why))
			}
		}
	}
	out, err := run.AddToGroups(ctx, o)
	switch {
	case out == nil:
	case c.dryRun:
		printf(c.err, "%s would get %s in %s\n", count(out.Users, "user"), count(out.Memberships, "membership"), count(out.Created, "group"))
	default:
		printf(c.err, "%s with %s so far, %s created, %s refused\n", count(out.Users, "user"), count(out.Memberships, "membership"), count(out.Created, "group"), humanize.Comma(out.Refused))
	}
	if ctx.Err() != nil && !c.dryRun {
		fmt.Fprintln(c.err, "The same command continues where this one stopped.")
	}
	if err == nil && out.Refused > 0 {
		return errFindings
	}
	return err
}
