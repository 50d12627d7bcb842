package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// runTimes are the lines of a manifest in which two runs of the same differ.
var runTimes = regexp.MustCompile(`"(created|manifest_sha256)": "[^"]*"`)

// runFiles returns the files of a run directory, without times.
func runFiles(t *testing.T, dir string) map[string]string {
	files := make(map[string]string)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		files[e.Name()] = runTimes.ReplaceAllString(string(text), "")
	}
	return files
}

// TestExportsInParts converts the samples of exports in one run and in parts, with the preset
// named and found.
func TestExportsInParts(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/exports/*/*.golden")
	require.NoError(t, err)
	for i, golden := range goldens {
		if testing.Short() && i%8 != 0 {
			continue
		}
		text, err := os.ReadFile(golden)
		require.NoError(t, err)
		command, _, _ := strings.Cut(string(text), "\n")
		dir, name := filepath.Split(golden)
		t.Run(filepath.Base(dir)+"/"+strings.TrimSuffix(name, ".golden"), func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(strings.TrimPrefix(command, "$ poolprep convert "))
			at := slices.Index(args, "--out-dir")
			args = slices.Delete(args, at, at+2)
			exportInParts(t, dir, args[:len(args)-1], args[len(args)-1])
			if from := slices.Index(args, "--from"); from >= 0 && i%3 == 0 {
				args[from+1] = autoWord
				exportInParts(t, dir, args[:len(args)-1], args[len(args)-1])
			}
		})
	}
}

func exportInParts(t *testing.T, dir string, flags []string, file string) {
	work := t.TempDir()
	run := func(command string, args ...string) int {
		cmd, stderr := program(t, slices.Concat([]string{command}, args)...)
		cmd.Dir = dir
		code := exitCode(cmd.Run())
		require.NotEqual(t, -1, code)
		if code == 2 {
			t.Logf("%s %v: %s", command, args, stderr)
		}
		return code
	}
	whole := run("convert", slices.Concat(flags, []string{"-q", "--out-dir", work + "/whole", file})...)
	plan := run("plan", slices.Concat(flags, []string{"-q", "--parts", "3", "-o", work + "/plan.json", file})...)
	if whole == 2 {
		return // the header alone may say so, or the rows
	}
	require.Zero(t, plan)
	h := fnv.New32()
	h.Write([]byte(dir))
	jobs := fmt.Sprint(1 + h.Sum32()%3)
	for k := 1; k <= 3; k++ {
		require.Zero(t, run("convert", slices.Concat(flags, []string{"-q", "-j", jobs, "--exit-zero", "--plan", work + "/plan.json", "--part", fmt.Sprint(k), "--out-dir", fmt.Sprint(work, "/part-", k)})...))
	}
	require.Equal(t, whole, run("merge", work+"/plan.json", work+"/part-2", work+"/part-1", work+"/part-3", "-q", "--out-dir", work+"/merged"))
	assert.Equal(t, runFiles(t, work+"/whole"), runFiles(t, work+"/merged"))
}
