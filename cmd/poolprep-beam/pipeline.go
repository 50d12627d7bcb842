package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"poolprep/transform"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// namespace is that of the counters.
const namespace = "poolprep"

// The counters. A bundle that is done again counts again, except for what merge counts: rows
// are counted once it is certain that the run directory is theirs.
var (
	partsMade    = beam.NewCounter(namespace, "parts_made")
	partsFound   = beam.NewCounter(namespace, "parts_found")   // complete, so not made again
	partsRetried = beam.NewCounter(namespace, "parts_retried") // made after attempts that failed
	rowsJudged   = beam.NewCounter(namespace, "rows_judged")   // in the parts that were made
	rowsRead     = beam.NewCounter(namespace, "rows_read")
	rowsAccepted = beam.NewCounter(namespace, "rows_accepted")
	rowsRejected = beam.NewCounter(namespace, "rows_rejected")
	rowsSkipped  = beam.NewCounter(namespace, "rows_skipped")
)

func init() {
	register.DoFn3x1[context.Context, unit, func(int, made), error](&makeFn{})
	register.DoFn4x1[context.Context, int, func(*made) bool, func(*[]byte) bool, error](&mergeFn{})
	register.Emitter2[int, made]()
	register.Iter1[made]()
	beam.RegisterType(reflect.TypeFor[unit]())
	beam.RegisterType(reflect.TypeFor[made]())
}

// unit is a part to be made.
type unit struct {
	Part int    // from 1
	Plan string // path
}

// made is a part that was made.
type made struct {
	Part int
	Plan string
	Dir  string // path of its directory, or what those of its objects begin with
}

// job says what is done. Workers get it as JSON.
type job struct {
	Tool     string // of the program that the job was started with
	Plan     string // paths, absolute
	PartsDir string
	OutDir   string // "": the parts are not merged

	// Of a job that makes its plan.
	Inputs    []string // patterns; none: the plan is there
	Parts     int
	Command   []string // as the plan records them
	Reading   []string
	KeepGoing bool
	NotKnown  bool // the users of runs that inputs are rejects of do not count

	Workers     int   // goroutines for a part; 0: one
	Budget      int64 // bytes, see ledger.Options
	MaxRows     int64
	MaxBytes    int64
	FirstRows   int64
	Compress    string
	Reasons     bool
	KeepSkipped bool
	GroupKeys   bool // find the contested keys before the merge

	groupKeys *bool // what the flag says; nil: that depends on the runner
}

// pipeline returns a pipeline that makes so many parts, and merges them.
func (j *job) pipeline(parts int) *beam.Pipeline {
	p, s := beam.NewPipelineWithRoot()
	numbers := beam.ParDo(s.Scope("plan"), &planFn{Job: *j}, beam.Create(s, parts))
	made := beam.ParDo(s.Scope("make"), &makeFn{Job: *j}, beam.Reshuffle(s, numbers))
	if j.OutDir != "" {
		keys := beam.ParDo(s.Scope("keys"), &keysFn{Job: *j}, made)
		contested := beam.ParDo(s.Scope("contested"), &groupFn{Job: *j}, beam.GroupByKey(s, keys))
		// All have the same key, so they are complete when they are grouped.
		beam.ParDo0(s.Scope("merge"), &mergeFn{Job: *j}, beam.CoGroupByKey(s, made, contested))
	}
	return p
}

// plan reads the plan at a path.
func (j *job) plan(store *store, path string) (*shard.Plan, error) {
	plan, err := shard.ReadPlanIn(store.opener(path), path)
	switch {
	case err != nil:
		return nil, err
	case plan.For != shard.ForConvert:
		return nil, fmt.Errorf("%s is a plan for %s, and poolprep-beam makes those for convert; make the plan without --for", path, plan.For)
	case plan.Tool != j.Tool:
		return nil, fmt.Errorf("%s was made by %s, and this is %s: use the same version for plan, parts and merge", path, plan.Tool, j.Tool)
	case len(plan.Known) > 0 && j.OutDir != "":
		return nil, fmt.Errorf("%s: users of other runs count as taken (--known), which poolprep-beam does not know; make the parts without --out-dir, and merge them with `poolprep merge`", path)
	}
	return plan, nil
}

