package judge_test

import (
	"fmt"

	"poolprep/validate/judge"
)

// One user, in a Lambda that migrates users when they sign in.
func ExampleValidator_User() {
	v, err := judge.New(judge.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	findings, err := v.User(map[string]string{"cognito:username": "anna berg", "email": "anna@example.com", "email_verified": "yes"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range findings {
		fmt.Printf("%s: %s [%s]\n", f.Column, f.AppendMessage(nil), f.Code)
	}
	// Output:
	// email_verified: not a boolean: TRUE or FALSE is expected [boolean-format]
	// cognito:username: white space in the username [username-whitespace]
	// email_verified: none of the pool's auto-verified attributes is true (email_verified) [not-verified]
}
