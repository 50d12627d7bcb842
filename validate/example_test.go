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
