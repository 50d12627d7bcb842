package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"poolprep/transform/mapping/guess"
	"poolprep/validate/judge"
)

// guessCommand holds the flags of mapping guess.
type guessCommand struct {
	*streams
	read        readFlags
	rules       ruleFlags
	interactive bool
}

func newMappingGuess(s *streams) *cobra.Command {
	c := &guessCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "guess [FILE]",
		Short: "Propose a mapping for an export, with reasons",
		Long: `guess looks at the header and the first records of an export, at most 10,000 or
4 MiB, and prints a mapping file for it. Comments say why each line is there, how
many records have a value, which columns nothing fits, and which go nowhere.

Column names are known in a dozen languages; what values look like is checked.
What the export does not prove is not decided: the order of day and month, the
country of phone numbers, what is verified. There the lines to choose from are
comments, with how to decide. No value of the export is printed.

With --interactive it asks about what is doubtful or open, on the terminal.`,
		Example: `  poolprep mapping guess --schema pool.json export.csv > map.yaml
  poolprep mapping guess --interactive export.csv > map.yaml
  zcat export.csv.gz | poolprep mapping guess > map.yaml`,
		Args: takes(0, 1),
		RunE: c.run,
	}
	fs := cmd.Flags()
	c.read.tables = true
	c.read.add(fs, "auto")
	bind(fs, "no-header", &c.read.noHeader)
	c.rules.addSchema(fs)
	bind(fs, "interactive", &c.interactive)
	return cmd
}

func (c *guessCommand) run(cmd *cobra.Command, args []string) error {
	files, err := inputFiles(args, c.in)
	if err != nil {
		return err
	}
	if c.interactive && !term.IsTerminal(int(c.in.Fd())) {
		return errors.New("--interactive asks on a terminal, and standard input is none; name the FILE, and leave standard input to the terminal")
	}
	o, err := c.rules.options(cmd.Flags())
	if err != nil {
		return err
	}
	p, sample, err := c.propose(cmd, files[0], o)
	if err != nil {
		return err
	}
	if c.interactive {
		if err := c.ask(cmd.Context(), p); err != nil {
			return err
		}
	}
	_, err = c.out.Write(p.AppendYAML(nil, c.head(cmd.Flags(), files[0], sample, p), c.advice))
	return err
}

// propose looks at the file and makes the proposal.
func (c *guessCommand) propose(cmd *cobra.Command, file string, o judge.Options) (*guess.Proposal, *guess.Sample, error) {
	c.read.known = append(guess.Names(), o.Pool.Header...)
	how, err := c.read.reading(false)
	if err != nil {
		return nil, nil, err
	}
	sample, err := guess.Look(cmd.Context(), inputSource(cmd.Context(), file, c.in), guess.LookOptions{Reading: how, NoHeader: c.read.noHeader})
	if err == io.EOF {
		return nil, nil, fmt.Errorf("%s: the file is empty, so there is nothing to propose a mapping from", displayName(file))
	}
	if err != nil {
		return nil, nil, err
	}
	p, err := guess.Guess(cmd.Context(), sample, guess.Options{Pool: o.Pool, PasswordHash: o.PasswordHash})
	if err != nil {
		return nil, nil, err
	}
	p.Source = append(c.read.stated(), p.Source...)
	return p, sample, nil
}

// stated returns what the flags say of the source as a mapping says it; see fillFrom.
func (f *readFlags) stated() (list []string) {
	add := func(stated bool, key, value string) {
		if stated {
			list = append(list, key+": "+value)
		}
	}
	add(f.delimiter != "", "delimiter", strconv.Quote(f.delimiter))
	add(f.quote != defaultQuote, "quote", strconv.Quote(f.quote))
	add(f.encoding != "auto" && f.encoding != "", "encoding", strconv.Quote(f.encoding))
	add(f.escape != "", "escape", strconv.Quote(f.escape))
	add(f.comment != "", "comment", strconv.Quote(f.comment))
	add(f.skipLines > 0, "skip-lines", strconv.Itoa(f.skipLines))
	add(f.lenient, "lenient-quotes", "true")
	add(f.trimFields, "trim-fields", "true")
	return list
}

// carried are the flags that the proposed mapping says itself.
var carried = strings.Fields("delimiter quote encoding escape comment skip-lines lenient-quotes trim-fields no-header interactive")

// head returns the first lines of the file: where it comes from, and what to do next.
func (c *guessCommand) head(fs *pflag.FlagSet, file string, s *guess.Sample, p *guess.Proposal) []string {
	records := "the first " + humanize.Comma(int64(s.Records)) + " records"
	if s.Whole {
		records = "all " + humanize.Comma(int64(s.Records)) + " records"
	}
	name := "FILE"
	if file != "-" {
		name = fileWord(file)
	}
	var flags []string
	fs.Visit(func(f *pflag.Flag) {
		if slices.Contains(carried, f.Name) || infoOf(f).hidden {
			return
		}
		for _, value := range flagValues(f) {
			for _, word := range flagWords(f, f.Name, value) {
				flags = append(flags, shellWord(word))
			}
		}
	})
	more := strings.Join(append([]string{""}, flags...), " ")
	look := "Save this as map.yaml, and then:"
	if slices.ContainsFunc(slices.Concat(p.Lines, p.Skips), func(l *guess.Line) bool { return l.State == guess.Doubtful || l.State == guess.Open }) {
		look = "Look at the lines marked CHECK and DECIDE, save this as map.yaml, and then:"
	}
	var head []string
	for _, system := range s.Systems {
		head = append(head, "This looks like "+system.String()+". There is a mapping for it:",
			"  poolprep convert --from "+system.Preset+more+" "+name)
	}
	return append(head,
		"A mapping that was proposed for "+displayName(file)+", from its names of columns and "+records+".",
		s.How,
		look,
		"  poolprep mapping check map.yaml --header "+name+more,
		"  poolprep convert --dry-run --mapping map.yaml"+more+" "+name,
	)
}

// advice says how a person decides, and which flags have to do with it.
func (c *guessCommand) advice(d guess.Decision) string {
	switch d {
	case guess.DecideVerified:
		return "Take the line, or convert with --assume-verified, only if every address was confirmed by a link or a code: a wrong TRUE gives an account to whoever owns the address."
	case guess.DecideOrder:
		return "Look at a date that you know, or at the settings of the source, and take one of the lines."
	case guess.DecideLayout:
		return "Write the layouts of the source; `poolprep help mapping` explains them."
	case guess.DecideZone:
		return "Take the line with the zone of the source, such as Europe/Zurich."
	case guess.DecideMixed:
		return "Have the source write all dates in the same way, and export them again."
	case guess.DecideCentury:
		return "Take the line, with the first of the hundred years as pivot; or export the dates again with four digits."
	case guess.DecideRegion:
		return "Where nothing says a number's country, it is rejected, unless --default-region CC or default-region: CC in the step names one for all such numbers."
	case guess.DecideHash:
		return "To keep the passwords, take the line and name the algorithm with --password-hash in every command; else users set a new password."
	case guess.DecideName:
		return "Take the line if users are to have a full name."
	case guess.DecideSkip:
		return "Take the lines to leave such records out; they are counted, and listed with the reason."
	case guess.DecideColumn:
		return "Write the column that has it, if one does."
	case guess.DecideCharset:
		return "Run this again with --encoding to state what the file is written in."
	}
	return ""
}