// open reads the plan at a path, and what it says of the conversion.
func (j *job) open(store *store, path string) (*shard.Plan, transform.ConvertOptions, error) {
	plan, err := j.plan(store, path)
	if err != nil {
		return nil, transform.ConvertOptions{}, err
	}
	o, err := optionsOf(plan, nil)
	if err != nil {
		return nil, o, fmt.Errorf("%s: %w", path, err)
	}
	o.Workers = j.Workers
	return plan, o, nil
}

// partDir is the directory of a part.
func (j *job) partDir(part int) string {
	return filepath.Join(j.PartsDir, fmt.Sprintf("part-%d", part))
}

// attemptPrefix begins the names of the directories of attempts at parts.
const attemptPrefix = ".part-"

// attempts returns the directories in dir whose names begin with prefix.
func attempts(dir, prefix string) (dirs []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			dirs = append(dirs, filepath.Join(dir, e.Name()))
		}
	}
	return dirs, err
}

// makeFn makes a part. It may be called again for the same part, by any worker and at the
// same time: each makes it in a directory of its own, which becomes the part by being
// renamed, and only one can be.
type makeFn struct{ Job job }

// failHere is called when a part or the run directory is complete and not yet in its place,
// named by its path, and in the other steps when some of their work is done; tests make it fail.
var failHere = func(at string) error { return nil }

// ProcessElement makes a part and emits where it is, under the one key of all parts.
func (f *makeFn) ProcessElement(ctx context.Context, u unit, emit func(int, made)) error {
	store := newStore(ctx)
	defer store.Close()
	dir, err := f.make(ctx, store, u)
	if err != nil {
		return fmt.Errorf("part %d: %w", u.Part, err)
	}
	emit(0, made{u.Part, u.Plan, dir})
	return nil
}

func (f *makeFn) make(ctx context.Context, store *store, u unit) (dir string, err error) {
	plan, o, err := f.Job.open(store, u.Plan)
	if err != nil {
		return "", err
	}
	p := validate.PartOptions{Plan: plan, Part: u.Part, Budget: f.Job.Budget, Open: store.openerOf(plan)}
	if source.Stored(f.Job.PartsDir) {
		return f.makeIn(ctx, store, o, p)
	}
	dir = f.Job.partDir(u.Part)
	return dir, f.makeAt(ctx, o, p, dir)
}

// makeIn makes a part in a store, under a name that no other attempt has: which one counts, the
// runner decides.
func (f *makeFn) makeIn(ctx context.Context, store *store, o transform.ConvertOptions, p validate.PartOptions) (dir string, err error) {
	dir = source.PathIn(f.Job.PartsDir, fmt.Sprintf("part-%d.%s", p.Part, rand.Text()))
	p.Store = &folder{store: store, path: dir}
	result, err := transform.ConvertPart(ctx, o, p)
	if err == nil {
		err = failHere(f.Job.partDir(p.Part))
	}
	if err == nil {
		partsMade.Inc(ctx, 1)
		rowsJudged.Inc(ctx, result.Summary.RowsRead)
	}
	return dir, err
}

// makeAt makes a part in a directory, unless it is there.
func (f *makeFn) makeAt(ctx context.Context, o transform.ConvertOptions, p validate.PartOptions, dir string) error {
	plan, part := p.Plan, p.Part
	switch done, err := plan.HasPart(dir, part); {
	case err != nil:
		return err
	case done:
		partsFound.Inc(ctx, 1)
		return nil
	}
	if err := os.MkdirAll(f.Job.PartsDir, 0o700); err != nil {
		return err
	}
	prefix := fmt.Sprintf("%s%d.", attemptPrefix, part)
	if before, err := attempts(f.Job.PartsDir, prefix); err != nil {
		return err
	} else if len(before) > 0 {
		partsRetried.Inc(ctx, 1)
	}
	temp, err := os.MkdirTemp(f.Job.PartsDir, prefix+"*")
	if err != nil {
		return err
	}
	p.Dir = temp
	result, err := transform.ConvertPart(ctx, o, p)
	if err == nil {
		err = failHere(dir)
	}
	if err == nil {
		err = os.Rename(temp, dir)
	}
	if err != nil {
		done, err := settle(temp, err, func() (bool, error) { return plan.HasPart(dir, part) })
		if done {
			partsFound.Inc(ctx, 1)
		}
		return err
	}
	partsMade.Inc(ctx, 1)
	rowsJudged.Inc(ctx, result.Summary.RowsRead)
	clean(f.Job.PartsDir, prefix)
	return nil
}

