package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"poolprep/transform"
	"poolprep/transform/known"
	"poolprep/validate"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// This file makes the plan of a job that has patterns of inputs instead.

// planDir is the directory in PartsDir that a job makes its plan in.
const planDir, planName = "plan", "plan.json"

var inputsMatched = beam.NewCounter(namespace, "inputs_matched")

func init() {
	register.DoFn3x1[context.Context, int, func(unit), error](&planFn{})
	register.Emitter1[unit]()
}

// planFn makes the plan, unless it is there. It may be called again, like makeFn: the plan is
// made in a directory of its own, which is renamed, so that all workers have the same one.
type planFn struct{ Job job }

// ProcessElement emits so many parts.
func (f *planFn) ProcessElement(ctx context.Context, parts int, emit func(unit)) error {
	path := f.Job.Plan
	if len(f.Job.Inputs) > 0 {
		var err error
		if path, err = f.plan(ctx); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
	}
	for part := range parts {
		emit(unit{part + 1, path})
	}
	return nil
}

// plan returns the path of the plan.
func (f *planFn) plan(ctx context.Context) (string, error) {
	j, store := &f.Job, newStore(ctx)
	defer store.Close()
	paths, err := store.match(j.Inputs)
	if err != nil {
		return "", err
	}
	inputsMatched.Inc(ctx, int64(len(paths)))
	if source.Stored(j.PartsDir) { // each attempt has a plan of its own, of which the runner takes one
		plan, err := j.newPlan(ctx, store, paths)
		if err != nil {
			return "", err
		}
		path := source.PathIn(j.PartsDir, "plan-"+plan.ID[:16]+".json")
		err = store.write(path, plan.AppendJSON(nil))
		if err == nil {
			err = failHere(source.PathIn(j.PartsDir, planDir))
		}
		return path, err
	}
	if done, err := j.hasPlan(store, paths); done || err != nil {
		return j.Plan, err
	}
	plan, err := j.newPlan(ctx, store, paths)
	if err != nil {
		return "", err
	}
	return j.Plan, j.keepPlan(store, plan, paths)
}

// keepPlan writes the plan, unless another attempt was faster.
func (j *job) keepPlan(store *store, plan *shard.Plan, paths []string) error {
	if err := os.MkdirAll(j.PartsDir, 0o700); err != nil {
		return err
	}
	prefix := "." + planDir + "."
	temp, err := os.MkdirTemp(j.PartsDir, prefix+"*")
	if err != nil {
		return err
	}
	dir := filepath.Join(j.PartsDir, planDir)
	err = os.WriteFile(filepath.Join(temp, planName), plan.AppendJSON(nil), 0o600)
	if err == nil {
		err = failHere(dir)
	}
	if err == nil {
		err = os.Rename(temp, dir)
	}
	if err != nil {
		_, err := settle(temp, err, func() (bool, error) { return j.hasPlan(store, paths) })
		return err
	}
	clean(j.PartsDir, prefix)
	return nil
}

// hasPlan reports whether the plan is there. It is an error if it is that of another job.
func (j *job) hasPlan(store *store, paths []string) (bool, error) {
	if _, err := os.Lstat(j.Plan); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	plan, err := j.plan(store, j.Plan)
	if err != nil {
		return false, err
	}
	named := slices.Clone(j.Command)
	namePreset(named, plan.Preset)
	same := slices.Equal(plan.Command, named) && slices.Equal(plan.Reading, j.Reading) && len(plan.Parts) == j.Parts
	same = same && slices.EqualFunc(plan.Sources, paths, func(s shard.Source, path string) bool { return s.Path == path })
	if !same {
		return false, fmt.Errorf("%s is the plan of a job with other inputs, flags or number of parts; choose another --parts-dir", j.Plan)
	}
	return true, nil
}

// namePreset puts the preset that was found, if there is one, into a command that left it open.
func namePreset(command []string, preset string) {
	if i := slices.Index(command, "--from="+autoWord); i >= 0 && preset != "" {
		command[i] = "--from=" + preset
	}
}

// newPlan reads the inputs once, and makes the plan.
func (j *job) newPlan(ctx context.Context, store *store, paths []string) (*shard.Plan, error) {
	preset := ""
	o, err := optionsOf(&shard.Plan{Command: j.Command, Reading: j.Reading}, func(found string) { preset = found })
	if err != nil {
		return nil, err
	}
	o.Workers, o.KeepGoing = runtime.GOMAXPROCS(0), j.KeepGoing // the job has nothing else to do
	if err := j.refuseKnown(paths, o); err != nil {
		return nil, err
	}
	open := store.opener(paths...)
	var sources []validate.Source
	for _, path := range paths {
		sources = append(sources, validate.Source{Path: path, Open: open})
	}
	complete := func(plan *shard.Plan) {
		plan.Command, plan.Reading, plan.Preset = slices.Clone(j.Command), j.Reading, preset
		namePreset(plan.Command, preset)
	}
	return transform.PlanConvert(ctx, o, validate.PlanOptions{Parts: j.Parts, Tool: j.Tool, Complete: complete}, sources...)
}

// refuseKnown refuses inputs that are rejects or retries of a run: its users count as taken.
func (j *job) refuseKnown(paths []string, o transform.ConvertOptions) error {
	if j.NotKnown || o.Rules.NoDuplicates {
		return nil
	}
	files := slices.DeleteFunc(slices.Clone(paths), source.Stored)
	runs, err := known.Find(known.Options{Inputs: files})
	if err != nil {
		return err
	}
	for _, run := range runs.All() {
		return fmt.Errorf("an input is from the run in %s, whose users count as taken, and poolprep-beam does not know them: make a plan with `poolprep plan`, the parts with --plan and without --out-dir, and merge them with `poolprep merge`; or say --known none", run.Path)
	}
	return nil
}
