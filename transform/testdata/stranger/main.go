// This program is a module of its own: it uses the library as any other program can.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"poolprep/transform"
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

const export = "Login;Mail\nanna;anna@example.com\nbob;bob@example\n"

func main() {
	log.SetFlags(0)
	for _, use := range []func(context.Context) error{check, convert, directory, user} {
		if err := use(context.Background()); err != nil {
			log.Fatal(err)
		}
	}
}

func finding(f *rule.Finding) error {
	fmt.Printf("%s:%d: %s: %s\n", f.File, f.Pos.Line, f.Column, f.Code)
	return nil
}

func check(ctx context.Context) error {
	rules := judge.Options{Severity: map[rule.Code]rule.Severity{rule.HeaderMissingColumn: rule.Off, rule.HeaderNoAutoVerified: rule.Off, rule.NotVerified: rule.Off}}
	result, err := validate.Check(ctx, validate.CheckOptions{Rules: rules, Reading: validate.Reading{Detect: true}, Report: finding},
		validate.Source{Name: "export.csv", Reader: strings.NewReader(strings.ReplaceAll(export, "Login;Mail", "cognito:username;email"))})
	fmt.Println("checked:", result.Summary.RowsRejected, "rejected")
	return err
}

func convert(ctx context.Context) error {
	m, err := mapping.Parse("map.yaml", []byte("source: {delimiter: semicolon}\ncolumns:\n  cognito:username: Login\n  email: Mail\n  email_verified: {constant: 'TRUE'}\n"))
	if err != nil {
		return err
	}
	var out strings.Builder
	result, err := transform.Convert(ctx, transform.ConvertOptions{Mapping: m, Output: &transform.ImportFile{Writer: &out}, Report: finding},
		validate.Source{Name: "export.csv", Reader: strings.NewReader(export)})
	fmt.Println("converted:", result.Summary.RowsAccepted, "accepted,", strings.Count(out.String(), "\n"), "lines")
	return err
}

func directory(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "stranger")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	run := &transform.RunDirectory{Options: sink.Options{Dir: filepath.Join(dir, "run")}}
	source := func() validate.Source {
		return validate.Source{Name: "stdin", Reader: io.MultiReader(strings.NewReader("email,email_verified\n"), strings.NewReader("a@example.com,yes\n"))}
	}
	pool := schema.Default()
	_, err = transform.Convert(ctx, transform.ConvertOptions{Rules: judge.Options{Pool: pool}, Output: run}, source())
	var cause *transform.HeaderCauseError
	if !errors.As(err, &cause) {
		return fmt.Errorf("not the error that was expected: %v", err)
	}
	fmt.Println("lacks:", cause.Causes[0].Columns)
	run = &transform.RunDirectory{Options: sink.Options{Dir: filepath.Join(dir, "run")}}
	if _, err = transform.Convert(ctx, transform.ConvertOptions{KeepGoing: true, Output: run}, source()); err != nil {
		return err
	}
	manifest, err := sink.ReadManifest(filepath.Join(dir, "run"))
	if err != nil {
		return err
	}
	fmt.Println("directory:", len(manifest.Chunks), "chunks,", manifest.Rejects.Records, "rejects")
	return nil
}

func user(context.Context) error {
	v, err := judge.New(judge.Options{})
	if err != nil {
		return err
	}
	findings, err := v.User(map[string]string{"cognito:username": "anna", "email": "anna@example"})
	if err != nil {
		return err
	}
	for _, f := range findings {
		fmt.Printf("user: %s\n", f.Code)
	}
	return nil
}
