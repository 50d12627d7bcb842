package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
)

// reconcileCommand holds the flags of reconcile.
type reconcileCommand struct {
	*streams
	tell    tellFlags
	logs    []string
	chunk   int
	offset  string
	sources []string
	replace bool
}

func newReconcile(s *streams) *cobra.Command {
	c := &reconcileCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "reconcile DIR --log [N=]FILE...",
		Short: "Bring the lines of a saved import log back to the source rows",
		Long: `reconcile does with saved logs what import run does with live ones: it writes
results.jsonl and retry.csv into the run directory, and ends with 0 if every row
was imported or its user existed, 1 if rows failed, 2 if a row has no line in the
log (results.jsonl calls it unknown) or on trouble, in which case nothing is
written. It needs no access to anything.

A log is text, the JSON of aws logs get-log-events or filter-log-events, or JSON
lines, compressed or not. Several logs of one chunk are taken together. Rows that no
log mentions keep what was known of them before, and so do other chunks; --replace
takes back what a wrong log said of a chunk. A chunk of which every row is known is
not imported by import run any more.`,
		Example: `  aws logs get-log-events --log-group-name /aws/cognito/userpools/ID/NAME --log-stream-name JOB_ID/JOB_NAME --start-from-head > log.json
  poolprep reconcile run-1 --log log.json
  poolprep reconcile run-1 --log 1=first.json --log 2=second-a.json --log 2=second-b.json`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	fs.StringArrayVar(&c.logs, "log", nil, "`[N=]FILE`: saved log, or a part of one, of chunk N (repeatable)")
	fs.IntVar(&c.chunk, "chunk", 0, "`N`: the chunk that logs without a number are about, where there are several")
	fs.StringVar(&c.offset, "line-offset", string(cognito.OffsetAuto), lineOffsetUsage)
	fs.StringArrayVar(&c.sources, "source", nil, sourceUsage)
	fs.BoolVar(&c.replace, "replace", false, "forget what was known of the rows of these chunks before")
	c.tell.add(fs)
	return cmd
}

func (c *reconcileCommand) run(ctx context.Context, dir string) error {
	offset, err := cognito.ParseOffset(c.offset)
	if err != nil {
		return err
	}
	if len(c.logs) == 0 {
		return errors.New("--log FILE is missing: the log of the import job, as text or as JSON")
	}
	run, err := openRun(ctx, dir)
	if err != nil {
		return err
	}
	var logs []importjob.SavedLog
	for _, text := range c.logs {
		log, err := run.ParseSavedLog(text, c.chunk)
		if err != nil {
			return err
		}
		logs = append(logs, log)
	}
	out, err := run.Reconcile(ctx, importjob.ReconcileOptions{
		Logs: logs, LineOffset: offset, Sources: c.sources, Replace: c.replace, Observer: c.tell.observer(c.streams),
	})
	if err != nil {
		return err
	}
	if err := writeOutcome(c.out, out); err != nil {
		return err
	}
	return tellOutcome(c.streams, run, out, c.tell.quiet)
}
