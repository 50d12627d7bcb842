package cognito

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func callError(operation string, err error) error {
	e := newCallError(operation, err)
	e.Code, e.Message = shortened(e.Code), shortened(e.Message)
	return e
}

func newCallError(operation string, err error) *CallError {
	e := &CallError{Operation: operation, Message: cause(err).Error()}
	if errors.Is(err, errLongAnswer) { // what was asked for may have been done
		e.Kind, e.Message = Refused, errLongAnswer.Error()
		return e
	}
	var response *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == unknownError {
		if status >= 300 && status < 500 {
			e.Kind, e.Message = Refused, notTheService(response)
		}
		switch status {
		case http.StatusTooManyRequests:
			e.Kind = Throttled
		case http.StatusRequestTimeout:
			e.Kind = Unsure
		}
		return e
	}
	e.Code, e.Message, e.Kind = api.ErrorCode(), api.ErrorMessage(), Refused
	_, throttle := retry.DefaultThrottleErrorCodes[e.Code]
	switch {
	case throttle || status == http.StatusTooManyRequests:
		e.Kind = Throttled
	case status >= 500:
		e.Kind = Unsure
	}
	return e
}

// maxText is how many characters are kept of a text that a service gives.
const maxText = 2000

// shortened returns a text of a service, cut off after maxText characters.
func shortened(text string) string {
	if len(text) <= maxText {
		return text
	}
	n := 0
	for i := range text {
		if n == maxText {
			return text[:i] + " ..."
		}
		n++
	}
	return text
}

// unknownError is the SDK's code for an answer that names no error.
const unknownError = "UnknownError"

// notTheService says where an answer came from that no service of AWS gives.
func notTheService(r *smithyhttp.ResponseError) string {
	host := "the endpoint"
	if sent := r.Response.Request; sent != nil && sent.URL != nil && sent.URL.Host != "" {
		host = sent.URL.Host
	}
	return fmt.Sprintf("HTTP %d from %s: this is not the service, which names its errors. Look at --endpoint-url (or AWS_ENDPOINT_URL), and for a proxy that answers in its place", r.HTTPStatusCode(), host)
}

// cause returns the innermost of the SDK's nested errors that is not just its own words.
func cause(err error) error {
	var op *smithy.OperationError
	if errors.As(err, &op) {
		err = op.Err
	}
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &sent) {
		err = sent.Err
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err
}
