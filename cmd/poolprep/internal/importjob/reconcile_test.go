package importjob

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// logText makes the log of a chunk: f, s and i say what became of each row.
func logText(first int, rows string) string {
	var b strings.Builder
	b.WriteString("Cognito User Pools Import - Test Log\nCognito User Pools Import - Test Log\n")
	for i, c := range rows {
		what := map[rune]string{
			'i': "[SUCCEEDED] Line Number %d - The import succeeded.\n",
			's': "[SKIPPED] Line Number %d - The user already exists.\n",
			'f': "[FAILED] Line Number %d - It failed.\n",
			'?': "",
		}[c]
		if what != "" {
			fmt.Fprintf(&b, what, first+i)
		}
	}
	return b.String()
}

// asEvents makes the answer of GetLogEvents of a log.
func asEvents(t *testing.T, log string, pretty bool) []byte {
	t.Helper()
	type event struct {
		Timestamp int64  `json:"timestamp"`
		Message   string `json:"message"`
	}
	var answer struct {
		Events []event `json:"events"`
		Token  string  `json:"nextForwardToken"`
	}
	for _, line := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
		answer.Events = append(answer.Events, event{1, line})
	}
	text, err := json.Marshal(answer)
	if pretty {
		text, err = json.MarshalIndent(answer, "", "    ")
	}
	require.NoError(t, err)
	return text
}

func utf16le(text string) []byte {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// sevenRows is an export that makes one chunk.
var sevenRows = testSource{name: "export.csv", text: export("\n", "a", "b", "c", "d", "e", "f", "g")}

const sevenRowsResults = `{"v":1,"line":3,"chunk":1,"chunk_line":3,"status":"failed","message":"It failed."}
{"v":1,"line":4,"chunk":1,"chunk_line":4,"status":"skipped","message":"The user already exists."}
{"v":1,"line":8,"chunk":1,"chunk_line":8,"status":"failed","message":"It failed."}
`

// save writes a file beside a run directory.
func save(t *testing.T, d *RunDir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(d.Path), name)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// reconcileAll reconciles by the values of --log.
func reconcileAll(t *testing.T, d *RunDir, chunk int, offset cognito.Offset, logs ...string) (*Summary, *recorder, error) {
	t.Helper()
	var saved []SavedLog
	for _, text := range logs {
		l, err := d.ParseSavedLog(text, chunk)
		require.NoError(t, err)
		saved = append(saved, l)
	}
	o := &recorder{}
	out, err := d.Reconcile(t.Context(), ReconcileOptions{Logs: saved, LineOffset: offset, Clock: newFakeClock(), Observer: o})
	return out, o, err
}

func TestSavedLogsOfEveryForm(t *testing.T) {
	log := logText(2, "ifsiiif")
	lines := strings.SplitAfter(log, "\n")
	half := len(lines) / 2
	first, second := strings.Join(lines[:half], ""), strings.Join(lines[half:], "")
	var jsonLines, tail, text bytes.Buffer
	for _, line := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
		entry, err := json.Marshal(map[string]any{"timestamp": 1, "message": line, "logStreamName": "import-1/x"})
		require.NoError(t, err)
		jsonLines.Write(append(entry, '\n'))
		fmt.Fprintf(&tail, "2026-07-04T22:00:00.000000+00:00 import-1/x %s\n", line)
		fmt.Fprintf(&text, "EVENTS\t1719\t%s\t1719\n", line)
	}
	insights := `{"results":[[{"field":"@message","value":"[FAILED] Line Number 3 - It failed."}]],"status":"Complete"}` +
		string(asEvents(t, logText(2, "i?siiif"), false))
	shuffled := lines[5] + lines[8] + lines[2] + lines[3] + lines[5] + lines[4] + lines[7] + lines[6] + lines[8]
	for name, parts := range map[string][][]byte{
		"text":                      {[]byte(log)},
		"text, CR LF":               {[]byte(strings.ReplaceAll(log, "\n", "\r\n"))},
		"text without the last end": {[]byte(strings.TrimSuffix(log, "\n"))},
		"text in two files":         {[]byte(second), []byte(first)},
		"text that overlaps":        {[]byte(first), []byte(log)},
		"text in any order":         {[]byte(shuffled)},
		"aws logs tail":             {tail.Bytes()},
		"aws logs as text":          {text.Bytes()},
		"text in one line":          {[]byte(strings.ReplaceAll(log, "\n", "\t"))},
		"text in one line, spaces":  {[]byte(strings.ReplaceAll(log, "\n", " "))},
		"text in long lines":        {[]byte(strings.Repeat("x", 200_000) + strings.ReplaceAll(log, "\n", "\n"+strings.Repeat("x", 200_000)))},
		"one JSON string":           {[]byte(`["` + strings.ReplaceAll(log, "\n", `\n`) + `"]`)},
		"aws logs, pretty":          {asEvents(t, log, true)},
		"aws logs, compact":         {asEvents(t, log, false)},
		"aws logs, several answers": {append(asEvents(t, first, true), asEvents(t, second, false)...)},
		"JSON lines":                {jsonLines.Bytes()},
		"an array":                  {[]byte(" [\n" + strings.ReplaceAll(strings.TrimSuffix(jsonLines.String(), "\n"), "\n", ",") + "]")},
		"insights":                  {[]byte(insights)},
		"gzip":                      {gzipped(log)},
		"UTF-16, from a shell":      {utf16le(log)},
		"the first user counts":     {[]byte(logText(1, "ifsiiif"))},
	} {
		t.Run(name, func(t *testing.T) {
			d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
			var logs []string
			for i, part := range parts {
				logs = append(logs, save(t, d, fmt.Sprint("log-", i), part))
			}
			out, o, err := reconcileAll(t, d, 0, cognito.OffsetAuto, logs...)
			require.NoError(t, err)
			assert.Empty(t, o.notes)
			assert.Equal(t, Counts{Imported: 4, Skipped: 1, Failed: 2}, out.Total())
			assert.Equal(t, sevenRowsResults, d.read(t, ResultsName))
			assert.Equal(t, export("\n", "b", "g"), d.read(t, RetryName))
		})
	}
}

