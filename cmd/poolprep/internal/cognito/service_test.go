package cognito

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	fakePool      = "us-east-1_fake"
	fakeSignature = "signature7391"
)

// notes leaves out what is to be printed.
type notes struct{}

func (notes) Note(string)   {}
func (notes) Detail(string) {}

// service is a service of AWS that answers what a test wants.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	answer   func(w http.ResponseWriter, target string)
}

func newService(t *testing.T, answer func(w http.ResponseWriter, target string)) *service {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "secret7391", "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_ENDPOINT_URL": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	s := &service{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
		s.mu.Unlock()
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		s.answer(w, operation)
	}))
	t.Cleanup(s.Close)
	return s
}

// calls returns how many requests came.
func (s *service) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *service) dial(t *testing.T) *Client {
	t.Helper()
	c, err := Dial(t.Context(), Config{EndpointURL: s.URL, Pool: fakePool})
	require.NoError(t, err)
	return c
}
