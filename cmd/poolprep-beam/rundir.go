package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"poolprep/transform/sink"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// markOf returns the path of the file in PartsDir by which the run directory of a plan, with this
// manifest, is known again: an attempt at merging writes it before there is the run directory.
func (j *job) markOf(plan *shard.Plan, manifest []byte) string {
	how := fmt.Sprint(plan.ID, j.MaxRows, j.MaxBytes, j.FirstRows, j.Compress, j.Reasons, j.KeepSkipped)
	sum := sha256.Sum256(append([]byte(how), manifest...))
	return source.PathIn(j.PartsDir, "merged-"+hex.EncodeToString(sum[:]))
}

// merged reports whether OutDir is what the parts were merged into, by an attempt of which
// the runner does not know, or by an earlier job. It is an error if something else is there, but
// in a store only if that is complete: there attempts write under the same names.
func (j *job) merged(store *store, plan *shard.Plan) (bool, error) {
	there, err := store.names(j.OutDir)
	complete := slices.Contains(there, sink.ManifestName)
	if err != nil || len(there) == 0 || source.Stored(j.OutDir) && !complete {
		return false, err
	}
	if complete {
		text, err := store.read(source.PathIn(j.OutDir, sink.ManifestName))
		if err != nil {
			return false, err
		}
		marks, err := store.names(j.PartsDir)
		if err != nil {
			return false, err
		}
		if slices.Contains(marks, path.Base(j.markOf(plan, text))) {
			return true, nil
		}
	}
	return false, fmt.Errorf("%s is not empty, and was not made of these parts with these flags; choose another directory", j.OutDir)
}

// free returns an error unless nothing is in OutDir.
func (j *job) free(store *store) error {
	there, err := store.names(j.OutDir)
	if err == nil && len(there) > 0 {
		err = fmt.Errorf("%s is not empty; choose another directory", j.OutDir)
	}
	return err
}

// manifest reads that of OutDir.
func (j *job) manifest(store *store) (*sink.Manifest, error) {
	if !source.Stored(j.OutDir) {
		return sink.ReadManifest(j.OutDir)
	}
	text, err := store.read(source.PathIn(j.OutDir, sink.ManifestName))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.OutDir, err)
	}
	dir, err := os.MkdirTemp("", "poolprep-beam-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, sink.ManifestName), text, 0o600); err != nil {
		return nil, err
	}
	return sink.ReadManifest(dir)
}

// mergePrefix begins the names of the directories, beside OutDir, of attempts at merging.
func (j *job) mergePrefix() string { return "." + filepath.Base(j.OutDir) + ".poolprep-beam-" }

// clean removes what attempts have left, now that what they were to make is there. One that
// still runs fails then, and finds that. What cannot be removed does no harm.
func clean(dir, prefix string) {
	left, _ := attempts(dir, prefix)
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
}

// command returns the command of the run that the job stands for, as its manifest records it.
func (j *job) command(plan *shard.Plan) []string {
	flags := slices.Clone(plan.Flags())
	if j.MaxRows > 0 {
		flags = append(flags, fmt.Sprint("--max-rows=", j.MaxRows))
	}
	if j.MaxBytes > 0 {
		flags = append(flags, fmt.Sprint("--max-bytes=", j.MaxBytes))
	}
	if j.Compress != "" {
		flags = append(flags, "--compress="+j.Compress)
	}
	slices.SortStableFunc(flags, func(a, b string) int {
		a, _, _ = strings.Cut(a, "=")
		b, _, _ = strings.Cut(b, "=")
		return cmp.Compare(a, b)
	})
	return append([]string{shard.ForConvert}, flags...)
}
