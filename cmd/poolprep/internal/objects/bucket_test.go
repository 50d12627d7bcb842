package objects

import (
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// bucket is a server of objects that knows what the tests need: HEAD, GET of a range with a
// condition, PUT, uploads in parts, DELETE and lists. A real one is used by .ci/s3.sh.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte // by path, /BUCKET/KEY
	order   []string          // of the objects that were made
	uploads map[string]map[string][]byte
	version int
	ranges  int                   // that were asked for
	sent    int64                 // bytes of them
	parts   int                   // that were taken
	short   int                   // so many ranges are cut off
	refuse  int                   // status of every answer; 0: none is refused
	failing int                   // number of the call that fails, from 1; 0: none
	calls   int                   // since then
	before  func(r *http.Request) // is called before every answer, unlocked; nil: nobody
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	before := b.before
	b.mu.Unlock()
	if before != nil {
		before(r)
	}
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	query := r.URL.Query()
	b.calls++
	switch {
	case b.refuse > 0:
		w.WriteHeader(b.refuse)
	case b.failing > 0 && b.calls == b.failing:
		w.WriteHeader(http.StatusForbidden)
	case query.Has("uploads") || query.Has("uploadId"):
		b.inParts(w, r, body)
	case query.Has("list-type"):
		b.list(w, r.URL.Path+"/"+query.Get("prefix"), len(r.URL.Path)+1)
	case r.Method == http.MethodPut:
		b.make(r.URL.Path, body)
		w.Header().Set("ETag", b.etag())
	case r.Method == http.MethodDelete:
		delete(b.objects, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	default:
		b.get(w, r)
	}
}

func (b *bucket) etag() string { return fmt.Sprintf("\"%d\"", b.version) }

func (b *bucket) make(path string, body []byte) {
	b.objects[path] = body
	b.order = append(b.order, path)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code></Error>")
}

// get answers with an object, or a range of it.
func (b *bucket) get(w http.ResponseWriter, r *http.Request) {
	body, there := b.objects[r.URL.Path]
	switch {
	case !there:
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != b.etag():
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	w.Header().Set("ETag", b.etag())
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

// inParts answers about an upload in parts.
func (b *bucket) inParts(w http.ResponseWriter, r *http.Request, body []byte) {
	id := r.URL.Query().Get("uploadId")
	parts, there := b.uploads[id]
	switch {
	case id == "":
		id = fmt.Sprint("upload-", b.calls)
		b.uploads[id] = make(map[string][]byte)
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case !there:
		refuse(w, http.StatusNotFound, "NoSuchUpload")
	case r.Method == http.MethodPut:
		parts[r.URL.Query().Get("partNumber")] = body
		b.parts++
		w.Header().Set("ETag", fmt.Sprintf("\"%x\"", md5.Sum(body)))
	case r.Method == http.MethodDelete:
		delete(b.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	default:
		b.complete(w, r.URL.Path, id, body)
	}
}

// complete puts the parts of an upload together.
func (b *bucket) complete(w http.ResponseWriter, path, id string, body []byte) {
	var list struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	err := xml.Unmarshal(body, &list)
	var whole []byte
	for i, p := range list.Part {
		part := b.uploads[id][fmt.Sprint(p.PartNumber)]
		if err != nil || p.PartNumber != i+1 || p.ETag != fmt.Sprintf("\"%x\"", md5.Sum(part)) || len(list.Part) != len(b.uploads[id]) {
			refuse(w, http.StatusBadRequest, "InvalidPart")
			return
		}
		whole = append(whole, part...)
	}
	b.make(path, whole)
	delete(b.uploads, id)
	_, _ = io.WriteString(w, "<CompleteMultipartUploadResult/>")
}

// list answers with the keys of the objects right below a prefix. A key begins at an index of
// a path.
func (b *bucket) list(w http.ResponseWriter, prefix string, key int) {
	_, _ = io.WriteString(w, "<ListBucketResult>")
	for _, path := range slices.Sorted(maps.Keys(b.objects)) {
		if rest, ok := strings.CutPrefix(path, prefix); ok && !strings.Contains(rest, "/") {
			fmt.Fprintf(w, "<Contents><Key>%s</Key></Contents>", path[key:])
		}
	}
	_, _ = io.WriteString(w, "</ListBucketResult>")
}

// set changes the bucket while it may be asked.
func (b *bucket) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// left returns the objects and uploads that are there.
func (b *bucket) left() (names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	names = slices.Sorted(maps.Keys(b.objects))
	return append(names, slices.Sorted(maps.Keys(b.uploads))...)
}

func newBucket(t *testing.T) (*bucket, *Store) {
	b := &bucket{objects: make(map[string][]byte), uploads: make(map[string]map[string][]byte)}
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
