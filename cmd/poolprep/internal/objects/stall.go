package objects

import (
	"context"
	"net"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// stall is how long a connection may carry nothing while something is waited for, as with the
// AWS CLI.
var stall = 60 * time.Second

// client returns an HTTP client whose calls end if the server says nothing any more.
func client() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		dial := t.DialContext
		if dial == nil {
			dial = new(net.Dialer).DialContext
		}
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &conn{c}, nil
		}
	})
}

// conn is a connection that breaks when nothing comes and goes any more.
type conn struct{ net.Conn }

func (c *conn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write may take long, and what is read meanwhile comes after it.
func (c *conn) Write(p []byte) (n int, err error) {
	const step = 64 << 10
	for first := true; err == nil && (first || n < len(p)); first = false {
		if err = c.SetDeadline(time.Now().Add(stall)); err != nil {
			return n, err
		}
		var written int
		written, err = c.Conn.Write(p[n:min(len(p), n+step)])
		n += written
	}
	return n, err
}
