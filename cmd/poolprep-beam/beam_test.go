package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
	"poolprep/validate/shard"
)

var poolprep string // the program

// killEnv has where a program of TestKilledJobGoesOn kills itself, see failHere.
const killEnv = "POOLPREP_BEAM_TEST_KILL"

func TestMain(m *testing.M) {
	if at, ok := os.LookupEnv(killEnv); ok {
		failHere = func(here string) error {
			if strings.HasSuffix(here, at) && at != "" {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
			return nil
		}
		main()
	}
	flag.Parse()
	beam.Init()
	os.Exit(withPoolprep(m))
}

// withPoolprep builds the program of the same source, which makes plans and whole runs.
func withPoolprep(m *testing.M) int {
	dir, err := os.MkdirTemp("", "poolprep-beam")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	poolprep = filepath.Join(dir, "poolprep")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", poolprep, "./cmd/poolprep")
	build.Dir = filepath.Join("..", "..")
	if text, err := build.CombinedOutput(); err != nil {
		panic(string(text))
	}
	return m.Run()
}

// run runs the program in dir.
func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(poolprep, args...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", args, text)
}

// start runs a job on Prism in this process.
func start(t *testing.T, j *job) (code int, text string, err error) {
	t.Helper()
	var stderr bytes.Buffer
	code, err = j.main(t.Context(), nil, "prism", &stderr)
	return code, stderr.String(), err
}

// jobIn returns a job for the plan in dir.
func jobIn(dir string) *job {
	return &job{Plan: filepath.Join(dir, "plan.json"), PartsDir: filepath.Join(dir, "parts"), OutDir: filepath.Join(dir, "run"), GroupKeys: true}
}

// inputJob returns a job that makes its plan, by flags.
func inputJob(t *testing.T, dir string, args ...string) *job {
	t.Helper()
	j := new(job)
	fs := flag.NewFlagSet("poolprep-beam", flag.ContinueOnError)
	stated := j.flags(fs)
	require.NoError(t, fs.Parse(append([]string{"--parts-dir=" + filepath.Join(dir, "input-parts"), "--out-dir=" + filepath.Join(dir, "input-run")}, args...)))
	require.NoError(t, stated.check())
	j.Command, j.Reading = stated.recorded()
	return j
}

// times is what of a manifest depends on when it was made.
var times = regexp.MustCompile(`(?m)^  "(created|manifest_sha256)": .*$`)

// same requires that two run directories have the same files, but for times.
func same(t *testing.T, want, got string) {
	t.Helper()
	files := func(dir string) map[string]string {
		all := make(map[string]string)
		require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(filepath.Join(dir, name))
			if name == "manifest.json" {
				text = times.ReplaceAll(text, nil)
			}
			all[name] = string(text)
			return err
		}))
		return all
	}
	wanted, made := files(want), files(got)
	require.Greater(t, len(wanted), 2)
	for name, text := range wanted {
		require.True(t, made[name] == text, "%s differs", name)
	}
	require.Len(t, made, len(wanted))
}

// export generates an export, in which users come twice.
func export(t *testing.T, dir, shape string) (files []string) {
	for i, seed := range []string{"1", "2", "1"} {
		name := string(rune('a'+i)) + ".txt"
		run(t, dir, "generate", "--shape", shape, "--rows", "3000", "--faults", "5%", "--seed", seed, "-o", name)
		files = append(files, name)
	}
	return files
}

// entire makes the run directory "whole" and the plan of a run.
func entire(t *testing.T, dir string, parts string, flags, files []string) {
	convert := append([]string{"convert", "-q", "--exit-zero", "--max-rows=1000", "--reasons", "--out-dir=whole"}, flags...)
	run(t, dir, append(convert, files...)...)
	run(t, dir, append(append([]string{"plan", "-q", "--parts", parts, "-o", "plan.json"}, flags...), files...)...)
}

