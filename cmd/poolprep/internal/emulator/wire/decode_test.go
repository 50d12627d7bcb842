package wire

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type inner struct{ Name, Value string }

type input struct {
	inner
	UserPoolID *string `json:"UserPoolId"`
	Limit      *int64
	Attributes []inner
	Nested     *inner
	Metadata   map[string]string
	Hidden     string `json:"-"`
}

// TestDecodeKnowsNamesExactly gives members in other letters' case, which are not known.
func TestDecodeKnowsNamesExactly(t *testing.T) {
	for body, want := range map[string]input{
		`{"Name":"n","name":"x"}`:                                   {inner: inner{Name: "n"}},
		`{"name":1,"limit":"a","LIMIT":[],"nested":3}`:              {},
		`{"Attributes":[{"Name":"a","value":"x"},{"Value":"b"}]}`:   {Attributes: []inner{{Name: "a"}, {Value: "b"}}},
		`{"Nested":{"name":"x","Value":"v"},"nested":{"Name":"y"}}`: {Nested: &inner{Value: "v"}},
		`{"Metadata":{"a":"1","A":"2"}}`:                            {Metadata: map[string]string{"a": "1", "A": "2"}},
		`{"Nested":null,"Attributes":null,"Limit":null}`:            {},
		`{"Hidden":"x","-":"y","inner":{"Name":"z"}}`:               {},
	} {
		var got input
		require.NoError(t, Decode([]byte(body), &got), body)
		assert.Equal(t, want, got, body)
	}
	for body, want := range map[string]string{
		``: "not valid JSON", `{"Limit"`: "not valid JSON", `{}{}`: "not valid JSON",
		`[]`: "must be a JSON object", `7`: "must be a JSON object",
		`{"Limit":"x"}`: "Limit cannot be a JSON string", `{"Nested":[]}`: "Nested cannot be a JSON array",
	} {
		assert.ErrorContains(t, Decode([]byte(body), new(input)), want, body)
	}
}
