package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/transform/sink"
	"poolprep/validate/escape"
)

// verifyCommand holds the flags of import verify.
type verifyCommand struct {
	*streams
	aws      awsFlags
	progress progressFlags
	pool     string
	subs     string
	column   string
	sources  []string
}

func newImportVerify(s *streams) *cobra.Command {
	c := &verifyCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "Compare the users of a pool with a run directory",
		Long: `verify reads the pool, page by page, and compares every row of the chunks in DIR
with its user: users that are missing, attributes that differ, and a status that the
import does not give. It prints a line for each, with the line of the source and the
names of the attributes, no values. Users who have set a password since are counted
and are no difference. It exits with 1 if there is a difference.

With --subs FILE it writes for every user of DIR that is in the pool the ID in the
old system, the username and the new sub: what applications need to rewrite their
tables. The old ID is that of side.jsonl, or of --id-column in the source. FILE is
CSV, or JSON lines if its name ends in .jsonl or .ndjson.`,
		Example: `  poolprep import verify run-1
  poolprep import verify run-1 --subs subs.csv --id-column user_id`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	bind(fs, "user-pool-id", &c.pool)
	bind(fs, "subs", &c.subs)
	bind(fs, "id-column", &c.column)
	bind(fs, "source", &c.sources)
	c.aws.add(fs)
	c.progress.add(fs)
	return cmd
}

func (c *verifyCommand) run(ctx context.Context, dir string) (err error) {
	if c.subs == "" && (c.column != "" || c.sources != nil) {
		return errors.New("--id-column and --source go with --subs")
	}
	run, err := openRun(ctx, dir)
	if err != nil {
		return err
	}
	pool := c.pool
	if pool == "" {
		if pool, err = run.Pool(); err != nil {
			return err
		}
	}
	client, err := cognito.Dial(ctx, c.aws.config(pool))
	if err != nil {
		return err
	}
	o := importjob.VerifyOptions{Pool: c.pool, API: client, Observer: c.progress.observer(c.streams), Deliver: c.print()}
	var subs *subsFile
	if c.subs != "" {
		if subs, err = c.createSubs(ctx, run); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, subs.abort()) }()
		o.Subs = subs.write
	}
	out, err := run.Verify(ctx, o)
	if err == nil && subs != nil {
		err = subs.commit()
	}
	if err != nil {
		return err
	}
	same := out.Rows - out.Missing - out.Different
	printf(c.err, "%s: %s as imported, %s different, %s missing\n", count(out.Rows, "row"), humanize.Comma(same), humanize.Comma(out.Different), humanize.Comma(out.Missing))
	if out.Confirmed > 0 {
		printf(c.err, "%s set a password since\n", have(out.Confirmed))
	}
	if out.Different+out.Missing > 0 {
		return errFindings
	}
	return nil
}

func have(n int64) string {
	if n == 1 {
		return "1 user has"
	}
	return humanize.Comma(n) + " users have"
}

// print returns what prints a difference: on a terminal only the first ones.
func (c *verifyCommand) print() func(importjob.Difference) error {
	const most = 200
	n, terminal := 0, c.out.isTerminal()
	return func(d importjob.Difference) error {
		if n++; c.progress.quiet || terminal && n > most {
			if n == most+1 && !c.progress.quiet {
				printf(c.err, "more than %d differences; send the output to a file to see all\n", most)
			}
			return nil
		}
		_, err := fmt.Fprintf(c.out, "%s:%d: %s\n", escape.String(d.File), d.Line, escape.String(d.What))
		return err
	}
}

// subsFile is the file of --subs.
type subsFile struct {
	file *sink.File
	ids  *importjob.OldIDs
	csv  *csv.Writer // nil: JSON lines
	json *json.Encoder
}

func (c *verifyCommand) createSubs(ctx context.Context, run *importjob.RunDir) (*subsFile, error) {
	f := &subsFile{}
	var err error
	if c.column != "" {
		f.ids = run.ColumnIDs(ctx, c.column, c.sources)
	} else if f.ids, err = run.SideIDs(); err != nil {
		return nil, err
	}
	if f.file, err = sink.CreateFile(c.subs); err != nil {
		return nil, err
	}
	if strings.HasSuffix(c.subs, ".jsonl") || strings.HasSuffix(c.subs, ".ndjson") {
		f.json = json.NewEncoder(io.Writer(f.file))
		f.json.SetEscapeHTML(false)
		return f, nil
	}
	f.csv = csv.NewWriter(f.file)
	if err := f.csv.Write([]string{"old_id", "username", "sub"}); err != nil {
		return nil, errors.Join(err, f.abort())
	}
	return f, nil
}

func (f *subsFile) write(u importjob.Identity) error {
	id, err := f.ids.Of(&u)
	if err != nil {
		return err
	}
	if f.csv != nil {
		return f.csv.Write([]string{id, u.Username, u.Sub})
	}
	return f.json.Encode(struct {
		OldID    string `json:"old_id"`
		Username string `json:"username"`
		Sub      string `json:"sub"`
	}{id, u.Username, u.Sub})
}

func (f *subsFile) commit() error {
	if f.csv != nil {
		if f.csv.Flush(); f.csv.Error() != nil {
			return f.csv.Error()
		}
	}
	return f.file.Commit()
}

func (f *subsFile) abort() error { return errors.Join(f.ids.Close(), f.file.Abort()) }
