package transform_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"poolprep/transform"
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/rule"
)

// A conversion of a reader to a writer, with a mapping, by the embedded default pool.
func ExampleConvert() {
	export := "Login;Mail\nanna;anna@example.com\nbob;bob@example\n"
	m, err := mapping.Parse("map.yaml", []byte(`
source: {delimiter: semicolon}
columns:
  cognito:username: Login
  email: Mail
  email_verified: {constant: "TRUE"}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var out bytes.Buffer
	result, err := transform.Convert(context.Background(), transform.ConvertOptions{
		Mapping: m,
		Output:  &transform.ImportFile{Writer: &out},
		Report: func(f *rule.Finding) error {
			fmt.Printf("line %d: %s: %s\n", f.Pos.Line, f.Column, f.AppendMessage(nil))
			return nil
		},
	}, validate.Source{Name: "export.csv", Reader: strings.NewReader(export)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Summary.RowsAccepted, "accepted,", result.Summary.RowsRejected, "rejected")
	fmt.Println(strings.Split(out.String(), "\n")[1])
	// Output:
	// line 3: email: not an e-mail address
	// 1 accepted, 1 rejected
	// ,,,,,,,,,anna@example.com,TRUE,,,,,,,,,,anna
}

// A run directory: chunks, the rejects to be fixed, and a manifest.
func ExampleRunDirectory() {
	temp, err := os.MkdirTemp("", "poolprep")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(temp)
	dir := &transform.RunDirectory{Options: sink.Options{Dir: filepath.Join(temp, "run-1"), MaxRows: 2}}
	_, err = transform.Convert(context.Background(), transform.ConvertOptions{Output: dir},
		validate.Source{Name: "export.csv", Reader: strings.NewReader(
			"email,email_verified,cognito username\na@example.com,yes,a\nb@example.com,yes,b\nc@example.com,yes,c\nd@example,yes,d\n")})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range dir.Chunks() {
		fmt.Println(c.File, c.Rows)
	}
	fmt.Println(dir.RejectsFile(), dir.Manifest.Counts.RowsRejected)
	// Output:
	// chunk-00001.csv 2
	// chunk-00002.csv 1
	// rejects.csv 1
}
