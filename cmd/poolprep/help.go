package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/manual"
)

// helpWidth is how many columns a line of help has.
const helpWidth = 80

// Help is written by functions, not by cobra's templates: those would make the linker keep
// every exported method of every type, which is a third of the program.

func init() {
	cobra.EnableCommandSorting = false // they are in the order of newRoot
}

// showHelp prints what a command does, and its usage.
func showHelp(c *cobra.Command, _ []string) {
	fmt.Fprintf(c.OutOrStdout(), "%s\n%s", prose(c), c.UsageString())
}

// showUsage prints how a command is used: examples, commands below it, and flags by purpose.
func showUsage(c *cobra.Command) error {
	sections := []string{usageSection(c)}
	if c.HasExample() {
		sections = append(sections, "Examples:\n"+c.Example)
	}
	sections = append(sections, commandSections(c)...)
	for _, g := range groupsOf(c) {
		sections = append(sections, g.Title+":\n"+g.Text())
	}
	if c.HasHelpSubCommands() {
		sections = append(sections, "Help topics:\n"+commandLines(c, (*cobra.Command).IsAdditionalHelpTopicCommand))
	}
	if c.HasAvailableSubCommands() {
		sections = append(sections, fmt.Sprintf("\"%s COMMAND --help\" shows the flags of a command.", c.CommandPath()))
	}
	_, err := fmt.Fprintln(c.OutOrStderr(), strings.Join(sections, "\n\n"))
	return err
}

func usageSection(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		return "Usage:\n  " + c.CommandPath() + " COMMAND"
	}
	return "Usage:\n  " + c.UseLine()
}

// commandSections lists the commands below a command, by their groups if they have some.
func commandSections(c *cobra.Command) (out []string) {
	if !c.HasAvailableSubCommands() {
		return nil
	}
	if len(c.Groups()) == 0 {
		return []string{"Commands:\n" + commandLines(c, isListed)}
	}
	for _, g := range c.Groups() {
		out = append(out, g.Title+":\n"+commandLines(c, func(sub *cobra.Command) bool { return sub.GroupID == g.ID && isListed(sub) }))
	}
	return out
}

// isListed reports whether help lists a command. cobra takes help for no command.
func isListed(c *cobra.Command) bool { return c.IsAvailableCommand() || c.Name() == "help" }

// commandLines lists the commands below c that are wanted, with what they do.
func commandLines(c *cobra.Command, want func(*cobra.Command) bool) string {
	var lines []string
	for _, sub := range c.Commands() {
		if want(sub) {
			lines = append(lines, fmt.Sprintf("  %-*s  %s", sub.NamePadding(), sub.Name(), sub.Short))
		}
	}
	return strings.Join(lines, "\n")
}

// prose returns what a command does. It is written as docs/ is.
func prose(c *cobra.Command) string {
	text := c.Long
	if text == "" {
		text = c.Short
	}
	return string(manual.Parse(text).AppendText(nil, helpWidth, topicLink))
}

// describe completes the commands and their flags from flagTable: what each flag says,
// and what completion proposes.
func describe(root *cobra.Command, s *streams) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	mendCompletion(root, s)
	eachCommand(root, func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		c.InitDefaultVersionFlag()
		c.DisableFlagsInUseLine = true
		c.Flags().VisitAll(func(f *pflag.Flag) {
			info := infoOf(f)
			f.Usage = info.usageIn(nameOf(c))
			if complete := info.completer(); complete != nil {
				_ = c.RegisterFlagCompletionFunc(f.Name, complete)
			}
		})
		completeArguments(c)
	})
}

// nameOf returns the path of a command without the program.
func nameOf(c *cobra.Command) string {
	return strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), c.Root().Name()), " ")
}

// flagGroup is the flags of a command that serve one purpose.
type flagGroup struct {
	Title string
	Flags []*pflag.Flag // in the order of flagTable
}

// groupsOf returns the flags of a command that are not hidden, by purpose.
func groupsOf(c *cobra.Command) []flagGroup {
	var groups [numGroups][]*pflag.Flag
	for i := range flagTable {
		info := &flagTable[i]
		if f := c.Flags().Lookup(info.name); f != nil && !f.Hidden && infoOf(f) == info {
			g := info.groupIn(nameOf(c))
			groups[g] = append(groups[g], f)
		}
	}
	var out []flagGroup
	for g, flags := range groups {
		if len(flags) > 0 {
			out = append(out, flagGroup{groupTitles[g], flags})
		}
	}
	return out
}

// Text returns the lines of help about the flags.
func (g flagGroup) Text() string {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SortFlags = false
	for _, f := range g.Flags {
		name := f.Name
		if isOn(f) {
			name += "[=false]"
		}
		fs.AddFlag(&pflag.Flag{Name: name, Shorthand: f.Shorthand, Usage: describeFlag(f), Value: shown{infoOf(f).arg}})
	}
	return strings.TrimRight(fs.FlagUsagesWrapped(helpWidth), "\n")
}

// shown is the value of a flag as help shows it: what the table calls it.
type shown struct{ arg string }

func (s shown) String() string   { return "" }
func (s shown) Set(string) error { return nil }
func (s shown) Type() string     { return s.arg }

// isOn reports whether a flag is a switch that is on by default.
func isOn(f *pflag.Flag) bool { return f.Value.Type() == "bool" && f.DefValue == "true" }

// describeFlag returns what help says of a flag: its usage and default.
func describeFlag(f *pflag.Flag) string {
	usage := strings.ReplaceAll(f.Usage, "`", `"`) // pflag takes what is between them for the name of the value
	if d := defaultOf(f); d != "" {
		usage += " (" + d + ")"
	}
	return usage
}

// defaultOf says what the default of a flag is, "" if it goes without saying.
func defaultOf(f *pflag.Flag) string {
	if unset := infoOf(f).unset; unset != "" {
		return "default: " + unset
	}
	if value := defaultValue(f); value != "" {
		return "default " + value
	}
	return ""
}

func defaultValue(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "SIZE":
		n, err := strconv.ParseInt(f.DefValue, 10, 64)
		if err != nil || n == 0 {
			return ""
		}
		return exactSize(n)
	case "duration":
		return shortDuration(f.DefValue)
	case "int", "int64":
		n, err := strconv.ParseInt(f.DefValue, 10, 64)
		if err != nil || n == 0 {
			return ""
		}
		return humanize.Comma(n)
	}
	if slices.Contains([]string{"", "false", "[]", "0"}, f.DefValue) {
		return ""
	}
	return f.DefValue
}

// shortDuration returns a duration as Go writes it without the zeros at its end, "" if it
// is zero.
func shortDuration(text string) string {
	if text == "0s" {
		return ""
	}
	if m, ok := strings.CutSuffix(text, "m0s"); ok {
		text = m + "m"
	}
	if h, ok := strings.CutSuffix(text, "h0m"); ok {
		text = h + "h"
	}
	return text
}

// exactSize returns a number of bytes in the largest unit of which it is a whole number.
func exactSize(n int64) string {
	for _, units := range []struct {
		base  int64
		names []string
	}{{1000, []string{"", "KB", "MB", "GB", "TB"}}, {1024, []string{"", "KiB", "MiB", "GiB", "TiB"}}} {
		size, unit := n, 0
		for size%units.base == 0 && unit < len(units.names)-1 {
			size, unit = size/units.base, unit+1
		}
		if unit > 0 {
			return strconv.FormatInt(size, 10) + units.names[unit]
		}
	}
	return strconv.FormatInt(n, 10)
}
