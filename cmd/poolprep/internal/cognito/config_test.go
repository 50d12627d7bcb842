package cognito

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEndpointsThatCannotBe(t *testing.T) {
	newService(t, nil) // for the environment
	bad := []string{"127.0.0.1:9", "localhost:9400", "http://", "https://:443", "ftp://127.0.0.1:9", "//127.0.0.1:9", "http:/127.0.0.1", "127.0.0.1", "http://127.0.0.1:x", "http://127.0.0.1/?a", "http://me:secret7391@127.0.0.1"}
	for _, text := range bad {
		for _, name := range []string{"", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"} {
			t.Run(name+"="+text, func(t *testing.T) {
				c := Config{Pool: fakePool}
				if name == "" {
					c.EndpointURL = text
				} else {
					t.Setenv(name, text)
				}
				_, err := Dial(t.Context(), c)
				require.ErrorContains(t, err, "expected is http://HOST:PORT")
				assert.NotContains(t, err.Error(), "secret7391")
			})
		}
	}
	for _, text := range []string{"", "http://127.0.0.1:9400", "https://example.com/", "http://[::1]:9400/prefix"} {
		_, err := Dial(t.Context(), Config{Pool: fakePool, EndpointURL: text})
		assert.NoError(t, err, text)
	}
}