func TestAPartOfALog(t *testing.T) {
	d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	out, o, err := reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "if?iii?"))))
	require.NoError(t, err)
	assert.Contains(t, o.all(), "the header is taken for line 1")
	assert.Equal(t, Counts{Imported: 4, Failed: 1, Unknown: 2}, out.Total())
	assert.Contains(t, d.read(t, ResultsName), `{"v":1,"line":4,"chunk":1,"chunk_line":4,"status":"unknown","message":"the log has no line for this row"}`)
	assert.Equal(t, export("\n", "b"), d.read(t, RetryName))

	_, o, err = reconcileAll(t, d, 0, cognito.OffsetFirstUser, save(t, d, "log", []byte(logText(1, "i?iiii?"))))
	require.NoError(t, err)
	requireKnown(t, d, Counts{Imported: 5, Unknown: 2}) // and nothing of what was assumed before
	assert.Empty(t, o.notes)
	assert.NoFileExists(t, d.file(RetryName), "no row failed")
}

func TestSavedLogsThatCannotBe(t *testing.T) {
	good := logText(2, "iiiiiif")
	for want, text := range map[string]string{
		"bad:9: line number 9 lies outside of the chunk, which has 7 rows":                 good[:strings.Index(good, "[FAILED]")] + "[FAILED] Line Number 9 - x\n",
		"bad:3: line number 0 lies outside":                                                "x\ny\n[FAILED] Line Number 0 - x\n",
		"bad: line 2 of the log (before byte 84): line number 12 lies outside":             `{"message":"[FAILED] Line Number 2 - x"}` + "\n" + `{"message":"[SUCCEEDED] Line Number 12 - x", "a": 1}`,
		"bad:1: a line number of more than 18 digits lies outside":                         "[FAILED] Line Number 11111111111111111111 - x",
		"bad:2: a line of more than 1048576 bytes without a tab":                           "[FAILED] Line Number 2 - x\n" + strings.Repeat("[FAILED] Line Number 3 - x ", 50_000),
		"bad:3: this looks like YAML":                                                      "events:\n- ingestionTime: 1\n  message: '[FAILED] Line Number 3 - The User Record\n    does not'\n",
		"bad:1: this looks like YAML, in which long messages are broken into lines":        "- '[SUCCEEDED] Line Number 2 - The import succeeded.'\n",
		"bad:1: line number 9 lies outside":                                                "[FAILED] Line Number 2 - x\t[FAILED] Line Number 9 - x\n",
		"bad: no line of an import log is in it":                                           "Cognito User Pools Import - Test Log\n",
		"the JSON is cut off or not valid":                                                 `{"events":[{"message":"[FAILED] Line Number 2 - x"},`,
		"bad: at byte 41 the JSON is cut off or not valid":                                 `{"message":"[FAILED] Line Number 2 - x"} } `,
		"bad:1 says line number 1 and " + "PATHbad:2 line number 8: a chunk of 7 rows has": "[FAILED] Line Number 1 - x\n[FAILED] Line Number 8 - x\n",
	} {
		t.Run(want, func(t *testing.T) {
			d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
			_, _, err := reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "good", []byte(good)))
			require.NoError(t, err)
			before := [...]string{d.read(t, ResultsName), d.read(t, RetryName), d.read(t, sink.JournalName)}
			path := save(t, d, "bad", []byte(text))
			_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, path)
			require.ErrorContains(t, err, strings.ReplaceAll(want, "PATH", strings.TrimSuffix(path, "bad")))
			assert.Equal(t, before, [...]string{d.read(t, ResultsName), d.read(t, RetryName), d.read(t, sink.JournalName)}, "nothing is written")
		})
	}
}

func TestReconcileChunkByChunk(t *testing.T) {
	d := makeRun(t, t.TempDir(), 3, sink.Plain, sevenRows)
	second, third := save(t, d, "second", []byte(logText(2, "fif"))), save(t, d, "third", []byte(logText(2, "f")))
	first := save(t, d, "first", []byte(logText(2, "isf")))
	_, err := d.ParseSavedLog(first, 0)
	require.ErrorContains(t, err, "has 3 chunks: say which one")
	for _, text := range []string{"4=" + first, "0=" + first, "-1=" + first, "1="} {
		_, err := d.ParseSavedLog(text, 0)
		require.Error(t, err, text)
	}
	out, _, err := reconcileAll(t, d, 0, cognito.OffsetAuto, "3="+third, "2="+second)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 1, Failed: 3}, out.Total())
	assert.Equal(t, export("\n", "d", "f", "g"), d.read(t, RetryName))
	later := d.read(t, ResultsName)
	out, _, err = reconcileAll(t, d, 1, cognito.OffsetAuto, first)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 1, Skipped: 1, Failed: 1}, out.Total())
	assert.Equal(t, export("\n", "c", "d", "f", "g"), d.read(t, RetryName))
	assert.Equal(t, later, strings.Join(strings.SplitAfter(d.read(t, ResultsName), "\n")[2:], ""), "those of other chunks are kept")

	require.NoError(t, os.WriteFile(d.file(ResultsName), []byte(d.read(t, ResultsName)+"{}\n"), 0o600))
	_, _, err = reconcileAll(t, d, 1, cognito.OffsetAuto, first)
	require.ErrorContains(t, err, "results.jsonl:6: this is no result")
}
