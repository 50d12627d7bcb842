package transform

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/scan"
	"poolprep/validate/shard"
)

// uglyObjects makes users as JSON, one a line, or as one list over lines.
func uglyObjects(r *rand.Rand, rows int, list bool) string {
	var b strings.Builder
	if list {
		b.WriteString("{\"users\": [\n")
	}
	for i := range rows {
		user := map[string]any{"login": fmt.Sprint("u", r.IntN(rows)), "mail": fmt.Sprintf("u%d@example.com", r.IntN(rows)), "ok": r.IntN(4) > 0, "state": []string{"", "gone", "bot"}[r.IntN(3)]}
		user[fmt.Sprint("more", r.IntN(5))] = i
		if r.IntN(9) == 0 {
			user["mail"] = map[string]int{"a": 1}
		}
		text, _ := json.Marshal(user)
		if list && r.IntN(2) == 0 {
			text, _ = json.MarshalIndent(user, "  ", " ")
		}
		if !list && r.IntN(15) == 0 {
			text = text[:len(text)-1]
		}
		b.Write(text)
		if list && i < rows-1 {
			b.WriteString(",")
		}
		b.WriteString([]string{"\n", "\n", "\r\n", "\n\n"}[r.IntN(4)])
	}
	if list {
		b.WriteString("]}")
	}
	return b.String()
}

