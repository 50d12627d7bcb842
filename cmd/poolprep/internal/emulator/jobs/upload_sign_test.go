package jobs

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator/store"
)

// FuzzUploadURL changes the query and header of an upload: only what was signed
// gets through.
func FuzzUploadURL(f *testing.F) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)
	st, err := store.Open("", now)
	require.NoError(f, err)
	f.Cleanup(func() { st.Close() })
	service := &Service{o: Options{Store: st, URLTTL: 899 * time.Second, Now: func() time.Time { return now }}}
	signed := service.UploadURL("localhost", "local_default", "import-x", now.Add(-time.Second))
	u, err := url.Parse(signed)
	require.NoError(f, err)
	f.Add(u.Path, u.RawQuery, encryption)
	f.Add(u.Path, strings.Replace(u.RawQuery, "899", "900", 1), encryption)
	f.Add(u.Path+"/", u.RawQuery+"&x=%zz", "")
	f.Add("/uploads/", "X-Amz-Signature=0&X-Amz-Date=20260304T050607Z&X-Amz-Expires=99999999999999999999", "a")
	f.Fuzz(func(t *testing.T, path, query, header string) {
		r := &http.Request{Method: http.MethodPut, Host: "localhost", URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}}
		r.Header.Set(encryptionHeader, header)
		_, _, err := service.checkURL(r)
		values, parseErr := url.ParseQuery(query)
		same := parseErr == nil && values.Encode() == u.Query().Encode()
		// Signing trims the value of a header and joins the spaces in it.
		if through := same && path == u.Path && strings.TrimSpace(header) == encryption; through != (err == nil) {
			t.Fatalf("%q %q %q: %v", path, query, header, err)
		}
	})
}
