// Package objects reads and writes objects of S3, or of a server that speaks its protocol.
// It is the only package that knows AWS's client of S3. Credentials, region and endpoint are
// found as by the AWS CLI.
package objects

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"poolprep/validate/source"
)

// Prefix begins what names an object.
const Prefix = "s3://"

// Location is an object, or with a Key that ends in / or is empty, what begins the keys of
// several.
type Location struct{ Bucket, Key string }

func (l Location) String() string { return Prefix + l.Bucket + "/" + l.Key }

// At returns the location of an object below l.
func (l Location) At(name string) Location {
	if l.Key != "" && !strings.HasSuffix(l.Key, "/") {
		l.Key += "/"
	}
	return Location{l.Bucket, l.Key + name}
}

// name returns the location without a slash at its end.
func (l Location) name() string { return strings.TrimSuffix(l.String(), "/") }

// Is reports whether text names an object, and no file.
func Is(text string) bool { return strings.HasPrefix(text, Prefix) }

// Parse reads s3://BUCKET/KEY.
func Parse(text string) (Location, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(text, Prefix), "/")
	if !Is(text) || bucket == "" {
		return Location{}, fmt.Errorf("%s: s3://BUCKET/KEY is expected", text)
	}
	return Location{bucket, key}, nil
}

// Store is where the objects are. It is safe for concurrent use. The configuration is read
// with the first call.
type Store struct {
	ctx  context.Context
	once sync.Once
	s3   *s3.Client
	err  error
}

// New returns a store whose calls end with ctx.
func New(ctx context.Context) *Store { return &Store{ctx: ctx} }

// How objects are transferred: parts of so many bytes, so many at a time, which bounds the memory.
const (
	partSize = 8 << 20
	parallel = 4
)

// dial reads the configuration.
func (s *Store) dial() error {
	s.once.Do(func() {
		cfg, err := config.LoadDefaultConfig(s.ctx, config.WithLogger(logging.Nop{}), config.WithHTTPClient(client()))
		if err != nil {
			s.err = fmt.Errorf("the AWS configuration cannot be read: %w", err)
			return
		}
		s.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.UsePathStyle = o.BaseEndpoint != nil // servers other than AWS's have no name for each bucket
			if o.Region == "" && o.BaseEndpoint != nil {
				o.Region = "us-east-1"
			}
		})
		if s.s3.Options().Region == "" {
			s.err = errors.New("no AWS region: set AWS_REGION")
			return
		}
	})
	return s.err
}

// Names returns the names of the objects right below a location.
func (s *Store) Names(l Location) (names []string, err error) {
	if err := s.dial(); err != nil {
		return nil, err
	}
	prefix := l.At("").Key
	pages := s3.NewListObjectsV2Paginator(s.s3, &s3.ListObjectsV2Input{Bucket: &l.Bucket, Prefix: &prefix, Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.ctx)
		if err != nil {
			cause := because(err)
			return nil, &source.FileError{Path: l.name(), Text: cause.Error(), Err: cause}
		}
		for _, o := range page.Contents {
			names = append(names, strings.TrimPrefix(aws.ToString(o.Key), prefix))
		}
	}
	return names, nil
}

// code returns that of an error of the service, "" of any other.
func code(err error) string {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}

// because says why a call failed, in words.
func because(err error) error {
	var answer smithy.APIError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case !errors.As(err, &answer):
		var silent net.Error
		if errors.As(err, &silent) && silent.Timeout() {
			return fmt.Errorf("S3 cannot be reached: nothing came from it for %v", stall)
		}
		var lost *smithy.OperationError
		if errors.As(err, &lost) {
			err = lost.Err
		}
		return fmt.Errorf("S3 cannot be reached: %w", err)
	}
	switch answer.ErrorCode() {
	case "NotFound", "NoSuchKey":
		return errors.New("there is no such object")
	case "NoSuchBucket":
		return errors.New("there is no such bucket")
	case "AccessDenied", "Forbidden":
		return errors.New("access is denied to these credentials")
	case "PreconditionFailed":
		return errors.New("the object was replaced while it was read")
	}
	return fmt.Errorf("S3 answered %s: %s", answer.ErrorCode(), answer.ErrorMessage())
}