// oneLine puts the objects of uglyObjects on one line, as a list or as they are.
func oneLine(text string, list bool) string {
	text = strings.NewReplacer("\r", "", "\n", " ").Replace(text)
	if list {
		text = strings.TrimSuffix(strings.TrimPrefix(text, `{"users":`), "}")
	}
	return text
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

func zstandard(text string) string {
	z, _ := zstd.NewWriter(nil)
	return string(z.EncodeAll([]byte(text), nil))
}

func wide(text string) string {
	out := []byte{0xFF, 0xFE}
	for _, c := range utf16.Encode([]rune(text)) {
		out = append(out, byte(c), byte(c>>8))
	}
	return string(out)
}

// TestPartsOfAnyForm has inputs that cannot be divided, and those without header.
func TestPartsOfAnyForm(t *testing.T) {
	noHash := strings.Replace(partsMapping, "  password_hash: {from: hash, if-failed: empty}\n", "", 1)
	noName := strings.Replace(noHash, "  name: name\n", "", 1)
	withoutHeader := "version: 1\nsource: {header: false}\ncolumns: {cognito:username: 1, email: 2, email_verified: {constant: 'TRUE'}}\n"
	lines := func(seed uint64, rows int, end string) string {
		r := rand.New(rand.NewPCG(seed, 1))
		text := "login,mail,ok,name,hash,state" + end
		for range rows {
			text += fmt.Sprintf("ü%d,u%d@example.com,%s,N,,%s%s", r.IntN(rows), r.IntN(rows), []string{"true", "no"}[r.IntN(2)], []string{"", "gone"}[r.IntN(2)], end)
		}
		return text
	}
	r := rand.New(rand.NewPCG(3, 3))
	headless := func(rows int) (text string) {
		for range rows {
			text += fmt.Sprintf("u%d,u%d@example.com\r\n", r.IntN(rows), r.IntN(rows))
		}
		return text
	}
	for name, test := range map[string]struct {
		mapping string
		reading validate.Reading
		texts   []string
	}{
		"gzip":                {noHash, validate.Reading{}, []string{gzipped(lines(1, 60, "\n")), lines(2, 60, "\n"), gzipped(lines(3, 60, "\r\n"))}},
		"zstd":                {noHash, validate.Reading{}, []string{zstandard(lines(1, 60, "\n")), zstandard(lines(2, 60, "\n"))}},
		"UTF-16":              {noHash, validate.Reading{}, []string{wide(lines(1, 60, "\n")), lines(2, 60, "\n")}},
		"windows-1252":        {noHash, validate.Reading{Encoding: "windows-1252"}, []string{strings.ReplaceAll(lines(1, 60, "\r\n"), "ü", "\xfc")}},
		"CR":                  {noHash, validate.Reading{}, []string{lines(1, 60, "\r"), lines(2, 60, "\r")}},
		"CR LF":               {noHash, validate.Reading{}, []string{lines(1, 60, "\r\n"), lines(2, 60, "\r\n")}},
		"JSON lines":          {noName, validate.Reading{Detect: true}, []string{uglyObjects(r, 90, false), uglyObjects(r, 50, false)}},
		"JSON documents":      {noName, validate.Reading{Detect: true}, []string{uglyObjects(r, 90, true), uglyObjects(r, 50, true)}},
		"a list on one line":  {noName, validate.Reading{Detect: true}, []string{oneLine(uglyObjects(r, 90, true), true)}},
		"a page on one line":  {noName, validate.Reading{Detect: true}, []string{oneLine(uglyObjects(r, 90, true), false)}},
		"documents in gzip":   {noName, validate.Reading{Detect: true}, []string{gzipped(uglyObjects(r, 90, true)), uglyObjects(r, 50, true)}},
		"no header":           {withoutHeader, validate.Reading{}, []string{headless(70), headless(3), headless(40)}},
		"sep and skipped":     {noHash, validate.Reading{SkipLines: 1}, []string{"about users\nsep=;\n" + strings.ReplaceAll(lines(1, 60, "\n"), ",", ";")}},
		"semicolons":          {noHash, validate.Reading{Detect: true}, []string{strings.ReplaceAll(lines(1, 60, "\n"), ",", ";"), strings.ReplaceAll(lines(2, 60, "\n"), ",", ";")}},
		"comments":            {noHash, validate.Reading{Dialect: scan.Dialect{Comment: "#"}}, []string{strings.ReplaceAll(lines(1, 60, "\n"), "gone\n", "gone\n# more\n")}},
		"overlong lines":      {noHash, validate.Reading{Dialect: scan.Dialect{MaxRecord: 200}}, []string{strings.ReplaceAll(lines(1, 60, "\n"), "no,N,,gone\n", "no,N,,gone\n"+strings.Repeat("x", 700)+"\n")}},
		"one record":          {noHash, validate.Reading{}, []string{lines(1, 1, "\n")}},
		"header alone":        {noHash, validate.Reading{}, []string{lines(1, 0, "\n"), lines(1, 0, "\n")}},
		"nothing":             {noHash, validate.Reading{}, []string{""}},
		"nothing twice":       {noHash, validate.Reading{}, []string{"", "\n\n"}},
		"an empty one before": {noHash, validate.Reading{}, []string{"", lines(1, 30, "\n"), "", lines(2, 30, "\n"), ""}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, parts := range []int{1, 2, 3, 7} {
				w := &wholeAndParts{dir: t.TempDir()}
				w.sink.MaxRows = 13
				w.write(t, test.texts...)
				w.options = ConvertOptions{Mapping: readTestMapping(t, test.mapping), Reading: test.reading, KeepGoing: true, Workers: 2}
				w.options.Reading.BlockSize = 100 * parts
				if strings.Contains(name, "1252") {
					w.options.Rules = judge.Options{NoDuplicates: true}
				}
				whole := w.run(t)
				got, plan := w.merged(t, parts, func(_ int, o *ConvertOptions) { o.Reading.BlockSize = 77 })
				require.Equal(t, whole.text.String(), got.text.String())
				require.Equal(t, whole.result, got.result)
				sameFiles(t, filepath.Join(w.dir, "whole"), filepath.Join(w.dir, "merged"))
				if divided := []string{"JSON lines", "JSON documents", "a list on one line", "a page on one line", "CR", "CR LF", "no header"}; parts == 7 && slices.Contains(divided, name) {
					require.NotEqual(t, plan.Sources[0].Size, plan.Parts[0].Ranges[0].Length, "it is divided")
				}
				if size := plan.Sources[0].Size; parts == 2 && len(test.texts) == 1 && size > 2000 && plan.Sources[0].Charset == "utf-8" {
					require.Len(t, plan.Parts[0].Ranges, 1)
					assert.InDelta(t, size/2, plan.Parts[0].Ranges[0].Length, 800, "the parts are about equal")
				}
			}
		})
	}
}

