package cognito

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAnswersHaveALimit: of every operation, an error's text too.
func TestAnswersHaveALimit(t *testing.T) {
	status := http.StatusOK
	s := newService(t, func(w http.ResponseWriter, _ string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"UserImportJob":{"JobName":"`)
		part := strings.Repeat("x", 1<<20)
		for range maxServiceAnswer>>20 + 1 {
			_, _ = io.WriteString(w, part)
		}
		_, _ = io.WriteString(w, `"}}`)
	})
	c, ctx := s.dial(t), t.Context()
	for _, status = range []int{http.StatusOK, http.StatusBadRequest, http.StatusInternalServerError} {
		for name, call := range map[string]func() error{
			"create": func() error {
				_, err := c.CreateJob(ctx, JobRequest{Pool: fakePool, Name: "n", Role: "arn"})
				return err
			},
			"describe": func() error { _, err := c.DescribeJob(ctx, fakePool, "import-1"); return err },
			"list":     func() error { _, _, err := c.ListJobs(ctx, fakePool, ""); return err },
			"header":   func() error { _, err := c.Header(ctx, fakePool); return err },
			"pool":     func() error { _, err := c.DescribePool(ctx, fakePool); return err },
			"groups":   func() error { _, err := c.Groups(ctx, "/aws/"); return err },
			"events":   func() error { _, _, err := c.Events(ctx, "g", "s", ""); return err },
			"reset":    func() error { return c.ResetPassword(ctx, fakePool, "anna") },
		} {
			err := call()
			if status != http.StatusOK || name != "reset" { // whose answer is not read
				require.ErrorContains(t, err, "more than 16 MiB", "%s, HTTP %d", name, status)
				assert.Equal(t, Refused, KindOf(err))
			}
		}
	}
}

func TestTextsOfAServiceAreCut(t *testing.T) {
	long := strings.Repeat("ä\\u009b", 3000)
	answer, status := "", http.StatusOK
	s := newService(t, func(w http.ResponseWriter, _ string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	})
	c, ctx := s.dial(t), t.Context()
	answer = `{"UserImportJob":{"JobId":"` + long + `","JobName":"` + long + `","Status":"` + long + `","CompletionMessage":"` + long + `"}}`
	job, err := c.DescribeJob(ctx, fakePool, "import-1")
	require.NoError(t, err)
	for _, text := range []string{job.ID, job.Name, string(job.Status), job.Message} {
		assert.LessOrEqual(t, utf8.RuneCountInString(text), maxText+len(" ..."))
		assert.True(t, utf8.ValidString(text))
	}
	answer, status = `{"__type":"`+long+`","message":"`+long+`"}`, http.StatusBadRequest
	_, err = c.DescribeJob(ctx, fakePool, "import-1")
	var e *CallError
	require.ErrorAs(t, err, &e)
	assert.LessOrEqual(t, utf8.RuneCountInString(e.Message), maxText+len(" ..."))
	assert.LessOrEqual(t, utf8.RuneCountInString(e.Code), maxText+len(" ..."))
	for _, n := range []int{0, 1, maxText - 1, maxText} {
		text := strings.Repeat("€", n)
		assert.Equal(t, text, shortened(text))
	}
	assert.Equal(t, strings.Repeat("€", maxText)+" ...", shortened(strings.Repeat("€", maxText+1)))
}
