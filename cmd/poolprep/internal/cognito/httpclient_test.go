package cognito

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLargeAnswersArriveWhole: the SDK closes the body of a request as soon as the
// answer begins, and net/http then broke off the answer now and then.
func TestLargeAnswersArriveWhole(t *testing.T) {
	const events, pages = 2_000, 100
	var b strings.Builder
	b.WriteString(`{"events":[{"message":"first"}`)
	for i := range events - 1 {
		fmt.Fprintf(&b, `,{"message":"[SUCCEEDED] Line Number %d - The import succeeded."}`, i+2)
	}
	b.WriteString(`],"nextForwardToken":"f/1"}`)
	answer := b.String()
	s := newService(t, func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, answer) })
	c := s.dial(t)
	for range pages {
		messages, _, err := c.Events(t.Context(), "group", "stream", "")
		require.NoError(t, err)
		require.Len(t, messages, events)
	}
	assert.JSONEq(t, `{"logGroupName":"group","logStreamName":"stream","startFromHead":true}`, s.bodies[pages-1])
	assert.Equal(t, int64(len(s.bodies[0])), s.requests[0].ContentLength)
}

// TestTheSDKKeepsQuiet: what it has to say would stand raw among the lines for people.
func TestTheSDKKeepsQuiet(t *testing.T) {
	s := newService(t, func(w http.ResponseWriter, _ string) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"events":[`) // cut off: the SDK warns of the connection
	})
	r, w, err := os.Pipe()
	require.NoError(t, err)
	stderr := os.Stderr
	os.Stderr = w
	_, _, err = s.dial(t).Events(t.Context(), "group", "stream", "")
	os.Stderr = stderr
	w.Close()
	require.Error(t, err)
	said, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Empty(t, string(said))
}
