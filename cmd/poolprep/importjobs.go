package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/validate/escape"
)

func newImportStatus(s *streams) *cobra.Command {
	var aws awsFlags
	var progress progressFlags
	var offline bool
	cmd := &cobra.Command{
		Use:   "status DIR",
		Short: "Show the progress of the import of a run directory",
		Long: `status shows what the journal of the directory says about each chunk, and asks the
service for the status of a job that has not ended. It changes nothing, and can be
used while import run is running.`,
		Example: `  poolprep import status run-1`,
		Args:    oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			run, err := openRun(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var api cognito.API
			observer := progress.observer(s)
			pool, err := run.Pool()
			if err != nil {
				return err
			}
			if !offline && pool != "" {
				client, err := cognito.Dial(cmd.Context(), aws.config(pool))
				if err != nil {
					observer.Note(fmt.Sprintf("%v; this is what the journal says.", err))
				} else {
					api = client
				}
			}
			out, err := run.Status(cmd.Context(), api, observer)
			if err != nil {
				return err
			}
			return writeOutcome(s.out, out)
		},
	}
	bind(cmd.Flags(), "offline", &offline)
	aws.add(cmd.Flags())
	progress.add(cmd.Flags())
	return cmd
}

func newImportStop(s *streams) *cobra.Command {
	var aws awsFlags
	var progress progressFlags
	poll := 2 * time.Second
	cmd := &cobra.Command{
		Use:   "stop DIR",
		Short: "Stop the running import job of a run directory",
		Long: `stop stops the running job of the directory, and waits until it has ended. Users
who were imported stay. A stopped job cannot be started again: the next import
run creates a new one for that chunk.

It does not stop an import run that is still waiting for another job and would
start its own later: stop then exits with 2 and says so. End that import run with
Ctrl-C.`,
		Example: `  poolprep import stop run-1`,
		Args:    oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			run, err := openRun(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			pool, err := run.Pool()
			if err != nil {
				return err
			}
			if pool == "" {
				return fmt.Errorf("%s: no import of it has begun, so there is nothing to stop. If its journal import.jsonl was removed, `poolprep import list` shows the jobs of a pool", args[0])
			}
			client, err := cognito.Dial(cmd.Context(), aws.config(pool))
			if err != nil {
				return err
			}
			job, err := run.Stop(cmd.Context(), client, poll, cognito.SystemClock{}, progress.observer(s))
			switch {
			case err != nil:
				return err
			case job == nil:
				err = printf(s.out, "No job of %s is running.\n", args[0])
			default:
				err = printf(s.out, "Job %s (%s) has ended as %s: %d imported, %d skipped, %d failed.\n", job.ID, job.Name, job.Status, job.Imported, job.Skipped, job.Failed)
			}
			return err
		},
	}
	bind(cmd.Flags(), "poll-interval", &poll)
	aws.add(cmd.Flags())
	progress.add(cmd.Flags())
	return cmd
}

func newImportList(s *streams) *cobra.Command {
	var aws awsFlags
	var progress progressFlags
	var pool string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List all import jobs of a user pool, newest first",
		Example: `  poolprep import list --user-pool-id eu-west-1_AbCdEfGhI`,
		Args:    takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if pool == "" {
				return errors.New("--user-pool-id is missing: the jobs of which pool?")
			}
			client, err := cognito.Dial(cmd.Context(), aws.config(pool))
			if err != nil {
				return err
			}
			return listJobs(cmd.Context(), s, client, pool, asJSON, progress.observer(s))
		},
	}
	bind(cmd.Flags(), "user-pool-id", &pool)
	bind(cmd.Flags(), "json", &asJSON)
	aws.add(cmd.Flags())
	progress.add(cmd.Flags())
	return cmd
}

// listedJob is a job as import list --json writes it. Its upload URL is nobody's business.
type listedJob struct {
	Version   int    `json:"v"`
	ID        string `json:"job"`
	Name      string `json:"name"`
	Status    string `json:"status"`
	Imported  int64  `json:"imported"`
	Skipped   int64  `json:"skipped"`
	Failed    int64  `json:"failed"`
	Created   string `json:"created,omitempty"`
	Started   string `json:"started,omitempty"`
	Completed string `json:"completed,omitempty"`
	Message   string `json:"message,omitempty"`
}

func listJobs(ctx context.Context, s *streams, api cognito.API, pool string, asJSON bool, o importjob.Observer) error {
	t := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "JOB\tNAME\tSTATUS\tIMPORTED\tSKIPPED\tFAILED\tCREATED")
	var failed error
	err := cognito.List(ctx, api, pool, o, func(j cognito.Job) {
		if asJSON {
			if failed == nil {
				failed = writeJSONLine(s.out, listedJob{
					1, j.ID, j.Name, string(j.Status), j.Imported, j.Skipped, j.Failed, moment(j.Created), moment(j.Started), moment(j.Complete), j.Message,
				})
			}
			return
		}
		printf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", j.ID, j.Name, j.Status, humanize.Comma(j.Imported), humanize.Comma(j.Skipped), humanize.Comma(j.Failed), moment(j.Created))
	})
	if err != nil || asJSON {
		return errors.Join(err, failed)
	}
	return t.Flush()
}

// writeJSONLine writes a value as a line of JSON that is safe to show.
func writeJSONLine(w io.Writer, value any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	if err == nil {
		_, err = w.Write(escape.JSON(b.Bytes()))
	}
	return err
}

// moment returns a time as RFC 3339, "" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
