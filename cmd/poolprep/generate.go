package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/bench/generate"
	"poolprep/validate/rule"
)

const generateLong = `generate writes a synthetic export of people who do not exist. The same flags
give the same bytes. It prints on stderr how many rows have a fault, by the code of
the finding that each fault must cause.

--shape sets the layout. The people are the same in every shape:

    template  the pool's 21 columns in the template's order
    export    username, e-mail address and flags first, the other columns in
              another order; a comma in every address, a quotation mark in one
              nickname in 20, and a column of notes, which the pool does not
              have, one in 50 with a line break
    excel     export with semicolons and CR LF
    narrow    five columns
    wide      60 columns, of which the pool has 12
    repair    export in which every second row has yes and no for its
              *_verified flags, and an ISO birthdate
    mapped    export with other names and values, for bench/mapped.yaml
    auth0     JSON lines as Auth0 exports them, for convert --from auth0
    okta      the 31 columns of Okta's import template, for convert --from okta
              --assume-verified email
    supabase  the table auth.users with bcrypt hashes, for convert --from supabase

In template, --quoting decides which fields are quoted; in the other shapes, only
fields that need quotes have them. Without --faults, convert accepts every row of
every shape; mapped needs its mapping; auth0, okta and supabase their presets.

--faults P% is the probability that a row has a fault, in a column that the shape has.
So the share varies a little in short files; one row in 1,024 never has one. With 0%
there are no line breaks, no quotation marks inside values and no notes: check has no
findings in template, export and excel, and convert has none in any shape, except for
columns of wide and mapped that go nowhere. Without --faults, template has only the
line breaks (one row in 2,000) and the quotation marks inside values (one in 100) that
--quoting mixed writes, as in real exports.`

func newGenerate(s *streams) *cobra.Command {
	var rows int64
	seed := int64(1)
	var output string
	faults := percentage{}
	quoting := choice{value: generate.Mixed.String()}
	shape := choice{value: generate.Template.String()}
	cmd := &cobra.Command{
		Use:   "generate --rows N",
		Short: "Write a synthetic export with a stated share of faults",
		Long:  generateLong,
		Example: `  poolprep generate --rows 1000000 > export.csv
  poolprep generate --rows 5000 --quoting all --faults 2% --seed 7 |
    poolprep convert --out-dir run
  poolprep generate --rows 5000 --shape mapped |
    poolprep convert --mapping bench/mapped.yaml -o users.csv`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("rows") {
				return errors.New("--rows N is required: how many rows are to be written?")
			}
			if shape.value != generate.Template.String() {
				if cmd.Flags().Changed("quoting") {
					return fmt.Errorf("--quoting: only --shape template has it; --shape %s encloses fields in quotes where they need it", shape.value)
				}
				quoting.value = generate.Plain.String()
			}
			o := generate.Options{Rows: rows, Faults: faults.share, Clean: faults.set && faults.share == 0, Seed: uint64(seed)}
			var err error
			if o.Shape, err = generate.ParseShape(shape.value); err != nil {
				return err
			}
			if o.Quoting, err = generate.ParseQuoting(quoting.value); err != nil {
				return err
			}
			var stats generate.Stats
			err = writeOutput(s.out, output, func(w io.Writer) (err error) {
				stats, err = generate.Write(cmd.Context(), w, o)
				return err
			})
			if err != nil {
				return err
			}
			printFaults(s.err, &stats)
			return nil
		},
	}
	fs := cmd.Flags()
	bind(fs, "rows", &rows)
	bind(fs, "shape", &shape)
	bind(fs, "quoting", &quoting)
	bind(fs, "faults", &faults)
	bind(fs, "seed", &seed)
	bind(fs, "output", &output)
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
	if err != nil || !(v >= 0 && v <= 1) || v == 1 && !isPercent { // 1 may be meant as 1%
		return fmt.Errorf("%q: a share is expected, such as 1%% or 0.01", text)
	}
	*p = percentage{v, true}
	return nil
}

// printFaults prints how many rows have a fault, if any, by code in the order of the codes.
func printFaults(w io.Writer, stats *generate.Stats) {
	if stats.Faulty == 0 {
		return
	}
	var list []string
	for _, c := range rule.Codes() {
		if n := stats.ByFault[c.String()]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, c))
		}
	}
	fmt.Fprintf(w, "%s, %s with a fault (%s%%): %s\n", count(stats.Rows, "row"), count(stats.Faulty, "row"),
		humanize.FtoaWithDigits(100*float64(stats.Faulty)/float64(stats.Rows), 4), strings.Join(list, ", "))
}
