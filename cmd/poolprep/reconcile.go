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
	progress progressFlags
	logs     []string
	chunk    int
	offset   string
	sources  []string
	replace  bool
}

func newReconcile(s *streams) *cobra.Command {
	c := &reconcileCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "reconcile DIR --log [N=]FILE...",
		Short: "Match saved logs of import jobs to the source rows",
		Long: `reconcile does with saved logs what import run does with live ones: it writes
results.jsonl and retry.csv into the run directory. It calls no service. It exits
with 0 if every row was imported or its user existed, 1 if rows failed, 2 if a row
has no line in the log (in results.jsonl its outcome is unknown), and 2 without
writing anything if it could not do the job.

A log is text, the JSON of aws logs filter-log-events or get-log-events, or JSON
lines, compressed or not. Several logs of a chunk are taken together. Rows that no
log mentions keep their earlier outcome, and so do other chunks; --replace discards
what a wrong log said about a chunk. import run does not import a chunk again if the
outcome of every row is known.`,
		Example: `  aws logs filter-log-events --log-group-name /aws/cognito/userpools/ID/NAME \
    --log-stream-names JOB_ID/JOB_NAME > log.json
  poolprep reconcile run-1 --log log.json
  poolprep reconcile run-1 --log 1=1.json --log 2=2a.json --log 2=2b.json`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	c.offset = string(cognito.OffsetAuto)
	bind(fs, "log", &c.logs)
	bind(fs, "chunk", &c.chunk)
	bind(fs, "line-offset", &c.offset)
	bind(fs, "source", &c.sources)
	bind(fs, "replace", &c.replace)
	c.progress.add(fs)
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
		Logs: logs, LineOffset: offset, Sources: c.sources, Replace: c.replace, Observer: c.progress.observer(c.streams),
	})
	if err != nil {
		return err
	}
	if err := writeOutcome(c.out, out); err != nil {
		return err
	}
	return printOutcome(c.streams, run, out, c.progress.quiet)
}
