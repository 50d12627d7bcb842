package drift

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t *testing.T, text string) *Summary {
	s, err := Read("s.json", strings.NewReader(text))
	require.NoError(t, err)
	return s
}

func TestCompare(t *testing.T) {
	t.Parallel()
	before := read(t, `{"v":1,"type":"run"}
{"v":1,"type":"summary","rows_read":1000,"rows_accepted":1000,"findings":{"phone-format":3},"profile":{"columns":[
{"name":"email","filled":1000,"empty":0},{"name":"phone_number","filled":998,"empty":2},{"name":"name","filled":500,"empty":500},{"name":"gone","filled":1,"empty":0}]}}`)
	after := read(t, `{"v":1,"type":"summary","rows_read":1000,"rows_accepted":990,"rows_rejected":10,"findings":{"email-format":1200},"profile":{"columns":[
{"name":"email","filled":991,"empty":9},{"name":"phone_number","filled":412,"empty":588},{"name":"name","filled":510,"empty":490},{"name":"new","filled":1,"empty":0}]}}`)
	assert.Equal(t, []string{
		"rows accepted 1,000 -> 990", "rows rejected 0 -> 10", "email-format 0 -> 1,200", "phone-format 3 -> 0",
		"phone_number filled 99.8 % -> 41.2 %", "name filled 50.0 % -> 51.0 %",
	}, Compare(before, after))
	assert.Empty(t, Compare(after, after))
	assert.Empty(t, Compare(new(Summary), new(Summary)))
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "s.json: empty",
		" \n":                      "s.json: empty",
		"secret":                   "no JSON from byte 1 on",
		`{"v":1,"type":"summ`:      "no JSON from byte 1 on",
		"[1]":                      "no summary",
		`null`:                     "no summary",
		`{"v":1,"type":"run"}`:     "no summary",
		`{"v":2,"type":"summary"}`: "version 2, and version 1 is expected",
		`{"v":1,"type":"summary","rows_read":"x"}`:                                    `"rows_read" is not of the type`,
		`{"v":1,"type":"summary","rows_read":-1}`:                                     "a count below 0",
		`{"v":1,"type":"summary","findings":{"a":-1}}`:                                "a count below 0",
		`{"v":1,"type":"summary","profile":{"columns":[{"name":"a","filled":-1}]}}`:   "a count below 0",
		`{"v":1,"type":"summary"}` + strings.Repeat(" ", MaxBytes):                    "more than 16 MiB",
		`{"v":1,"type":"summary"}` + "\n" + `{"v":1,"type":"finding","line":1` + "\n": "no JSON from byte",
	} {
		_, err := Read("s.json", strings.NewReader(text))
		if assert.ErrorContains(t, err, want) {
			assert.NotContains(t, err.Error(), "secret")
		}
	}
}
