package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"poolprep/validate/schema"
)

func newSchema(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Show the pool's schema, or fetch it from a live pool",
		Args:  cobra.ArbitraryArgs,
		RunE:  subcommandExpected(s),
	}
	cmd.AddCommand(newSchemaShow(s), newSchemaFetch(s))
	return cmd
}

func newSchemaShow(s *streams) *cobra.Command {
	var rules ruleFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the schema that rows are judged by: files and flags merged",
		Example: `  poolprep schema show --schema header.json --schema pool.json
  poolprep schema show --json --auto-verified email > pool.json`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			pool, err := rules.loadPool(cmd.Flags())
			if err != nil {
				return err
			}
			printDeveloperOnly(s, pool)
			if asJSON {
				_, err = s.out.Write(pool.AppendJSON(nil))
			} else {
				_, err = s.out.Write(pool.AppendText(nil))
			}
			return err
		},
	}
	rules.addSchema(cmd.Flags())
	bind(cmd.Flags(), "json", &asJSON)
	return cmd
}

// printDeveloperOnly names the attributes of a pool that have no column.
func printDeveloperOnly(s *streams, pool *schema.Pool) {
	names := pool.DeveloperOnly()
	if len(names) == 0 {
		return
	}
	more := ""
	if n := len(names) - maxNames; n > 0 {
		names, more = names[:maxNames], fmt.Sprintf(" and %d more", n)
	}
	printf(s.err, "Developer-only, so without a column in an import file: %s%s\n", strings.Join(names, ", "), more)
}

// maxNames is how many names a list for people has.
const maxNames = 10

// subcommandExpected is what a command without a job of its own runs.
func subcommandExpected(s *streams) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		cmd.SetOut(s.err)
		_ = cmd.Usage()
		return errSubcommand
	}
}
