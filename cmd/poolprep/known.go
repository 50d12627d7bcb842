package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/transform"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/source"
)

// knownRun is a run whose users count as taken.
type knownRun struct {
	*importjob.RunDir
	real string // its path without links
	// withoutFailed says that the rows which its import failed do not count: they are in
	// retry.csv, and so among the inputs of a later run.
	withoutFailed bool
	stated        bool // by --known
}

// knownRuns are the runs whose users count as taken: those of the inputs that are
// rejects or retries of a run, those that these runs knew, and those of --known.
type knownRuns struct{ runs []*knownRun }

// findKnown returns the runs that --known and the inputs name. outDir is the directory
// that is written, or "".
func findKnown(flags, files []string, outDir string, stdin *os.File) (*knownRuns, error) {
	k := &knownRuns{}
	for _, dir := range flags {
		if dir == noneWord {
			continue
		}
		run, err := k.open(dir)
		if err != nil {
			return nil, fmt.Errorf("--known: %w", err)
		}
		run.stated = true
	}
	automatic := !slices.Contains(flags, noneWord)
	for _, file := range files {
		dir, retry := runOf(file, stdin)
		if dir == "" {
			continue
		}
		run := k.at(realPath(dir))
		if run == nil && automatic {
			var err error
			if run, err = k.open(dir); err != nil {
				return nil, fmt.Errorf("%w; with --known none it is left out", err)
			}
		}
		if run != nil {
			run.withoutFailed = run.withoutFailed || retry
		}
	}
	if err := k.follow(automatic); err != nil {
		return nil, err
	}
	for _, run := range k.runs {
		if outDir != "" && realPath(outDir) == run.real {
			return nil, fmt.Errorf("%s is --out-dir and a run whose users count as taken; choose another directory for the output", run.Path)
		}
	}
	return k, nil
}

// at returns the run in a directory, given without links, or nil.
func (k *knownRuns) at(real string) *knownRun {
	for _, run := range k.runs {
		if run.real == real {
			return run
		}
	}
	return nil
}

// open adds the run in a directory, unless it is there already.
func (k *knownRuns) open(dir string) (*knownRun, error) {
	if run := k.at(realPath(dir)); run != nil {
		return run, nil
	}
	opened, err := importjob.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	run := &knownRun{RunDir: opened, real: realPath(dir)}
	k.runs = append(k.runs, run)
	return run, nil
}

// follow adds the runs that the runs knew, if openMore is set, and takes over which rows
// of theirs do not count.
func (k *knownRuns) follow(openMore bool) error {
	var lost []lostRun
	for i := 0; i < len(k.runs); i++ { // which grows
		run := k.runs[i]
		for _, earlier := range run.Manifest.Known {
			path := earlier.Dir
			if !filepath.IsAbs(path) {
				path = filepath.Join(run.Path, path)
			}
			found := k.same(run, earlier, path)
			if found == nil && openMore {
				var why string
				if found, why = k.openSame(earlier, path); why != "" {
					lost = append(lost, lostRun{by: run, KnownRun: earlier, path: path, why: why})
				}
			}
			if found != nil {
				found.withoutFailed = found.withoutFailed || earlier.WithoutFailed
			}
		}
	}
	if len(lost) > 0 {
		return k.lostError(lost)
	}
	return nil
}

// realPath returns an absolute path without links.
func realPath(path string) string {
	names := namesOf(path)
	return names[len(names)-1]
}

// runOf returns the run directory that a file with rejects or retries is in, "" if it
// is none, and whether they are retries. Every file in a run directory that is none of its
// chunks is taken for rejects, whatever its name: they may have been mended in a copy.
func runOf(file string, stdin *os.File) (dir string, retry bool) {
	if file == "-" {
		path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", stdin.Fd()))
		if err != nil {
			return "", false
		}
		file = path
	}
	for _, name := range append([]string{file}, namesOf(file)...) {
		dir, base := filepath.Dir(name), filepath.Base(name)
		if sink.HoldsRun(dir) && !isChunk(dir, base) {
			return fromHere(dir), strings.HasPrefix(base, "retry")
		}
	}
	return "", false
}

// isChunk reports whether a file in a run directory is one of its import files, perhaps
// decompressed or compressed since.
func isChunk(dir, name string) bool {
	plain := func(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst") }
	m, err := sink.ReadManifest(dir)
	return err == nil && slices.ContainsFunc(m.Chunks, func(c sink.Chunk) bool { return plain(c.File) == plain(name) })
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

// learn makes the ledger know the users of all runs, and says so with say.
func (k *knownRuns) learn(ctx context.Context, l *ledger.Ledger, rules validate.Options, workers int, say func(string)) error {
	if len(k.runs) == 0 || rules.NoDuplicates {
		return nil
	}
	l.Know(len(k.runs))
	for _, run := range k.runs {
		known := transform.KnownRun{Dir: run.Path, Manifest: run.Manifest}
		note := ""
		if run.withoutFailed {
			failed, err := run.FailedRows()
			if err != nil {
				return err
			}
			known.Except = failed.Has
			if n := failed.Len(); n > 0 {
				note = fmt.Sprintf(", without the %s that failed", humanize.Comma(n))
			}
		}
		users, err := source.Await(ctx, func() (int64, error) { return known.Learn(ctx, l, rules, workers) })
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
	for _, run := range k.runs {
		dir := run.real
		if rel, err := filepath.Rel(realPath(outDir), dir); err == nil {
			dir = rel
		}
		out = append(out, sink.KnownRun{Dir: dir, Manifest: run.Sum, WithoutFailed: run.withoutFailed})
	}
	return out
}

// learnKnown makes the ledger know the users of other runs, as the flags and inputs say.
func (f *ruleFlags) learnKnown(ctx context.Context, files []string, outDir string, s *streams, l *ledger.Ledger, rules validate.Options, workers int, quiet bool) (*knownRuns, error) {
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
	return k, k.learn(ctx, l, rules, workers, func(text string) {
		if !quiet {
			printf(s.err, "%s\n", text)
		}
	})
}
