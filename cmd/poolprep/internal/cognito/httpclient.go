package cognito

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// memoryBodies sends requests whose bodies are known to lie in memory. The SDK's
// own are not: net/http then sends the head first, and looks for the end of the
// body after the service has all of it. If the answer is quicker than that look,
// the SDK has closed the body, net/http takes that for a failed write, and closes
// the connection while the answer is being read. Answers are read up to a limit.
type memoryBodies struct{ aws.HTTPClient }

// withMemoryBodies wraps the client of a configuration, nil for the SDK's own.
func withMemoryBodies(c aws.HTTPClient) aws.HTTPClient {
	if c == nil {
		c = awshttp.NewBuildableClient()
	}
	return memoryBodies{c}
}

// maxServiceAnswer is how much of an answer of a service is read, in bytes. The largest
// that one gives, a page of a log, has about a megabyte.
const maxServiceAnswer = 16 << 20

// errLongAnswer says that an answer is longer.
var errLongAnswer = fmt.Errorf("the answer has more than %d MiB, and none of the service has; look at --endpoint-url (or AWS_ENDPOINT_URL), and for a proxy that answers in its place", maxServiceAnswer>>20)

// limitedBody is the body of an answer that may not be longer than that.
type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errLongAnswer
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return n, errLongAnswer
	}
	return n, err
}

// Do implements aws.HTTPClient. The body of r is read, and left for its owner to close.
func (c memoryBodies) Do(r *http.Request) (*http.Response, error) {
	answer, err := c.send(r)
	if err == nil {
		answer.Body = &limitedBody{answer.Body, maxServiceAnswer}
	}
	return answer, err
}

func (c memoryBodies) send(r *http.Request) (*http.Response, error) {
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
