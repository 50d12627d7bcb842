package importjob

import (
	"bytes"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// memoryBodies sends requests whose bodies are known to lie in memory. The SDK's
// own are not: net/http then sends the head first, and looks for the end of the
// body after the service has all of it. If the answer is quicker than that look,
// the SDK has closed the body, net/http takes that for a failed write, and closes
// the connection while the answer is being read.
type memoryBodies struct{ aws.HTTPClient }

// withMemoryBodies wraps the client of a configuration, nil for the SDK's own.
func withMemoryBodies(c aws.HTTPClient) aws.HTTPClient {
	if c == nil {
		c = awshttp.NewBuildableClient()
	}
	return memoryBodies{c}
}

// Do implements aws.HTTPClient. The body of r is read, and left for its owner to close.
func (c memoryBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return c.HTTPClient.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sent := r.WithContext(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return c.HTTPClient.Do(sent)
}
