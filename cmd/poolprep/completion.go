package main

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/emulator"
	"poolprep/validate/escape"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// completer proposes values of a flag, or arguments. Proposals may have a description
// behind a tab.
type completer = cobra.CompletionFunc

// completer returns what proposes the values of the flag. It is nil where the shell's own
// file names will do.
func (i *flagInfo) completer() completer {
	switch i.offers {
	case offerColumns:
		return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completeList(poolColumns(cmd), typed)
		}
	case offerLevels:
		return completeLevels
	case offerCharsets:
		return fixed(append([]string{"auto"}, source.Charsets()...))
	case offerFormats:
		return completeReport
	case offerDirOrNone:
		return completeDirectoryOrNone
	case offerFaults:
		return completeFault
	case offerMessages:
		return completeMessage
	}
	switch {
	case i.list:
		return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completeList(i.words, typed)
		}
	case i.words != nil:
		return fixed(i.words)
	}
	return completePath(i.path, i.ext)
}

// completePath proposes what a path may name.
func completePath(kind pathKind, ext []string) completer {
	switch kind {
	case noPath:
		return cobra.NoFileCompletions
	case runPath, importing, outDirPath, statePath, historyPath, keptPath:
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	}
	if ext != nil {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ext, cobra.ShellCompDirectiveFilterFileExt
		}
	}
	return nil
}

// fixed proposes words in their order.
func fixed(words []string) completer {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
}

// completeList proposes words behind those that a list with commas has already.
func completeList(words []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	have := strings.Split(before, ",")
	var out []string
	for _, w := range words {
		if !slices.Contains(have, w) {
			out = append(out, before+w)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// poolColumns returns the columns of the pool that the command line and the settings
// describe, and of the default pool if that cannot be read.
func poolColumns(cmd *cobra.Command) []string {
	if !slices.ContainsFunc(settingsFiles(), isSpecial) {
		_, _ = applySettings(cmd)
	}
	pool := schema.Default()
	if list, ok := valueOf(cmd.Flags(), "schema").(pflag.SliceValue); ok && allRegular(list.GetSlice()) {
		if p, err := schema.Load(list.GetSlice()); err == nil {
			pool = p
		}
	}
	var out []string
	for _, name := range pool.Header {
		if !strings.HasPrefix(name, "cognito:") && escape.String(name) == name {
			out = append(out, name)
		}
	}
	return out
}

// valueOf returns the value of a flag, nil if the command has no such flag.
func valueOf(fs *pflag.FlagSet, name string) pflag.Value {
	if f := fs.Lookup(name); f != nil {
		return f.Value
	}
	return nil
}

// isSpecial reports whether a path is there and is no regular file, so that reading it
// may wait.
func isSpecial(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

// allRegular reports whether all paths are files that can be read without waiting.
func allRegular(paths []string) bool {
	return !slices.ContainsFunc(paths, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || !info.Mode().IsRegular()
	})
}

// completeLevels proposes codes, and behind the equals sign the levels.
func completeLevels(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	name, _, hasLevel := strings.Cut(typed, "=")
	var out []string
	if !hasLevel {
		for _, c := range rule.Codes() {
			if info := c.Info(); !info.Fixed() {
				out = append(out, cobra.CompletionWithDesc(c.String()+"=", firstSentence(info.Rule())))
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	for _, s := range []rule.Severity{rule.Error, rule.Warning, rule.Hint, rule.Off} {
		out = append(out, name+"="+s.String())
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// firstSentence returns what a shell has room for.
func firstSentence(text string) string {
	text, _, _ = strings.Cut(text, ". ")
	return strings.TrimSuffix(text, ".")
}

// completeReport proposes the formats, and behind the equals sign files.
func completeReport(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	if format, path, ok := strings.Cut(typed, "="); ok {
		return completeFiles(format+"=", path)
	}
	out := report.Formats()
	for _, format := range report.Formats() {
		out = append(out, format+"=")
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeFiles proposes files behind a prefix that the shell does not know.
func completeFiles(prefix, path string) ([]string, cobra.ShellCompDirective) {
	dir := path[:strings.LastIndexByte(path, '/')+1]
	entries, _ := os.ReadDir(cmp.Or(dir, ".")) // none, if it cannot be read
	var out []string
	for _, e := range entries {
		name := dir + e.Name()
		if e.IsDir() {
			name += "/"
		}
		if strings.HasPrefix(name, path) && escape.String(name) == name {
			out = append(out, prefix+name)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeDirectoryOrNone proposes the word none and directories.
func completeDirectoryOrNone(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	if typed != "" && strings.HasPrefix("none", typed) {
		return []string{"none"}, cobra.ShellCompDirectiveDefault
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeFault proposes the operations, and behind the colon the kinds.
func completeFault(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	operation, kind, ok := strings.Cut(typed, ":")
	var out []string
	switch {
	case !ok:
		for _, name := range emulator.FaultTargets() {
			out = append(out, name+":")
		}
	case !strings.Contains(kind, ":"):
		for _, k := range emulator.FaultKinds(operation) {
			out = append(out, operation+":"+k+":")
		}
	default:
		if before, n, _ := strings.Cut(kind, ":"); n == "" {
			out = append(out, operation+":"+before+":1")
		}
	}
	return out, directive
}

// completeMessage proposes codes whose message can be set.
func completeMessage(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var out []string
	if !strings.Contains(typed, "=") {
		for _, c := range rule.Codes() {
			out = append(out, cobra.CompletionWithDesc(c.String()+"=", firstSentence(c.Info().Rule())))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeCode proposes the codes of findings.
func completeCode(_ *cobra.Command, have []string, _ string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, c := range rule.Codes() {
		if !slices.Contains(have, c.String()) {
			out = append(out, cobra.CompletionWithDesc(c.String(), firstSentence(c.Info().Rule())))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeHelp proposes commands and topics.
func completeHelp(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	c := cmd.Root()
	for _, name := range args {
		if c = subcommand(c, name); c == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
	var out []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			out = append(out, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeArguments proposes the arguments of a command by what they are.
func completeArguments(c *cobra.Command) {
	if c.ValidArgsFunction != nil || c.HasSubCommands() {
		return
	}
	kind, takesSome := argumentTable[nameOf(c)]
	if !takesSome {
		c.ValidArgsFunction = cobra.NoFileCompletions
		return
	}
	var ext []string
	if nameOf(c) == "mapping check" {
		ext = infoNamed("mapping").ext
	}
	propose := completePath(kind, ext)
	if kind != importing && ext == nil {
		c.ValidArgsFunction = propose
		return
	}
	c.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 { // these commands take one
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return propose(cmd, args, typed)
	}
}
