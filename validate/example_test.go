package validate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing/iotest"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/source"
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

// Errors that a program may want to tell apart are types, with what they know in fields.
func ExampleCheck_errors() {
	gone := iotest.ErrReader(errors.New("connection reset"))
	for _, s := range []validate.Source{
		{Name: "latin1.csv", Reader: strings.NewReader("cognito:username,pr\xe9nom\n")},
		{Name: "no-header.csv", Reader: strings.NewReader("anna@example.com,Anna\nbob@example.com,Bob\n")},
		{Name: "page.html", Reader: strings.NewReader("<!DOCTYPE html>\n<html>")},
		{Name: "part.csv", Reader: io.MultiReader(strings.NewReader("cognito:username\nanna\n"), gone)},
		{Path: "missing.csv"},
	} {
		_, err := validate.Check(context.Background(), validate.CheckOptions{}, s)
		var header *validate.HeaderError
		var data *validate.DataHeaderError
		var none *validate.NotATableError
		var read *source.ReadError
		switch {
		case errors.As(err, &header):
			fmt.Printf("%s line %d: the header is bad, UTF-8: %t\n", header.File, header.Line, !header.Encoding)
		case errors.As(err, &data):
			fmt.Printf("%s line %d column %d: field %d of the header is %s\n", data.File, data.Line, data.Column, data.Field, data.What)
		case errors.As(err, &none):
			fmt.Printf("%s is %s\n", none.File, none.What.Name)
		case errors.As(err, &read):
			fmt.Printf("%s ends at byte %d\n", read.File, read.Offset)
		case errors.Is(err, fs.ErrNotExist):
			fmt.Println("there is no file")
		}
	}
	// Output:
	// latin1.csv line 1: the header is bad, UTF-8: false
	// no-header.csv line 1 column 1: field 1 of the header is an e-mail address
	// page.html is an HTML page
	// part.csv ends at byte 22
	// there is no file
}
