package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"poolprep/transform/legacy"
	"poolprep/validate/shard"
	"poolprep/validate/source"
	"poolprep/validate/suggest"
)

// This file has the flags of `poolprep plan` for jobs without a plan. They are written down
// as poolprep records them, and read from there as those of a plan are: see planned.

// autoWord is the --from that stands for the preset that fits.
const autoWord = "auto"

// statedFlag is a flag that says how inputs are read, judged or mapped.
type statedFlag struct {
	name, usage string
	words       []string // that are allowed; nil: any text
	form        form
	reading     bool // it says how the inputs are written
	apart       bool // the command of a run does not record it
}

// form is that of a value.
type form uint8

const (
	aText     form = iota
	aSwitch        // true or false
	aByte          // one byte, or one of words
	aSize          // bytes, with or without a unit
	aNumber        // from 0
	aList          // words with commas between, perhaps none; several flags add up
	aFile          // a path, the same for all workers
	aFileEach      // the same, repeatable
	aTextEach      // repeatable
)

// repeats reports whether each use of the flag is written down.
func (f form) repeats() bool { return f == aFileEach || f == aTextEach }

// statedFlags are the flags, as poolprep has them.
var statedFlags = []statedFlag{
	{name: "dialect", words: []string{"auto", "csv", "cognito", "tsv", "ndjson", "json"}, reading: true, usage: "how the input is written: csv, cognito, tsv, ndjson, json or auto"},
	{name: "delimiter", reading: true, usage: "field delimiter: one byte, or comma, semicolon, tab or pipe; auto detects it"},
	{name: "quote", form: aByte, words: []string{"none"}, reading: true, usage: "quote character: one byte, or none"},
	{name: "escape", form: aByte, reading: true, usage: "escape character: one byte"},
	{name: "lenient-quotes", form: aSwitch, reading: true, usage: "read broken quoting as a spreadsheet does"},
	{name: "trim-fields", form: aSwitch, reading: true, usage: "ignore blanks at both ends of a field"},
	{name: "ragged", words: []string{"reject", "pad"}, reading: true, usage: "records with too few or too many fields: reject or pad"},
	{name: "blank-lines", words: []string{"skip", "keep"}, reading: true, usage: "blank lines: skip or keep"},
	{name: "comment", reading: true, usage: "skip lines that begin with this prefix"},
	{name: "skip-lines", form: aNumber, reading: true, apart: true, usage: "number of lines to skip before the header"},
	{name: "no-header", form: aSwitch, reading: true, usage: "the first record is a row; columns are named by number, from 1"},
	{name: "encoding", reading: true, usage: "character set, such as windows-1252, or auto"},
	{name: "max-record-bytes", form: aSize, reading: true, usage: "maximum size of a record"},
	{name: "max-expanded", form: aSize, reading: true, apart: true, usage: "maximum size of decompressed data"},

	{name: "schema", form: aFileEach, usage: "schema of the pool, a file that all workers reach (repeatable)"},
	{name: "auto-verified", form: aList, usage: "attributes that the pool verifies automatically"},
	{name: "required", form: aList, usage: "attributes that the pool requires"},
	{name: "username-attributes", form: aList, usage: "attributes that serve as the username"},
	{name: "alias-attributes", form: aList, usage: "attributes that serve as an alias of the username"},
	{name: "case-sensitive", form: aSwitch, usage: "usernames are case-sensitive, unless =false"},
	{name: "mfa", words: []string{"off", "optional", "on"}, usage: "multi-factor authentication of the pool: off, optional or on"},
	{name: "password-hash", words: []string{"none", "auto", "bcrypt", "scrypt", "argon2id", "pbkdf2-sha256"}, usage: "algorithm of the password hashes to import, none or auto"},

	{name: "rules", words: []string{"2026", "2023"}, usage: "edition of the service's rules: 2026 or 2023"},
	{name: "severity", form: aTextEach, usage: "level of a finding, CODE=LEVEL (repeatable)"},
	{name: "duplicates", words: []string{"exact", "off"}, usage: "check for duplicates across all input: exact or off"},
	{name: "null", form: aTextEach, usage: "treat a value that is exactly this word as empty (repeatable)"},

	{name: "mapping", form: aFile, words: []string{noneWord}, usage: "mapping file, which all workers reach; none: columns are matched by name"},
	{name: "from", words: append(legacy.Names(), autoWord), usage: "preset for the exports of a system; auto: the one that fits"},
	{name: "default-region", usage: "country of phone numbers that state none, two letters"},
	{name: "assume-verified", form: aList, words: []string{"email", "phone_number"}, usage: "take addresses as verified where the source does not say it"},
	{name: "join", form: aFile, usage: "second file of the export, which all workers reach"},
	{name: "no-repair", form: aSwitch, usage: "do not repair values"},
	{name: "backslash", words: []string{"reject", "strip", "double"}, usage: "an ambiguous backslash: reject the row, or strip or double it"},
}

