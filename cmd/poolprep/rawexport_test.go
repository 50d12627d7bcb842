package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/schema"
)

// convertNamed is the command that check names for an export.
var convertNamed = regexp.MustCompile(`(?m)poolprep convert --dry-run( --from [a-z0-9-]+)? (\S+)$`)

// TestCheckNamesConvert gives every sample export to check, which names the command that
// judges it, with the system that it is from. Import files are none.
func TestCheckNamesConvert(t *testing.T) {
	t.Parallel()
	goldens, err := filepath.Glob("../../testdata/exports/*/*.golden")
	require.NoError(t, err)
	named := 0
	for _, golden := range goldens {
		dir, name := filepath.Split(golden)
		files, err := filepath.Glob(dir + strings.TrimSuffix(name, "golden") + "*")
		require.NoError(t, err)
		system := filepath.Base(dir)
		for _, file := range files {
			if file = filepath.Base(file); file == name || system+"/"+file == "auth0/hashes.ndjson" || system+"/"+file == "stytch/hashes.ndjson" {
				continue // second files, with the password hashes
			}
			cmd, stderr := program(t, "check", file)
			cmd.Dir = dir
			require.NotZero(t, exitCode(cmd.Run()), file)
			m := convertNamed.FindStringSubmatch(stderr.String())
			if !assert.NotNil(t, m, "%s/%s: %s", system, file, stderr.String()) {
				continue
			}
			assert.Equal(t, file, m[2])
			assert.Equal(t, " --from "+system, m[1], file)
			named++
		}
	}
	assert.Greater(t, named, 50)
}

// TestCheckAsConvert compares check with convert --dry-run, row by row, where both apply: the
// columns are those of the pool, and nothing is repaired. With repairs, convert accepts what
// check accepts, and no row for another reason than a repair.
func TestCheckAsConvert(t *testing.T) {
	t.Parallel()
	rows := nastyRows()
	encodings := map[string]func([]string) string{
		"csv":     func(row []string) string { return `"` + strings.Join(row, `","`) + `"` },
		"tsv":     func(row []string) string { return strings.ReplaceAll(strings.Join(row, "\t"), `\,`, ",") },
		"cognito": func(row []string) string { return strings.Join(row, ",") },
		"ndjson": func(row []string) string {
			object := make(map[string]string)
			for i, name := range rows[0] {
				object[name] = row[i]
			}
			text, _ := json.Marshal(object)
			return string(text)
		},
	}
	pools := [][]string{
		nil, {"--username-attributes", "email"}, {"--alias-attributes", "email,phone_number"}, {"--required", "name,birthdate"}, {"--mfa", "on"},
		{"--auto-verified", "phone_number"}, {"--case-sensitive=false"}, {"--password-hash", "bcrypt"}, {"--ragged", "pad"}, {"--null", "NULL"}, {"--duplicates", "off"},
		{"--severity", "not-verified=off"}, {"--limit", "100"}, {"-j", "3", "--block-size", "64"}, {"--profile"},
	}
	for dialect, encode := range encodings {
		for _, end := range []string{"\n", "\r\n"} {
			var text strings.Builder
			for i, row := range rows {
				if dialect != "ndjson" || i > 0 {
					text.WriteString(encode(row) + end)
				}
			}
			file := filepath.Join(t.TempDir(), "users")
			require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
			some := pools
			if end != "\n" {
				some = pools[:2]
			}
			for _, flags := range some {
				t.Run(fmt.Sprintf("%s %q %s", dialect, end, strings.Join(flags, " ")), func(t *testing.T) {
					flags := append([]string{"--dialect", dialect}, flags...)
					checked, code := rowFindings(t, file, "check", flags...)
					converted, other := rowFindings(t, file, "convert", append([]string{"--dry-run", "--no-repair", "--keep-going"}, flags...)...)
					require.NotEmpty(t, checked)
					assert.Equal(t, checked, converted)
					assert.Equal(t, code, other)
					repaired, _ := rowFindings(t, file, "convert", append([]string{"--dry-run", "--keep-going"}, flags...)...)
					for record := range repaired {
						if len(checked[record]) == 0 {
							assert.Contains(t, strings.Join(repaired[record], " "), "duplicate", "record %d", record)
						}
					}
				})
			}
		}
	}
}

// nastyRows returns a header and a row for every column of the pool with every one of some
// values in it, which another rule each looks at.
func nastyRows() [][]string {
	header := schema.Default().Header
	values := []string{
		"", " ", "x", " TRUE ", "true", "FALSE", "yes", "0", "-1", "1700000000", "1700000000123", "01/02/2000", "2000-01-02", "02/30/2000", "a@example.com", "A@EXAMPLE.COM", "a@b", "+12015550123", "2015550123", "+1 201 555 0123",
		"NULL", `\N`, "Zoë", "\u00a0a", "a\tb", "a\u0085b", `a\`, `a\,b`, "https://example.com/a", "=1+1", strings.Repeat("a", 128), strings.Repeat("a", 129), strings.Repeat("ö", 2049), "\x01",
	}
	rows := [][]string{header}
	for i := range header {
		for _, value := range values {
			row := make([]string, len(header))
			for j, name := range header {
				n := len(rows)
				switch name {
				case "cognito:username":
					row[j] = fmt.Sprintf("u%d", n)
				case "email":
					row[j] = fmt.Sprintf("u%d@example.com", n)
				case "phone_number":
					row[j] = fmt.Sprintf("+1201555%04d", n)
				case "email_verified", "phone_number_verified":
					row[j] = "TRUE"
				}
			}
			row[i] = value
			rows = append(rows, row)
		}
	}
	return rows
}

// rowFindings runs a command over a file, and returns what it finds in the records, by their
// numbers, and its exit code.
func rowFindings(t *testing.T, file, command string, flags ...string) (map[int][]string, int) {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.jsonl")
	cmd, stderr := program(t, append([]string{command, "-q", "--report", "jsonl=" + report, file}, flags...)...)
	code := exitCode(cmd.Run())
	require.LessOrEqual(t, code, 1, stderr.String())
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	found := make(map[int][]string)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var f struct {
			Type, Code, Severity, Column_name, Message string
			Line, Column, Byte_offset, Field           int64
			Record                                     int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &f))
		if f.Type == "finding" && f.Record > 0 {
			if slices.Contains(flags, "ndjson") {
				f.Field = 0 // members have names, and no numbers
			}
			found[f.Record] = append(found[f.Record], fmt.Sprintf("%d:%d @%d field %d %s %s %s: %s", f.Line, f.Column, f.Byte_offset, f.Field, f.Severity, f.Code, f.Column_name, f.Message))
		}
	}
	return found, code
}