func TestJobMakesWhatOneRunMakes(t *testing.T) {
	mapped, err := filepath.Abs("../../bench/mapped.yaml")
	require.NoError(t, err)
	for name, test := range map[string]struct {
		shape string
		flags []string
	}{
		"mapping":     {"mapped", []string{"--mapping=" + mapped}},
		"by name":     {"export", nil},
		"semicolons":  {"excel", []string{"--dialect=csv", "--delimiter=semicolon", "--encoding=utf-8"}},
		"found":       {"auth0", []string{"--from=auto"}},
		"preset":      {"okta", []string{"--from=okta", "--assume-verified=email"}},
		"hashes":      {"supabase", []string{"--from=supabase", "--password-hash=bcrypt"}},
		"pool":        {"narrow", []string{"--auto-verified=email", "--required=", "--username-attributes=", "--alias-attributes=email", "--mfa=optional", "--case-sensitive=false"}},
		"rules":       {"template", []string{"--rules=2023", "--duplicates=off", "--severity=email-format=warning", "--null=NULL", "--null=None"}},
		"reading":     {"template", []string{"--lenient-quotes", "--trim-fields", "--ragged=pad", "--blank-lines=keep", "--comment=#", "--skip-lines=1", "--quote=none", "--max-record-bytes=1MB", "--max-expanded=1GB"}},
		"repairs":     {"repair", []string{"--no-repair", "--backslash=strip", "--default-region=us"}},
		"json, alone": {"auth0", []string{"--from=auth0", "--dialect=ndjson"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := export(t, dir, test.shape)
			t.Chdir(dir)
			if slices.Contains(test.flags, "--skip-lines=1") {
				for _, file := range files {
					text, err := os.ReadFile(file)
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(file, append([]byte("a list of users\n"), text...), 0o600))
				}
			}
			entire(t, dir, "4", test.flags, files)
			j := jobIn(dir)
			j.MaxRows, j.Reasons, j.Workers = 1000, true, 2
			code, text, err := start(t, j)
			require.NoError(t, err)
			assert.Equal(t, exitRejected, code)
			m, err := sink.ReadManifest("whole")
			require.NoError(t, err)
			assert.Contains(t, text, fmt.Sprintf("rows_read: %d\n", m.Counts.RowsRead))
			assert.Contains(t, text, fmt.Sprintf("rows_judged: %d\n", m.Counts.RowsRead))
			assert.Contains(t, text, fmt.Sprintf("rows_rejected: %d\n", m.Counts.RowsRejected))
			assert.Contains(t, text, "parts_made: 4\n")
			same(t, filepath.Join(dir, "whole"), j.OutDir)

			plan, err := shard.ReadPlan(j.Plan)
			require.NoError(t, err)
			j = inputJob(t, dir, append(test.flags, "--input=[a-c].txt", "--parts=4")...)
			assert.Equal(t, plan.Reading, j.Reading)
			j.MaxRows, j.Reasons = 1000, true
			code, text, err = start(t, j)
			require.NoError(t, err)
			assert.Equal(t, exitRejected, code)
			assert.Contains(t, text, "inputs_matched: 3\n")
			same(t, filepath.Join(dir, "whole"), j.OutDir)
			own, err := shard.ReadPlan(j.Plan)
			require.NoError(t, err)
			assert.Equal(t, plan.Command, own.Command)
			assert.Equal(t, plan.Fingerprints, own.Fingerprints)
		})
	}
}

