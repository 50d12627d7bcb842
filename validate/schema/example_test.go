package schema_test

import (
	"errors"
	"fmt"

	"poolprep/validate/schema"
)

// A pool from what GetCSVHeader and DescribeUserPool answer, or from a template.
func ExampleParse() {
	pool, err := schema.Parse("template.csv", []byte("email,email_verified,custom:tier,cognito:username\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(pool.Header), "columns, verified automatically:", pool.AutoVerified)
	// Output: 4 columns, verified automatically: [email]
}

// What is wrong with a document has a place: a line and column, or the member of an object.
func ExampleError() {
	for _, text := range []string{
		"{\n  \"UserPool\": nothing\n}",
		`{"UserPool": {"SchemaAttributes": [{"Name": "tier", "AttributeDataType": "Nmuber"}]}}`,
	} {
		_, err := schema.Parse("pool.json", []byte(text))
		var wrong *schema.Error
		if errors.As(err, &wrong) {
			fmt.Printf("line %d, column %d, member %q\n", wrong.Line, wrong.Column, wrong.Member)
		}
	}
	// Output:
	// line 2, column 15, member ""
	// line 0, column 0, member "UserPool.SchemaAttributes[0].AttributeDataType"
}
