package main

import (
	"bytes"
	"io"

	"github.com/spf13/cobra"
)

// flagPrefixes are how cobra's scripts find the flag in --flag=value. They take the hyphen
// of a value for that of a flag, as in email-format=error, and the last equals sign for
// the one behind the flag.
var flagPrefixes = map[string]string{
	"zsh":  `=~ '-.*=' ]]`,
	"fish": `string match -r -- '-.*=' "$lastArg"`,
}

// mendCompletion makes the completion command print scripts that complete values with
// hyphens and equals signs.
func mendCompletion(root *cobra.Command, s *streams) {
	completion := subcommand(root, "completion")
	completion.Short = "Print the completion script for a shell"
	completion.Long = "completion prints a script that completes commands, flags and their values in a\nshell. The help of each shell says how to load it."
	completion.Args, completion.RunE = cobra.ArbitraryArgs, subcommandExpected(s)
	for _, shell := range completion.Commands() {
		shell.Short = "Print the completion script for " + shell.Name()
	}
	generate := map[string]func(w io.Writer, describe bool) error{
		"fish": root.GenFishCompletion,
		"zsh": func(w io.Writer, describe bool) error {
			if describe {
				return root.GenZshCompletion(w)
			}
			return root.GenZshCompletionNoDesc(w)
		},
	}
	for name, write := range generate {
		subcommand(completion, name).RunE = func(cmd *cobra.Command, _ []string) error {
			plain, err := cmd.Flags().GetBool("no-descriptions")
			if err != nil {
				return err
			}
			var script bytes.Buffer
			if err := write(&script, !plain); err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(anchored(script.Bytes(), name))
			return err
		}
	}
}

// anchored returns a script that looks for a flag at the beginning of a word, up to the
// first equals sign.
func anchored(script []byte, shell string) []byte {
	loose := []byte(flagPrefixes[shell])
	return bytes.ReplaceAll(script, loose, bytes.Replace(loose, []byte(`'-.*='`), []byte(`'^-[^=]*='`), 1))
}
