package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// recipe GUIDE SECTION FILE writes the shell commands of a section of a guide, as pasted, into
// a script.
func recipe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: recipe GUIDE SECTION FILE")
	}
	text, err := os.ReadFile("../../docs/" + args[0])
	ts.Check(err)
	_, section, found := strings.Cut(string(text), "\n## "+args[1]+"\n")
	if !found {
		ts.Fatalf("%s has no section %q", args[0], args[1])
	}
	section, _, _ = strings.Cut(section, "\n## ")
	script := "set -eu\n"
	for {
		_, rest, found := strings.Cut(section, "\n```sh\n")
		if !found {
			break
		}
		block, after, ended := strings.Cut(rest, "\n```\n")
		if !ended {
			ts.Fatalf("%s: a block of section %q has no end", args[0], args[1])
		}
		script, section = script+block+"\n", after
	}
	if !strings.Contains(script, "poolprep ") {
		ts.Fatalf("%s: section %q has no commands", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(script), 0o600))
}