// stated are the values of the flags that were set.
type stated map[string][]string

// add adds the flags.
func (s stated) add(fs *flag.FlagSet) {
	for _, f := range statedFlags {
		fs.Var(&statedValue{f, s}, f.name, "with --input: "+f.usage)
	}
}

// statedValue is a flag.Value.
type statedValue struct {
	statedFlag
	all stated
}

func (v *statedValue) String() string {
	if v == nil || v.all == nil {
		return ""
	}
	return strings.Join(v.all[v.name], ",")
}

// IsBoolFlag says that the flag may stand alone.
func (v *statedValue) IsBoolFlag() bool { return v.form == aSwitch }

// Set notes a value as poolprep would write it down.
func (v *statedValue) Set(text string) error {
	text, err := v.written(text)
	if err != nil {
		return err
	}
	switch before := v.all[v.name]; {
	case v.form.repeats():
		v.all[v.name] = append(before, text)
	case v.form == aList && len(before) > 0 && before[0] != "" && text != "":
		v.all[v.name] = []string{before[0] + "," + text}
	case v.form == aList && len(before) > 0 && text == "":
	default:
		v.all[v.name] = []string{text}
	}
	return nil
}

// parseSize reads a number of bytes, with or without a unit.
func parseSize(text string) (int64, error) {
	n, err := humanize.ParseBytes(text)
	if err != nil || n < 1 || n > 1<<62 {
		return 0, errors.New("bytes are expected, at least 1, or a number with a unit such as 64KiB or 100MB")
	}
	return int64(n), nil
}

// written returns how a value is written down.
func (v *statedValue) written(text string) (string, error) {
	switch v.form {
	case aSwitch:
		b, err := strconv.ParseBool(text)
		return strconv.FormatBool(b), err
	case aSize:
		n, err := parseSize(text)
		return strconv.FormatInt(n, 10), err
	case aNumber:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return "", errors.New("a number from 0 is expected")
		}
		return strconv.Itoa(n), nil
	case aByte:
		if len(text) != 1 && !slices.Contains(v.words, text) {
			return "", errors.New("one byte is expected" + strings.Join(append([]string{""}, v.words...), ", or "))
		}
		return text, nil
	case aList:
		list := strings.Split(text, ",")
		for _, word := range list {
			if text != "" && (word == "" || v.words != nil && !slices.Contains(v.words, word)) {
				return "", errors.New("names with commas between are expected" + suggest.DidYouMean(word, v.words))
			}
		}
		return text, nil
	case aFile, aFileEach:
		switch {
		case slices.Contains(v.words, text):
			return text, nil
		case text == "" || source.Stored(text):
			return "", errors.New("a file is expected that all workers reach by this path")
		}
		return filepath.Abs(text)
	}
	if text == "" {
		return "", errors.New("the value is empty; give one, or leave it out")
	}
	if v.words != nil && !slices.Contains(v.words, text) {
		return "", fmt.Errorf("one of %s is expected%s", strings.Join(v.words, ", "), suggest.DidYouMean(text, v.words))
	}
	return text, nil
}

// recorded returns the flags as a plan of poolprep records them: the command of the run, and
// what says how the inputs are written.
func (s stated) recorded() (command, reading []string) {
	command = []string{shard.ForConvert}
	for _, f := range slices.SortedFunc(slices.Values(statedFlags), func(a, b statedFlag) int { return cmp.Compare(a.name, b.name) }) {
		for _, value := range s[f.name] {
			text := "--" + f.name + "=" + value
			if !f.apart {
				command = append(command, text)
			}
			if f.reading {
				reading = append(reading, text)
			}
		}
	}
	return command, reading
}

// check returns an error for flags that do not go together.
func (s stated) check() error {
	has := func(name string) bool { return len(s[name]) > 0 && s[name][0] != "false" }
	first := func(name string) string { return strings.Join(s[name], "") }
	region := strings.ToUpper(first("default-region"))
	switch dialect := first("dialect"); {
	case has("from") && has("mapping"):
		return errors.New("--from and --mapping exclude each other")
	case (dialect == "ndjson" || dialect == "json") && (has("delimiter") || has("escape") || has("lenient-quotes") || has("trim-fields") || has("no-header")):
		return fmt.Errorf("--dialect %s has neither delimiters, quotes and escapes nor a header to say something about", dialect)
	case region != "" && (len(region) != 2 || strings.Trim(region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != ""):
		return errors.New("--default-region: the two letters of a country are expected, such as US or DE")
	}
	return nil
}
