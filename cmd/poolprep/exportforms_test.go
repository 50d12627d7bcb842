package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/legacy"
)

// TestExportsInOtherForms writes each sample in the other forms that the same export may
// have: the same users must come out of it, for the same reasons. With --from auto all of
// what comes out is the same.
func TestExportsInOtherForms(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/exports/*/*.golden")
	require.NoError(t, err)
	for _, golden := range goldens {
		dir, file := filepath.Split(golden)
		text, err := os.ReadFile(golden)
		require.NoError(t, err)
		command, want, _ := strings.Cut(string(text), "\n")
		args := strings.Fields(strings.TrimPrefix(command, "$ poolprep "))
		preset, err := legacy.Get(filepath.Base(dir))
		require.NoError(t, err)
		if strings.HasPrefix(want, "exit 2") || want == "" {
			continue
		}
		t.Run(filepath.Base(dir)+"/"+strings.TrimSuffix(file, ".golden")+"/auto", func(t *testing.T) {
			auto := slices.Clone(args)
			auto[slices.Index(auto, "--from")+1] = autoWord
			assert.Equal(t, want, exportOutcome(t, dir, auto))
		})
		if slices.Contains(args, "--encoding") {
			continue // another form has another encoding
		}
		input := args[len(args)-1]
		sample, err := os.ReadFile(dir + input)
		require.NoError(t, err)
		for form, other := range otherForms(sample) {
			if preset.Source.Delimiter != "" && (form == "semicolons" || form == "UTF-16") {
				continue
			}
			t.Run(filepath.Base(dir)+"/"+strings.TrimSuffix(file, ".golden")+"/"+form, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), input)
				require.NoError(t, os.WriteFile(path, other, 0o600))
				got := exportOutcome(t, dir, append(args[:len(args)-1:len(args)-1], path))
				assert.Equal(t, unplaced(want), unplaced(got))
			})
		}
	}
}

var recordPlace = regexp.MustCompile(`(?m)^\d+:\d+ `)

// unplaced returns an outcome without places and findings, and without the blanks of JSON.
func unplaced(outcome string) string {
	outcome, _, _ = strings.Cut(outcome, "# findings")
	lines := strings.Split(recordPlace.ReplaceAllString(outcome, ""), "\n")
	for i, line := range lines {
		var compact bytes.Buffer
		if strings.HasPrefix(line, "{") && json.Compact(&compact, []byte(line)) == nil {
			lines[i] = compact.String()
		}
	}
	return strings.Join(lines, "\n")
}

// otherForms returns other forms of a sample, none if it is broken.
func otherForms(sample []byte) map[string][]byte {
	if records, ok := jsonRecords(sample); ok {
		lines, list := bytes.Join(records, []byte("\n")), bytes.Join(records, []byte(",\n  "))
		half := len(records) / 2
		return map[string][]byte{
			"lines":  append(bytes.Clone(lines), '\n'),
			"list":   []byte("[" + string(list) + "]"),
			"object": []byte(`{"total":1,"users":[` + string(list) + `],"next":null}`),
			"pages": []byte(`{"users":[` + string(bytes.Join(records[:half], []byte(","))) + "]}\n" +
				`{"users":[` + string(bytes.Join(records[half:], []byte(","))) + "]}"),
		}
	}
	return tableForms(sample)
}

// jsonRecords returns the records of JSON, each on one line.
func jsonRecords(sample []byte) (records [][]byte, ok bool) {
	if first := bytes.TrimSpace(sample); len(first) == 0 || first[0] != '{' && first[0] != '[' {
		return nil, false
	}
	one := func(raw json.RawMessage) {
		var line bytes.Buffer
		_ = json.Compact(&line, raw)
		records = append(records, line.Bytes())
	}
	for d := json.NewDecoder(bytes.NewReader(sample)); d.More(); {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, false
		}
		var list []json.RawMessage
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			_ = json.Unmarshal(raw, &object)
			for _, name := range []string{"users", "Users", "Resources", "results", "result", "items", "value"} {
				if json.Unmarshal(object[name], &list) == nil {
					break
				}
			}
		}
		if list == nil {
			one(raw)
		}
		for _, raw := range list {
			one(raw)
		}
	}
	return records, true
}

// tableForms returns delimited text as spreadsheets and other programs write it.
func tableForms(sample []byte) map[string][]byte {
	first, _, _ := bytes.Cut(sample, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(sample))
	if bytes.Count(first, []byte("\t")) > bytes.Count(first, []byte(",")) {
		r.Comma = '\t'
	} else if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		r.Comma = ';'
	}
	records, err := r.ReadAll()
	if err != nil || !utf8.Valid(sample) || bytes.Contains(sample, []byte{0}) || bytes.HasPrefix(sample, []byte("#")) || bytes.HasPrefix(sample, []byte("version:")) {
		return nil
	}
	write := func(comma rune, crlf bool) string {
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		w.Comma, w.UseCRLF = comma, crlf
		_ = w.WriteAll(records)
		return out.String()
	}
	var wide []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + write('\t', false))) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	return map[string][]byte{
		"semicolons": []byte("\ufeff" + write(';', true)),
		"comma":      []byte(write(',', false)),
		"UTF-16":     wide,
	}
}