// TestExports converts the samples of exports, each with the flags that its golden file names.
func TestExports(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/exports/*/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, goldens)
	for i, golden := range goldens {
		if testing.Short() && i%8 != 0 {
			continue
		}
		text, err := os.ReadFile(golden)
		require.NoError(t, err)
		command, _, _ := strings.Cut(string(text), "\n")
		dir, name := filepath.Split(golden)
		t.Run(filepath.Base(dir)+"/"+strings.TrimSuffix(name, ".golden"), func(t *testing.T) {
			t.Chdir(dir)
			j := jobIn(t.TempDir())
			whole := filepath.Join(filepath.Dir(j.OutDir), "whole")
			args := strings.Fields(strings.TrimPrefix(command, "$ poolprep convert "))
			at := slices.Index(args, "--out-dir")
			args = slices.Delete(args, at, at+2)
			convert := exec.Command(poolprep, append([]string{"convert", "-q", "--exit-zero", "--out-dir", whole}, args...)...)
			if convert.Run() != nil {
				return // the header is of another export
			}
			run(t, ".", append([]string{"plan", "-q", "--parts", "3", "-o", j.Plan}, args...)...)
			_, _, err := start(t, j)
			require.NoError(t, err)
			same(t, whole, j.OutDir)
		})
	}
}

func TestPartsOfBothPrograms(t *testing.T) {
	dir := t.TempDir()
	entire(t, dir, "3", nil, export(t, dir, "export"))
	t.Chdir(dir)
	require.NoError(t, os.Mkdir("parts", 0o700))
	run(t, dir, "convert", "-q", "--exit-zero", "--plan=plan.json", "--part=2", "--out-dir=parts/part-2")
	j := jobIn(dir)
	j.OutDir = "" // poolprep merges
	code, text, err := start(t, j)
	require.NoError(t, err)
	assert.Equal(t, exitClean, code)
	assert.Contains(t, text, "parts_made: 2\n")
	assert.Contains(t, text, "parts_found: 1\n")
	run(t, dir, "merge", "-q", "plan.json", "parts/part-1", "parts/part-2", "parts/part-3", "--exit-zero", "--max-rows=1000", "--reasons", "--out-dir=run")
	same(t, "whole", "run")
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	files := export(t, dir, "export")
	t.Chdir(dir)
	run(t, dir, append([]string{"plan", "-q", "--parts=2", "-o", "plan.json"}, files...)...)
	run(t, dir, append([]string{"plan", "-q", "--parts=2", "--for=check", "-o", "check.json"}, files...)...)
	run(t, dir, append([]string{"plan", "-q", "--parts=2", "--show-values", "-o", "values.json"}, files...)...)
	run(t, dir, append([]string{"plan", "-q", "--parts=2", "-o", "other.json"}, files...)...)
	run(t, dir, "convert", "-q", "--exit-zero", "--plan=other.json", "--part=2", "--out-dir=other-2")
	run(t, dir, append([]string{"convert", "-q", "--exit-zero", "--out-dir=earlier"}, files...)...)
	run(t, dir, append([]string{"plan", "-q", "--parts=2", "--known=earlier", "-o", "known.json"}, files...)...)
	for name, test := range map[string]struct {
		change func(*job)
		args   []string
		want   string
	}{
		"a file":          {func(*job) {}, []string{"a.csv"}, "the plan names the files"},
		"no plan":         {func(j *job) { j.Plan = "" }, nil, "--plan FILE is required"},
		"both":            {func(j *job) { j.Inputs = []string{"a.txt"} }, nil, "exclude each other"},
		"parts of a plan": {func(j *job) { j.Parts = 3 }, nil, "are those of the plan"},
		"flags of a plan": {func(j *job) { j.Command = []string{"convert", "--mapping=x"} }, nil, "are those of the plan"},
		"how many parts":  {func(j *job) { j.Plan, j.Inputs = "", []string{"a.txt"} }, nil, "--parts N is required"},
		"a pattern":       {func(j *job) { j.PartsDir = "s3://bucket/parts-*" }, nil, "a name without *"},
		"another store":   {func(j *job) { j.OutDir = "hdfs://cluster/run" }, nil, "and not hdfs://"},
		"no such mapping": {func(j *job) {
			j.Plan, j.Inputs, j.Parts, j.Command = "", []string{"a.txt"}, 2, []string{"convert", "--mapping=none.yaml"}
		}, nil, "none.yaml"},
		"no parts":         {func(j *job) { j.PartsDir = "" }, nil, "--parts-dir DIR is required"},
		"a plan for check": {func(j *job) { j.Plan = "check.json" }, nil, "is a plan for check"},
		"known users":      {func(j *job) { j.Plan = "known.json" }, nil, "merge them with `poolprep merge`"},
		"no such plan":     {func(j *job) { j.Plan = "none.json" }, nil, "none.json"},
		"another run":      {func(j *job) { j.OutDir = "." }, nil, "is not empty"},
		"no directory":     {func(j *job) { j.OutDir = "none/run" }, nil, "its parent directory"},
		"no goroutines":    {func(j *job) { j.Workers = -1 }, nil, "--jobs"},
		"no rows":          {func(j *job) { j.MaxRows = -1 }, nil, "--max-rows"},
		"an unknown codec": {func(j *job) { j.Compress = "lzma" }, nil, "lzma"},
	} {
		t.Run(name, func(t *testing.T) {
			j := jobIn(dir)
			test.change(j)
			_, err := j.check(test.args)
			assert.ErrorContains(t, err, test.want)
		})
	}
	t.Run("a part of another plan", func(t *testing.T) {
		require.NoError(t, os.MkdirAll("parts", 0o700))
		require.NoError(t, os.Rename("other-2", "parts/part-2"))
		code, _, err := start(t, jobIn(dir))
		assert.Equal(t, exitFailed, code)
		assert.ErrorContains(t, err, "is a part of another plan")
		require.NoError(t, os.RemoveAll("parts/part-2"))
	})
	t.Run("values in findings", func(t *testing.T) {
		j := jobIn(dir)
		j.Plan, j.PartsDir = "values.json", "others"
		code, _, err := start(t, j)
		assert.Equal(t, exitFailed, code)
		assert.ErrorContains(t, err, "the plan was made with")
	})
	t.Run("a flag of a later version", func(t *testing.T) {
		_, err := optionsOf(&shard.Plan{Command: []string{"convert", "--later=1"}}, nil)
		assert.ErrorContains(t, err, "made with --later, which poolprep-beam does not know")
		_, err = optionsOf(&shard.Plan{Reading: []string{"--later=1"}}, nil)
		assert.ErrorContains(t, err, "made with --later")
	})
	t.Run("an unfinished part", func(t *testing.T) {
		require.NoError(t, os.MkdirAll("parts/part-2", 0o700))
		require.NoError(t, os.WriteFile("parts/part-2/facts", nil, 0o600))
		code, _, err := start(t, jobIn(dir))
		assert.Equal(t, exitFailed, code)
		assert.ErrorContains(t, err, "has left an unfinished part there")
	})
}
