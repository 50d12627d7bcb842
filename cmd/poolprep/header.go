package main

import (
	"github.com/spf13/cobra"

	"poolprep/transform"
	"poolprep/validate/judge"
	"poolprep/validate/value"
)

func newHeader(s *streams) *cobra.Command {
	var rules ruleFlags
	cmd := &cobra.Command{
		Use:     "header",
		Short:   "Print the header line of an import file for the pool",
		Example: `  poolprep header --schema pool.json`,
		Args:    takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			pool, err := rules.loadPool(cmd.Flags())
			if err != nil {
				return err
			}
			printDeveloperOnly(s, pool)
			hash, err := value.ParseHashAlgorithm(rules.passwordHash)
			if err != nil {
				return err
			}
			_, err = s.out.Write(transform.AppendHeader(nil, judge.TargetColumns(pool, hash)))
			return err
		},
	}
	rules.addSchema(cmd.Flags())
	return cmd
}
