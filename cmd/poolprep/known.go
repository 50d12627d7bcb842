package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/transform/known"
	"poolprep/transform/sink"
	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// learnKnown makes the ledger know the users of other runs, as the flags and inputs say. outDir
// is the directory that is written, or "".
func (f *ruleFlags) learnKnown(ctx context.Context, files []string, outDir string, s *streams, l *ledger.Ledger, rules judge.Options, workers int, quiet bool) (*known.Runs, error) {
	runs, err := f.findKnown(ctx, files, s, rules.NoDuplicates)
	if err != nil {
		return nil, err
	}
	return runs, learnRuns(ctx, runs, outDir, s, l, rules, workers, quiet)
}

// findKnown returns the runs whose users count as taken, as the flags and inputs say.
func (f *ruleFlags) findKnown(ctx context.Context, files []string, s *streams, noDuplicates bool) (*known.Runs, error) {
	dirs := slices.DeleteFunc(slices.Clone(f.known), func(dir string) bool { return dir == noneWord })
	if noDuplicates {
		if len(dirs) > 0 {
			return nil, errors.New("--known needs the duplicate check: it does not go with --duplicates off")
		}
		return &known.Runs{}, nil
	}
	if len(f.known) == 0 {
		if err := refuseStoredRun(ctx, files); err != nil {
			return nil, err
		}
	}
	return known.Find(known.Options{
		Dirs: dirs, OnlyDirs: slices.Contains(f.known, noneWord), Inputs: pathsOf(files, s.in), Open: openKnown, Failed: failedRows,
	})
}

// refuseStoredRun returns an error for an input in S3 that lies in a run, and is none of its
// chunks: it holds rejects or retries of the run, whose users count as taken, and only those of
// a run on this machine are read. What cannot be read beside an input is not looked at.
func refuseStoredRun(ctx context.Context, files []string) error {
	for _, file := range files {
		if !objects.Is(file) {
			continue
		}
		slash := strings.LastIndexByte(file, '/')
		dir, name := file[:slash], file[slash+1:]
		path := dir + "/" + sink.ManifestName
		text, err := opener(ctx, path).ReadFile(path, 64<<20, "manifest")
		var m sink.Manifest
		if err != nil || json.Unmarshal(text, &m) != nil || !strings.HasPrefix(m.Tool, "poolprep") {
			continue
		}
		if !slices.ContainsFunc(m.Chunks, func(c sink.Chunk) bool { return c.File == name }) {
			return fmt.Errorf("%s lies in a run, whose users count as taken: fetch the run with `aws s3 cp --recursive %s DIR`, and name it with --known DIR (--known none: they do not count)", file, dir)
		}
	}
	return nil
}

// learnRuns makes the ledger know the users of runs.
func learnRuns(ctx context.Context, runs *known.Runs, outDir string, s *streams, l *ledger.Ledger, rules judge.Options, workers int, quiet bool) error {
	if outDir != "" {
		if run := runs.At(outDir); run != nil {
			return fmt.Errorf("%s is --out-dir and a run whose users count as taken; choose another directory for the output", run.Path)
		}
	}
	return runs.Learn(ctx, l, rules, workers, func(learnt known.Learning) {
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

// planKnown notes in a plan which runs are known, for merge.
func planKnown(runs *known.Runs) (noted []shard.KnownRun) {
	for _, run := range runs.All() {
		noted = append(noted, shard.KnownRun{Dir: run.Path, Manifest: run.Sum, WithoutFailed: run.WithoutFailed})
	}
	return noted
}

// refuseOthers returns an error if the flag says of a part what the plan does not: it is for
// plan and merge.
func (f *ruleFlags) refuseOthers(fs *pflag.FlagSet, plan *shard.Plan) error {
	if flag := fs.Lookup("known"); !flag.Changed || len(flag.Annotations[settingMark]) > 0 {
		return nil // a setting is for the plan
	}
	for _, dir := range f.known {
		planned := slices.ContainsFunc(plan.Known, func(run shard.KnownRun) bool { return source.RealPath(run.Dir) == source.RealPath(dir) })
		if dir == noneWord && len(plan.Known) > 0 || dir != noneWord && !planned {
			return fmt.Errorf("--known %s: the plan was made without it, and merge goes by the plan; make the plan with it", dir)
		}
	}
	return nil
}

// plannedKnown returns the runs that a plan has noted.
func plannedKnown(plan *shard.Plan) (*known.Runs, error) {
	var dirs []string
	for _, run := range plan.Known {
		dirs = append(dirs, run.Dir)
	}
	runs, err := known.Find(known.Options{Dirs: dirs, OnlyDirs: true, Open: openKnown, Failed: failedRows})
	var open *known.OpenError
	if errors.As(err, &open) {
		return nil, fmt.Errorf("%w. Its users count as taken: put the run there as it was when the plan was made", open.Err)
	}
	if err != nil {
		return nil, err
	}
	for _, noted := range plan.Known {
		run := runs.At(noted.Dir)
		if run == nil || run.Sum != noted.Manifest {
			return nil, fmt.Errorf("%s is another run than when the plan was made, and its users count as taken; make the plan and all parts again", noted.Dir)
		}
		run.WithoutFailed = noted.WithoutFailed
	}
	return runs, nil
}

// plannedRules returns the rules that a plan was made with.
func plannedRules(plan *shard.Plan) (o judge.Options, err error) {
	var f ruleFlags
	fs := pflag.NewFlagSet("plan", pflag.ContinueOnError)
	f.add(fs)
	for _, text := range plan.Flags() {
		name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		if fs.Lookup(name) == nil {
			continue
		}
		if err := fs.Set(name, value); err != nil {
			return o, fmt.Errorf("--%s of the plan: %w", name, err)
		}
	}
	if o, err = f.options(fs); err == nil && o.Pool.Fingerprint() != plan.Schema {
		err = errors.New("the schema of the pool is not the one that the plan was made for; put its files there as they were, or make the plan and all parts again")
	}
	return o, err
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
