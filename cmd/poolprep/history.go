package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/history"
	"poolprep/validate/drift"
	"poolprep/validate/escape"
	"poolprep/validate/report"
)

func newHistory(s *streams) *cobra.Command {
	var reports []string
	cmd := &cobra.Command{
		Use:   "history DIR",
		Short: "Show the last runs that were kept with --history",
		Long: `history prints a table of the runs in DIR, newest first, with what changed from each to
the next: columns that were filled more or less often, and forms of values.

With --report html=FILE it writes them as a page instead.`,
		Example: `  poolprep check --history runs users.csv
  poolprep history runs
  poolprep history runs --report html=runs.html`,
		Args: takes(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			runs, err := history.Read(args[0])
			if err != nil {
				return err
			}
			if note := runs.Note(args[0]); note != "" {
				printf(s.err, "%s\n", note)
			}
			if len(runs.List) == 0 {
				return fmt.Errorf("%s: there is no run; `poolprep check --history %s` keeps some", history.Path(args[0]), fileWord(args[0]))
			}
			if len(reports) > 0 {
				return writeHistory(s, reports, runs)
			}
			return printHistory(s.out, runs)
		},
	}
	bind(cmd.Flags(), "report", &reports)
	return cmd
}

// printHistory prints the runs of a history, newest first.
func printHistory(out *stream, runs *history.Runs) error {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BEGAN\tVERDICT\tROWS\tREJECTED\t")
	for i := len(runs.List) - 1; i >= 0; i-- {
		run, share := runs.List[i], ""
		if run.Read > 0 {
			share = humanize.FtoaWithDigits(100*float64(run.Rejected)/float64(run.Read), 2) + " %"
		}
		verdict := run.Verdict
		if run.Stopped > 0 {
			verdict = "stopped"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", escape.String(run.Started), escape.String(verdict), humanize.Comma(run.Read), humanize.Comma(run.Rejected), share)
		if i == 0 {
			continue
		}
		for _, line := range append(drift.Fill(runs.List[i-1], run), drift.Shapes(runs.List[i-1], run)...) {
			fmt.Fprintf(w, "  %s\n", escape.String(line))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := out.Write([]byte(text.String()))
	return err
}

// writeHistory writes the runs as a page.
func writeHistory(s *streams, reports []string, runs *history.Runs) error {
	spec, err := parseReport(reports[0])
	if err != nil {
		return err
	}
	if len(reports) > 1 || spec.format != report.HTML {
		return fmt.Errorf("--report %s: html or html=FILE is expected, once", reports[len(reports)-1])
	}
	page, err := report.HistoryPage(toolName(), pastOf(runs.List))
	if err != nil {
		return err
	}
	if spec.path == "" {
		_, err := s.out.Write(page)
		return err
	}
	file, err := createReport(spec)
	if err != nil {
		return err
	}
	if _, err = file.Write(page); err == nil {
		err = file.Commit()
	}
	return errors.Join(err, file.Abort()) // nothing after Commit
}
