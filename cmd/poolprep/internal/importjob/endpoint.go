package importjob

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// checkEndpoint reports an endpoint that no request can be sent to, before it is
// tried again and again. "" is the service's own.
func checkEndpoint(endpoint *string) error {
	text := aws.ToString(endpoint)
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		return nil
	}
	if strings.Contains(text, "@") { // there may be a password in it
		return errors.New("the endpoint is no address of a service: expected is http://HOST:PORT or https://HOST, without a user name. It is that of --endpoint-url, AWS_ENDPOINT_URL or endpoint_url of the profile")
	}
	return fmt.Errorf("the endpoint %q is no address of a service: expected is http://HOST:PORT or https://HOST, as in http://127.0.0.1:9400. It is that of --endpoint-url, AWS_ENDPOINT_URL or endpoint_url of the profile", text)
}
