package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// wholeInMemory makes the run directory "whole" of three files, and puts these into a store.
func wholeInMemory(t *testing.T, bucket string) (dir string) {
	dir = t.TempDir()
	files := export(t, dir, "export")
	t.Chdir(dir)
	run(t, dir, append([]string{"convert", "-q", "--exit-zero", "--max-rows=1000", "--reasons", "--out-dir=whole"}, files...)...)
	inMemory(t, bucket, files...)
	return dir
}

// storeJob is a job of which everything is in the store.
func storeJob(t *testing.T, bucket string) *job {
	return inputJob(t, t.TempDir(), "--input=memfs://"+bucket+"/*.txt", "--parts=3", "--max-rows=1000", "--reasons", "--group-keys",
		"--parts-dir=memfs://"+bucket+"/jobs/parts", "--out-dir=memfs://"+bucket+"/jobs/run")
}

// fetchedFrom returns a directory with what is below a prefix in the store.
func fetchedFrom(t *testing.T, prefix string) (dir string) {
	dir = t.TempDir()
	s := newStore(t.Context())
	defer s.Close()
	names, err := s.names(prefix)
	require.NoError(t, err)
	for _, name := range names {
		text, err := s.read(source.PathIn(prefix, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	return dir
}

func TestEverythingInAStore(t *testing.T) {
	wholeInMemory(t, "everything")
	j := storeJob(t, "everything")
	again := *j
	code, text, err := start(t, j)
	require.NoError(t, err)
	assert.Equal(t, exitRejected, code)
	assert.Contains(t, text, "rows_read: 9000\n")
	assert.Positive(t, counted(text, "keys_contested"))
	sameButFor(t, "memfs://everything/", "whole", fetchedFrom(t, "memfs://everything/jobs/run"))
	_, _, err = start(t, &again)
	assert.ErrorContains(t, err, "memfs://everything/jobs/run is not empty")

	// A plan in the store knows the run again.
	s := newStore(t.Context())
	defer s.Close()
	names, err := s.names("memfs://everything/jobs/parts")
	require.NoError(t, err)
	var plans []string
	for _, name := range names {
		if strings.HasPrefix(name, "plan-") {
			plans = append(plans, name)
		}
	}
	require.Len(t, plans, 1)
	planned := &job{Plan: "memfs://everything/jobs/parts/" + plans[0], PartsDir: "memfs://everything/jobs/parts", OutDir: "memfs://everything/jobs/run", MaxRows: 1000, Reasons: true}
	_, text, err = start(t, planned)
	require.NoError(t, err)
	assert.Contains(t, text, "rows_read: 9000\n")
	assert.Contains(t, text, "parts_made: 3\n")
}

// TestStoreBundlesDoneTwice calls the DoFns of a job in a store again, and at the same time.
func TestStoreBundlesDoneTwice(t *testing.T) {
	wholeInMemory(t, "twice")
	j := storeJob(t, "twice")
	_, err := j.check(nil)
	require.NoError(t, err)
	j.group(prism)
	smallGroups(t)
	ctx := context.Background()
	var units []unit
	for range 2 {
		units = nil // those of the first attempt are lost
		require.NoError(t, (&planFn{Job: *j}).ProcessElement(ctx, j.Parts, func(u unit) { units = append(units, u) }))
	}
	var parts []made
	failing(t, 1)
	for _, u := range units {
		require.ErrorContains(t, (&makeFn{Job: *j}).ProcessElement(ctx, u, func(int, made) {}), "the worker fails")
		for range 2 {
			require.NoError(t, (&makeFn{Job: *j}).ProcessElement(ctx, u, func(_ int, m made) { parts = append(parts, m) }))
		}
	}
	require.Len(t, parts, 6)
	assert.NotEqual(t, parts[0].Dir, parts[1].Dir)
	groups := make(map[int][][]byte)
	for _, m := range parts[1:] {
		failing(t, 0)
		require.NoError(t, (&keysFn{Job: *j}).ProcessElement(ctx, 0, m, func(group int, keys []byte) { groups[group] = append(groups[group], keys) }))
	}
	var contested [][]byte
	for group, keys := range groups {
		require.NoError(t, (&groupFn{Job: *j}).ProcessElement(ctx, group, elements(keys), func(_ int, keys []byte) { contested = append(contested, keys) }))
	}
	merge := func() error {
		return (&mergeFn{Job: *j}).ProcessElement(ctx, 0, elements(parts), elements(contested))
	}
	failing(t, 1)
	require.ErrorContains(t, merge(), "the worker fails")
	names, err := (&folder{store: newStore(ctx), path: j.OutDir}).List()
	require.NoError(t, err)
	assert.NotContains(t, names, "manifest.json")
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = merge() })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.NoError(t, merge(), "and once more")
	sameButFor(t, "memfs://twice/", "whole", fetchedFrom(t, j.OutDir))

	// A part that is changed is noticed.
	require.NoError(t, filesystem.Write(ctx, memfs.New(ctx), parts[5].Dir+"/"+shard.FactsName, []byte("torn")))
	assert.ErrorContains(t, (&keysFn{Job: *j}).ProcessElement(ctx, 0, parts[5], func(int, []byte) {}), "was changed since part 3 was made")
}
