package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"poolprep/transform/sink"
	"poolprep/validate/shard"
)

// markOf returns the path of the file in PartsDir by which the run directory of a plan is known
// again: an attempt at merging writes it before its directory becomes OutDir.
func (j *job) markOf(plan *shard.Plan, dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, sink.ManifestName))
	if err != nil {
		return "", err
	}
	how := fmt.Sprint(plan.ID, j.MaxRows, j.MaxBytes, j.FirstRows, j.Compress, j.Reasons, j.KeepSkipped)
	sum := sha256.Sum256(append([]byte(how), text...))
	return filepath.Join(j.PartsDir, "merged-"+hex.EncodeToString(sum[:])), nil
}

func (j *job) mark(plan *shard.Plan, dir string) error {
	path, err := j.markOf(plan, dir)
	if err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o600)
}

// merged reports whether OutDir is what the parts were merged into, by an attempt of which
// the runner does not know, or by an earlier job. It is an error if something else is there, or
// anything while there is no plan.
func (j *job) merged(plan *shard.Plan) (bool, error) {
	entries, err := os.ReadDir(j.OutDir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return false, nil
	case err != nil:
		return false, err
	}
	if plan == nil {
		return false, fmt.Errorf("%s is not empty; choose another directory", j.OutDir)
	}
	if path, err := j.markOf(plan, j.OutDir); err == nil {
		if _, err := os.Lstat(path); err == nil {
			return true, nil
		}
	}
	return false, fmt.Errorf("%s is not empty, and was not made of these parts with these flags; choose another directory", j.OutDir)
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
	var flags []string
	if len(plan.Command) > 0 {
		flags = slices.Clone(plan.Command[1:])
	}
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
