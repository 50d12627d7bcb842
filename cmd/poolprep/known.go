package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/transform"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/source"
)

// knownRuns are the runs whose users count as taken: those of the inputs that are
// rejects or retries of a run, those that these runs knew, and those of --known.
type knownRuns struct {
	runs []*importjob.RunDir
	real []string // of each run, the path without links
	// withoutFailed says of each run that the rows which its import failed do not
	// count: they are in retry.csv, and so among the inputs of a later run.
	withoutFailed []bool
}

// findKnown returns the runs that --known and the inputs name. outDir is the directory
// that is written, or "".
func findKnown(flags, files []string, outDir string, stdin *os.File) (*knownRuns, error) {
	k := &knownRuns{}
	automatic := true
	for _, dir := range flags {
		if dir == noneWord {
			automatic = false
		}
	}
	for _, dir := range flags {
		if dir == noneWord {
			continue
		}
		if err := k.add(dir, false, automatic); err != nil {
			return nil, fmt.Errorf("--known: %w", err)
		}
	}
	for _, file := range files {
		if dir, retry := runOf(file, stdin); automatic && dir != "" {
			if err := k.add(dir, retry, true); err != nil {
				return nil, fmt.Errorf("%w; with --known none it is left out", err)
			}
		}
	}
	for i, run := range k.runs {
		if out := realPath(outDir); outDir != "" && out == k.real[i] {
			return nil, fmt.Errorf("%s is --out-dir and a run whose users count as taken; choose another directory for the output", run.Path)
		}
	}
	return k, nil
}

// realPath returns an absolute path without links.
func realPath(path string) string {
	names := namesOf(path)
	return names[len(names)-1]
}

// runOf returns the run directory that a file with rejects or retries is in, "" if it
// is none, and whether they are retries.
func runOf(file string, stdin *os.File) (dir string, retry bool) {
	if file == "-" {
		path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", stdin.Fd()))
		if err != nil {
			return "", false
		}
		file = path
	}
	for _, name := range append([]string{file}, namesOf(file)...) {
		base := filepath.Base(name)
		retry = strings.HasPrefix(base, "retry")
		dir = filepath.Dir(name)
		if (retry || strings.HasPrefix(base, "rejects")) && sink.HoldsRun(dir) {
			return fromHere(dir), retry
		}
	}
	return "", false
}

// fromHere returns a path as seen from the working directory, if it is below that.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(realPath(here), path)
	if err != nil || !filepath.IsAbs(path) || !filepath.IsLocal(rel) {
		return path
	}
	return rel
}

// add adds a run and, with follow, those that it knew.
func (k *knownRuns) add(dir string, withoutFailed, follow bool) error {
	real := realPath(dir)
	for i := range k.runs {
		if k.real[i] == real {
			k.withoutFailed[i] = k.withoutFailed[i] || withoutFailed
			return nil
		}
	}
	run, err := importjob.OpenRun(dir)
	if err != nil {
		return err
	}
	k.runs, k.real, k.withoutFailed = append(k.runs, run), append(k.real, real), append(k.withoutFailed, withoutFailed)
	if !follow {
		return nil
	}
	for _, earlier := range run.Manifest.Known {
		path := earlier.Dir
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if err := k.add(path, earlier.WithoutFailed, true); err != nil {
			return fmt.Errorf("%s, whose rows came from there: %w", dir, err)
		}
	}
	return nil
}

// learn makes claims of the users of all runs, and says so with say.
func (k *knownRuns) learn(ctx context.Context, claims *validate.Claims, rules validate.Options, workers int, say func(string)) error {
	if len(k.runs) == 0 || rules.NoDuplicates {
		return nil
	}
	claims.Know(len(k.runs))
	for i, run := range k.runs {
		known := transform.KnownRun{Dir: run.Path, Manifest: run.Manifest}
		note := ""
		if k.withoutFailed[i] {
			failed, err := run.FailedRows()
			if err != nil {
				return err
			}
			known.Except = failed.Has
			if n := failed.Len(); n > 0 {
				note = fmt.Sprintf(", without the %s that failed", humanize.Comma(n))
			}
		}
		users, err := source.Await(ctx, func() (int64, error) { return known.Learn(ctx, claims, rules, workers) })
		if err != nil {
			return err
		}
		say(fmt.Sprintf("The names of %s in %s count as taken%s (--known none: they do not).", humanize.Comma(users)+" "+english.PluralWord(int(users), "user", ""), run.Path, note))
	}
	return nil
}

// forManifest describes the runs as seen from a new run directory.
func (k *knownRuns) forManifest(outDir string) []sink.KnownRun {
	var out []sink.KnownRun
	for i := range k.runs {
		dir := k.real[i]
		if rel, err := filepath.Rel(realPath(outDir), dir); err == nil {
			dir = rel
		}
		out = append(out, sink.KnownRun{Dir: dir, WithoutFailed: k.withoutFailed[i]})
	}
	return out
}

// learnKnown makes claims of the users of other runs, as the flags and inputs say.
func (f *ruleFlags) learnKnown(ctx context.Context, files []string, outDir string, s *streams, claims *validate.Claims, rules validate.Options, workers int, quiet bool) (*knownRuns, error) {
	if rules.NoDuplicates {
		for _, dir := range f.known {
			if dir != noneWord {
				return nil, errors.New("--known needs the duplicate check: it does not go with --duplicates off")
			}
		}
		return &knownRuns{}, nil
	}
	k, err := findKnown(f.known, files, outDir, s.in)
	if err != nil {
		return nil, err
	}
	return k, k.learn(ctx, claims, rules, workers, func(text string) {
		if !quiet {
			printf(s.err, "%s\n", text)
		}
	})
}