// settle ends an attempt that failed, in the directory temp. That stays, empty, so that the next
// attempt is counted as such. There is no error if done says that another attempt was faster.
func settle(temp string, failed error, done func() (bool, error)) (bool, error) {
	if done, err := done(); err == nil && done {
		return true, os.RemoveAll(temp)
	}
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o700)); err != nil {
		return false, errors.Join(failed, err)
	}
	if errors.Is(failed, fs.ErrExist) {
		return false, fmt.Errorf("%w; another program has left an unfinished part there: remove it", failed)
	}
	return false, failed
}

// mergeFn merges the parts. It may be called again, like makeFn.
type mergeFn struct{ Job job }

// ProcessElement merges all parts.
func (f *mergeFn) ProcessElement(ctx context.Context, _ int, parts func(*made) bool, contested func(*[]byte) bool) error {
	store := newStore(ctx)
	defer store.Close()
	if err := f.merge(ctx, store, parts, contested); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	m, err := f.Job.manifest(store)
	if err != nil {
		return err
	}
	rowsRead.Inc(ctx, m.Counts.RowsRead)
	rowsAccepted.Inc(ctx, m.Counts.RowsAccepted)
	rowsRejected.Inc(ctx, m.Counts.RowsRejected)
	rowsSkipped.Inc(ctx, m.Counts.RowsSkipped)
	if !source.Stored(f.Job.PartsDir) {
		clean(f.Job.PartsDir, attemptPrefix)
	}
	if !source.Stored(f.Job.OutDir) {
		clean(filepath.Dir(f.Job.OutDir), f.Job.mergePrefix())
	}
	return nil
}

// merge merges the parts, unless they are merged.
func (f *mergeFn) merge(ctx context.Context, store *store, parts func(*made) bool, contested func(*[]byte) bool) error {
	j, dirs, path := &f.Job, make(map[int]string), ""
	for m := (made{}); parts(&m); {
		dirs[m.Part], path = m.Dir, m.Plan
	}
	plan, err := j.plan(store, path)
	if err != nil {
		return err
	}
	if done, err := j.merged(store, plan); done || err != nil {
		return err
	}
	set, err := shard.OpenSetIn(store.opener(j.PartsDir), plan, slices.Sorted(maps.Values(dirs)))
	if err != nil {
		return err
	}
	o := transform.MergeOptions{}
	o.Parts, o.Open = set, store.openerOf(plan)
	o.Ledger, err = j.ledger(plan, contested)
	defer o.Ledger.Close()
	if err != nil {
		return err
	}
	if source.Stored(j.OutDir) {
		err = j.mergeIn(ctx, store, plan, o)
	} else {
		err = j.mergeAt(ctx, store, plan, o)
	}
	if err != nil {
		if done, _ := j.merged(store, plan); done {
			return nil // another attempt was faster
		}
	}
	return err
}

// mergeIn merges the parts in a store.
func (j *job) mergeIn(ctx context.Context, store *store, plan *shard.Plan, o transform.MergeOptions) error {
	o.Output = j.output("", plan)
	o.Output.Options.Store = &folder{store: store, path: j.OutDir, beforeManifest: func(text []byte) error {
		err := failHere(j.OutDir)
		if err == nil {
			err = store.write(j.markOf(plan, text), nil)
		}
		return err
	}}
	_, err := transform.Merge(ctx, o)
	return err
}

// mergeAt merges the parts into a directory beside OutDir, which then gets that name.
func (j *job) mergeAt(ctx context.Context, store *store, plan *shard.Plan, o transform.MergeOptions) error {
	temp, err := os.MkdirTemp(filepath.Dir(j.OutDir), j.mergePrefix()+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // unless it was renamed
	o.Output = j.output(temp, plan)
	if _, err := transform.Merge(ctx, o); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(temp, sink.ManifestName))
	if err == nil {
		err = store.write(j.markOf(plan, text), nil)
	}
	if err == nil {
		err = failHere(j.OutDir)
	}
	if err != nil {
		return err
	}
	return os.Rename(temp, j.OutDir)
}

// output returns the run directory.
func (j *job) output(dir string, plan *shard.Plan) *transform.RunDirectory {
	return &transform.RunDirectory{
		Options: sink.Options{
			Dir: dir, MaxRows: j.MaxRows, MaxBytes: j.MaxBytes, FirstRows: j.FirstRows, Compression: sink.Compression(j.Compress), KeepSkipped: j.KeepSkipped,
		},
		Reasons:  j.Reasons,
		Manifest: sink.Manifest{Tool: plan.Tool, Command: j.command(plan)},
	}
}
