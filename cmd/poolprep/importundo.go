package main

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
)

// undoCommand holds the flags of import undo.
type undoCommand struct {
	*streams
	aws      awsFlags
	progress progressFlags
	rate     float64
	changed  bool
	dryRun   bool
	yes      bool
}

func newImportUndo(s *streams) *cobra.Command {
	c := &undoCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "undo DIR",
		Short: "Delete the users that an import made",
		Long: `undo deletes from the user pool exactly the users that "import run DIR" imported.
Rows that were skipped or failed are not touched; nor is a user of the same name
that was made before or after the import. A user whose status or attributes were
changed since is kept, and named by its line in the source, unless --changed-too
is set. DIR cannot be imported again after that: convert anew.

It asks for the ID of the pool first; --dry-run shows how many users it would
delete. After an interruption the same command resumes: undo.jsonl in DIR says who
is deleted. It exits with 1 if users were kept.`,
		Example: `  poolprep import undo run-1 --dry-run
  poolprep import undo run-1 --rate 20`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	c.rate = importjob.DefaultUndoRate
	bind(fs, "rate", &c.rate)
	bind(fs, "changed-too", &c.changed)
	bind(fs, "dry-run", &c.dryRun)
	bind(fs, "yes", &c.yes)
	c.aws.add(fs)
	c.progress.add(fs)
	return cmd
}

func (c *undoCommand) run(ctx context.Context, dir string) error {
	if err := checkRate(c.rate); err != nil {
		return err
	}
	run, err := openRun(ctx, dir)
	if err != nil {
		return err
	}
	pool, err := run.Pool()
	if err != nil {
		return err
	}
	if pool != "" && !c.dryRun && !c.yes {
		n, err := run.Imported()
		if err != nil {
			return err
		}
		if err := confirm(ctx, c.streams, "delete "+count(n, "user"), pool); err != nil {
			return err
		}
	}
	client, err := cognito.Dial(ctx, c.aws.config(pool))
	if err != nil {
		return err
	}
	printer := c.progress.observer(c.streams)
	shown := 0
	out, err := run.Undo(ctx, importjob.UndoOptions{
		Rate: c.rate, Changed: c.changed, DryRun: c.dryRun, API: client, Observer: printer,
		Kept: func(k importjob.SourceRow) {
			if shown++; shown <= maxKept && !c.progress.quiet {
				printer.line(fmt.Sprintf("%s:%d: kept: %s", k.File, k.Line, k.Why))
			}
		},
	})
	if out != nil {
		c.report(out)
	}
	if ctx.Err() != nil && !c.dryRun {
		fmt.Fprintln(c.err, "The same command continues where this one stopped.")
	}
	if err != nil {
		return err
	}
	if out.Kept > 0 {
		return errFindings
	}
	return nil
}

// maxKept is how many users who are kept are named.
const maxKept = 200

func (c *undoCommand) report(out *importjob.Undone) {
	if out.Kept > maxKept && !c.progress.quiet {
		printf(c.err, "%s more kept\n", humanize.Comma(out.Kept-maxKept))
	}
	verb := "deleted"
	if c.dryRun {
		verb = "would be deleted"
	}
	printf(c.err, "%s %s", count(out.Deleted, "user"), verb)
	if out.Gone > 0 {
		printf(c.err, ", %s not in the pool any more", humanize.Comma(out.Gone))
	}
	printf(c.err, ", %s kept\n", humanize.Comma(out.Kept))
}
