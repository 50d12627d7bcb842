package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"poolprep/validate/suggest"
)

// applySettings gives the flags that are not on the command line the values
// that the environment, the project file or the user file has for them.
func applySettings(cmd *cobra.Command) error {
	var errs []error
	set := func(f *pflag.Flag, value, where string) {
		if f.Changed {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: --%s: %w", where, f.Name, err))
		}
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := "POOLPREP_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value, ok := os.LookupEnv(name); ok && f.Name != "help" {
			set(f, value, name)
		}
	})
	for _, path := range settingsFiles() {
		settings, err := readSettings(cmd.Root(), path)
		if err != nil {
			return err
		}
		for _, s := range settings {
			if f := cmd.Flags().Lookup(s.name); f != nil && !f.Changed {
				for _, value := range s.values {
					f.Changed = false // lists add up within one file
					set(f, value, path)
				}
			}
		}
	}
	return errors.Join(errs...)
}

// settingsFiles returns the project file and the user file.
func settingsFiles() []string {
	files := []string{".poolprep.yaml"}
	if dir, err := os.UserConfigDir(); err == nil {
		files = append(files, filepath.Join(dir, "poolprep", "config.yaml"))
	}
	return files
}

type setting struct {
	name   string
	values []string
}

// readSettings reads a YAML mapping of flag names to values. A file that is not there is empty.
func readSettings(root *cobra.Command, path string) ([]setting, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if doc.Kind == 0 {
		return nil, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d:%d: a mapping of flag names to values is expected", path, top.Line, top.Column)
	}
	known := flagNames(root)
	var out []setting
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		place := fmt.Sprintf("%s:%d:%d", path, key.Line, key.Column)
		if !slices.Contains(known, key.Value) {
			return nil, fmt.Errorf("%s: unknown setting %q%s", place, key.Value, suggest.DidYouMean(key.Value, known))
		}
		s := setting{name: key.Value}
		switch value.Kind {
		case yaml.ScalarNode:
			s.values = []string{value.Value}
		case yaml.SequenceNode:
			for _, item := range value.Content {
				if item.Kind != yaml.ScalarNode {
					return nil, fmt.Errorf("%s: %s: a list of plain values is expected", place, key.Value)
				}
				s.values = append(s.values, item.Value)
			}
		default:
			return nil, fmt.Errorf("%s: %s: a value or a list is expected", place, key.Value)
		}
		out = append(out, s)
	}
	return out, nil
}

// flagNames returns the names of the flags of all commands.
func flagNames(root *cobra.Command) []string {
	var names []string
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		})
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(root)
	return names
}

// flagError adds to cobra's message the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	const unknown = "unknown flag: --"
	if name, ok := strings.CutPrefix(err.Error(), unknown); ok {
		name, _, _ = strings.Cut(name, "=")
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if c := suggest.Closest(name, names); c != "" {
			return fmt.Errorf("unknown flag --%s, did you mean --%s?", name, c)
		}
		return fmt.Errorf("unknown flag --%s; `%s --help` lists the flags", name, cmd.CommandPath())
	}
	return err
}

// unknownCommand names the subcommand that was probably meant.
func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return fmt.Errorf("unknown command %q%s; `%s --help` lists the commands", name, suggest.DidYouMean(name, names), cmd.CommandPath())
}
