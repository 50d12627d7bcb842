package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/manual"
)

// newMan is for packagers: docs/man holds what it writes.
func newMan(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages into a directory",
		Long:   "man writes a manual page for each command (section 1) and topic (section 7) into DIR,\nwhich must exist.",
		Args:   takes(1, 1),
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			pages := manualPages(newRoot(s))
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				if err := os.WriteFile(filepath.Join(args[0], name), pages[name], 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// manualPages returns the manual page of every command and topic that is not hidden, by
// file name. They are the same on every machine.
func manualPages(root *cobra.Command) map[string][]byte {
	pages := make(map[string][]byte)
	eachCommand(root, func(c *cobra.Command) {
		if c == root || isListed(c) {
			pages[pageOf(c)+".1"] = commandPage(c)
		}
	})
	for _, t := range topics {
		name := "poolprep-" + t.name
		page := manual.AppendPage(nil, name, '7', version, t.about)
		page = manual.AppendSection(page, "Description")
		page = t.guide().AppendRoff(page, pageLink)
		pages[name+".7"] = appendSeeAlso(page, []string{"poolprep(1)"})
	}
	return pages
}

// pageOf returns the name of a command's manual page.
func pageOf(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// pageLink returns how a manual page refers to what a guide links to.
func pageLink(target string) string {
	if t := topicOf(target); t != nil {
		return "poolprep-" + t.name + "(7)"
	}
	return ""
}

func commandPage(c *cobra.Command) []byte {
	page := manual.AppendPage(nil, pageOf(c), '1', version, c.Short)
	page = manual.AppendSection(page, "Synopsis")
	use := c.UseLine()
	if c.HasAvailableSubCommands() {
		use = c.CommandPath() + " COMMAND"
	}
	page = manual.Parse(synopsis(c, use)).AppendRoff(page, nil)
	page = manual.AppendSection(page, "Description")
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	page = manual.Parse(text).AppendRoff(page, pageLink)
	page = appendCommands(page, c)
	page = appendFlags(page, c)
	if c.HasExample() {
		page = manual.AppendSection(page, "Examples")
		page = manual.Parse(c.Example).AppendRoff(page, nil)
	}
	return appendSeeAlso(page, relatedPages(c))
}

// synopsis returns the use of a command as Markdown.
func synopsis(c *cobra.Command, use string) string {
	text := "**" + c.CommandPath() + "**"
	if hasFlags(c) {
		text += " [FLAGS]"
	}
	return text + strings.TrimPrefix(use, c.CommandPath())
}

// hasFlags reports whether a command has flags beside --help.
func hasFlags(c *cobra.Command) bool {
	has := false
	c.Flags().VisitAll(func(f *pflag.Flag) { has = has || !f.Hidden && f.Name != "help" })
	return has
}

func appendCommands(page []byte, c *cobra.Command) []byte {
	if !c.HasAvailableSubCommands() {
		return page
	}
	page = manual.AppendSection(page, "Commands")
	for _, sub := range c.Commands() {
		if isListed(sub) {
			page = manual.AppendItem(page, "**"+sub.Name()+"**", sub.Short+".")
		}
	}
	return page
}

// appendFlags lists the flags as help does.
func appendFlags(page []byte, c *cobra.Command) []byte {
	page = manual.AppendSection(page, "Flags")
	for _, g := range groupsOf(c) {
		page = manual.AppendSubsection(page, g.Title)
		for _, f := range g.Flags {
			term := "**--" + f.Name + "**"
			if f.Shorthand != "" {
				term = "**-" + f.Shorthand + "**, " + term
			}
			if isOn(f) {
				term += "[=false]"
			} else if arg := infoOf(f).arg; arg != "" {
				term += " " + arg
			}
			page = manual.AppendItem(page, term, describeFlag(f))
		}
	}
	return page
}

// relatedPages returns the pages of the commands above, beside and below, and the topics.
func relatedPages(c *cobra.Command) (pages []string) {
	add := func(other *cobra.Command) {
		if other != c && (other.IsAvailableCommand() || !other.HasParent()) {
			pages = append(pages, pageOf(other)+"(1)")
		}
	}
	if parent := c.Parent(); parent != nil {
		add(parent)
		if parent.HasParent() {
			for _, sibling := range parent.Commands() {
				add(sibling)
			}
		}
	}
	for _, sub := range c.Commands() {
		add(sub)
	}
	for _, t := range topics {
		pages = append(pages, fmt.Sprintf("poolprep-%s(7)", t.name))
	}
	return pages
}

func appendSeeAlso(page []byte, pages []string) []byte {
	page = manual.AppendSection(page, "See also")
	return append(bytes.TrimRight(manual.Parse(strings.Join(pages, ", ")).AppendRoff(page, nil), "\n"), '\n')
}
