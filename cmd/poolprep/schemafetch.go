package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
)

func newSchemaFetch(s *streams) *cobra.Command {
	var aws awsFlags
	var progress progressFlags
	var pool, output string
	cmd := &cobra.Command{
		Use:   "fetch",
		Short: "Fetch the header and settings of a live pool into one file",
		Long: `fetch calls GetCSVHeader and DescribeUserPool, and writes what the rules need from
both into one document that --schema reads.`,
		Example: `  poolprep schema fetch --user-pool-id eu-west-1_AbCdEfGhI -o pool.json
  poolprep convert --schema pool.json --out-dir run-1 export.csv`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if pool == "" {
				return errors.New("--user-pool-id is missing: the schema of which pool?")
			}
			client, err := cognito.Dial(cmd.Context(), aws.config(pool))
			if err != nil {
				return err
			}
			p, err := cognito.FetchPool(cmd.Context(), client, pool, cognito.SystemClock{}, progress.observer(s))
			if err != nil {
				return err
			}
			return writeOutput(s.out, output, func(w io.Writer) error {
				_, err := w.Write(p.AppendJSON(nil))
				return err
			})
		},
	}
	bind(cmd.Flags(), "user-pool-id", &pool)
	bind(cmd.Flags(), "output", &output)
	aws.add(cmd.Flags())
	progress.add(cmd.Flags())
	return cmd
}
