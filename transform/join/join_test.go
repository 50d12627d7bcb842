package join

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate"
	"poolprep/validate/scan"
)

func readText(t testing.TB, text string, o Options) (*Table, error) {
	t.Helper()
	if o.With == nil {
		o.With, o.Columns = []string{"alt", "id"}, []string{"hash", "n"}
	}
	return Read(t.Context(), validate.Source{Name: "second", Reader: strings.NewReader(text)}, o)
}

// look returns the values of a record, "none" if there is none.
func look(t *Table, id string) string {
	out := make([]scan.Span, 2)
	buf, ok := t.Fields([]byte("before"), []byte(id), out)
	if !ok {
		return "none"
	}
	return string(out[0].Of(buf)) + "|" + string(out[1].Of(buf))
}

// files are two records in every form that is read.
var files = map[string]string{
	"lines":           `{"id":"a","hash":"h1","n":1}` + "\n" + `{"id":"x","alt":" b ","hash":"h,\u00fc ","other":{"id":[1]}}` + "\n",
	"no last newline": `{"id":"a","hash":"h1","n":1}` + "\r\n\r\n" + `{"alt":"b","hash":"h,ü\t"}`,
	"array":           ` [ {"id":"a","hash":"h1","n":1},` + "\n" + `{"alt":"b","hash":"h,ü\t"} ] `,
	"arrays":          `[{"id":"a","hash":"h1","n":1}]` + "\n" + `[] [{"alt":"b","hash":"h,ü\t"}]`,
	"objects":         "{\n\"id\":\"a\",\"hash\":\"h1\",\n\"n\":1}{\"alt\":\"b\",\"hash\":\"h,ü\\t\"}",
	"CSV":             "ID,Hash,n,alt\na,h1,1,\nx,\"h,ü \",,b\n",
	"semicolons":      "\ufeffid;hash;n;alt\r\na;h1;1;\r\n\r\nx;\"h,ü \";;b\r\n",
	"tabs":            "alt\tid\tn\thash\n\ta\t1\th1\nb\t\t\t\"h,ü \"",
}

func TestFormsOfAFile(t *testing.T) {
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			table, err := readText(t, text, Options{})
			require.NoError(t, err)
			assert.Equal(t, "h1|1", look(table, "a"))
			assert.EqualValues(t, 1, table.Stats().Unmatched)
			assert.Equal(t, "h,ü|", look(table, "b"), "without the white space around it")
			assert.Equal(t, "none", look(table, "x"))
			assert.Equal(t, "none", look(table, ""))
			assert.Equal(t, "none", look(table, "A"), "an id is compared as it is")
			s := table.Stats()
			s.Bytes = 0
			assert.Equal(t, Stats{Records: 2}, s)
		})
	}
}

func TestPathsInJSON(t *testing.T) {
	table, err := readText(t, `{"_id":{"$oid":"a"},"p":{"hash":"h","n":[1,2]}} {"alt_id":"b","_id":{"$oid":"c"}}`,
		Options{With: []string{"alt_id", "_id.$oid"}, Columns: []string{"p.hash", "p.n[1]"}})
	require.NoError(t, err)
	assert.Equal(t, "h|2", look(table, "a"))
	assert.Equal(t, "|", look(table, "b"))
	assert.Equal(t, "none", look(table, "c"), "its record has another id, which comes first")
}

func TestIdsThatAreThereTwiceOrNotAtAll(t *testing.T) {
	for _, text := range []string{
		"id,hash\na,first\n,lost\na,second\nb,other\n  ,lost\na,third\n",
		`{"id":"a","hash":"first"}{"hash":"lost"}{"id":"a","hash":"second"}{"id":"b","hash":"other"}{"id":null}{"id":" a","hash":"third"}`,
	} {
		table, err := readText(t, text, Options{})
		require.NoError(t, err)
		assert.Equal(t, "first|", look(table, "a"))
		assert.Equal(t, "first|", look(table, "a"), "once more, which does not count")
		s := table.Stats()
		assert.Positive(t, s.Bytes)
		s.Bytes = 0
		assert.Equal(t, Stats{Records: 6, WithoutID: 2, Again: 2, Unmatched: 1}, s)
	}
}

