package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrongFiles are files with data that somebody gives for another by mistake. What is
// personal in them has the word Geheim, or is one of personal.
var wrongFiles = map[string]string{
	"users.json":      `{"anna.geheim@example.com": {"phone_number": "+41791234567"}, "users": [{"email": "anna.geheim@example.com"}]}`,
	"list.json":       `[{"anna.geheim@example.com": 1}, "Geheim"]`,
	"lines.ndjson":    "{\"anna.geheim@example.com\":1,\"anna.geheim@example.com\":2}\n{\"x\":\"Geheim\"}\n",
	"hashes.json":     `{"$2a$10$geheimgeheimgeheimgeheu": 1, "5f4dcc3b5aa765d61d8327deb882cf99": 2, "+41791234567": 3}`,
	"shadow":          "root:$6$Geheim$abc:19000:0:99999:7:::\ngeheim:*:19000:0:99999:7:::\n",
	"shadow.yaml":     "geheim:*:19000:0:99999:7:::\n",
	"users.csv":       "id,email,phone\n1,anna.geheim@example.com,+41791234567\n",
	"header.csv":      "anna.geheim@example.com,cognito:username,anna.geheim@example.com\nx,y,z\n",
	"keys.yaml":       "anna.geheim@example.com: 1\nanna.geheim@example.com: 2\n\"Anna Geheim\": 3\n",
	"columns.yaml":    "columns:\n  anna.geheim@example.com: name\n  \"+41791234567\": name\n  \"Anna Geheim\": {x: 1}\n  anna.geheim@example.org: {from: a, constant: b}\n  anna.geheim@example.net: [a]\n",
	"sources.yaml":    "columns:\n  name: anna.geheim@example.com\n  email: $2a$10$geheimgeheimgeheimgeheu\n",
	"anchor.yaml":     "a: *anna.geheim\nb: *geheim\n",
	"alias.yaml":      "a: &geheim 1\nb: *geheim\n",
	"steps.yaml":      "columns:\n  name: {from: Name, steps: [anna.geheim@example.com, 5f4dcc3b5aa765d61d8327deb882cf99]}\n",
	"version.yaml":    "version: anna.geheim@example.com\ncolumns: {name: Name}\n",
	"brackets.yaml":   "[anna.geheim@example.com\n",
	"quoted.yaml":     "\"anna.geheim@example.com\n",
	"tab.yaml":        "a:\n\tanna.geheim@example.com: 1\n",
	"pool.json":       `{"UserPool":{"AutoVerifiedAttributes":["anna.geheim@example.com"],"MfaConfiguration":"+41791234567","SchemaAttributes":[{"Name":"anna.geheim@example.com","AttributeDataType":"Geheim secret"}]}}`,
	"attributes.json": `{"SchemaAttributes":[{"Name":"anna.geheim@example.com"},{"Name":"anna.geheim@example.com"}]}`,
	"csvheader.json":  `{"CSVHeader":["anna.geheim@example.com","anna.geheim@example.com"]}`,
	"broken.json":     `{"anna.geheim@example.com": "Geheim`,
	"setting.yaml":    "schema: pool.json\nanna.geheim@example.com: 1\n",
}

var personal = []string{"geheim", "41791234567", "5f4dcc3b5aa765d61d8327deb882cf99"}

// TestWrongFilesAreNotShown gives files with data for mappings, schemas, configurations,
// manifests, journals and logs. The messages name places, not what stands there.
func TestWrongFilesAreNotShown(t *testing.T) {
	t.Parallel()
	dir := place(t)
	for name, text := range wrongFiles {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	check := func(line string) {
		cmd, stderr := program(t, strings.Fields(line)...)
		var stdout bytes.Buffer
		cmd.Dir, cmd.Stdout = dir, &stdout
		err := cmd.Run()
		said := stderr.String() + stdout.String()
		for _, secret := range personal {
			assert.NotContains(t, strings.ToLower(said), secret, line)
		}
		if !strings.Contains(line, "--header") && !strings.Contains(line, "guess") { // which JSON lines may be
			assert.Contains(t, []int{1, 2}, exitCode(err), "%s: %s", line, said)
		}
	}
	for name := range wrongFiles {
		for _, line := range []string{
			"mapping check FILE", "mapping check FILE --header in.csv", "convert --mapping FILE -o out.csv in.csv", "check --mapping FILE in.csv",
			"convert --schema FILE -o out.csv users.csv", "check --schema FILE users.csv", "emulate --pool FILE --listen 127.0.0.1:99999",
			"reconcile run-2 --log FILE", "reconcile run-2 --log run-2/manifest.json --source FILE", "import status FILE", "convert --known FILE -o out.csv users.csv", "check --policy FILE in.csv", "check --baseline FILE in.csv", "diff FILE FILE", "merge FILE run-1",
			"convert --part 1 --plan FILE --out-dir part", "convert --join FILE -o out.csv in.csv", "mapping check map.yaml --header FILE", "mapping guess FILE",
		} {
			if strings.HasPrefix(name, "sources") && strings.HasPrefix(line, "mapping check FILE") && !strings.Contains(line, "header") || name == "header.csv" && strings.Contains(line, "--header") {
				continue // a mapping, and a header, as they may be
			}
			check(strings.ReplaceAll(line, "FILE", name))
		}
		if strings.HasSuffix(name, ".csv") {
			continue
		}
		text := wrongFiles[name]
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".poolprep.yaml"), []byte(text), 0o600))
		check("check none.csv")
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".poolprep.yaml"), []byte("mapping: "+name+"\n"), 0o600))
		check("convert in.csv")
		require.NoError(t, os.Remove(filepath.Join(dir, ".poolprep.yaml")))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "run-1", "manifest.json"), []byte(text), 0o600))
		check("import status run-1")
		check("check --known run-1 in.csv")
	}
}

// TestKnownWordsAreSuggested wants help where a known word was nearly met.
func TestKnownWordsAreSuggested(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"colums: {name: Name}\n":             `map.yaml:1:1: unknown key "colums", did you mean "columns"?`,
		"co@umns: {name: Name}\n":            `map.yaml:1:1: unknown key, did you mean "columns"?`,
		"anna: 1\n":                          `map.yaml:1:1: unknown key (known: version, names, optional, aliases, source, require, join, values, columns, skip and 2 more)`,
		"columns:\n  naem: Name\n":           `map.yaml:2:3: the pool has no column "naem", did you mean "name"?`,
		"columns:\n  'na me': Name\n":        `map.yaml:2:3: the pool has no column that is called so, did you mean "name"?`,
		"columns: {name: A, name: B}\n":      `map.yaml:1:20: the key "name" is there twice`,
		"columns: {name: {steps: [trimm]}}":  `unknown function "trimm", did you mean "trim"?`,
		"columns: {name: {steps: [tr imm]}}": `unknown function, did you mean "trim"?`,
		"a: *b\n":                            `map.yaml: unknown anchor referenced; a YAML file is expected`,
		"a: 1\nb: [\n":                       `map.yaml:`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "map.yaml"), []byte(text), 0o600))
		cmd, stderr := program(t, "mapping", "check", "map.yaml")
		cmd.Dir = dir
		assert.Equal(t, 2, exitCode(cmd.Run()), text)
		assert.Contains(t, stderr.String(), want, text)
	}
}
