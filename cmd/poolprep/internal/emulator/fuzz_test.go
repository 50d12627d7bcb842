package emulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
