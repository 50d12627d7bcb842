package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/escape"
)

// recordedCommand returns the command line of a conversion for the manifest: convert,
// and --NAME=VALUE for each flag that was set, in whatever way. Paths are absolute.
func recordedCommand(fs *pflag.FlagSet) []string {
	command := []string{"convert"}
	fs.Visit(func(f *pflag.Flag) {
		info := infoOf(f)
		if info.replay < forSources {
			return
		}
		for _, value := range flagValues(f) {
			if info.path != noPath && value != noneWord {
				if path, err := filepath.Abs(value); err == nil {
					value = path
				}
			}
			command = append(command, "--"+f.Name+"="+value)
		}
	})
	return command
}

// retryCommand returns the command that converts the file for retries, as it stands. byChunks:
// the file holds rows of the chunks.
func retryCommand(s *streams, run *importjob.RunDir, byChunks bool) string {
	convert, _, err := newRoot(s).Find([]string{"convert"})
	if err != nil {
		panic(err) // there is such a command
	}
	words := []string{"poolprep", "convert"}
	add := func(name, value string) {
		words = append(words, flagWords(convert.Flags().Lookup(name), name, value)...)
	}
	for _, text := range readingFlags(run.Manifest, byChunks) {
		name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		if infoNamed(name).path != noPath && value != noneWord {
			value = nearPath(value)
		}
		add(name, value)
	}
	if byChunks {
		add("dialect", "cognito")
	}
	// Settings of the environment or of a file that would change what is read.
	if _, err := applySettings(convert); err == nil {
		if byChunks && setsMapping(convert.Flags()) {
			add("mapping", noneWord)
		}
		if f := convert.Flags().Lookup("encoding"); !isAuto(f.Value.String()) && !slices.Contains(words, "--encoding") {
			add("encoding", "utf-8")
		}
	}
	words = append(words, "--out-dir", freshDirectory(run.Path), filepath.Join(run.Path, run.RetryFile(byChunks)))
	for i := range words {
		words[i] = shellWord(words[i])
	}
	text := "  " + strings.Join(words, " ")
	switch {
	case run.Manifest.Command != nil:
		return text
	case byChunks: // of an older poolprep, which did not note the flags
		return text + "    (and --schema and --password-hash as before, but no --mapping)"
	}
	return text + "    (and all other flags as before)"
}

// setsMapping reports whether a flag, in whatever way it was set, names a mapping.
func setsMapping(fs *pflag.FlagSet) bool {
	file, preset := fs.Lookup("mapping").Value.String(), fs.Lookup("from").Value.String()
	return preset != "" || file != "" && file != noneWord
}

// readingFlags returns the flags that read the file for retries as the source was read. It is in
// UTF-8, whatever the source was in, and its delimiter is stated, not detected again.
func readingFlags(m *sink.Manifest, byChunks bool) (flags []string) {
	stated := map[string]string{}
	for _, text := range m.Command[min(1, len(m.Command)):] {
		name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		stated[name] = value
		if value == "" && !infoNamed(name).mayBeEmpty || name == "encoding" || name == "dialect" && (value == "auto" || value == "json" && !byChunks) || name == "delimiter" && value == "auto" || byChunks && infoNamed(name).replay != forChunks {
			continue
		}
		flags = append(flags, text)
	}
	if byChunks || len(m.Sources) == 0 {
		return flags
	}
	first := &m.Sources[0]
	if first.Delimiter == "" && (isAuto(stated["dialect"]) || stated["dialect"] == "json") {
		flags = append(flags, "--dialect=ndjson")
	}
	delimiter, _ := validate.ParseDelimiter(first.Delimiter) // 0 for one that is no word
	if isAuto(stated["delimiter"]) && slices.Contains([]string{"", "auto", "csv"}, stated["dialect"]) && delimiter != 0 {
		flags = append(flags, "--delimiter="+first.Delimiter)
	}
	if !isAuto(stated["encoding"]) || slices.ContainsFunc(m.Sources, func(s sink.Source) bool { return s.Charset != "utf-8" }) {
		flags = append(flags, "--encoding=utf-8")
	}
	return flags
}

// isAuto reports whether a value leaves it to poolprep to find out.
func isAuto(value string) bool { return value == "" || value == "auto" }

// flagWords returns a flag with its value as words of a command line. f is nil for a
// flag that this version does not know.
func flagWords(f *pflag.Flag, name, value string) []string {
	switch {
	case f != nil && f.NoOptDefVal != "" && value == f.NoOptDefVal:
		return []string{"--" + name}
	case f == nil || f.NoOptDefVal != "" || strings.HasPrefix(value, "-"):
		return []string{"--" + name + "=" + value}
	}
	return []string{"--" + name, value}
}

// nearPath returns a path relative to the working directory if it lies there.
func nearPath(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	near, err := filepath.Rel(here, path)
	if err != nil || !filepath.IsLocal(near) {
		return path
	}
	return near
}

// freshDirectory returns a name beside a run directory that nothing has.
func freshDirectory(dir string) string {
	if base := filepath.Base(dir); base == "." || base == ".." {
		if path, err := filepath.Abs(dir); err == nil {
			dir = path
		}
	}
	name := dir + "-retry"
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = fmt.Sprintf("%s-retry-%d", dir, n)
	}
}

// shellWord returns a word as a POSIX shell takes it, or if it holds control characters
// as bash, zsh and ksh do.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_@%+=:,./-", r)
	}
	switch {
	case word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0:
		return word
	case escape.String(word) == word:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(word) {
		switch c := word[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7F:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}
