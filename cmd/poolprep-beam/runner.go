package main

import (
	"fmt"
	"slices"
	"strings"

	"poolprep/validate/suggest"
)

// prismNames are the names of prism, runnerNames those of all runners that are built in, as Beam
// calls them.
var (
	prismNames  = []string{prism, "PrismRunner"}
	runnerNames = append(prismNames, "universal", "PortableRunner", "flink", "FlinkRunner", "spark", "SparkRunner")
)

// checkRunner returns an error for a runner that is not built in: Beam would end the process
// with the exit code for rejected rows.
func checkRunner(name string) error {
	if slices.Contains(runnerNames, name) {
		return nil
	}
	return fmt.Errorf("--runner %s is not built in: must be %s%s", name, strings.Join(runnerNames, ", "), suggest.DidYouMean(name, runnerNames))
}
