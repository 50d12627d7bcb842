package scan

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documentRecords reads JSON documents, and returns each record with its position, and the
// error that ended it.
func documentRecords(t testing.TB, text string, blockSize int, oneByte bool, maxRecord int) (out []string) {
	t.Helper()
	var r io.Reader = strings.NewReader(text)
	if oneByte {
		r = iotest.OneByteReader(r)
	}
	s, err := NewSplitter(r, Pos{}, Dialect{Kind: JSON, MaxRecord: maxRecord}, blockSize)
	require.NoError(t, err)
	var b Block
	var x Index
	at := 0
	var long strings.Builder
	for {
		err := s.Next(&b)
		if err != nil {
			if long.Len() > 0 {
				out = append(out, long.String())
			}
			var broken *DocumentError
			switch {
			case errors.As(err, &broken):
				assert.Equal(t, posAt(text, int(broken.Pos.Offset)), broken.Pos)
				out = append(out, fmt.Sprintf("%d: %s", broken.Pos.Offset, broken.What))
			case err != io.EOF:
				require.NoError(t, err)
			default:
				require.Equal(t, len(text), at, "all of it is in some block")
			}
			return out
		}
		require.Equal(t, posAt(text, at), b.Pos)
		require.Equal(t, text[at:at+len(b.Data)], string(b.Data))
		require.NotEmpty(t, b.Data)
		if !b.Continued && long.Len() > 0 {
			out = append(out, long.String())
			long.Reset()
		}
		if b.Continued {
			long.Write(b.Data)
		}
		b.Index(&x)
		for _, r := range x.Records {
			raw := string(b.Data[r.Start:r.Next])
			if r.Fault == TooLong {
				fmt.Fprintf(&long, "%d: too long %s", at+int(r.Start), raw)
				continue
			}
			require.Equal(t, raw, string(x.Field(&r, 0).Of(b.Data)))
			out = append(out, fmt.Sprintf("%d: %s", at+int(r.Start), raw))
		}
		at += len(b.Data)
	}
}

// posAt is the plain way to a position.
func posAt(text string, at int) Pos {
	before := text[:at]
	return Pos{Offset: int64(at), Line: int64(strings.Count(before, "\n")) + 1, Column: at - strings.LastIndexByte(before, '\n')}
}

