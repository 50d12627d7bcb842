package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"poolprep/validate/drift"
	"poolprep/validate/source"
)

func newDiff(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "diff SUMMARY SUMMARY",
		Short: "Say what changed between two runs",
		Long: `diff compares the summaries of two runs, the earlier one first, and prints a line for
everything that differs: rows, findings by code, and columns that were filled more or less
often, from one percentage point on, if both summaries have a profile.

A SUMMARY is a report of the format summary, or a whole one of jsonl. Differences do not
change the exit code: it is 0, or 2 if a summary cannot be read.`,
		Example: `  poolprep check --report summary=monday.json users.csv
  poolprep diff sunday.json monday.json`,
		Args: takes(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			before, err := readSummary(args[0])
			if err != nil {
				return err
			}
			after, err := readSummary(args[1])
			if err != nil {
				return err
			}
			lines := drift.Compare(before, after)
			if len(lines) == 0 {
				lines = []string{"no difference"}
			}
			for _, line := range lines {
				if err := printf(s.out, "%s\n", line); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// readSummary reads the summary of a run from a file.
func readSummary(path string) (*drift.Summary, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, source.OpenError(path, err)
	}
	defer f.Close()
	s, err := drift.Read(path, f)
	if errors.As(err, new(*fs.PathError)) { // it cannot be read, as a directory
		return nil, source.OpenError(path, err)
	}
	return s, err
}
