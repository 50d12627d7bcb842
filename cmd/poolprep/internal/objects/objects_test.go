package objects

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/source"
)

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
	b.set(func() { b.short = 5 })
	got, err := io.ReadAll(open(t, store, "s3://b/k"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
	b.set(func() { b.short = 1000 })
	_, err = open(t, store, "s3://b/k").ReadAt(make([]byte, 1), 0) // of which nothing comes
	require.ErrorContains(t, err, "cannot be reached")
}

// TestServerFallsSilent reads from a server that says nothing from a call on, and sends to it.
func TestServerFallsSilent(t *testing.T) {
	before := stall
	stall = 50 * time.Millisecond
	defer func() { stall = before }()
	for from := range int64(3) { // a look at the object, a range of it, and an object that is sent
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			b, s := newBucket(t)
			b.objects["/b/k"] = make([]byte, 100<<10)
			quit := make(chan struct{})
			defer close(quit)
			var calls atomic.Int64
			b.before = func(*http.Request) {
				if calls.Add(1) > from {
					<-quit
				}
			}
			f, err := s.Open("s3://b/k")
			if err == nil {
				_, err = io.ReadAll(f)
				f.Close()
			}
			if err == nil {
				d, dirErr := s.Directory("s3://b/run")
				require.NoError(t, dirErr)
				u, createErr := d.Create(".a.tmp", "a")
				require.NoError(t, createErr)
				require.NoError(t, u.Sync())
				require.NoError(t, u.Close())
				err = d.Rename(".a.tmp", "a")
			}
			require.ErrorContains(t, err, "nothing came from it for 50ms")
		})
	}
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
	b.set(func() { b.refuse = http.StatusForbidden })
	assert.ErrorContains(t, read("s3://b/k"), "access is denied")
	_, err := store.directory(Location{"b", "k"}).List()
	assert.ErrorContains(t, err, "s3://b/k: access is denied")
}
