package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/validate/suggest"
)

// noneWord is the word of a flag that switches off what would go without saying.
const noneWord = "none"

// maxJobs is how many workers there may be: far more than any machine gains by, for
// each has buffers of its own.
const maxJobs = 256

// span is the least and the most that the number of a flag may be; bytes of a size,
// nanoseconds of a duration.
type span struct{ least, most float64 }

// form is what the value of a flag looks like.
type form struct {
	matches func() *regexp.Regexp
	such    string // what is expected, with an example
}

// poolID is the form that the service gives the ID of a user pool.
var poolID = form{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w-]+_[0-9a-zA-Z]+$`) }), "the ID of a pool is expected, such as eu-west-1_AbCdEfGhI"}

func (s span) any() bool { return s == span{} }

// unlimited is the most of a number that may be as large as it likes.
var unlimited = math.Inf(1)

// checkArguments returns an error for flags on the command line, and arguments, whose
// values are empty or out of range. It comes before anything is read.
func checkArguments(cmd *cobra.Command, args []string) error {
	var errs []error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err := checkValue(f); err != nil {
			errs = append(errs, fmt.Errorf("--%s%w", f.Name, err))
		}
	})
	if argumentTable[nameOf(cmd)] != noPath && slices.Contains(args, "") {
		errs = append(errs, fmt.Errorf("argument %d is empty: the name of a file or directory is expected", slices.Index(args, "")+1))
	}
	if kind := argumentTable[nameOf(cmd)]; kind == keptPath && slices.ContainsFunc(args, objects.Is) {
		errs = append(errs, fmt.Errorf("%s: a history of this machine is expected; fetch it with `aws s3 cp --recursive`", args[slices.IndexFunc(args, objects.Is)]))
	} else if kind == runPath || kind == importing {
		if i := slices.IndexFunc(args, objects.Is); i >= 0 {
			errs = append(errs, fmt.Errorf("%s: a run directory of this machine is expected; fetch the run with `aws s3 cp --recursive %s DIR`", args[i], args[i]))
		}
	}
	return errors.Join(errs...)
}

// checkValue returns an error for a flag's value that is empty or out of range. Its text
// follows the name of the flag.
func checkValue(f *pflag.Flag) error {
	info := infoOf(f)
	for _, value := range flagValues(f) {
		switch name, path, ok := strings.Cut(value, "="); {
		case value == "=" && info.path != noPath: // -o= FILE
			return errors.New(" =: a name is expected; behind a flag of one letter there is no =, as in -o FILE")
		case value == "" && !info.mayBeEmpty:
			return errors.New(": the value is empty; give one, or leave it out")
		case info.form != nil && !info.form.matches().MatchString(value):
			return fmt.Errorf(" %s: %s", shellWord(value), info.form.such)
		case info.path == reportPath && ok && path == "":
			return fmt.Errorf(" %s=: a path is expected after the =; without = the report goes to the usual stream", name)
		case objects.Is(value) && info.path.local() && !info.stored:
			return fmt.Errorf(" %s: this is read from this machine only; fetch it with `aws s3 cp` (--recursive if it is a directory)", value)
		case info.path == outPath && objects.Is(value), info.path == reportPath && objects.Is(path):
			return fmt.Errorf(" %s: only an --out-dir may be in S3; write a file, and send it with `aws s3 cp FILE %s`", value, value[strings.Index(value, objects.Prefix):])
		}
	}
	if info.span.any() {
		return nil
	}
	return info.span.check(f.Value)
}

// check returns an error for a number out of the span, with what is expected.
func (s span) check(value pflag.Value) error {
	text := value.String()
	number, err := strconv.ParseFloat(text, 64)
	what, show := "a number", func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	switch value.Type() {
	case "duration":
		var d time.Duration
		d, err = time.ParseDuration(text)
		number = float64(d)
		what, show = "a duration", func(n float64) string { return time.Duration(n).String() }
	case new(size).Type():
		what, show = "a size", func(n float64) string { return humanize.IBytes(uint64(n)) }
	}
	switch {
	case err == nil && number >= s.least && number <= s.most:
		return nil
	case !math.IsInf(s.most, 1):
		return fmt.Errorf(" %s: %s from %s to %s is expected", text, what, show(s.least), show(s.most))
	case what == "a duration" && s.least > 0:
		return fmt.Errorf(" %s: %s of more than 0 is expected, such as 2s", text, what)
	}
	return fmt.Errorf(" %s: %s of %s or more is expected", text, what, show(s.least))
}

// flagError says what is wrong with a flag of the command line: which was probably meant, or
// what its value must be.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &bare):
		return fmt.Errorf("--%s: a value is expected behind it", bare.GetFlag().Name)
	}
	return valueError(err)
}

// unknownFlag names the flag that was probably meant.
func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	if letters := []rune(err.GetSpecifiedShortnames()); len(letters) > 0 {
		return fmt.Errorf("unknown flag -%c; `%s --help` lists the flags", letters[0], cmd.CommandPath())
	}
	name := err.GetSpecifiedName()
	if c := suggest.Closest(name, flagsOf(cmd)); c != "" {
		return fmt.Errorf("unknown flag --%s, did you mean --%s?", name, c)
	}
	return fmt.Errorf("unknown flag --%s; `%s --help` lists the flags", name, cmd.CommandPath())
}

// flagsOf returns the names of the flags of a command.
func flagsOf(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// takes returns a check that a command gets from least to most arguments.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		want := ""
		switch {
		case most == 0:
			want = "no argument is"
		case least == most:
			want = count(int64(least), "argument") + isOrAre(least)
		case most == unbounded:
			want = "at least " + count(int64(least), "argument") + isOrAre(least)
		default:
			want = "at most " + count(int64(most), "argument") + isOrAre(most)
		}
		return fmt.Errorf("%s expected, `%s`; got %d", want, cmd.UseLine(), len(args))
	}
}

// unbounded is the most arguments of a command that takes any number.
const unbounded = math.MaxInt

func isOrAre(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}
