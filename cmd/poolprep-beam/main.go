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

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/exec/optimized"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/spark"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal"

	"poolprep/transform/sink"
	"poolprep/validate/shard"
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

const usage = `Make and merge the parts of a plan on Apache Beam.

  poolprep plan --mapping map.yaml --parts 8 -o plan.json export-*.csv
  poolprep-beam --plan plan.json --parts-dir parts --out-dir run-1

What the rows are judged and mapped by, the plan says. Parts that are complete in
--parts-dir are not made again. All workers must reach the files of the plan, its
mapping and schema, --plan, --parts-dir and --out-dir by the same paths.

Exit code: 0 all rows are valid, 1 rows were rejected, 2 the job could not be done.

Flags:
`

// exit codes, as those of poolprep.
const (
	exitClean = iota
	exitRejected
	exitFailed
)

func main() {
	j := job{}
	exitZero := false
	j.flags(flag.CommandLine)
	flag.BoolVar(&exitZero, "exit-zero", false, "exit 0 even if rows were rejected; failures still exit 2")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	beam.Init()
	code, err := j.main(context.Background(), flag.Args(), *runners.Runner, os.Stderr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "poolprep-beam: %v\n", err)
	}
	if code == exitRejected && exitZero {
		code = exitClean
	}
	os.Exit(code)
}

// flags adds the flags of the job.
func (j *job) flags(fs *flag.FlagSet) {
	fs.StringVar(&j.Plan, "plan", "", "plan of `poolprep plan` (`FILE`)")
	fs.StringVar(&j.PartsDir, "parts-dir", "", "directory for the parts, part-1 and so on; it is made if it is not there (`DIR`)")
	fs.StringVar(&j.OutDir, "out-dir", "", "run directory that the parts are merged into; none: only the parts are made, for `poolprep merge` (`DIR`)")
	fs.IntVar(&j.Workers, "jobs", 1, "number of goroutines for each part")
	fs.Int64Var(&j.Budget, "dedup-memory", 0, "memory for the duplicate check in bytes, beyond which it goes to files in TMPDIR; 0: 1 GiB")
	fs.BoolVar(&j.GroupKeys, "group-keys", true, "find on all workers which keys come twice, so that the merge keeps these in memory alone; the result is the same")
	fs.Int64Var(&j.MaxRows, "max-rows", 0, "maximum number of rows in a chunk; 0: 500000")
	fs.Int64Var(&j.MaxBytes, "max-bytes", 0, "maximum size of a chunk in bytes, header included; 0: 100000000")
	fs.Int64Var(&j.FirstRows, "first-chunk", 0, "number of rows in the first chunk; 0: as in the others")
	fs.BoolVar(&j.Reasons, "reasons", false, "also write rejects-reasons.csv")
	fs.BoolVar(&j.KeepSkipped, "keep-skipped", false, "also write the skipped records")
	fs.StringVar(&j.Compress, "compress", "", "compress the chunks: gzip or zstd")
}

// main does the job and returns the exit code.
func (j *job) main(ctx context.Context, args []string, runner string, stderr io.Writer) (int, error) {
	if runner == "" {
		runner = "prism"
	}
	plan, err := j.check(args)
	if err != nil {
		return exitFailed, err
	}
	result, err := beam.Run(ctx, runner, j.pipeline(len(plan.Parts)))
	if err != nil {
		return exitFailed, err
	}
	tellCounters(stderr, result)
	if j.OutDir == "" {
		return exitClean, nil
	}
	m, err := sink.ReadManifest(j.OutDir)
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

// check returns an error for what no job can be made of, before any is started.
func (j *job) check(args []string) (*shard.Plan, error) {
	switch {
	case len(args) > 0:
		return nil, errors.New("no FILE is named: the plan names the files, see `poolprep plan --help`")
	case j.Plan == "":
		return nil, errors.New("--plan FILE is required: the plan that `poolprep plan` made")
	case j.PartsDir == "":
		return nil, errors.New("--parts-dir DIR is required: the directory for the parts, which all workers must reach")
	case j.Workers < 0 || j.Budget < 0:
		return nil, errors.New("--jobs and --dedup-memory: a number of at least 0 is expected")
	}
	for _, path := range []*string{&j.Plan, &j.PartsDir, &j.OutDir} {
		if *path == "" {
			continue
		}
		var err error
		if *path, err = filepath.Abs(*path); err != nil { // workers may have another working directory
			return nil, err
		}
	}
	j.Tool = toolName()
	plan, _, err := j.open()
	if err != nil {
		return nil, err
	}
	if j.OutDir == "" {
		return plan, nil
	}
	return plan, j.checkOutput(plan)
}

// checkOutput returns an error for what would only fail once all parts are made.
func (j *job) checkOutput(plan *shard.Plan) error {
	switch sink.Compression(j.Compress) {
	case "", sink.Plain, sink.Gzip, sink.Zstd:
	default:
		return fmt.Errorf("--compress %q: gzip or zstd is expected", j.Compress)
	}
	if j.MaxRows < 0 || j.MaxBytes < 0 || j.FirstRows < 0 {
		return errors.New("--max-rows, --max-bytes and --first-chunk: a number of at least 0 is expected")
	}
	if _, err := os.Stat(filepath.Dir(j.OutDir)); err != nil {
		return fmt.Errorf("--out-dir: its parent directory must be there: %w", err)
	}
	_, err := j.merged(plan)
	return err
}

// tellCounters prints the counters of a job, if its runner reports them.
func tellCounters(w io.Writer, result beam.PipelineResult) {
	if result == nil {
		return
	}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if c.Key.Name != "" && c.Key.Namespace == namespace {
			fmt.Fprintf(w, "%s: %d\n", c.Key.Name, c.Result())
		}
	}
}
