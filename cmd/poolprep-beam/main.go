// Command poolprep-beam makes and merges the parts of a plan of `poolprep plan` on Apache
// Beam. It is a module of its own, so that nobody else depends on Beam.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/exec/optimized"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/spark"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal"

	"poolprep/transform/sink"
	"poolprep/validate/shard"
	"poolprep/validate/source"
	"poolprep/validate/suggest"
)

// version is that of poolprep: plan, parts and merge are of the same.
const version = "0.1.0"

// toolName is what manifests and plans call the program: as poolprep does, for what is made
// is the same.
func toolName() string {
	name := "poolprep " + version
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return name + " (" + s.Value[:12] + ")"
		}
	}
	return name
}

const usage = `Convert user exports in parts, on Apache Beam.

  poolprep-beam --input 'exports/*.csv' --parts 8 --mapping map.yaml \
    --parts-dir parts --out-dir run-1
  poolprep-beam --plan plan.json --parts-dir parts --out-dir run-1

With --input the job makes the plan first; the flags about input, pool, rules and
mapping are those of poolprep convert. With --plan it takes that of poolprep plan,
which says what the rows are judged and mapped by. Parts that are complete in
--parts-dir are not made again. All workers must reach the inputs, mapping and schema,
--plan, --parts-dir and --out-dir by the same paths; inputs and the last three may be in
a store (s3://, gs://).

Exit code: 0 all rows are valid, 1 rows were rejected, 2 the job could not be done.

Flags:
`

// prism is the runner in the same process, which keeps what is grouped in memory, several times.
const prism = "prism"

// exit codes, as those of poolprep.
const (
	exitClean = iota
	exitRejected
	exitFailed
)

func main() {
	j := job{}
	exitZero := false
	stated := j.flags(flag.CommandLine)
	flag.BoolVar(&exitZero, "exit-zero", false, "exit 0 even if rows were rejected; failures still exit 2")
	parse(os.Args[1:])
	beam.Init()
	j.Command, j.Reading = stated.recorded()
	err, code := stated.check(), exitFailed
	if err == nil {
		code, err = j.main(context.Background(), flag.Args(), *runners.Runner, os.Stderr)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "poolprep-beam: %v\n", err)
	}
	if code == exitRejected && exitZero {
		code = exitClean
	}
	os.Exit(code)
}

// parse reads the command line. It ends the program for one that is wrong, in a line, and for --help.
func parse(args []string) {
	fs := flag.CommandLine
	fs.Init("poolprep-beam", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fs.SetOutput(os.Stdout)
		fmt.Print(usage)
		fs.PrintDefaults()
		os.Exit(exitClean)
	case err != nil:
		if name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); unknown {
			var names []string
			fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
			err = errors.New(suggest.Unknown("unknown flag", name, names))
		}
		fmt.Fprintf(os.Stderr, "poolprep-beam: %v\nSee poolprep-beam --help.\n", err)
		os.Exit(exitFailed)
	}
	fs.SetOutput(os.Stderr)
}

// sizeFlag adds a flag with a number of bytes, with or without a unit.
func sizeFlag(fs *flag.FlagSet, n *int64, name, usage string) {
	fs.Func(name, usage, func(text string) error {
		size, err := parseSize(text)
		*n = size
		return err
	})
}

// flags adds the flags of the job, and returns what those about the inputs will say.
func (j *job) flags(fs *flag.FlagSet) stated {
	fs.Func("input", "file to convert, or what it is called with * in it, local, s3:// or gs:// (`PATTERN`; repeatable, in this order, each sorted by name)", each(&j.Inputs))
	fs.IntVar(&j.Parts, "parts", 0, "with --input: in how many parts the run is divided (required)")
	fs.BoolVar(&j.KeepGoing, "keep-going", false, "with --input: judge the rows even if the header alone causes every row to be rejected")
	fs.Func("known", "with --input: none, if not even the users of the run that rejects come from are to count as taken", func(s string) error {
		if j.NotKnown = s == noneWord; !j.NotKnown {
			return errors.New("none is expected: a job with --input cannot let users of another run count as taken; make the plan with `poolprep plan --known`, and merge with `poolprep merge`")
		}
		return nil
	})
	fs.StringVar(&j.Plan, "plan", "", "plan of `poolprep plan` (`FILE`)")
	fs.StringVar(&j.PartsDir, "parts-dir", "", "directory for the parts, part-1 and so on; it is made if it is not there (`DIR`, or what the names of objects begin with)")
	fs.StringVar(&j.OutDir, "out-dir", "", "run directory that the parts are merged into; none: only the parts are made, for `poolprep merge` (`DIR`)")
	fs.IntVar(&j.Workers, "jobs", 1, "number of goroutines for each part")
	sizeFlag(fs, &j.Budget, "dedup-memory", "memory for the duplicate check, such as 4GiB, beyond which it goes to files in TMPDIR (default 1GiB)")
	fs.BoolFunc("group-keys", "find on all workers which keys come twice, so that the merge keeps these alone in memory; the result is the same (default: with all runners but prism, which needs more memory to find them)", func(s string) error {
		group, err := strconv.ParseBool(s)
		j.groupKeys = &group
		return err
	})
	fs.Int64Var(&j.MaxRows, "max-rows", 0, "maximum number of rows in a chunk; 0: 500000")
	sizeFlag(fs, &j.MaxBytes, "max-bytes", "maximum size of a chunk, header included (default 100MB)")
	fs.Int64Var(&j.FirstRows, "first-chunk", 0, "number of rows in the first chunk; 0: as in the others")
	fs.BoolVar(&j.Reasons, "reasons", false, "also write rejects-reasons.csv")
	fs.BoolVar(&j.KeepSkipped, "keep-skipped", false, "also write the skipped records")
	fs.StringVar(&j.Compress, "compress", "", "compress the chunks: gzip or zstd")
	all := make(stated)
	all.add(fs)
	return all
}

