package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestRunnersThatAreNotBuiltIn would end the process if Beam were asked.
func TestRunnersThatAreNotBuiltIn(t *testing.T) {
	for name, want := range map[string]string{
		"dataflow": "--runner dataflow is not built in: must be prism, PrismRunner, universal, PortableRunner, flink, ",
		"prsim":    `, did you mean "prism"?`,
	} {
		code, err := jobIn(t.TempDir()).main(t.Context(), nil, name, io.Discard)
		assert.Equal(t, exitFailed, code)
		assert.ErrorContains(t, err, want)
	}
	for _, name := range runnerNames {
		assert.NoError(t, checkRunner(name))
	}
	for name, want := range map[string]bool{"prism": false, "PrismRunner": false, "flink": true} {
		j := new(job)
		j.group(name)
		assert.Equal(t, want, j.GroupKeys, name)
	}
}
