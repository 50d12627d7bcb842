package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"poolprep/validate/source"
	"poolprep/validate/suggest"
)

// projectFile is read in the working directory.
const projectFile = ".poolprep.yaml"

// maxSettings is how large a configuration file may be, in bytes.
const maxSettings = 1 << 20

// settingMark annotates a flag that a setting has set, not the command line.
const settingMark = "poolprep_setting"

// applySettings gives the flags that are not on the command line the values
// that the environment, the project file or the user file has for them. It returns
// the files that it read.
func applySettings(cmd *cobra.Command) (files []string, err error) {
	var errs []error
	over := make(map[string]bool) // flags that a higher level overrides by another one
	level := func() {
		for _, pair := range rivalFlags {
			for i, name := range pair {
				if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
					over[pair[1-i]] = true
				}
			}
		}
	}
	set := func(f *pflag.Flag, value, where string) {
		if f.Changed || over[f.Name] {
			return
		}
		if f.Annotations == nil {
			f.Annotations = make(map[string][]string)
		}
		f.Annotations[settingMark] = []string{where}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, valueError(err)))
		} else if err := checkValue(f); err != nil {
			errs = append(errs, fmt.Errorf("%s: --%s%w", where, f.Name, err))
		}
	}
	level()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if value, ok := os.LookupEnv(variable(f.Name)); ok && !f.Changed && settable(f) {
			if value == "" {
				errs = append(errs, fmt.Errorf("%s: the variable is empty; set it to a value, or unset it", variable(f.Name)))
				return
			}
			set(f, value, variable(f.Name))
		}
	})
	for _, path := range settingsFiles() {
		level()
		settings, err := readSettings(cmd.Root(), path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, path)
		for _, s := range settings {
			if f := cmd.Flags().Lookup(s.name); f != nil && !f.Changed && settable(f) {
				for _, value := range s.values {
					f.Changed = false // lists add up within one file
					set(f, value, s.place)
				}
			}
		}
	}
	return files, errors.Join(errs...)
}

// rivalFlags are flags of which one takes the place of the other: where the command line
// has one, a setting of the other does not count.
var rivalFlags = [][2]string{{"mapping", "from"}}

// variable returns the environment variable of a flag.
func variable(flag string) string {
	return "POOLPREP_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settingsFiles returns the project file and the user file.
func settingsFiles() []string {
	files := []string{projectFile}
	if user := userFile(); user != "" {
		files = append(files, user)
	}
	return files
}

// userFile returns the path of the user's own configuration file, "" if there is no place for one.
func userFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "poolprep", "config.yaml")
}

type setting struct {
	name   string
	values []string
	place  string // file:line:column of the name
}

// readSettings reads a YAML mapping of flag names to values.
func readSettings(root *cobra.Command, path string) ([]setting, error) {
	top, err := readSettingsDocument(path)
	if top == nil || err != nil {
		return nil, err
	}
	known := flagNames(root)
	var out []setting
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		s := setting{name: key.Value, place: fmt.Sprintf("%s:%d:%d", path, key.Line, key.Column)}
		switch effect := infoNamed(s.name).effect; {
		case !slices.Contains(known, s.name):
			return nil, unknownSetting(s, known)
		case slices.ContainsFunc(out, func(other setting) bool { return other.name == s.name }):
			return nil, fmt.Errorf("%s: %s: it is set twice; several values are a list", s.place, s.name)
		case path == projectFile && !effect.forProject():
			return nil, notForProject(s, effect)
		}
		switch value.Kind {
		case yaml.ScalarNode:
			s.values = []string{value.Value}
		case yaml.SequenceNode:
			for _, item := range value.Content {
				if item.Kind != yaml.ScalarNode {
					return nil, fmt.Errorf("%s: %s: a list of plain values is expected", s.place, s.name)
				}
				s.values = append(s.values, item.Value)
			}
			if s.values == nil {
				s.values = []string{""} // stated, and empty
			}
		default:
			return nil, fmt.Errorf("%s: %s: a value or a list is expected", s.place, s.name)
		}
		out = append(out, s)
	}
	return out, nil
}

// unknownSetting names the setting that was probably meant.
func unknownSetting(s setting, known []string) error {
	if suggest.Closest(s.name, known) == "" {
		return fmt.Errorf("%s: unknown setting; expected is the name of a flag without its dashes, such as schema", s.place)
	}
	return fmt.Errorf("%s: %s", s.place, suggest.Unknown("unknown setting", s.name, known))
}

// notForProject says why a setting may not be in a project file, and where it may be.
func notForProject(s setting, e effect) error {
	places := "set it by --" + s.name + " or " + variable(s.name)
	if user := userFile(); user != "" {
		places += ", or in your own configuration, " + user
	}
	return fmt.Errorf("%s: %s: a project file says how to read and to judge, and may set nothing that %s; %s", s.place, s.name, e.verb(), places)
}

// readSettingsDocument returns the mapping in a configuration file, nil if it is empty.
func readSettingsDocument(path string) (*yaml.Node, error) {
	text, err := source.ReadFile(path, maxSettings, "configuration file")
	if err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := d.Decode(&doc); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, source.YAMLError(path, err)
	}
	if err := d.Decode(&second); err != io.EOF {
		return nil, fmt.Errorf("%s: one YAML document is expected, and this holds more", path)
	}
	top := doc.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" {
		return nil, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d:%d: a mapping of flag names to values is expected", path, top.Line, top.Column)
	}
	return top, nil
}

// flagNames returns the names of the flags of all commands that can be set.
func flagNames(root *cobra.Command) []string {
	var names []string
	eachCommand(root, func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "version" && !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		})
	})
	return names
}

// eachCommand visits a command and all below it.
func eachCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, visit)
	}
}

// unknownCommand names the subcommand that was probably meant.
func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return fmt.Errorf("unknown command %q%s; `%s --help` lists the commands", name, suggest.DidYouMean(name, names), cmd.CommandPath())
}
