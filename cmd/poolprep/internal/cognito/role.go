package cognito

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"poolprep/validate/source"
)

// RolePolicyName is what the inline policy of a role that CreateRole makes is called.
const RolePolicyName = "poolprep-import-logs"

// importService is who assumes the role.
const importService = "cognito-idp.amazonaws.com"

// policy is an IAM policy document.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    any               // a string or a list of them
	Resource  []string          `json:",omitempty"`
}

func (p policy) text() string {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

// TrustPolicy returns who may assume the log role: the import service.
func TrustPolicy() string {
	return policy{"2012-10-17", []statement{{
		Effect: "Allow", Principal: map[string]string{"Service": importService}, Action: "sts:AssumeRole",
	}}}.text()
}

// LogPolicy returns what the log role may do: write the logs of import jobs, in
// one region and account, or in all where "" is given.
func LogPolicy(region, account string) string {
	partition := "aws"
	switch {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return policy{"2012-10-17", []statement{{
		Effect:   "Allow",
		Action:   []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		Resource: []string{fmt.Sprintf("arn:%s:logs:%s:%s:log-group:/aws/cognito/*", partition, cmp.Or(region, "*"), cmp.Or(account, "*"))},
	}}}.text()
}

// CreateRole makes the log role and gives it its policy, and returns its ARN. A
// role of that name is kept if the import service may assume it, and refused if
// not; so the same call can be made again.
func CreateRole(ctx context.Context, c Config, name, logPolicy string) (string, error) {
	c.anyRegion = true
	cfg, err := source.Await(ctx, func() (aws.Config, error) { return c.load(ctx) }) // its files may be pipes
	if err != nil {
		return "", err
	}
	client := iam.NewFromConfig(cfg)
	arn := ""
	out, err := call(ctx, "CreateRole", client.CreateRole, &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(TrustPolicy()),
		Description: aws.String("Lets Cognito write the logs of user import jobs"),
	})
	switch {
	case err == nil && out.Role != nil:
		arn = shortened(aws.ToString(out.Role.Arn))
	case HasCode(err, "EntityAlreadyExists"):
		if arn, err = existingRole(ctx, client, name); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	}
	_, err = call(ctx, "PutRolePolicy", client.PutRolePolicy, &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: aws.String(RolePolicyName), PolicyDocument: &logPolicy,
	})
	if err == nil && arn == "" {
		err = errors.New("CreateRole: the answer holds no role; the same command resumes")
	}
	return arn, err
}

// existingRole returns the ARN of a role that the import service may assume.
func existingRole(ctx context.Context, client *iam.Client, name string) (string, error) {
	out, err := call(ctx, "GetRole", client.GetRole, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return "", err
	}
	if out.Role == nil || !trusts(out.Role) {
		return "", fmt.Errorf("there is a role %s that %s may not assume; give another name with --role-name, or change its trust policy yourself", name, importService)
	}
	return shortened(aws.ToString(out.Role.Arn)), nil
}

// trusts looks for the import service in a role's trust policy.
func trusts(role *types.Role) bool {
	text, err := url.PathUnescape(aws.ToString(role.AssumeRolePolicyDocument))
	if err != nil {
		return false
	}
	var trust struct {
		Statement []struct {
			Effect    string
			Principal struct{ Service any }
		}
	}
	if json.Unmarshal([]byte(text), &trust) != nil {
		return false
	}
	for _, s := range trust.Statement {
		services, ok := s.Principal.Service.([]any)
		if !ok {
			services = []any{s.Principal.Service}
		}
		for _, service := range services {
			if s.Effect == "Allow" && service == importService {
				return true
			}
		}
	}
	return false
}
