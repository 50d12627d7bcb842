package legacy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
)

// mended returns the fields of a record, nil if it is not read.
func mended(t testing.TB, record string, n int) []string {
	t.Helper()
	m := Mender("firebase", n)
	require.NotNil(t, m)
	buf := []byte("before\n" + record + "\nafter")
	fields := make([]scan.Span, n)
	buf, ok := m.Mend(buf, scan.Span{Start: 7, End: uint32(7 + len(record))}, fields)
	require.True(t, strings.HasPrefix(string(buf), "before\n"+record+"\nafter"), "the block stays as it was")
	if !ok {
		return nil
	}
	out := make([]string, n)
	for i, f := range fields {
		out[i] = string(f.Of(buf))
	}
	return out
}

// line returns a record of 28 columns with a name, a picture, providers and claims.
func line(name, picture, google, claims string) string {
	if google == "" {
		google = ",,,"
	}
	return "u1,a@example.com,true,aGFzaA==,c2FsdA==," + name + "," + picture + "," + google + ",,,,,,,,,,,,,1700000000000,1700000000000,,false," + claims + ","
}

func TestMend(t *testing.T) {
	const name, picture, googleName, claims = 5, 6, 9, 27
	for _, tt := range []struct {
		record string
		field  int
		want   string // "-": it is not read
	}{
		{line(`Anna`, "", "", ""), name, `Anna`},
		{line(`Anna "Annie" Berg`, "", "", ""), name, `Anna "Annie" Berg`},
		{line(`"Berg, Anna "Annie""`, "", "", ""), name, `Berg, Anna "Annie"`},
		{line(`"Berg, "Anna", of Bern"`, "https://example.org/a.png", "", ""), name, `Berg, "Anna", of Bern`},
		{line(`"Berg, "Anna", of Bern"`, "https://example.org/a.png", "", ""), picture, `https://example.org/a.png`},
		{line(`Anna`, "https://example.org/a,1.png", "", ""), picture, `https://example.org/a,1.png`},
		{line(`","`, "", "", ""), name, `,`},
		{line(`A "B"`, "", `g1,a@example.com,"B, "A"",https://example.org/g.png`, ""), googleName, `B, "A"`},
		{line(`A`, "", "", `"{""a"":""x \"y\" z""}"`), claims, `{"a":"x \"y\" z"}`},
		{line(`A`, "", "", `"{""a"":""x\\"",""b"":1}"`), claims, `{"a":"x\\","b":1}`},
		{line(`A`, "", "", `"{""a"":""x\\",""b"":1}"`), claims, `{"a":"x\\","b":1}`},
		{line(`A`, "", "", `"{"a":"b","c":[1,2]}"`), claims, `{"a":"b","c":[1,2]}`},
		{line(`A`, "", "", `{"a":"b","c":[1,2]}`), claims, `{"a":"b","c":[1,2]}`},
		{line(`A "B"`, "", "", `"{""a"":1}"`), claims, `{"a":1}`},
		// Nothing is guessed.
		{line(`Berg, Anna`, "", "", ""), name, "-"},            // quotes are missing
		{line(`"Annie"`, "", "", `"{"a":1}"`), name, "-"},      // its own quotes, or those of somebody who escaped it
		{line(`"A, ""B"" C"`, "", "", `"{"a":1}"`), name, "-"}, // the same
		{line(`A "B"`, "picture.png", "", ""), name, "-"},
		{line(`A "B"`, "https://", "", ""), name, "-"},
		{line(`A "B"`, "", `,,"C, D",`, ""), name, "-"}, // a name at a provider without an id there
		{line(`A "B"`, "", "", `"{""a"":1"`), name, "-"},
		{line(`A "B"`, "", "", `"[1,2]"`), name, "-"},
		{line(`A "B"`, "", "", `x`), name, "-"},
		{strings.Replace(line(`A "B"`, "", "", ""), "true", "yes", 1), name, "-"},
		{strings.Replace(line(`A "B"`, "", "", ""), "1700000000000", "2024-01-01", 1), name, "-"},
		{strings.Replace(line(`A "B"`, "", "", ""), "u1", "", 1), name, "-"},
		{line(`A "B"`, "", "", "") + "x", name, "-"},
		{line("A \"B\x00\"", "", "", ""), name, "-"},
		{strings.Repeat(",", 27), name, "-"},
		{"", name, "-"},
	} {
		got := mended(t, tt.record, 29)
		if tt.want == "-" {
			assert.Nil(t, got, tt.record)
			continue
		}
		if assert.NotNil(t, got, tt.record) {
			assert.Equal(t, tt.want, got[tt.field], tt.record)
			assert.Equal(t, []string{"u1", "a@example.com", "true", "aGFzaA==", "c2FsdA=="}, got[:5])
			assert.Equal(t, []string{"1700000000000", "1700000000000", "", "false"}, got[23:27])
		}
	}
}

func TestMendOfToday(t *testing.T) {
	got := mended(t, line(`A "B"`, "", "", "")+`,,,,apple1,a@example.com,"B, "A"",,`+strings.Repeat(",", 16), 53)
	require.NotNil(t, got)
	assert.Equal(t, []string{"apple1", "a@example.com", `B, "A"`, ""}, got[32:36])
	assert.Nil(t, Mender("firebase", 28))
	assert.Nil(t, Mender("okta", 29))
	assert.Nil(t, Mender("", 29))
}

// TestMendTakesLittleTime has records that can be read in very many ways.
func TestMendTakesLittleTime(t *testing.T) {
	for _, record := range []string{
		line(strings.Repeat(`",`, 120), "", "", strings.Repeat(`"{},`, 100)),
		line("A", "https://a"+strings.Repeat(",https://b", 250), "", ""),
		line("A", "", "", `"{`+strings.Repeat(`"a":{},`, 250)+`}"`),
		line(strings.Repeat("x", 1<<14), "", "", ""),
	} {
		for range 20 {
			mended(t, record, 29)
		}
	}
}

// FuzzMend looks for records of which what is read is not what stands there.
func FuzzMend(f *testing.F) {
	f.Add(line(`"Berg, Anna "Annie""`, "https://example.org/a,1.png", `g1,,"A, B",`, `"{"a":"b"}"`))
	f.Add(line(`A`, "", "", `"{""a"":""x \"y\" z""}"`))
	f.Fuzz(func(t *testing.T, record string) {
		for _, n := range []int{29, 53} {
			fields := mended(t, record, n)
			if fields == nil {
				continue
			}
			rest := record
			for i, v := range fields {
				if i == 27 {
					continue // of the claims quotes were taken away
				}
				at := strings.Index(rest, v)
				require.GreaterOrEqual(t, at, 0)
				rest = rest[at+len(v):]
			}
		}
	})
}
