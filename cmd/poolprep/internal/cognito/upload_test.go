package cognito

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// content returns how a text is opened for an upload.
func content(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

func TestUploadIsWhatTheStoreExpects(t *testing.T) {
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
	}))
	defer server.Close()
	require.NoError(t, NewStore().Put(t.Context(), server.URL+"/key?X-Amz-Signature="+fakeSignature, 5, content("hello")))
	assert.Equal(t, http.MethodPut, got.Method)
	assert.Equal(t, "aws:kms", got.Header.Get("x-amz-server-side-encryption"))
	assert.Equal(t, "100-continue", got.Header.Get("Expect"))
	assert.Equal(t, int64(5), got.ContentLength)
	assert.Empty(t, got.TransferEncoding)
	assert.Empty(t, got.Header.Get("Authorization"))
	assert.Equal(t, "hello", body)
}

func TestUploadThatIsRefused(t *testing.T) {
	tests := []struct {
		status             int
		body, want         string
		expired, temporary bool
	}{
		{403, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`, "upload: HTTP 403, AccessDenied", true, false},
		{403, `<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>signature7391</SignatureProvided></Error>`, "upload: HTTP 403, SignatureDoesNotMatch", false, false},
		{503, `<Error><Code>SlowDown</Code></Error>`, "upload: HTTP 503, SlowDown", false, true},
		{500, `signature7391`, "upload: HTTP 500", false, true},
		{400, `<Error><Code>RequestTimeout</Code></Error>`, "upload: HTTP 400, RequestTimeout", false, true},
		{400, `<Error><Code>signature7391 and more</Code></Error>`, "upload: HTTP 400", false, false},
	}
	for _, tt := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(tt.status) // before a byte of the body was read
			_, _ = io.WriteString(w, tt.body)
		}))
		err := NewStore().Put(t.Context(), server.URL+"/key?X-Amz-Signature="+fakeSignature, 1<<20, content(strings.Repeat("x", 1<<20)))
		server.Close()
		var e *UploadError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.want, err.Error())
		assert.Equal(t, tt.expired, e.Expired(), tt.want)
		assert.Equal(t, tt.temporary, e.Temporary(), tt.want)
	}
}

func TestUploadErrorsKeepTheURLToThemselves(t *testing.T) {
	server := httptest.NewServer(nil)
	address := server.URL + "/key?X-Amz-Signature=" + fakeSignature
	server.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("the disk is broken")
	for name, err := range map[string]error{
		"nobody there": NewStore().Put(t.Context(), address, 5, content("hello")),
		"no URL":       NewStore().Put(t.Context(), "://"+fakeSignature, 5, content("hello")),
		"too short":    NewStore().Put(t.Context(), address, 6, content("hello")),
		"unreadable":   NewStore().Put(t.Context(), address, 5, func() (io.ReadCloser, error) { return nil, broken }),
		"cancelled":    NewStore().Put(cancelled, address, 5, content("hello")),
	} {
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), fakeSignature, name)
		var e *UploadError
		if errors.As(err, &e) {
			assert.True(t, e.Temporary(), name)
		}
	}
	assert.ErrorIs(t, NewStore().Put(cancelled, address, 5, content("hello")), context.Canceled)
}

func TestUploadFollowsTheStore(t *testing.T) {
	body := ""
	final := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body = string(text) + r.Header.Get("x-amz-server-side-encryption")
	}))
	defer final.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, final.URL, http.StatusTemporaryRedirect)
	}))
	defer first.Close()
	require.NoError(t, NewStore().Put(t.Context(), first.URL, 5, content("hello")))
	assert.Equal(t, "helloaws:kms", body)
	loop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
	}))
	defer loop.Close()
	require.ErrorContains(t, NewStore().Put(t.Context(), loop.URL, 5, content("hello")), "elsewhere")
}
