package cognito

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseLogLine(t *testing.T) {
	tests := []struct {
		line    string
		status  RowStatus
		number  int64
		message string
	}{
		{"[SUCCEEDED] Line Number 5956 - The import succeeded.", RowImported, 5956, "The import succeeded."},
		{"[SKIPPED] Line Number 2 - The user already exists.", RowSkipped, 2, "The user already exists."},
		{"[FAILED] Line Number 7 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to verified).", RowFailed, 7,
			"The User Record does not set any of the auto verified attributes to true. (Example: email_verified to verified)."},
		{"2026-07-04T22:00:00Z import-1/x [FAILED] Line Number 7 - why", RowFailed, 7, "why"},
		{"EVENTS\t1\t[FAILED] Line Number 7 - why\t1719000000000", RowFailed, 7, "why"},
		{"[SKIPPED] Line Number 3", RowSkipped, 3, ""},
		{"[SKIPPED]   Line Number 3 -", RowSkipped, 3, ""},
		{"[FAILED] Line Number 4 - a - b [SUCCEEDED] Line", RowFailed, 4, "a - b [SUCCEEDED] Line"},
		{"[SUCCEEDED] Line Number 0 - x", RowImported, 0, "x"},
		{"[SUCCEEDED] Line Number 99999999999999999999 - x", RowImported, -1, "x"},
	}
	for _, tt := range tests {
		l, rest, ok := ParseLogLine([]byte(tt.line))
		require.True(t, ok, tt.line)
		assert.Equal(t, tt.status, l.Status, tt.line)
		assert.Equal(t, tt.number, l.Number, tt.line)
		assert.Equal(t, tt.message, string(l.Message), tt.line)
		_, _, more := ParseLogLine(rest)
		assert.False(t, more, tt.line)
	}
	for _, line := range []string{
		"", "Cognito User Pools Import - Test Log", "[SUCCEEDED]", "[SUCCEEDED] Line Number ", "[SUCCEEDED] Line Number x", "[SUCCEEDED] Line Number -1 - x",
		"[PENDING] Line Number 3 - x", "SUCCEEDED Line Number 3 - x", "[succeeded] Line Number 3 - x", "Line Number 3",
	} {
		_, _, ok := ParseLogLine([]byte(line))
		assert.False(t, ok, line)
	}
}

// TestManyLinesInOne: what one tool writes in a line another would write in many.
func TestManyLinesInOne(t *testing.T) {
	type line struct {
		status  RowStatus
		number  int64
		message string
	}
	for text, want := range map[string][]line{
		"Test Log\tTest Log\t[SUCCEEDED] Line Number 2 - ok.\t[FAILED] Line Number 3 - why.": {{RowImported, 2, "ok."}, {RowFailed, 3, "why."}},
		"[SUCCEEDED] Line Number 2 - ok. [FAILED] Line Number 3 - why. [x] [SKIPPED] Line":   {{RowImported, 2, "ok."}, {RowFailed, 3, "why. [x] [SKIPPED] Line"}},
		"[SUCCEEDED] Line Number 2 - ok.\r\n[SKIPPED] Line Number 3 - there.\n":              {{RowImported, 2, "ok."}, {RowSkipped, 3, "there."}},
		"[SKIPPED][FAILED] Line Number 1[FAILED]Line Number 2":                               {{RowFailed, 1, ""}, {RowFailed, 2, ""}},
		"[FAILED] Line Number 2 - \t[FAILED] Line Number 3":                                  {{RowFailed, 2, ""}, {RowFailed, 3, ""}},
	} {
		var got []line
		for rest := []byte(text); ; {
			l, after, ok := ParseLogLine(rest)
			if !ok {
				break
			}
			got = append(got, line{l.Status, l.Number, string(l.Message)})
			rest = after
		}
		assert.Equal(t, want, got, "%q", text)
	}
}

// FuzzParseLogLine: what is recognised reads the same when it is written again.
func FuzzParseLogLine(f *testing.F) {
	for _, s := range []string{
		"[SUCCEEDED] Line Number 5956 - The import succeeded.", "x [FAILED] Line Number 007 - a\tb", "[SKIPPED][FAILED] Line Number 1",
		"[SUCCEEDED] Line Number 99999999999999999999 -", "\xff[SKIPPED] Line Number 2 - \x00", "Test Log",
	} {
		f.Add([]byte(s))
	}
	words := map[RowStatus]string{RowImported: "SUCCEEDED", RowSkipped: "SKIPPED", RowFailed: "FAILED"}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := string(line)
		l, rest, ok := ParseLogLine(line)
		assert.True(t, !ok || len(rest) < len(line), "it comes to an end")
		assert.Equal(t, before, string(line), "the line is not changed")
		log := NewRowLog(10)
		err := log.Add(line, func() string { return "here" })
		if !ok {
			require.NoError(t, err)
			assert.Equal(t, int64(1), log.others)
			return
		}
		if outside := l.Number < 1 || l.Number > 11; outside {
			require.Error(t, err)
		}
		if l.Number < 0 {
			return
		}
		again, _, ok := ParseLogLine(fmt.Appendf(nil, "[%s] Line Number %d - %s", words[l.Status], l.Number, l.Message))
		require.True(t, ok)
		assert.Equal(t, l.Status, again.Status)
		assert.Equal(t, l.Number, again.Number)
		assert.Equal(t, strings.TrimPrefix(string(l.Message), "-"), strings.TrimPrefix(string(again.Message), "-"))
	})
}

