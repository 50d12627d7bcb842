package objects

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bucket is a server of objects that knows what the tests need: HEAD, GET of a range with a
// condition, PUT and DELETE. A real one is used by .ci/s3.sh.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
	version int
	ranges  int
	refuse  int // status of every answer; 0: none is refused
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, there := b.objects[r.URL.Path]
	etag := fmt.Sprintf("\"%d\"", b.version)
	switch {
	case b.refuse > 0:
		w.WriteHeader(b.refuse)
	case r.Method == http.MethodPut:
		b.objects[r.URL.Path], _ = io.ReadAll(r.Body)
		w.Header().Set("ETag", etag)
	case r.Method == http.MethodDelete:
		delete(b.objects, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	case !there:
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != etag:
		w.WriteHeader(http.StatusPreconditionFailed)
		_, _ = io.WriteString(w, "<Error><Code>PreconditionFailed</Code></Error>")
	default:
		if r.Header.Get("Range") != "" {
			b.ranges++
		}
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

func newBucket(t *testing.T) (*bucket, *Store) {
	b := &bucket{objects: make(map[string][]byte)}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": server.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	return b, New(t.Context())
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Location{"s3://b/k": {"b", "k"}, "s3://b/a/b.csv": {"b", "a/b.csv"}, "s3://b": {"b", ""}, "s3://b/p/": {"b", "p/"}} {
		got, err := Parse(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{"", "s3://", "s3:///k", "file.csv", "S3://b/k"} {
		_, err := Parse(text)
		assert.ErrorContains(t, err, "s3://BUCKET/KEY is expected", text)
	}
	for key, want := range map[string]string{"": "s3://b/f", "p": "s3://b/p/f", "p/": "s3://b/p/f"} {
		assert.Equal(t, want, Location{"b", key}.At("f").String())
	}
}

// TestReadsInRanges reads objects of sizes around that of a part.
func TestReadsInRanges(t *testing.T) {
	b, store := newBucket(t)
	for _, size := range []int{0, 1, partSize - 1, partSize, partSize + 1, 5*partSize + 7} {
		want := make([]byte, size)
		_, _ = rand.Read(want)
		b.objects["/b/k"] = want
		b.version++
		b.ranges = 0
		got, err := io.ReadAll(store.Reader("s3://b/k"))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), size)
		if size > partSize {
			assert.Greater(t, b.ranges, size/partSize-1)
		}
	}
}

func TestReplacedWhileItIsRead(t *testing.T) {
	b, store := newBucket(t)
	b.objects["/b/k"] = make([]byte, 40*partSize)
	r := store.Reader("s3://b/k")
	_, err := io.ReadFull(r, make([]byte, 10))
	require.NoError(t, err)
	b.mu.Lock()
	b.version++
	b.mu.Unlock()
	_, err = io.Copy(io.Discard, r)
	require.Error(t, err)
}

func TestErrorsInWords(t *testing.T) {
	b, store := newBucket(t)
	read := func(object string) error {
		_, err := io.ReadAll(store.Reader(object))
		return err
	}
	assert.ErrorContains(t, read("s3://b/none"), "there is no such object")
	assert.ErrorContains(t, read("s3://b/"), "the key of one object is expected")
	assert.ErrorContains(t, read("s3:///k"), "s3://BUCKET/KEY is expected")
	b.refuse = http.StatusForbidden
	assert.ErrorContains(t, read("s3://b/k"), "access is denied")
	_, err := store.Exists(Location{"b", "k"})
	assert.ErrorContains(t, err, "s3://b/k: access is denied")
}

func TestPutExistsDelete(t *testing.T) {
	b, store := newBucket(t)
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("a,b\n", 100)), 0o600))
	at := Location{"b", "run/f"}
	there, err := store.Exists(at)
	require.NoError(t, err)
	assert.False(t, there)
	require.NoError(t, store.Put(at, path))
	assert.Contains(t, string(b.objects["/b/run/f"]), "a,b\n")
	there, err = store.Exists(at)
	require.NoError(t, err)
	assert.True(t, there)
	require.NoError(t, store.Delete(at))
	require.NoError(t, store.Delete(at), "it is gone already")
	assert.Empty(t, b.objects)
}