// main does the job and returns the exit code.
func (j *job) main(ctx context.Context, args []string, runner string, stderr io.Writer) (int, error) {
	if runner == "" {
		runner = prism
	}
	if err := checkRunner(runner); err != nil {
		return exitFailed, err
	}
	j.group(runner)
	parts, err := j.check(args)
	if err != nil {
		return exitFailed, err
	}
	result, err := beam.Run(ctx, runner, j.pipeline(parts))
	if err != nil {
		return exitFailed, err
	}
	printCounters(stderr, result)
	if j.OutDir == "" {
		return exitClean, nil
	}
	store := newStore(ctx)
	defer store.Close()
	m, err := j.manifest(store)
	if err != nil {
		return exitFailed, fmt.Errorf("the job has ended, but its result cannot be read here: %w", err)
	}
	n := m.Counts
	fmt.Fprintf(stderr, "%s: %d rows read, %d accepted, %d rejected, %d skipped, in %d chunks\n", j.OutDir, n.RowsRead, n.RowsAccepted, n.RowsRejected, n.RowsSkipped, len(m.Chunks))
	if n.RowsRejected > 0 {
		return exitRejected, nil
	}
	return exitClean, nil
}

// group settles whether keys are grouped.
func (j *job) group(runner string) {
	switch {
	case j.groupKeys != nil:
		j.GroupKeys = *j.groupKeys
	case !slices.Contains(prismNames, runner):
		j.GroupKeys = true
	}
}

// check returns an error for what no job can be made of, before any is started, and the number
// of parts.
func (j *job) check(args []string) (parts int, err error) {
	switch {
	case len(args) > 0:
		return 0, errors.New("no FILE is named: the plan names the files, see `poolprep plan --help`, or --input does")
	case j.Plan == "" && len(j.Inputs) == 0:
		return 0, errors.New("--plan FILE is required, the plan that `poolprep plan` made, or --input PATTERN")
	case j.PartsDir == "":
		return 0, errors.New("--parts-dir DIR is required: the directory for the parts, which all workers must reach")
	case j.Workers < 0 || j.Budget < 0:
		return 0, errors.New("--jobs and --dedup-memory: a number of at least 0 is expected")
	}
	for _, path := range []*string{&j.Plan, &j.PartsDir, &j.OutDir} {
		if *path == "" {
			continue
		}
		if source.Stored(*path) {
			if strings.ContainsAny(*path, "*?[") {
				return 0, fmt.Errorf("%s: a name without *, ? and [ is expected", *path)
			}
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil { // workers may have another working directory
			return 0, err
		}
	}
	j.Tool = toolName()
	store := newStore(context.Background())
	defer store.Close()
	plan, err := j.settled(store)
	if err != nil {
		return 0, err
	}
	parts = j.Parts
	if plan != nil {
		parts = len(plan.Parts)
	}
	if j.OutDir == "" {
		return parts, nil
	}
	return parts, j.checkOutput(store, plan)
}

// settled returns the plan, if it is there, and an error for flags that go with none.
func (j *job) settled(store *store) (*shard.Plan, error) {
	if len(j.Inputs) == 0 {
		if j.Parts != 0 || j.KeepGoing || j.NotKnown || len(j.Command) > 1 || len(j.Reading) > 0 {
			return nil, errors.New("with --plan, flags about input, pool, rules, mapping and number of parts are those of the plan: leave them out, or make another plan")
		}
		plan, _, err := j.open(store, j.Plan)
		return plan, err
	}
	const most = 100_000
	switch {
	case j.Plan != "":
		return nil, errors.New("--plan and --input exclude each other: with --input the job makes the plan")
	case j.Parts < 1 || j.Parts > most:
		return nil, fmt.Errorf("--parts N is required with --input: in how many parts, 1 to %d, is the run to be divided?", most)
	}
	if !source.Stored(j.PartsDir) {
		j.Plan = filepath.Join(j.PartsDir, planDir, planName)
	}
	if _, err := optionsOf(&shard.Plan{Command: j.Command, Reading: j.Reading}, nil); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(j.Plan); err != nil { // in a store there is none yet
		return nil, nil
	}
	return j.plan(store, j.Plan)
}

// checkOutput returns an error for what would only fail once all parts are made. plan is nil
// if there is none yet.
func (j *job) checkOutput(store *store, plan *shard.Plan) error {
	switch sink.Compression(j.Compress) {
	case "", sink.Plain, sink.Gzip, sink.Zstd:
	default:
		return fmt.Errorf("--compress %q: gzip or zstd is expected", j.Compress)
	}
	if j.MaxRows < 0 || j.MaxBytes < 0 || j.FirstRows < 0 {
		return errors.New("--max-rows, --max-bytes and --first-chunk: a number of at least 0 is expected")
	}
	if !source.Stored(j.OutDir) {
		if _, err := os.Stat(filepath.Dir(j.OutDir)); err != nil {
			return fmt.Errorf("--out-dir: its parent directory must be there: %w", err)
		}
	}
	if plan == nil {
		return j.free(store)
	}
	done, err := j.merged(store, plan)
	if !done && err == nil {
		err = j.free(store)
	}
	return err
}

// printCounters prints the counters of a job, if its runner reports them.
func printCounters(w io.Writer, result beam.PipelineResult) {
	if result == nil {
		return
	}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if c.Key.Name != "" && c.Key.Namespace == namespace {
			fmt.Fprintf(w, "%s: %d\n", c.Key.Name, c.Result())
		}
	}
}
