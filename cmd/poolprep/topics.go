package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/manual"
	"poolprep/docs"
	"poolprep/validate/suggest"
)

// topic is a guide that `poolprep help NAME` shows.
type topic struct {
	name, file, about string
}

var topics = []topic{
	{"configuration", "configuration.md", "Environment variables and configuration files"},
	{"exit-codes", "exit-codes.md", "Exit codes, and what decides them"},
	{"formats", "reading.md", "What is read: formats, character sets, broken records"},
	{"mapping", "mapping.md", "The mapping file"},
	{"streams", "streams.md", "Standard input, standard output, reports, progress"},
}

// guide returns the text of the topic.
func (t topic) guide() manual.Doc {
	text, err := docs.Guides.ReadFile(t.file)
	if err != nil {
		panic(err) // it is part of the program
	}
	return manual.Parse(string(text))
}

// text returns the topic for a terminal.
func (t topic) text() string { return string(t.guide().AppendText(nil, helpWidth, topicLink)) }

// topicLink returns how help refers to what a guide links to.
func topicLink(target string) string {
	if t := topicOf(target); t != nil {
		return fmt.Sprintf("\"poolprep help %s\"", t.name)
	}
	return ""
}

// topicOf returns the topic that a link of a guide leads to, nil if it is another file.
func topicOf(target string) *topic {
	file, _, _ := strings.Cut(path.Base(target), "#")
	for i := range topics {
		if topics[i].file == file {
			return &topics[i]
		}
	}
	return nil
}

// addTopics adds a command for each topic. Where a command has the name of one, its help
// ends with the topic.
func addTopics(root *cobra.Command) {
	for _, t := range topics {
		if c, _, err := root.Find([]string{t.name}); err == nil && c != root {
			c.SetHelpFunc(func(cmd *cobra.Command, args []string) {
				showHelp(cmd, args)
				if cmd == c {
					fmt.Fprintf(cmd.OutOrStdout(), "\n%s:\n\n%s", t.guide().Title(), t.text())
				}
			})
			continue
		}
		c := &cobra.Command{Use: t.name, Short: t.about}
		c.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s", t.guide().Title(), t.text())
		})
		root.AddCommand(c)
	}
}

// newHelp replaces cobra's help command, which says nothing of a command that is unknown.
func newHelp(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Show the help of a command or a topic",
		Long: `help shows the help of a command, as COMMAND --help does, or a topic. Without an
argument it lists the commands and topics.`,
		Example: `  poolprep help convert
  poolprep help import run
  poolprep help exit-codes`,
		ValidArgsFunction: completeHelp,
		PersistentPreRun:  func(*cobra.Command, []string) {}, // help works whatever the settings are
		RunE: func(cmd *cobra.Command, args []string) error {
			c := cmd.Root()
			for _, name := range args {
				next := subcommand(c, name)
				if next == nil {
					return unknownTopic(c, name)
				}
				c = next
			}
			c.SetOut(s.out)
			return c.Help()
		},
	}
}

// subcommand returns the command with the name below c, nil if there is none.
func subcommand(c *cobra.Command, name string) *cobra.Command {
	for _, sub := range c.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

// unknownTopic names the command or topic that was probably meant.
func unknownTopic(c *cobra.Command, name string) error {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("unknown command or topic %q%s; `poolprep help` lists them", name, suggest.DidYouMean(name, names))
}
