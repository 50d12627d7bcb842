package main

import (
	"fmt"
	"io"
	"poolprep/validate/rule"
	"strings"

	"github.com/spf13/cobra"
)

func newExplain(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE...]",
		Short: "Explain a finding: rule, reason, example, fix and evidence",
		Long: `explain prints what the code of a finding means. Without a CODE it lists all codes.

Each rule states its evidence: D documented by AWS, A seen in AWS's sample code,
O observed by users, U unknown, - poolprep's own rule. A rule marked U is a choice;
--severity changes its level.`,
		Example:           `  poolprep explain not-verified`,
		ValidArgsFunction: completeCode,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listCodes(s.out)
			}
			for i, name := range args {
				code, err := rule.ParseCode(name)
				if err != nil {
					return err
				}
				if i > 0 {
					fmt.Fprintln(s.out)
				}
				if err := explain(s.out, code.Info()); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func listCodes(w io.Writer) error {
	for _, c := range rule.Codes() {
		i := c.Info()
		if _, err := fmt.Fprintf(w, "%-26s %-8s %-3s %s\n", c, i.Severity(), marks(i), i.Rule()); err != nil {
			return err
		}
	}
	return nil
}

// marks returns the letters of the evidence.
func marks(i rule.Info) string {
	evidence, _ := i.Evidence()
	var b strings.Builder
	for _, e := range evidence {
		b.WriteByte(byte(e))
	}
	return b.String()
}

func explain(w io.Writer, i rule.Info) error {
	evidence, source := i.Evidence()
	var words []string
	for _, e := range evidence {
		words = append(words, e.String())
	}
	level := i.Severity().String()
	if i.Fixed() {
		level += ", cannot be changed"
	} else {
		level += fmt.Sprintf(", change it with --severity %s=LEVEL", i.Code)
	}
	_, err := fmt.Fprintf(w, `%s
  Rule      %s
  Reason    %s
  Example   %s
  Fix       %s
  Level     %s
  Evidence  %s: %s
`, i.Code, i.Rule(), i.Reason(), i.Example(), i.Fix(), level, strings.Join(words, "; "), source)
	return err
}
