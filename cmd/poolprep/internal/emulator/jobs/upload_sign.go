package jobs

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// UploadPath is followed by the pool's ID, a slash and the job's ID.
const UploadPath = "/uploads/"

// The header that an upload must have, and its value when a URL is made.
const (
	encryptionHeader = "X-Amz-Server-Side-Encryption"
	encryption       = "aws:kms"
)

// The members of a signed query.
const (
	queryAlgorithm  = "X-Amz-Algorithm"
	queryCredential = "X-Amz-Credential"
	queryDate       = "X-Amz-Date"
	queryExpires    = "X-Amz-Expires"
	querySigned     = "X-Amz-SignedHeaders"
	querySignature  = "X-Amz-Signature"
	queryDateForm   = "20060102T150405Z"
)

// signer signs as it is done for S3, whose paths are not escaped twice.
var signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })

// presign returns the query of the URL for an upload to path, signed at the
// time for the host and the value of the encryption header.
func (s *Service) presign(host, path, header string, signed time.Time, seconds int) (url.Values, string) {
	r := &http.Request{
		Method: http.MethodPut, Host: host, Header: make(http.Header),
		URL: &url.URL{Scheme: "http", Host: host, Path: path, RawQuery: queryExpires + "=" + strconv.Itoa(seconds)},
	}
	if header != "" {
		r.Header.Set(encryptionHeader, header)
	}
	credentials := aws.Credentials{AccessKeyID: "EMULATOR", SecretAccessKey: hex.EncodeToString(s.o.Store.Secret)}
	signedURL, _, err := signer.PresignHTTP(context.Background(), credentials, r, "UNSIGNED-PAYLOAD", "s3", "local", signed)
	if err != nil {
		return nil, "" // it never fails without a credentials provider
	}
	u, err := url.Parse(signedURL)
	if err != nil {
		return nil, ""
	}
	return u.Query(), signedURL
}

// UploadURL returns the pre-signed URL of a job, for a client that reached us as host: the
// same whenever it is asked for, so that it need not be kept.
func (s *Service) UploadURL(host, pool, id string, created time.Time) string {
	_, signedURL := s.presign(host, UploadPath+pool+"/"+id, encryption, created, int(s.o.URLTTL/time.Second))
	return signedURL
}

// refusal is why an upload is refused, in the words of S3.
type refusal struct {
	status  int
	code    string
	message string
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

var (
	wrongSignature = &refusal{http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and signing method."}
	expired  = &refusal{http.StatusForbidden, "AccessDenied", "Request has expired"}
	notYet   = &refusal{http.StatusForbidden, "AccessDenied", "Request is not valid yet"}
	unsigned = &refusal{http.StatusForbidden, "AccessDenied", "Access Denied"}
)

// checkURL checks the signature of an upload and returns the pool and the job
// that it was made for.
func (s *Service) checkURL(r *http.Request) (pool, id string, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !query.Has(querySignature) {
		return "", "", unsigned
	}
	for _, values := range query {
		if len(values) != 1 {
			return "", "", wrongSignature
		}
	}
	signed, err := time.Parse(queryDateForm, query.Get(queryDate))
	if err != nil {
		return "", "", wrongSignature
	}
	seconds, err := strconv.Atoi(query.Get(queryExpires))
	if err != nil || seconds < 0 || seconds > 7*24*60*60 {
		return "", "", wrongSignature
	}
	// Joining several headers of the name is what a signature covers.
	header := strings.Join(r.Header.Values(encryptionHeader), ",")
	want, _ := s.presign(r.Host, r.URL.Path, header, signed, seconds)
	if len(query) != len(want) {
		return "", "", wrongSignature
	}
	for name := range want {
		if !hmac.Equal([]byte(want.Get(name)), []byte(query.Get(name))) {
			return "", "", wrongSignature
		}
	}
	now := s.now().Truncate(time.Second) // the date of a URL has no fraction
	switch end := signed.Add(time.Duration(seconds) * time.Second); {
	case now.After(end):
		return "", "", expired
	case now.Add(15 * time.Minute).Before(signed):
		return "", "", notYet
	}
	pool, id, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, UploadPath), "/")
	return pool, id, nil
}