func TestDocuments(t *testing.T) {
	long := `{"k":"` + strings.Repeat("x", 60) + `"}`
	for text, want := range map[string]string{
		"":                             "",
		" \n ":                         "",
		"[]":                           "",
		"[{},{}]\n":                    "1: {}|4: {}",
		"[{},{}] [\n{}\n][]":           "1: {}|4: {}|10: {}",
		`[{"a":"]}\"{\\"},{"b":[{}]}]`: `1: {"a":"]}\"{\\"}|17: {"b":[{}]}`,
		`[1, "x", null,[2],{}]`:        `1: 1|4: "x"|9: null|14: [2]|18: {}`,
		`{"a":1} {"b":2}{}`:            `0: {"a":1}|8: {"b":2}|15: {}`,
		`{"a":1,"b":[{"c":1}]}`:        `0: {"a":1,"b":[{"c":1}]}`,
		`{"users":[{"a":1},{"b":[2]}],"next":null}`:                             `10: {"a":1}|18: {"b":[2]}`,
		`{"realm":"r","clients":[{"x":[{}]}],"users" : [ {"a":1} ]}`:            `48: {"a":1}`,
		`{"Users":[{}],"t":"x"}{"t":1,"Users":[{},{}]}` + "\n" + `{"Users":[]}`: "10: {}|38: {}|41: {}",
		`{"people":[{"a":1}],"n":1}{"people":[]}`:                               `11: {"a":1}`,
		`{"value":[],"n":1}{"value":[{}]}`:                                      "28: {}",
		`{"a":{"users":[{}]}}`:                                                  `0: {"a":{"users":[{}]}}`,
		`[{"a":1} {"b":1}]`:                                                     `1: {"a":1}|9: a comma or ] is expected after a record`,
		`[{"a":1},]`:                                                            `1: {"a":1}|9: a value is expected`,
		`[{"a":1}},{}]`:                                                         `1: {"a":1}|8: a comma or ] is expected after a record`,
		`[{"a":[1}],{}]`:                                                        "8: a bracket that closes what is not open",
		`[{"a":1},{"b":` + "\n":                                                 `1: {"a":1}|9: the input ends within what begins here: the file is not complete`,
		"\n[{\"a\":1}\n":                                                        `2: {"a":1}|1: the input ends within what begins here: the file is not complete`,
		`{"users":[{"a":1}]`:                                                    `10: {"a":1}|0: the input ends within what begins here: the file is not complete`,
		"[{\"a\":\"x\n\"}]":                                                     "8: a string that is not closed before its line ends",
		"[{\"a\":\"x\\\n\"}]":                                                   "9: a string that is not closed before its line ends",
		`[{"a":x}]`:                                                             "6: what is here can only be within a string",
		`[{}] x`:                                                                "1: {}|5: an object or a list is expected",
		`[{}] {"users":[]}`:                                                     "1: {}|5: " + otherShape,
		`{"a":1} [{}]`:                                                          `0: {"a":1}|8: ` + otherShape,
		`{"users":[{}]}{"error":"x"}`:                                           "10: {}|14: " + noRecords,
		`{"users":[{}],"items":[{}]}`:                                           "10: {}|14: " + secondList,
		`{"users":[{}],}`:                                                       "10: {}|14: the name of a member is expected",
		`{"users":[{}] "x":1}`:                                                  "10: {}|14: a comma or } is expected after a member",
		`{"users" [{}]}`:                                                        "9: a colon is expected after the name of a member",
		`{"a":1,` + strings.Repeat(" ", 100) + `"users":[{}]}`:   "116: {}",
		`{"a":"` + strings.Repeat("x", 100) + `"}`:               "0: " + noRecords, // longer than a record may be
		`[` + long + `,{"a":1}]`:                                 `1: too long ` + long + `|70: {"a":1}`,
		`{} ` + long + `{"a":1}`:                                 `0: {}|3: too long ` + long + `|71: {"a":1}`,
		`[{"k":"` + strings.Repeat("x", 60):                      `1: too long {"k":"` + strings.Repeat("x", 60) + `|1: the input ends within what begins here: the file is not complete`,
		`[{"` + strings.Repeat("0", 70) + `"0A0`:                 `1: too long {"` + strings.Repeat("0", 70) + `"0|75: ` + notOutside,
		`[` + strings.Repeat("[", 100):                           `1: too long ` + strings.Repeat("[", 100) + "|1: the input ends within what begins here: the file is not complete",
		`{"users":[{"a":"` + strings.Repeat(`\\`, 12) + `\""}]}`: `10: {"a":"` + strings.Repeat(`\\`, 12) + `\""}`,
	} {
		for _, size := range []int{0, 1, 2, 3, 5, 7, 16, 64} {
			for _, oneByte := range []bool{false, true} {
				got := documentRecords(t, text, size, oneByte, 64)
				assert.Equal(t, want, strings.Join(got, "|"), "%s\nblock size %d", text, size)
			}
		}
	}
}

func TestBeforeRecords(t *testing.T) {
	for text, want := range map[string]string{
		"[]": "", "": "", "[\n {}]": "{}]", `{"a":1}{}`: `{"a":1}{}`, `{"x":[1,2,3],"users":[{"a":1},{}]}`: `{"a":1},{}]}`, `{"users":[]}` + "\n" + `{"users":[{}]}`: "{}]}",
	} {
		for _, size := range []int{0, 1, 3, 64} {
			s, err := NewSplitter(strings.NewReader(text), Pos{}, Dialect{Kind: JSON}, size)
			require.NoError(t, err)
			var b Block
			before, found := "", false
			for !found {
				if found, err = s.BeforeRecords(&b); err == io.EOF {
					break
				}
				require.NoError(t, err)
				before += string(b.Data)
			}
			require.Equal(t, want != "", found, text)
			ahead, err := s.Ahead(1000)
			require.NoError(t, err)
			require.Equal(t, want, string(ahead), text)
			require.Equal(t, text, before+want)
			var rest string
			for s.Next(&b) == nil {
				require.Equal(t, posAt(text, len(before)+len(rest)), b.Pos)
				rest += string(b.Data)
			}
			require.Equal(t, want, rest)
		}
	}
	s, err := NewSplitter(strings.NewReader("a,b\n"), Pos{}, Dialect{}, 0)
	require.NoError(t, err)
	_, err = s.BeforeRecords(new(Block))
	assert.Error(t, err)
}

// FuzzDocuments compares block sizes and reads with each other.
func FuzzDocuments(f *testing.F) {
	f.Add(`{"x":[1],"users":[{"a":"\\\""},{}]}`, uint8(3))
	f.Add(`[{"a":[{}]},1,"x"] []`, uint8(1))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		if strings.HasSuffix(text, ctrlZ) {
			return
		}
		want := documentRecords(t, text, 0, false, 40)
		require.Equal(t, want, documentRecords(t, text, int(size)+1, false, 40))
		require.Equal(t, want, documentRecords(t, text, int(size)+1, true, 40))
	})
}
