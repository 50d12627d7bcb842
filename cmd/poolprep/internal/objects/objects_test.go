package objects

import (
	"bytes"
	"context"
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

	"poolprep/validate/source"
)

// bucket is a server of objects that knows what the tests need: HEAD, GET of a range with a
// condition, PUT and DELETE. A real one is used by .ci/s3.sh.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
	version int
	ranges  int   // that were asked for
	sent    int64 // bytes of them
	short   int   // so many ranges are cut off
	refuse  int   // status of every answer; 0: none is refused
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
		w.Header().Set("ETag", etag)
		var from, to int64
		if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); n == 2 {
			b.ranges++
			b.sent += to - from + 1
			if b.short > 0 {
				b.short--
				w.Header().Set("Content-Length", fmt.Sprint(to-from+1))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(body[from : (from+to)/2])
				return
			}
		}
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

// put makes an object of random bytes.
func (b *bucket) put(path string, size int) []byte {
	body := make([]byte, size)
	_, _ = rand.Read(body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[path] = body
	b.version++
	b.ranges, b.sent = 0, 0
	return body
}

func open(t *testing.T, store *Store, path string) source.Ranged {
	r, err := store.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// TestReadsInRanges reads objects of sizes around those of ranges.
func TestReadsInRanges(t *testing.T) {
	b, store := newBucket(t)
	for _, size := range []int{0, 1, firstRange - 1, firstRange, firstRange + 1, 3 * firstRange, partSize + 1, 5*partSize + 7} {
		want := b.put("/b/k", size)
		r := open(t, store, "s3://b/k")
		assert.EqualValues(t, size, r.Size())
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), size)
		assert.EqualValues(t, size, b.sent, "each byte is sent once")
		require.NoError(t, r.Close())
	}
}

// TestReadsFromTheMiddle reads no more than was asked for and is read ahead.
func TestReadsFromTheMiddle(t *testing.T) {
	b, store := newBucket(t)
	want := b.put("/b/k", 6*partSize)
	r := open(t, store, "s3://b/k")
	_, err := io.ReadFull(r, make([]byte, 100)) // a header
	require.NoError(t, err)
	assert.EqualValues(t, firstRange, b.sent)

	const from, to = 3*partSize + 11, 4*partSize + 22
	r.(source.Expecting).Expect(to)
	at, err := r.Seek(from, io.SeekStart)
	require.NoError(t, err)
	require.EqualValues(t, from, at)
	got := make([]byte, to-from)
	_, err = io.ReadFull(r, got)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want[from:to], got))
	assert.EqualValues(t, firstRange+to-from, b.sent)

	got = make([]byte, 5) // what is looked at behind the end
	_, err = io.ReadFull(r, got)
	require.NoError(t, err)
	assert.Equal(t, want[to:to+5], got)
	assert.EqualValues(t, 2*firstRange+to-from, b.sent)

	ranges := b.ranges
	_, err = r.ReadAt(got, 7)
	require.NoError(t, err)
	assert.Equal(t, want[7:12], got)
	assert.Equal(t, ranges+1, b.ranges)
	n, err := r.ReadAt(got, int64(len(want))-3)
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, want[len(want)-3:], got[:n])
	_, err = r.ReadAt(got, -1)
	require.Error(t, err)

	at, err = r.Seek(-4, io.SeekEnd)
	require.NoError(t, err)
	assert.EqualValues(t, len(want)-4, at)
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, want[len(want)-4:], rest)
	_, err = r.Seek(-1, io.SeekStart)
	require.Error(t, err)
}

// TestConnectionsBreak reads on where a range was cut off.
func TestConnectionsBreak(t *testing.T) {
	b, store := newBucket(t)
	want := b.put("/b/k", 3*partSize)
	b.short = 5
	got, err := io.ReadAll(open(t, store, "s3://b/k"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
	b.short = 1000
	_, err = open(t, store, "s3://b/k").ReadAt(make([]byte, 1), 0) // of which nothing comes
	require.ErrorContains(t, err, "cannot be reached")
}

func TestReplacedWhileItIsRead(t *testing.T) {
	b, store := newBucket(t)
	b.put("/b/k", 40*partSize)
	r := open(t, store, "s3://b/k")
	_, err := io.ReadFull(r, make([]byte, 10))
	require.NoError(t, err)
	b.mu.Lock()
	b.version++
	b.mu.Unlock()
	_, err = io.Copy(io.Discard, r)
	require.ErrorContains(t, err, "the object was replaced while it was read")
}

// TestClosedWhileItIsRead ends a Read that was left behind.
func TestClosedWhileItIsRead(t *testing.T) {
	b, store := newBucket(t)
	b.put("/b/k", 2*partSize)
	r := open(t, store, "s3://b/k")
	b.mu.Lock() // nothing is answered
	failed := make(chan error)
	go func() {
		_, err := r.Read(make([]byte, 1))
		failed <- err
	}()
	require.NoError(t, r.Close())
	require.ErrorIs(t, <-failed, context.Canceled)
	b.mu.Unlock()
}

func TestErrorsInWords(t *testing.T) {
	b, store := newBucket(t)
	read := func(path string) error {
		_, err := store.Open(path)
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
