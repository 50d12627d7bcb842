package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRejectsOfAStoredRun gives inputs beside the manifest of a run in S3, and beside none.
func TestRejectsOfAStoredRun(t *testing.T) {
	manifest := `{"v":1,"tool":"poolprep 0.1.0","chunks":[{"file":"chunk-00001.csv"}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/b/run/manifest.json" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "", testStart, strings.NewReader(manifest))
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")

	err := refuseStoredRun(t.Context(), []string{"users.csv", "s3://b/run/mended.csv"})
	require.EqualError(t, err, "s3://b/run/mended.csv lies in a run, whose users count as taken: fetch the run with `aws s3 cp --recursive s3://b/run DIR`, and name it with --known DIR (--known none: they do not count)")
	assert.NoError(t, refuseStoredRun(t.Context(), []string{"s3://b/run/chunk-00001.csv", "s3://b/exports/users.csv", "-"}))
	_, err = (&ruleFlags{}).findKnown(t.Context(), []string{"s3://b/run/rejects.csv"}, &streams{}, false)
	require.ErrorContains(t, err, "lies in a run")
	_, err = (&ruleFlags{known: []string{noneWord}}).findKnown(t.Context(), []string{"s3://b/run/rejects.csv"}, &streams{}, false)
	require.NoError(t, err)
}

var testStart = time.Unix(1_800_000_000, 0)
