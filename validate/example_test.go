package validate_test

import (
	"context"
	"fmt"
	"strings"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
)

// The check of a reader, by the embedded default pool.
func ExampleCheck() {
	export := "cognito:username,email,email_verified\n" +
		"anna,anna@example.com,TRUE\n" +
		"bob,bob@example,TRUE\n"
	result, err := validate.Check(context.Background(), validate.CheckOptions{
		Rules: judge.Options{Severity: map[rule.Code]rule.Severity{rule.HeaderMissingColumn: rule.Off}},
		Report: func(f *rule.Finding) error {
			fmt.Printf("line %d: %s: %s\n", f.Pos.Line, f.Column, f.AppendMessage(nil))
			return nil
		},
	}, validate.Source{Name: "users.csv", Reader: strings.NewReader(export)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Summary.RowsAccepted, "accepted,", result.Summary.RowsRejected, "rejected:", result.Verdict)
	// Output:
	// line 3: email: not an e-mail address
	// 1 accepted, 1 rejected: failed
}

// One user, in a Lambda that migrates users when they sign in.
func ExampleValidator_User() {
	v, err := judge.New(judge.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range v.User(map[string]string{"cognito:username": "anna berg", "email": "anna@example.com", "email_verified": "yes"}) {
		fmt.Printf("%s: %s [%s]\n", f.Column, f.AppendMessage(nil), f.Code)
	}
	// Output:
	// email_verified: not a boolean: TRUE or FALSE is expected [boolean-format]
	// cognito:username: white space in the username [username-whitespace]
	// email_verified: none of the pool's auto-verified attributes is true (email_verified) [not-verified]
}
