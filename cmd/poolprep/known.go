package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/transform/known"
	"poolprep/validate/judge"
	"poolprep/validate/ledger"
)

// learnKnown makes the ledger know the users of other runs, as the flags and inputs say. outDir
// is the directory that is written, or "".
func (f *ruleFlags) learnKnown(ctx context.Context, files []string, outDir string, s *streams, l *ledger.Ledger, rules judge.Options, workers int, quiet bool) (*known.Runs, error) {
	dirs := slices.DeleteFunc(slices.Clone(f.known), func(dir string) bool { return dir == noneWord })
	if rules.NoDuplicates {
		if len(dirs) > 0 {
			return nil, errors.New("--known needs the duplicate check: it does not go with --duplicates off")
		}
		return &known.Runs{}, nil
	}
	runs, err := known.Find(known.Options{
		Dirs: dirs, OnlyDirs: slices.Contains(f.known, noneWord), Inputs: pathsOf(files, s.in), Open: openKnown, Failed: failedRows,
	})
	if err != nil {
		return nil, err
	}
	if outDir != "" {
		if run := runs.At(outDir); run != nil {
			return nil, fmt.Errorf("%s is --out-dir and a run whose users count as taken; choose another directory for the output", run.Path)
		}
	}
	return runs, runs.Learn(ctx, l, rules, workers, func(learnt known.Learning) {
		if quiet {
			return
		}
		note := ""
		if learnt.Failed > 0 {
			note = fmt.Sprintf(", without the %s that failed", humanize.Comma(learnt.Failed))
		}
		printf(s.err, "The names of %s in %s count as taken%s (--known none: they do not).\n", count(learnt.Users, "user"), learnt.Run.Path, note)
	})
}

// pathsOf returns the paths of the inputs, as far as they are files.
func pathsOf(files []string, stdin *os.File) (paths []string) {
	for _, file := range files {
		if file == "-" {
			var err error
			if file, err = os.Readlink(fmt.Sprintf("/proc/self/fd/%d", stdin.Fd())); err != nil {
				continue
			}
		}
		paths = append(paths, file)
	}
	return paths
}

func openKnown(dir string) (*known.Run, error) {
	run, err := importjob.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	return &known.Run{Path: run.Path, Manifest: run.Manifest, Sum: run.Sum}, nil
}

func failedRows(run *known.Run) (known.FailedRows, error) {
	dir := importjob.RunDir{Path: run.Path, Manifest: run.Manifest, Sum: run.Sum}
	return dir.FailedRows()
}

// lostError says which runs are not where they were, and the commands that go on: with
// them where they are, and without them.
func lostError(err *known.LostError) error {
	var said, with []string
	for _, run := range err.Runs.All() {
		if run.Stated && !slices.Contains(os.Args, run.Path) { // by a setting, which a flag overrides
			with = append(with, run.Path)
		}
	}
	for i := range err.Lost {
		l := &err.Lost[i]
		what := l.String()
		if errors.Is(l.Why, known.ErrOther) {
			what += " (--known " + shellWord(l.Path) + " takes that one)"
		}
		said = append(said, what)
		dir := l.FoundIn()
		if dir == "" {
			dir = "DIR"
		}
		if dir == "DIR" || !slices.Contains(with, dir) {
			with = append(with, dir)
		}
	}
	text := strings.Join(said, "; ") + ". Users of earlier runs count as taken, so say where they are"
	if slices.Contains(with, "DIR") {
		text += ", with the directory in place of DIR"
	}
	without := []string{noneWord}
	for _, run := range err.Runs.All() {
		without = append(without, run.Path)
	}
	return fmt.Errorf("%s: `%s`. Without them, so that a person may get a second account: `%s`", text, withKnown(with), withKnown(without))
}

// withKnown returns the command line of this process with --known flags more.
func withKnown(dirs []string) string {
	words := []string{"poolprep"}
	for i, arg := range os.Args[1:] {
		words = append(words, shellWord(arg))
		if i > 0 { // the first is the command
			continue
		}
		for _, dir := range dirs {
			words = append(words, "--known", shellWord(dir))
		}
	}
	return strings.Join(words, " ")
}
