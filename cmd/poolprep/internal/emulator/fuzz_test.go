package emulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzBodies calls any operation with any body: the answer is JSON, and a
// failure is the client's.
func FuzzBodies(f *testing.F) {
	server, err := New(Options{})
	require.NoError(f, err)
	f.Cleanup(func() { server.Close() })
	names := Operations()
	for i := range names {
		f.Add(uint8(i), `{"UserPoolId":"local_default","JobId":"import-x","Username":"x","MaxResults":1,"Filter":"username ^= \"x\"","JobName":"n","CloudWatchLogsRoleArn":"`+role+`","Password":"xxxxxxxx"}`)
		f.Add(uint8(i), `{"logGroupName":"`+defaultGroup+`","logStreamName":"x","filterPattern":"?a -\"b\"","nextToken":"f/AAAA","limit":1,"startTime":0}`)
	}
	f.Add(uint8(0), `{"UserPoolId":{}}`)
	f.Fuzz(func(t *testing.T, op uint8, body string) {
		name := names[int(op)%len(names)]
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("X-Amz-Target", operations[name].target+"."+name)
		r.Header.Set("Authorization", signature)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %q: %d %s", name, body, w.Code, w.Body)
		}
	})
}

// FuzzUploadURL changes the query and header of an upload: only what was signed
// gets through.
func FuzzUploadURL(f *testing.F) {
	c := newClock()
	server, err := New(Options{Now: c.Now})
	require.NoError(f, err)
	f.Cleanup(func() { server.Close() })
	signed := server.uploadURL("localhost", &job{Pool: defaultID, ID: "import-x", Created: c.Now().Add(-time.Second)})
	u, err := url.Parse(signed)
	require.NoError(f, err)
	f.Add(u.Path, u.RawQuery, encryption)
	f.Add(u.Path, strings.Replace(u.RawQuery, "899", "900", 1), encryption)
	f.Add(u.Path+"/", u.RawQuery+"&x=%zz", "")
	f.Add("/uploads/", "X-Amz-Signature=0&X-Amz-Date=20260304T050607Z&X-Amz-Expires=99999999999999999999", "a")
	f.Fuzz(func(t *testing.T, path, query, header string) {
		r := &http.Request{Method: http.MethodPut, Host: "localhost", URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}}
		r.Header.Set(encryptionHeader, header)
		_, _, err := server.checkURL(r)
		values, parseErr := url.ParseQuery(query)
		same := parseErr == nil && values.Encode() == u.Query().Encode()
		// Signing trims the value of a header and joins the spaces in it.
		if through := same && path == u.Path && strings.TrimSpace(header) == encryption; through != (err == nil) {
			t.Fatalf("%q %q %q: %v", path, query, header, err)
		}
	})
}