// logOf makes a log of a chunk with so many rows.
func logOf(t *testing.T, rows int64, lines ...string) *RowLog {
	t.Helper()
	log := NewRowLog(rows)
	for i, line := range lines {
		require.NoError(t, log.Add([]byte(line), func() string { return fmt.Sprint("line ", i+1) }))
	}
	return log
}

func TestLineOffset(t *testing.T) {
	line := func(n int) string { return fmt.Sprintf("[SUCCEEDED] Line Number %d - The import succeeded.", n) }
	tests := []struct {
		name    string
		asked   Offset
		numbers []int // of a chunk with 3 rows
		want    Offset
		guessed bool
		err     string
	}{
		{"whole, the header counts", OffsetAuto, []int{2, 3, 4}, OffsetHeader, false, ""},
		{"whole, it does not", OffsetAuto, []int{1, 2, 3}, OffsetFirstUser, false, ""},
		{"the last number decides", OffsetAuto, []int{4}, OffsetHeader, false, ""},
		{"line 1 decides", OffsetAuto, []int{1}, OffsetFirstUser, false, ""},
		{"a part that fits both", OffsetAuto, []int{2, 3}, OffsetHeader, true, ""},
		{"nothing", OffsetAuto, nil, OffsetHeader, false, ""},
		{"neither", OffsetAuto, []int{1, 4}, "", false, "logs of different chunks"},
		{"stated", OffsetFirstUser, []int{2, 3}, OffsetFirstUser, false, ""},
		{"stated, and it is right", OffsetHeader, []int{2, 4}, OffsetHeader, false, ""},
		{"stated, and line 1 is the header", OffsetHeader, []int{2, 1}, "", false, "line 2: line number 1 lies outside"},
		{"stated, and there is no line 4", OffsetFirstUser, []int{4}, "", false, "line 1: line number 4 lies outside"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			for _, n := range tt.numbers {
				lines = append(lines, line(n))
			}
			got, guessed, err := logOf(t, 3, lines...).Resolve(tt.asked)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.guessed, guessed)
		})
	}
	_, err := ParseOffset("headr")
	assert.ErrorContains(t, err, "header")
}

// TestContradictions: whatever else a log says of a row that failed, it is looked after.
func TestContradictions(t *testing.T) {
	const ok, there, failed = "[SUCCEEDED] Line Number 2 - ok", "[SKIPPED] Line Number 2 - there", "[FAILED] Line Number 2 - failed"
	for _, tt := range []struct {
		lines []string
		want  Outcome
	}{
		{[]string{ok, failed}, Outcome{RowFailed, "failed"}},
		{[]string{failed, ok}, Outcome{RowFailed, "failed"}},
		{[]string{there, failed, there}, Outcome{RowFailed, "failed"}},
		{[]string{there, ok}, Outcome{RowImported, "ok"}},
		{[]string{ok, there, ok}, Outcome{RowImported, "ok"}},
		{nil, Outcome{}},
	} {
		log := logOf(t, 1, tt.lines...)
		assert.Equal(t, tt.want, log.At(0, OffsetHeader), "%q", tt.lines)
		assert.LessOrEqual(t, log.distinct, int64(1))
	}
}

func TestMessagesTakeBoundedMemory(t *testing.T) {
	const rows = 40_000
	log := NewRowLog(rows)
	for n := 2; n <= rows+1; n++ {
		line := fmt.Sprintf("[FAILED] Line Number %d - %d %s\xff", n, n, strings.Repeat("x", 2*maxMessage))
		require.NoError(t, log.Add([]byte(line), func() string { return "here" }))
	}
	total := 0
	for _, m := range log.messages {
		total += len(m)
	}
	assert.LessOrEqual(t, total, maxMessages+maxMessage)
	first := log.At(0, OffsetHeader)
	assert.True(t, strings.HasPrefix(first.Message, "2 xxx") && strings.HasSuffix(first.Message, "x ..."), first.Message)
	assert.Equal(t, messageLeftOut, log.At(rows-1, OffsetHeader).Message)
}
