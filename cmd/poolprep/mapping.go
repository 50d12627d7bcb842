package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"poolprep/transform"
	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
	"poolprep/validate/judge"
	"poolprep/validate/source"
	"poolprep/validate/suggest"
)

// maxMapping is how large a mapping file may be, in bytes.
const maxMapping = 4 << 20

// readMapping reads a mapping file.
func readMapping(path string) (*mapping.Mapping, error) {
	text, err := source.ReadFile(path, maxMapping, "mapping")
	if err != nil {
		return nil, err
	}
	return mapping.Parse(path, text)
}

// fillFrom takes over what a mapping says of its source and no flag does.
func (f *readFlags) fillFrom(s *mapping.SourceDialect) {
	if s.Delimiter != "" && f.delimiter == "" {
		f.delimiter = s.Delimiter
	}
	if s.Quote != "" && f.quote == defaultQuote {
		f.quote = s.Quote
	}
	if s.Encoding != "" && f.encoding == "auto" {
		f.encoding = s.Encoding
	}
	if s.Escape != "" && f.escape == "" {
		f.escape = s.Escape
	}
	if s.Comment != "" && f.comment == "" {
		f.comment = s.Comment
	}
	if f.skipLines == 0 {
		f.skipLines = s.SkipLines
	}
	f.lenient = f.lenient || s.LenientQuotes
	f.trimFields = f.trimFields || s.TrimFields
}

func newMapping(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mapping",
		Short: "Presets, and mapping files (\"help mapping\")",
		Args:  cobra.ArbitraryArgs,
		RunE:  subcommandExpected(s),
	}
	cmd.AddCommand(newMappingList(s), newMappingShow(s), newMappingGuess(s), newMappingCheck(s))
	return cmd
}

func newMappingList(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the presets, which --from takes",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			t := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
			for _, name := range legacy.Names() {
				printf(t, "%s\t%s\n", name, legacy.About(name))
			}
			return t.Flush()
		},
	}
}

func newMappingShow(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a preset: a mapping file, to copy and edit",
		Example: `  poolprep mapping show django
  poolprep mapping show django > map.yaml`,
		Args: takes(1, 1),
		ValidArgsFunction: func(_ *cobra.Command, have []string, _ string) ([]string, cobra.ShellCompDirective) {
			var out []string
			for _, name := range legacy.Names() {
				if len(have) == 0 {
					out = append(out, cobra.CompletionWithDesc(name, legacy.About(name)))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := legacy.Text(args[0])
			if err != nil {
				return fmt.Errorf("%w; `poolprep mapping list` lists the presets", err)
			}
			_, err = s.out.Write(text)
			return err
		},
	}
}

func newMappingCheck(s *streams) *cobra.Command {
	c := &convertCommand{streams: s}
	var header string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Verify a mapping file, and that it fits the pool and an export",
		Example: `  poolprep mapping check map.yaml
  poolprep mapping check map.yaml --header export.csv --schema pool.json`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.mapping = args[0]
			return c.checkMapping(cmd, header)
		},
	}
	fs := cmd.Flags()
	c.read.tables = true
	c.read.add(fs, "auto")
	c.rules.addSchema(fs)
	bind(fs, "header", &header)
	return cmd
}

// checkMapping verifies the mapping and says what it does.
func (c *convertCommand) checkMapping(cmd *cobra.Command, header string) error {
	m, err := readMapping(c.mapping)
	if err != nil {
		return err
	}
	o, err := c.rules.options(cmd.Flags())
	if err != nil {
		return err
	}
	pool := c.rules.poolName(o.Pool)
	if header == "" {
		if err := m.CheckTargets(judge.TargetColumns(o.Pool, o.PasswordHash)); err != nil {
			return err
		}
		return printf(c.out, "%s: the mapping is well formed and fits %s; name an export with --header to verify the source columns\n", c.mapping, pool)
	}
	how, err := c.options(cmd)
	if err != nil {
		return err
	}
	match, err := transform.Fit(cmd.Context(), how, inputSource(cmd.Context(), header, c.in))
	if err == io.EOF {
		return fmt.Errorf("%s: the file is empty, so it has no header", displayName(header))
	}
	if err != nil {
		return err
	}
	writeMatches(c.out, match)
	if unused := match.Unused(); len(unused) > 0 {
		printf(c.out, "  goes nowhere: %s\n", suggest.List(unused))
	}
	return printf(c.out, "%s: the mapping fits %s and %s\n", c.mapping, match.Input.Name, pool)
}