// TestWhatSeveralHaveLookedUp puts together what two tables of one file were asked for.
func TestWhatSeveralHaveLookedUp(t *testing.T) {
	text := ""
	for i := range 100 {
		text += fmt.Sprintf("{\"id\":\"%d\",\"h\":\"x\"}\n", i)
	}
	o := Options{With: []string{"id"}, Columns: []string{"h"}}
	var all *Looked
	for part := range 3 {
		table, err := readText(t, text, o)
		require.NoError(t, err)
		for i := part * 20; i < part*20+40; i++ {
			look(table, fmt.Sprint(i))
		}
		if l := table.Looked(); all == nil {
			all = l
		} else {
			require.NoError(t, all.Add(l))
		}
	}
	assert.EqualValues(t, 100, all.Stats.Records)
	assert.EqualValues(t, 20, all.Stats.Unmatched)
	assert.Error(t, all.Add(&Looked{}))
}

func TestFilesThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"[]":                                 "",
		"id,hash\n":                          "",
		"name,hash\nsecret,secret\n":         "second:1: the header has no column with the id; expected is alt or id",
		"id,hash\na,h\nsecret\n":             "second:3: the record has 1 fields, and the header 2",
		"id,hash\na,h\n\"secret\"x,y\n":      "second:3: the record cannot be read",
		`{"name":"secret"}`:                  "second: none of its 1 record has an id; expected is alt or id",
		`{"id":"a"}` + "\n{\"id\":secret}":   "second:2: record 2 cannot be read: not valid JSON",
		`[{"id":"a"},` + "\n\n{\"id\":\"se":  "second:3: record 2 cannot be read: the file ends in the middle of an object",
		`[{"id":"a"}`:                        "second:1: record 2 cannot be read: the file ends in the middle of an object",
		`[{"id":"a"}] {"id":"b"}`:            "second:1: record 2 cannot be read: ",
		`[{"id":"a"},"secret"]`:              "second:1: record 2 cannot be read: not a JSON object",
		`{"id":"a","id":"secret"}`:           "second:1: record 1 cannot be read: a member that stands twice",
		`{"id":"a"}` + "\n" + `{"id":["b"]}`: "second:2: record 2 cannot be read: a list where one value is expected; say which: id[0] or id[*]",
		`{"id":"` + strings.Repeat("secret", maxObject/2) + `"}`: "second:1: record 1 cannot be read: it is longer than 4194304 bytes",
	} {
		_, err := readText(t, text, Options{})
		if want == "" {
			assert.NoError(t, err, text)
			continue
		}
		if assert.Error(t, err, text[:min(len(text), 100)]) {
			assert.Contains(t, err.Error(), want)
			assert.NotContains(t, err.Error(), "secret")
		}
	}
	_, err := Read(t.Context(), validate.Source{Path: t.TempDir() + "/none"}, Options{With: []string{"id"}})
	assert.Error(t, err)
	_, err = Read(t.Context(), validate.Source{}, Options{})
	assert.Error(t, err, "misuse")
}

func TestMemoryIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,hash\n")
	for i := range 40_000 {
		fmt.Fprintf(&b, "%d,%060d\n", i, i)
	}
	_, err := readText(t, b.String(), Options{With: []string{"id"}, Columns: []string{"hash"}, Memory: 4 << 20})
	var limit *MemoryError
	require.ErrorAs(t, err, &limit)
	assert.EqualError(t, err, "second: its ids and values take more than 4.0 MiB of memory; split the export, or keep only the records that are needed")
	table, err := readText(t, b.String(), Options{With: []string{"id"}, Columns: []string{"hash"}})
	require.NoError(t, err)
	out := make([]scan.Span, 1)
	for i := range 40_000 {
		buf, ok := table.Fields(nil, fmt.Append(nil, i), out)
		require.True(t, ok)
		require.Equal(t, fmt.Sprintf("%060d", i), string(out[0].Of(buf)))
	}
}

func TestSeveralGoroutinesLookThingsUp(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,hash\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "%d,h%d\n", i, i)
	}
	table, err := readText(t, b.String(), Options{})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 900 {
				if got := look(table, fmt.Sprint(i)); got != fmt.Sprintf("h%d|", i) {
					t.Errorf("goroutine %d: %q", g, got)
				}
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 100, table.Stats().Unmatched)
}

func FuzzRead(f *testing.F) {
	for _, text := range files {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := readText(t, text, Options{})
		if err != nil {
			return
		}
		s := table.Stats()
		if s.Records != s.WithoutID+s.Again+s.Unmatched {
			t.Errorf("%+v", s)
		}
	})
}
