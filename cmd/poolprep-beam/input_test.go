package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
	"poolprep/validate/shard"
)

// inMemory puts files into a store in memory, under a bucket, and lets jobs read from there.
func inMemory(t *testing.T, bucket string, files ...string) {
	schemes = append(schemes, "memfs")
	store := memfs.New(t.Context())
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, filesystem.Write(t.Context(), store, "memfs://"+bucket+"/"+filepath.Base(file), text))
	}
	t.Cleanup(func() { schemes = schemes[:len(schemes)-1] })
}

func TestInputsOfAStore(t *testing.T) {
	for name, form := range map[string]string{"plain": "a.txt", "compressed": "b.txt.gz"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
			require.NoError(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o700))
			files := export(t, dir, "export")
			t.Chdir(dir)
			if strings.HasSuffix(form, ".gz") {
				require.NoError(t, gzipFiles(files))
				for i := range files {
					files[i] += ".gz"
				}
			}
			run(t, dir, append([]string{"convert", "-q", "--exit-zero", "--max-rows=1000", "--reasons", "--out-dir=whole"}, files...)...)
			inMemory(t, name, append(files, "whole/manifest.json")...)
			j := inputJob(t, dir, "--input=memfs://"+name+"/*.txt*", "--parts=4", "--max-rows=1000", "--reasons")
			again := *j
			code, text, err := start(t, j)
			require.NoError(t, err)
			assert.Equal(t, exitRejected, code)
			assert.Contains(t, text, "inputs_matched: 3\n")
			sameButFor(t, "memfs://"+name+"/", "whole", j.OutDir)
			left, err := filepath.Glob("tmp/poolprep-*")
			require.NoError(t, err)
			assert.Empty(t, left)

			// With the parts there, the merge reads the records of duplicates again.
			require.NoError(t, os.RemoveAll(j.OutDir))
			_, text, err = start(t, &again)
			require.NoError(t, err)
			assert.Contains(t, text, "parts_found: 4\n")
			sameButFor(t, "memfs://"+name+"/", "whole", j.OutDir)
		})
	}
}

// sameButFor compares run directories of which one names its inputs with a prefix, but for the
// manifest, which has the checksums of files that do.
func sameButFor(t *testing.T, prefix, want, got string) {
	t.Helper()
	entries, err := os.ReadDir(want)
	require.NoError(t, err)
	for _, e := range entries {
		wanted, err := os.ReadFile(filepath.Join(want, e.Name()))
		require.NoError(t, err)
		made, err := os.ReadFile(filepath.Join(got, e.Name()))
		require.NoError(t, err)
		if e.Name() != sink.ManifestName {
			require.Equal(t, string(wanted), strings.ReplaceAll(string(made), prefix, ""), e.Name())
		} else {
			require.Contains(t, string(made), prefix+"a.txt")
		}
	}
	made, err := os.ReadDir(got)
	require.NoError(t, err)
	require.Len(t, made, len(entries))
}

