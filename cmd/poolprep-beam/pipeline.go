package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"poolprep/transform"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/shard"
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
	register.DoFn3x1[context.Context, int, func(int, int), error](&makeFn{})
	register.DoFn4x1[context.Context, int, func(*int) bool, func(*[]byte) bool, error](&mergeFn{})
	register.Emitter2[int, int]()
	register.Iter1[int]()
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

// plan reads the plan.
func (j *job) plan() (*shard.Plan, error) {
	plan, err := shard.ReadPlan(j.Plan)
	switch {
	case err != nil:
		return nil, err
	case plan.For != shard.ForConvert:
		return nil, fmt.Errorf("%s is a plan for %s, and poolprep-beam makes those for convert; make the plan without --for", j.Plan, plan.For)
	case plan.Tool != j.Tool:
		return nil, fmt.Errorf("%s was made by %s, and this is %s: use the same version for plan, parts and merge", j.Plan, plan.Tool, j.Tool)
	case len(plan.Known) > 0 && j.OutDir != "":
		return nil, fmt.Errorf("%s: users of other runs count as taken (--known), which poolprep-beam does not know; make the parts without --out-dir, and merge them with `poolprep merge`", j.Plan)
	}
	return plan, nil
}

// open reads the plan, and what it says of the conversion.
func (j *job) open() (*shard.Plan, transform.ConvertOptions, error) {
	plan, err := j.plan()
	if err != nil {
		return nil, transform.ConvertOptions{}, err
	}
	o, err := optionsOf(plan, nil)
	if err != nil {
		return nil, o, fmt.Errorf("%s: %w", j.Plan, err)
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

// ProcessElement makes a part and emits its number, under the one key of all parts.
func (f *makeFn) ProcessElement(ctx context.Context, part int, emit func(int, int)) error {
	if err := f.make(ctx, part); err != nil {
		return fmt.Errorf("part %d: %w", part, err)
	}
	emit(0, part)
	return nil
}

func (f *makeFn) make(ctx context.Context, part int) error {
	plan, o, err := f.Job.open()
	if err != nil {
		return err
	}
	dir := f.Job.partDir(part)
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
	store := newStore(ctx)
	defer store.Close()
	result, err := transform.ConvertPart(ctx, o, validate.PartOptions{Plan: plan, Part: part, Dir: temp, Budget: f.Job.Budget, Open: store.openerOf(plan)})
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
func (f *mergeFn) ProcessElement(ctx context.Context, _ int, parts func(*int) bool, contested func(*[]byte) bool) error {
	plan, err := f.Job.plan()
	if err != nil {
		return err
	}
	done, err := f.Job.merged(plan)
	if err == nil && !done {
		if err = f.merge(ctx, plan, contested); err != nil {
			if done, _ := f.Job.merged(plan); done {
				err = nil // another attempt was faster
			}
		}
	}
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	m, err := sink.ReadManifest(f.Job.OutDir)
	if err != nil {
		return err
	}
	rowsRead.Inc(ctx, m.Counts.RowsRead)
	rowsAccepted.Inc(ctx, m.Counts.RowsAccepted)
	rowsRejected.Inc(ctx, m.Counts.RowsRejected)
	rowsSkipped.Inc(ctx, m.Counts.RowsSkipped)
	clean(f.Job.PartsDir, attemptPrefix)
	clean(filepath.Dir(f.Job.OutDir), f.Job.mergePrefix())
	return nil
}

// merge merges the parts into a directory beside OutDir, which then gets that name.
func (f *mergeFn) merge(ctx context.Context, plan *shard.Plan, contested func(*[]byte) bool) (err error) {
	j := &f.Job
	var dirs []string
	for i := range plan.Parts {
		dirs = append(dirs, j.partDir(i+1))
	}
	parts, err := shard.OpenSet(plan, dirs)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(j.OutDir), j.mergePrefix()+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // unless it was renamed
	o := transform.MergeOptions{Output: j.output(temp, plan)}
	store := newStore(ctx)
	defer store.Close()
	o.Parts, o.Open = parts, store.openerOf(plan)
	o.Ledger, err = j.ledger(plan, contested)
	defer o.Ledger.Close()
	if err != nil {
		return err
	}
	if _, err := transform.Merge(ctx, o); err != nil {
		return err
	}
	if err := j.mark(plan, temp); err != nil {
		return err
	}
	if err := failHere(j.OutDir); err != nil {
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
