package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// command is a command line to time.
type command struct {
	args    []string
	ok      []int    // exit codes that are no failure, beside 0
	startup []string // its time is taken off: what it costs to start an interpreter
}

// missing returns the name of a program that is not installed, or "".
func (r *row) missing() string {
	for _, c := range append([]command{r.ours}, r.theirs...) {
		if _, err := exec.LookPath(c.args[0]); err != nil {
			return c.args[0]
		}
	}
	return ""
}

// longRow is how long a row may take for rounds beyond those asked for, in
// seconds. The shorter a run, the more a neighbour on the machine disturbs it.
const longRow = 5

// time runs the commands of a row in turn and returns medians in seconds, of
// theirs that of the slowest. Of short ones it takes up to three times as many.
func (r *row) time(rounds int) (ours, theirs float64, err error) {
	all := append([]command{r.ours}, r.theirs...)
	seconds, starts := make([][]float64, len(all)), make([][]float64, len(all))
	begin := time.Now()
	for round := 0; round <= rounds || round <= 3*rounds && time.Since(begin).Seconds() < longRow; round++ {
		for i := range all {
			m, err := all[i].run()
			if err != nil {
				return 0, 0, err
			}
			start := measured{}
			if all[i].startup != nil {
				if start, err = (&command{args: all[i].startup}).run(); err != nil {
					return 0, 0, err
				}
			}
			if round > 0 { // the first one warms up
				seconds[i], starts[i] = append(seconds[i], m.seconds), append(starts[i], start.seconds)
			}
		}
	}
	for i := 1; i < len(all); i++ {
		theirs = max(theirs, median(seconds[i])-median(starts[i]))
	}
	return median(seconds[0]), theirs, nil
}

// measured is what a run of a command took.
type measured struct {
	seconds float64
	memory  int64 // at the peak, in bytes
}

// run runs the command once, its output thrown away.
func (c *command) run() (measured, error) {
	cmd := exec.Command(c.args[0], c.args[1:]...) // streams that are not set are /dev/null, no pipe: whoever reads one takes processor time
	start := time.Now()
	err := cmd.Run()
	m := measured{seconds: time.Since(start).Seconds()}
	if c.failed(err) {
		return m, c.why(err)
	}
	m.memory = peakMemory(cmd.ProcessState)
	return m, nil
}

// write runs the command once with its output into a file.
func (c *command) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Stdout = f
	err = cmd.Run()
	if c.failed(err) {
		return errors.Join(c.why(err), f.Close())
	}
	return f.Close()
}

func (c *command) failed(err error) bool {
	code := exitCode(err)
	return code != 0 && !slices.Contains(c.ok, code)
}

// why runs a command that failed once more, for what it prints on stderr.
func (c *command) why(err error) error {
	var stderr strings.Builder
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Stderr = &stderr
	_ = cmd.Run()
	return fmt.Errorf("%s: %w: %s", strings.Join(c.args, " "), err, stderr.String())
}

// exitCode returns the exit code of a process, -1 if it did not run.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