func TestPlanDoneTwice(t *testing.T) {
	dir := t.TempDir()
	export(t, dir, "export")
	t.Chdir(dir)
	j := inputJob(t, dir, "--input=*.txt", "--input=a.*", "--parts=3")
	_, err := j.check(nil)
	require.NoError(t, err)
	failing(t, 1)
	emitted := make([][]int, 5)
	plan := func(i int) error {
		return (&planFn{Job: *j}).ProcessElement(context.Background(), j.Parts, func(u unit) { emitted[i] = append(emitted[i], u.Part) })
	}
	require.ErrorContains(t, plan(0), "the worker fails")
	require.NoFileExists(t, j.Plan)
	var group sync.WaitGroup
	errs := make([]error, len(emitted))
	for i := range emitted {
		group.Go(func() { errs[i] = plan(i) })
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	for _, parts := range emitted {
		assert.Equal(t, []int{1, 2, 3}, parts)
	}
	made, err := shard.ReadPlan(j.Plan)
	require.NoError(t, err)
	assert.Len(t, made.Sources, 3, "a file that two patterns match is read once")
	entries, err := os.ReadDir(j.PartsDir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)

	for name, args := range map[string][]string{
		"other files": {"--input=[ab].txt", "--parts=3"},
		"other parts": {"--input=*.txt", "--parts=4"},
		"other flags": {"--input=*.txt", "--parts=3", "--no-repair"},
		"read apart":  {"--input=*.txt", "--parts=3", "--skip-lines=1"},
	} {
		code, _, err := start(t, inputJob(t, dir, args...))
		assert.Equal(t, exitFailed, code, name)
		assert.ErrorContains(t, err, "choose another --parts-dir", name)
	}
}

// TestJobWithInputsGoesOn lets the plan fail, then a part, its keys, and the merge.
func TestJobWithInputsGoesOn(t *testing.T) {
	dir := t.TempDir()
	entire(t, dir, "3", nil, export(t, dir, "export"))
	t.Chdir(dir)
	failing(t, 1)
	j := inputJob(t, dir, "--input=*.txt", "--parts=3", "--max-rows=1000", "--reasons")
	failures := 0
	for {
		again := *j
		_, _, err := start(t, &again)
		if err == nil {
			break
		}
		require.ErrorContains(t, err, "the worker fails")
		failures++
		require.Less(t, failures, 20)
	}
	assert.GreaterOrEqual(t, failures, 5)
	same(t, "whole", j.OutDir)
	again := *j
	_, text, err := start(t, &again)
	require.NoError(t, err)
	assert.Contains(t, text, "parts_found: 3\n")
}

func TestInputsThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	files := export(t, dir, "export")
	t.Chdir(dir)
	run(t, dir, append([]string{"convert", "-q", "--exit-zero", "--out-dir=before"}, files...)...)
	require.NoError(t, os.WriteFile("other.csv", []byte("nobody,knows\n1,2\n"), 0o600))
	inMemory(t, "refused", "a.txt")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nothing":           {[]string{"--input=none-*.csv"}, "--input none-*.csv: nothing matches"},
		"a pattern":         {[]string{"--input=[.csv"}, "--input [.csv: "},
		"a store":           {[]string{"--input=hdfs://cluster/a"}, "files and s3://, gs://, memfs:// are read, and not hdfs://"},
		"other characters":  {[]string{"--input=s3://bucket/a?"}, "only * stands for"},
		"a directory":       {[]string{"--input=before"}, "this is a directory"},
		"users of a run":    {[]string{"--input=before/rejects.csv"}, "--known none"},
		"no column":         {[]string{"--input=other.csv"}, "nothing fills cognito:username"},
		"nothing in memory": {[]string{"--input=memfs://refused/*.csv"}, "nothing matches"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, err := start(t, inputJob(t, dir, append(test.args, "--parts=2")...))
			assert.Equal(t, exitFailed, code)
			assert.ErrorContains(t, err, test.want)
			require.NoError(t, os.RemoveAll("input-parts"))
		})
	}
	t.Run("an object that shrinks", func(t *testing.T) {
		s := newStore(t.Context())
		defer s.Close()
		o, err := s.opener("memfs://refused/a.txt").Open("memfs://refused/a.txt")
		require.NoError(t, err)
		require.NoError(t, filesystem.Write(t.Context(), memfs.New(t.Context()), "memfs://refused/a.txt", []byte("x")))
		_, err = o.Read(make([]byte, 10))
		assert.ErrorContains(t, err, "it was changed meanwhile")
		require.NoError(t, o.Close())
	})
	j := inputJob(t, dir, "--input=before/rejects.csv", "--known=none", "--parts=2")
	code, _, err := start(t, j)
	require.NoError(t, err)
	assert.Equal(t, exitRejected, code)
}

// TestStatedFlags sets flags to what is no value of theirs.
func TestStatedFlags(t *testing.T) {
	for _, arg := range []string{
		"--dialect=xml", "--delimiter=", "--quote=ab", "--escape=ab", "--ragged=x", "--skip-lines=-1", "--max-record-bytes=0", "--max-expanded=much", "--lenient-quotes=x",
		"--mfa=maybe", "--required=email,,name", "--assume-verified=mail", "--from=nobody", "--backslash=x", "--schema=", "--schema=s3://bucket/pool.json", "--rules=2020", "--known=dir", "--null=", "--dedup-memory=-1", "--max-bytes=much", "--group-keys=x",
	} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		new(job).flags(fs)
		assert.Error(t, fs.Parse([]string{arg}), arg)
	}
	for _, args := range [][]string{
		{"--from=auth0", "--mapping=x"}, {"--dialect=json", "--delimiter=tab"}, {"--dialect=ndjson", "--no-header"}, {"--default-region=USA"},
	} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		stated := new(job).flags(fs)
		require.NoError(t, fs.Parse(args))
		assert.Error(t, stated.check(), fmt.Sprint(args))
	}
}

// TestObject reads an object as a file is read.
func TestObject(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	inMemory(t, "object", path)
	s := newStore(t.Context())
	open := s.opener("memfs://object/x", path)
	assert.Nil(t, s.opener(path), "a file needs no help")
	for _, path := range []string{"memfs://object/x", path} {
		o, err := open.Open(path)
		require.NoError(t, err)
		assert.EqualValues(t, 10, o.Size())
		at, err := o.Seek(-4, io.SeekEnd)
		require.NoError(t, err)
		assert.EqualValues(t, 6, at)
		rest, err := io.ReadAll(o)
		require.NoError(t, err)
		assert.Equal(t, "6789", string(rest))
		_, err = o.Seek(-1, io.SeekStart)
		require.Error(t, err)
		b := make([]byte, 3)
		_, err = o.ReadAt(b, 2)
		require.NoError(t, err)
		assert.Equal(t, "234", string(b))
		_, err = o.Seek(1, io.SeekStart)
		require.NoError(t, err)
		_, err = io.ReadFull(o, b)
		require.NoError(t, err)
		assert.Equal(t, "123", string(b))
		require.NoError(t, o.Close())
		_, err = o.ReadAt(b, 0)
		require.ErrorIs(t, err, os.ErrClosed)
	}
	_, err := open.Open("memfs://object/none")
	require.ErrorContains(t, err, "memfs://object/none")
	require.NoError(t, s.Close())
}

// gzipFiles compresses files.
func gzipFiles(files []string) error {
	return exec.Command("gzip", files...).Run()
}
