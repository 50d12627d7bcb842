package row

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fastjson"

	"poolprep/validate/scan"
)

func fieldsOf(t testing.TB, j *JSONLine, record string, n int) ([]string, *Error) {
	t.Helper()
	buf := []byte("before" + record)
	fields := make([]scan.Span, n)
	buf, err := j.Fields(buf, scan.Span{Start: 6, End: uint32(6 + len(record))}, fields, func([]byte, int) {})
	var out []string
	for _, f := range fields {
		out = append(out, string(f.Of(buf)))
	}
	return out, err
}

func TestFields(t *testing.T) {
	j := NewJSONLine([]string{"a", "b", "ü\n"})
	for record, want := range map[string][]string{
		`{}`:                                     {"", "", ""},
		`{"a":"x","b":1}`:                        {"x", "1", ""},
		` { "b" : -1.50e+3 , "a" : true } `:      {"true", "-1.50e+3", ""},
		`{"b":12345678901234567890123,"a":null}`: {"", "12345678901234567890123", ""},
		`{"\u0061":"\u00fc\"\\\/\b\f\n\r\t","\u00fc\n":"\ud83d\ude00"}`: {"ü\"\\/\b\f\n\r\t", "", "😀"},
		`{"c":{"a":"no","x":["}\"{"]},"d":[[{}]],"a":"yes"}`:            {"yes", "", ""},
		`{"a":"","c":1,"c":2}`:          {"", "", ""},
		"{\"a\":\"ü\",\t\"b\":false}\r": {"ü", "false", ""},
	} {
		got, err := fieldsOf(t, j, record, 3)
		require.Nil(t, err, record)
		assert.Equal(t, want, got, record)
	}
	for record, want := range map[string]string{
		`[1]`: "not a JSON object, at column 1", `"x"`: "not a JSON object, at column 1", ``: "not a JSON object, at column 1",
		`{"a":1`: "not valid JSON, at column 7", `{"a":01}`: "not valid JSON, at column 7", `{"a":"x"} {"b":1}`: "not valid JSON, at column 11",
		"{\"a\":\"x\x01\"}": "not valid JSON, at column 8", `{'a':1}`: "not valid JSON, at column 2", `{"a":NaN}`: "not valid JSON, at column 6",
		`{"a":1,"a":2}`:        "a member that stands twice, at column 8",
		`{"a":null,"a":2}`:     "a member that stands twice, at column 11",
		`{"b":1,"a":{}}`:       "an object where one value is expected; say which member: a.NAME, at column 12",
		`{"a":"x\ud800"}`:      "half of a surrogate pair, at column 8",
		`{"a":"\udc00\ud800"}`: "half of a surrogate pair, at column 7",
		`{"\ud800":"x"}`:       "half of a surrogate pair, at column 2",
		`{"c":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`: "more than 100 values within each other, at column 105",
		`{"c":` + strings.Repeat("[", 1<<20):                                "more than 100 values within each other, at column 105",
	} {
		_, err := fieldsOf(t, j, record, 3)
		require.NotNil(t, err, record)
		assert.Equal(t, want, err.Error(), record)
	}
}

func TestPlace(t *testing.T) {
	j := NewJSONLine([]string{"a", "b"})
	record := `{"b": 12, "a" : "x"}`
	at, ok := j.Place([]byte(record), 0)
	require.True(t, ok)
	assert.Equal(t, `x"}`, record[at:])
	at, ok = j.Place([]byte(record), 1)
	require.True(t, ok)
	assert.Equal(t, `12, "a" : "x"}`, record[at:])
	_, ok = j.Place([]byte(`{}`), 0)
	assert.False(t, ok)
}

// FuzzFields compares with the standard library wherever both take a record.
func FuzzFields(f *testing.F) {
	f.Add(`{"a":"x\u00e9\n","b":1.0}`)
	f.Add(`{"a":[{"b":"\\\""}],"b":null}`)
	f.Fuzz(func(t *testing.T, record string) {
		j := NewJSONLine([]string{"a", "b"})
		got, err := fieldsOf(t, j, record, 2)
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(record), &members))
		for i, name := range []string{"a", "b"} {
			raw := string(members[name])
			want := strings.TrimSpace(raw)
			var s string
			switch {
			case raw == "null":
				want = ""
			case strings.HasPrefix(raw, `"`):
				require.NoError(t, json.Unmarshal([]byte(raw), &s))
				want = s
			}
			if strings.ToValidUTF8(record, "") == record {
				require.Equal(t, want, got[i])
			}
		}
	})
}

// FuzzValid compares what is taken for JSON with the standard library and with fastjson.
func FuzzValid(f *testing.F) {
	for _, record := range []string{`{"a":[1,-0.5e+3,true,null,{}],"b":{"c":"\u00e9\\"}}`, `{"a":01}`, `{"a":1,}`, `{"a"}`, `{"a":"\x"}`, `{"a":[}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, "{\"a\":\"\x01\"}", ` {} `, `{"a":[[[{"b":[]}]]]}`} {
		f.Add(record)
	}
	f.Fuzz(func(t *testing.T, record string) {
		if !strings.HasPrefix(strings.TrimLeft(record, " \t\r\n"), "{") {
			return
		}
		valid := json.Valid([]byte(record))
		if fast := fastjson.Validate(record) == nil; fast != valid {
			t.Logf("fastjson says %v", fast) // it is less strict here and there
		}
		_, err := fieldsOf(t, NewJSONLine(nil), record, 0)
		if err != nil && (strings.HasPrefix(err.What, "more than 100 values") || err.What == halfPair) {
			return
		}
		require.Equal(t, valid, err == nil, "%v", err)
		// The same where there is something to look for; then more may be wrong.
		_, err = fieldsOf(t, NewJSONLine([]string{"a.b", "a[k=v].b", "b[*].a", "a*.b", Raw("c")}), record, 5)
		if err == nil {
			require.True(t, valid)
		}
		if err != nil && strings.HasPrefix(err.What, notJSON) && err.What == notJSON {
			require.False(t, valid)
		}
	})
}
