package main

import (
	"fmt"
	"io"
	"poolprep/bench/generate"
	"poolprep/validate/rule"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

func newGenerate(s *streams) *cobra.Command {
	var rows int64
	seed := int64(1)
	var output string
	faults := percentage{}
	quoting := choice{value: "mixed"}
	cmd := &cobra.Command{
		Use:   "generate --rows N",
		Short: "Write a synthetic export with a stated share of faults",
		Long: `generate writes an RFC 4180 export with the 21 default columns, of people who do
not exist. The same flags give the same bytes. It prints on stderr how many rows
have a fault, by the code of the finding that each fault must give.

--faults P% is the chance of each row to have one fault, so a short file has a few
more or less; one row in 1,024 never has one. With 0% check finds nothing at all.
Without --faults there are only the line breaks (one row in 2,000) and the
quotation marks inside values (one in 100) that --quoting mixed writes, as real
exports have them.`,
		Example: `  poolprep generate --rows 1000000 > export.csv
  poolprep generate --rows 5000 --quoting all --faults 2% --seed 7 |
    poolprep convert --out-dir run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q, err := generate.ParseQuoting(quoting.value)
			if err != nil {
				return err
			}
			o := generate.Options{Rows: rows, Quoting: q, Faults: faults.share, Clean: faults.set && faults.share == 0, Seed: uint64(seed)}
			var stats generate.Stats
			err = writeOutput(s.out, output, func(w io.Writer) (err error) {
				stats, err = generate.Write(cmd.Context(), w, o)
				return err
			})
			if err != nil {
				return err
			}
			if stats.Faulty > 0 {
				fmt.Fprintf(s.err, "%s, %s with a fault (%s%%): %s\n", count(stats.Rows, "row"), count(stats.Faulty, "row"),
					humanize.FtoaWithDigits(100*float64(stats.Faulty)/float64(stats.Rows), 4), faultList(stats.ByFault))
			}
			return nil
		},
	}
	fs := cmd.Flags()
	bind(fs, "rows", &rows)
	bind(fs, "quoting", &quoting)
	bind(fs, "faults", &faults)
	bind(fs, "seed", &seed)
	bind(fs, "output", &output)
	_ = cmd.MarkFlagRequired("rows")
	return cmd
}

// percentage is a share on the command line, if it is set: 1% or 0.01.
type percentage struct {
	share float64 // from 0 to 1
	set   bool
}

func (p *percentage) String() string {
	if !p.set {
		return ""
	}
	return strconv.FormatFloat(p.share*100, 'f', -1, 64) + "%"
}
func (p *percentage) Type() string { return "P%" }
func (p *percentage) Set(text string) error {
	number, isPercent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if isPercent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return fmt.Errorf("%q: a share is expected, such as 1%% or 0.01", text)
	}
	*p = percentage{v, true}
	return nil
}

// faultList returns counts by code, in the order of the codes.
func faultList(byFault map[string]int64) string {
	var out []string
	for _, c := range rule.Codes() {
		if n := byFault[c.String()]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, c))
		}
	}
	return strings.Join(out, ", ")
}
