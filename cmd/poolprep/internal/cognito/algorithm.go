package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// withAlgorithm adds the member PasswordHashingAlgorithm to the body of
// CreateUserImportJob, which this version of the SDK does not know. It does
// nothing for "".
func withAlgorithm(name string) func(*idp.Options) {
	return func(o *idp.Options) {
		if name == "" {
			return
		}
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			// After the SDK's serializer; the body is measured and signed in later steps.
			return stack.Serialize.Insert(addMember{"PasswordHashingAlgorithm", name}, "OperationSerializer", middleware.After)
		})
	}
}

// addMember adds a string member to a JSON body.
type addMember struct{ name, value string }

func (addMember) ID() string { return "poolprep:AddMember" }

func (m addMember) HandleSerialize(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
	fail := func(err error) (middleware.SerializeOutput, middleware.Metadata, error) {
		return middleware.SerializeOutput{}, middleware.Metadata{}, fmt.Errorf("%s: %w", m.name, err)
	}
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return fail(fmt.Errorf("unknown transport %T", in.Request))
	}
	text, err := io.ReadAll(request.GetStream())
	if err != nil {
		return fail(err)
	}
	body := make(map[string]json.RawMessage)
	if err := json.Unmarshal(text, &body); err != nil {
		return fail(err)
	}
	if body[m.name], err = json.Marshal(m.value); err != nil {
		return fail(err)
	}
	if text, err = json.Marshal(body); err != nil {
		return fail(err)
	}
	if in.Request, err = request.SetStream(bytes.NewReader(text)); err != nil {
		return fail(err)
	}
	return next.HandleSerialize(ctx, in)
}
