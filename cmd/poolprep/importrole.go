package main

import (
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate/escape"
)

var (
	accountID  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{12}$`) })
	regionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]{1,40}$`) })
	roleName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`) })
)

func newImportRole(s *streams) *cobra.Command {
	var aws awsFlags
	var account string
	name := "poolprep-import-logs"
	var create bool
	var only choice
	cmd := &cobra.Command{
		Use:   "role",
		Short: "Print or create the role that the logs of import jobs need",
		Long: `role prints AWS CLI commands that create the role for import run --role-arn: the
role that lets the service write the logs of import jobs. With --create it creates
the role and prints its ARN; an existing role of that name with the right policies
is kept.`,
		Example: `  poolprep import role --region eu-west-1 --account-id 111111111111
  poolprep import role --print trust > trust.json
  poolprep import role --create`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case aws.region != "" && !regionName().MatchString(aws.region):
				return fmt.Errorf("--region %q: a name such as eu-west-1 is expected, of small letters, digits and hyphens", aws.region)
			case account != "" && !accountID().MatchString(account):
				return fmt.Errorf("--account-id %q: twelve digits are expected", account)
			case !roleName().MatchString(name):
				return fmt.Errorf("--role-name %q: at most 64 letters, digits and the characters _+=,.@- are expected", name)
			case create && only.value != "":
				return errors.New("--create and --print exclude each other")
			}
			permissions := cognito.LogPolicy(aws.region, account)
			text := roleCommands(name, permissions)
			switch {
			case create:
				arn, err := cognito.CreateRole(cmd.Context(), aws.config(""), name, permissions)
				if err != nil {
					return err
				}
				text = escape.String(arn) + "\n"
			case only.value == "trust":
				text = cognito.TrustPolicy() + "\n"
			case only.value == "permissions":
				text = permissions + "\n"
			}
			_, err := fmt.Fprint(s.out, text)
			return err
		},
	}
	fs := cmd.Flags()
	bind(fs, "role-name", &name)
	bind(fs, "account-id", &account)
	bind(fs, "print", &only)
	bind(fs, "create", &create)
	aws.add(fs)
	return cmd
}

// roleCommands returns a script for the AWS CLI.
func roleCommands(name, permissions string) string {
	return fmt.Sprintf(`# Who may assume the role: the import service.
cat > trust.json <<'EOF'
%s
EOF

# What it may do: write the logs of import jobs.
cat > permissions.json <<'EOF'
%s
EOF

aws iam create-role --role-name '%s' --assume-role-policy-document file://trust.json --query Role.Arn --output text
aws iam put-role-policy --role-name '%s' --policy-name %s --policy-document file://permissions.json
`, cognito.TrustPolicy(), permissions, name, name, cognito.RolePolicyName)
}
