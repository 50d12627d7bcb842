package cognito

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

// Config says how the services are reached. The zero value is the SDK's usual
// chain: environment, shared files, the machine's role.
type Config struct {
	EndpointURL string // of all services
	Region      string
	Profile     string
	Pool        string // its ID begins with the region, if none is stated anywhere
	anyRegion   bool   // IAM is the same in all of them
}

// poolRegion takes the region out of a pool ID.
var poolRegion = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([a-z]{2}(?:-[a-z]+)+-[0-9]+)_`) })

// load returns the SDK's configuration, with credentials that are there.
func (c Config) load(ctx context.Context) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }), // see caller
		config.WithLogger(logging.Nop{}),                                   // what is worth saying is in the errors
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	configured.Store(true)
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("the AWS configuration cannot be read: %w", err)
	}
	if c.EndpointURL != "" {
		cfg.BaseEndpoint = aws.String(c.EndpointURL)
	}
	if err := checkEndpoint(cfg.BaseEndpoint); err != nil {
		return cfg, err
	}
	cfg.HTTPClient = withMemoryBodies(cfg.HTTPClient)
	if m := poolRegion().FindStringSubmatch(c.Pool); cfg.Region == "" && m != nil {
		cfg.Region = m[1]
	}
	if cfg.Region == "" && c.anyRegion {
		cfg.Region = "us-east-1"
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region: say --region, or set AWS_REGION")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("no AWS credentials: %w; set AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", err)
	}
	return cfg, nil
}

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
