package importjob

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

// Groups knows the pool's group once a job has run.
func (f *fake) Groups(_ context.Context, prefix string) (names []string, err error) {
	err = f.do("DescribeLogGroups", func() error {
		name := "/aws/cognito/userpools/" + fakePool + "/" + f.group
		if strings.HasPrefix(name, prefix) && slices.ContainsFunc(f.jobs, (*fakeJob).ran) {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// TestLogGroupOfAnyPool: a pool may have a name that is none for a log group, and
// may be renamed while logs stay where they were.
func TestLogGroupOfAnyPool(t *testing.T) {
	denied := refusal("DescribeLogGroups", "AccessDeniedException", "no")
	for _, tt := range []struct {
		name, pool, group string
		mayList           bool
	}{
		{"plain", "people", "people", true},
		{"plain, guessed", "people", "people", false},
		{"a space", "strict pool", "strict_pool", true},
		{"a space, guessed", "strict pool", "strict_pool", false},
		{"all that is allowed", "a+=,.@- b", "a___._-_b", false},
		{"as nobody expects", "strict pool", "strictpool", true},
		{"renamed", "persons", "people", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, f := smallRun(t)
			f.poolName, f.group = tt.pool, tt.group
			if !tt.mayList {
				f.chaos = failing("DescribeLogGroups", -1, false, denied)
			}
			o := f.options()
			out, err := d.Import(t.Context(), o)
			require.NoError(t, err)
			assert.Equal(t, Counts{Imported: 7}, out.Total())
			assert.Equal(t, !tt.mayList, strings.Contains(o.Observer.(*recorder).all(), "the log group is taken to be"))
		})
	}
}

// TestLogsThatCannotBeRead is known before a job is made.
func TestLogsThatCannotBeRead(t *testing.T) {
	for _, operation := range []string{"DescribeLogGroups", "GetLogEvents"} {
		for _, err := range []error{
			refusal(operation, "InvalidParameterException", "bad name"), refusal(operation, "UnrecognizedClientException", "no"), errThrottled, errLost,
		} {
			d, f := smallRun(t)
			f.chaos = failing(operation, -1, false, err)
			for _, plan := range []bool{true, false} {
				var got error
				if plan {
					_, got = d.Plan(t.Context(), f.options())
				} else {
					_, got = d.Import(t.Context(), f.options())
				}
				require.ErrorContains(t, got, "cannot be read so. No job was made", "%s %v", operation, err)
				require.ErrorIs(t, got, err)
			}
			assert.Empty(t, f.jobs)
			assert.NoFileExists(t, d.file(sink.JournalName))
		}
	}
}