// TestPartsOfADryRun judges and writes nothing.
func TestPartsOfADryRun(t *testing.T) {
	for round := range uint64(20) {
		w := &wholeAndParts{dir: t.TempDir()}
		w.write(t, uglyExport(rand.New(rand.NewPCG(round, 5)), 60, 50))
		text := partsMapping
		w.options = ConvertOptions{Mapping: readTestMapping(t, text), DryRun: true, KeepGoing: true, Rules: judge.Options{PasswordHash: 1}}
		want := newReported(t)
		o := w.options
		o.Report = want.report.Finding
		var err error
		want.result, err = Convert(t.Context(), o, w.sources...)
		require.NoError(t, err)
		require.NoError(t, want.report.Flush())

		plan, err := PlanConvert(t.Context(), w.options, validate.PlanOptions{Parts: 3}, w.sources...)
		require.NoError(t, err)
		require.Equal(t, shard.ForCheck, plan.For)
		var dirs []string
		for k := range plan.Parts {
			dirs = append(dirs, filepath.Join(w.dir, fmt.Sprint(k)))
			_, err := ConvertPart(t.Context(), w.options, validate.PartOptions{Plan: plan, Part: k + 1, Dir: dirs[k]})
			require.NoError(t, err)
			info, err := os.Stat(filepath.Join(dirs[k], shard.RowsName))
			require.NoError(t, err)
			require.Zero(t, info.Size())
		}
		set, err := shard.OpenSet(plan, dirs)
		require.NoError(t, err)
		got := newReported(t)
		got.result, err = Merge(t.Context(), MergeOptions{MergeOptions: validate.MergeOptions{Parts: set, Report: got.report.Finding}})
		require.NoError(t, err)
		require.NoError(t, got.report.Flush())
		require.Equal(t, want.text.String(), got.text.String())
		require.Equal(t, want.result, got.result)
	}
}

// TestRecordsOfDuplicates wants the input where a row turns out to be a duplicate of one in
// another part.
func TestRecordsOfDuplicates(t *testing.T) {
	text := "cognito:username,email,email_verified\n"
	for i := range 40 {
		text += fmt.Sprintf("u%d,u%d@example.com,TRUE\n", i%30, i)
	}
	for name, test := range map[string]struct {
		spoil func(path string) error
		says  string
	}{
		"removed": {os.Remove, "there is no such file"},
		"changed": {func(path string) error {
			return os.WriteFile(path, []byte(strings.ReplaceAll(text, "u35@", "u36@")), 0o600)
		}, "changed since the parts were made"},
		"cut": {func(path string) error { return os.Truncate(path, 300) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wholeAndParts{dir: t.TempDir()}
			w.write(t, text)
			plan, err := PlanConvert(t.Context(), w.options, validate.PlanOptions{Parts: 2}, w.sources...)
			require.NoError(t, err)
			var dirs []string
			for k := range plan.Parts {
				dirs = append(dirs, filepath.Join(w.dir, fmt.Sprint(k)))
				_, err := ConvertPart(t.Context(), w.options, validate.PartOptions{Plan: plan, Part: k + 1, Dir: dirs[k]})
				require.NoError(t, err)
			}
			require.NoError(t, test.spoil(w.sources[0].Path))
			set, err := shard.OpenSet(plan, dirs)
			require.NoError(t, err)
			_, err = Merge(t.Context(), MergeOptions{MergeOptions: validate.MergeOptions{Parts: set}, Output: w.output("merged")})
			var records *RecordsError
			require.ErrorAs(t, err, &records)
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), "u1@")
			require.NoDirExists(t, filepath.Join(w.dir, "merged"), "nothing is left behind")
		})
	}
}

