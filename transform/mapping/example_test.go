package mapping_test

import (
	"errors"
	"fmt"

	"poolprep/transform/mapping"
)

// All mistakes of a mapping are errors with a place, joined.
func ExampleError() {
	_, err := mapping.Parse("map.yaml", []byte("columns:\n  email: {form: Mail}\nskip: deleted\n"))
	joined, _ := err.(interface{ Unwrap() []error })
	for _, err := range joined.Unwrap() {
		var wrong *mapping.Error
		if errors.As(err, &wrong) {
			fmt.Printf("line %d, column %d: %v\n", wrong.Line, wrong.Column, wrong.Err)
		}
	}
	// Output:
	// line 2, column 11: unknown key "form", did you mean "from"?
	// line 2, column 10: column "email": exactly one of from, first, join, template, constant, username and test is expected, there are 0
	// line 3, column 7: skip: a list of `when` and `reason` is expected, not a plain value
}
