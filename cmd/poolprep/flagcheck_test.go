package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
)

// TestNoFlagTakesAnEmptyValue tries every flag of every command that has a value, on the
// command line and as a variable.
func TestNoFlagTakesAnEmptyValue(t *testing.T) {
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		if f.Value.Type() == "bool" {
			return
		}
		err := c.Flags().Set(f.Name, "")
		if err == nil {
			err = checkValue(f)
		}
		assert.Equal(t, infoOf(f).mayBeEmpty, err == nil, "%s --%s: %v", c.CommandPath(), f.Name, err)
		assert.Equal(t, infoOf(f).list, infoOf(f).mayBeEmpty, f.Name)
	})
}

// TestEveryNumberHasARange wants a range of each flag with a number, but for seed, which
// may be any, and rate, which may not be 0.
func TestEveryNumberHasARange(t *testing.T) {
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		number := slices.Contains([]string{"int", "int64", "float64", "SIZE", "duration"}, f.Value.Type())
		assert.Equal(t, number && f.Name != "seed" && f.Name != "rate", !infoOf(f).span.any(), "%s --%s", c.CommandPath(), f.Name)
	})
}

// TestNumbersOutOfRange tries numbers at and beyond the ends of what flags take.
func TestNumbersOutOfRange(t *testing.T) {
	for line, want := range map[string]string{
		"check --jobs 1": "", "check --jobs 256": "", "check --jobs 257": " 257: a number from 1 to 256 is expected", "check --jobs 0": " 0: a number from 1 to 256 is expected",
		"records --jobs -1": " -1: a number from 1 to 256 is expected", "check --block-size 0": " 0: a size from 1 B to 64 MiB is expected",
		"check --block-size 64MiB": "", "check --block-size 65MiB": " 68157440: a size from 1 B to 64 MiB is expected", "check --max-record-bytes 1GiB": "",
		"check --max-record-bytes 1073741825": " 1073741825: a size from 1 B to 1.0 GiB is expected", "check --max-expanded 0": " 0: a size of 1 B or more is expected",
		"check --limit -5": " -5: a number of 0 or more is expected", "check --limit 0": "", "check --skip-lines -1": " -1: a number of 0 or more is expected",
		"convert --max-reports -1": " -1: a number of 0 or more is expected", "check --dedup-memory 0": " 0: a size of 1 B or more is expected", "check --dedup-memory 1": "",
		"convert --max-rows 0": " 0: a number of 1 or more is expected", "convert --max-bytes 0": " 0: a size of 1 B or more is expected", "convert --first-chunk -1": " -1: a number of 0 or more is expected",
		"generate --rows -1": " -1: a number of 0 or more is expected", "reconcile --chunk 0": " 0: a number of 1 or more is expected",
		"emulate --users-per-second -1": " -1: a number of 0 or more is expected", "emulate --fail-threshold NaN": " NaN: a number from 0 to 1 is expected", "emulate --fail-threshold 1.01": " 1.01: a number from 0 to 1 is expected",
		"emulate --fail-threshold -0.1": " -0.1: a number from 0 to 1 is expected", "emulate --fail-threshold 1": "", "emulate --url-ttl 0": " 0s: a duration of more than 0 is expected, such as 2s",
		"emulate --job-ttl -1s": " -1s: a duration of more than 0 is expected, such as 2s", "emulate --log-delay -1s": " -1s: a duration of 0s or more is expected", "emulate --log-delay 0": "",
		"import run --poll-interval 0": " 0s: a duration of more than 0 is expected, such as 2s", "import stop --poll-interval -1h": " -1h0m0s: a duration of more than 0 is expected, such as 2s",
	} {
		words := strings.Fields(line)
		flag := words[len(words)-2:]
		c, _, err := newRoot(&streams{}).Find(words[:len(words)-2])
		if !assert.NoError(t, err, line) || !assert.NoError(t, c.Flags().Set(flag[0][2:], flag[1]), line) {
			continue
		}
		if err := checkValue(c.Flags().Lookup(flag[0][2:])); want == "" {
			assert.NoError(t, err, line)
		} else {
			assert.EqualError(t, err, want, line)
		}
	}
}