// TestPartsThatAreDamaged changes files of parts: that is noticed, and nothing is written.
func TestPartsThatAreDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	w := &wholeAndParts{dir: t.TempDir()}
	w.write(t, strings.TrimLeft(uglyExport(r, 80, 70), "\ufeff\r\n"))
	w.options = ConvertOptions{Mapping: readTestMapping(t, partsMapping), KeepGoing: true, Rules: judge.Options{PasswordHash: 1}}
	plan, err := PlanConvert(t.Context(), w.options, validate.PlanOptions{Parts: 2}, w.sources...)
	require.NoError(t, err)
	var dirs []string
	for k := range plan.Parts {
		dirs = append(dirs, filepath.Join(w.dir, fmt.Sprint(k)))
		_, err := ConvertPart(t.Context(), w.options, validate.PartOptions{Plan: plan, Part: k + 1, Dir: dirs[k]})
		require.NoError(t, err)
	}
	merged := func() error {
		set, err := shard.OpenSet(plan, dirs)
		if err != nil {
			return err
		}
		_, err = Merge(t.Context(), MergeOptions{MergeOptions: validate.MergeOptions{Parts: set}, Output: w.output("merged")})
		return err
	}
	for round := range 300 {
		path := filepath.Join(dirs[r.IntN(2)], []string{shard.MadeName, shard.RowsName, shard.SideName, shard.RecordsName, shard.MarkName}[r.IntN(5)])
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NotEmpty(t, text, path)
		bad := bytes.Clone(text)
		bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
		if round%5 == 0 {
			bad = bad[:r.IntN(len(bad))]
		}
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		require.Error(t, merged(), path)
		require.NoDirExists(t, filepath.Join(w.dir, "merged"))
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	require.NoError(t, merged())
}

// starts is the Text of Facts of which only the starts of the records count.
type starts []uint32

func (s starts) Start(i int) uint32     { return s[i] }
func (s starts) Key(_, _ int) ledger.At { return ledger.At{} }
func (s starts) Hash(int) ledger.At     { return ledger.At{} }

// FuzzMade takes blocks apart that nobody wrote.
func FuzzMade(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 2, 3, 3, 0, 4, 0, 5, 1, 0, 0, 0}, uint8(2))
	f.Add([]byte{15, 1, 2, 3, 4, 1, 3, 3, 1, 0, 7, 1, 0, 0, 9}, uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, records uint8) {
		facts := &ledger.Facts{Verdicts: make([]ledger.Verdict, records), Bytes: 1 << 20, Text: make(starts, records)}
		var m madeBlock
		rows, side, kept, ok := m.parse(text, facts)
		if !ok {
			return
		}
		require.Len(t, m.stage.ends, int(records))
		require.Len(t, m.batch.Records, int(records))
		if records > 0 {
			require.EqualValues(t, rows, m.stage.ends[records-1])
		}
		require.GreaterOrEqual(t, side, 0)
		for _, at := range m.keptAt {
			require.LessOrEqual(t, at.end, kept)
		}
		for _, repair := range m.stage.repairs {
			require.Less(t, int(repair.record), int(records))
		}
	})
}

// TestProfileOfManyUsers has more values than are counted one by one.
func TestProfileOfManyUsers(t *testing.T) {
	w := &wholeAndParts{dir: t.TempDir()}
	text := "cognito:username,email,email_verified,birthdate,nickname\n"
	for i := range 6000 {
		text += fmt.Sprintf("u%d,u%d@%s.example.com,%s,01/02/%d,%s\n", i%5900, i, []string{"a", "b"}[i%2], []string{"TRUE", "no"}[i/4000], 1950+i%50, strings.Repeat("x", i%40))
	}
	w.write(t, text)
	for _, shown := range []bool{false, true} {
		w.sink.Force = true
		w.options = ConvertOptions{Profile: true, ShowValues: shown, Workers: 2}
		whole := w.run(t)
		got, _ := w.merged(t, 4, func(int, *ConvertOptions) {})
		require.Equal(t, whole.result, got.result)
		for _, c := range got.result.Profile.Columns {
			if c.Name == "email" {
				require.NotZero(t, c.DistinctError, "it is an estimate")
				require.Len(t, c.Domains, 2)
			}
		}
	}
}
