package generate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform"
	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/rule"
	"poolprep/validate/value"
)

// laidOut are the shapes other than Template.
var laidOut = []Shape{Export, Excel, Narrow, Wide, Repair, Mapped}

// TestShapesArePinned is TestPinned for shapes.
func TestShapesArePinned(t *testing.T) {
	want := map[Shape]string{
		Export: "7127ca6f8ee70d4c", Excel: "700391dcab0fc017", Narrow: "5dfb4ae63d7bd59f",
		Wide: "514f25958318ce3a", Repair: "9ffa874d1bb37824", Mapped: "29b59ddcb398019e",
	}
	for shape, sum := range want {
		out, _ := text(t, Options{Rows: 5000, Shape: shape, Faults: 0.05, Seed: 7})
		got := sha256.Sum256([]byte(out))
		assert.Equal(t, sum, hex.EncodeToString(got[:8]), shape.String())
		again, _ := text(t, Options{Rows: 5000, Shape: shape, Faults: 0.05, Seed: 7, Jobs: 1})
		assert.True(t, out == again, shape.String())
	}
}

// TestShapesAreAsDescribed looks at the shares of what makes them hard to read.
func TestShapesAreAsDescribed(t *testing.T) {
	const rows = 20_000
	for shape, want := range map[Shape]struct {
		columns           int
		delimiter         rune
		doubled, breaks   float64 // share of rows with doubled quotes, with a line break
		quoted            float64 // share of rows with a quoted field
		firstColumn       string
		booleans, isoDate float64 // share of rows with yes or no, with an ISO birthdate
	}{
		Export: {columns: 22, delimiter: ',', doubled: 0.05, breaks: 0.02, quoted: 1, firstColumn: "cognito:username"},
		Excel:  {columns: 22, delimiter: ';', doubled: 0.05, breaks: 0.02, quoted: 0.07, firstColumn: "cognito:username"},
		Narrow: {columns: 5, delimiter: ',', firstColumn: "cognito:username"},
		Wide:   {columns: 60, delimiter: ',', doubled: 0.05, breaks: 0.02, quoted: 1, firstColumn: "id"},
		Repair: {columns: 22, delimiter: ',', doubled: 0.05, breaks: 0.02, quoted: 1, firstColumn: "cognito:username", booleans: 0.5, isoDate: 0.5},
		Mapped: {columns: 21, delimiter: ',', doubled: 0.05, breaks: 0.02, quoted: 1, firstColumn: "Login", booleans: 1},
	} {
		t.Run(shape.String(), func(t *testing.T) {
			out, stats := text(t, Options{Rows: rows, Shape: shape, Seed: 3})
			assert.Zero(t, stats.Faulty)
			records := readAll(t, out, want.delimiter)
			require.Len(t, records, rows+1)
			assert.Len(t, records[0], want.columns)
			assert.Equal(t, want.firstColumn, records[0][0])
			share := func(has func(fields []string) bool) float64 {
				n := 0
				for _, r := range records[1:] {
					if has(r) {
						n++
					}
				}
				return float64(n) / rows
			}
			anyField := func(has func(string) bool) func([]string) bool {
				return func(fields []string) bool {
					for _, f := range fields {
						if has(f) {
							return true
						}
					}
					return false
				}
			}
			assert.InDelta(t, want.doubled, share(anyField(func(f string) bool { return strings.Contains(f, `"`) })), 0.01)
			assert.InDelta(t, want.breaks, share(anyField(func(f string) bool { return strings.Contains(f, "\n") })), 0.005)
			assert.InDelta(t, want.quoted, share(anyField(func(f string) bool { return strings.ContainsAny(f, string(want.delimiter)+"\"\n") })), 0.02)
			assert.Equal(t, want.booleans, share(anyField(func(f string) bool { return f == "yes" })))
			assert.Equal(t, want.isoDate, share(anyField(func(f string) bool { return len(f) == 10 && f[4] == '-' && f[7] == '-' })))
			breaks := strings.Count(out, "\n") - rows - 1
			if ends := strings.Count(out, "\r\n"); shape == Excel {
				assert.Equal(t, rows+1, ends, "a line break in a value is LF")
				assert.Positive(t, breaks)
			} else {
				assert.Zero(t, ends)
			}
		})
	}
}

func readAll(t *testing.T, text string, delimiter rune) [][]string {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = delimiter
	records, err := r.ReadAll()
	require.NoError(t, err)
	return records
}

// converted returns the rows of the import file that convert makes, by column, and the findings.
func converted(t *testing.T, o Options) (rows []map[string]string, found map[string]int64) {
	source, _ := text(t, o)
	convert := transform.ConvertOptions{Reading: validate.Reading{Detect: true}}
	if o.Shape == Mapped {
		text, err := os.ReadFile("../mapped.yaml")
		require.NoError(t, err)
		convert.Mapping, err = mapping.Parse("mapped.yaml", text)
		require.NoError(t, err)
	}
	if o.Shape >= Auth0 {
		var err error
		convert.Mapping, err = legacy.Get(o.Shape.String())
		require.NoError(t, err)
	}
	if o.Shape == Okta {
		convert.AssumeVerified = []string{"email"}
	}
	if o.Shape == Supabase {
		convert.Rules.PasswordHash = value.BCrypt
	}
	found = make(map[string]int64)
	convert.Report = func(f *rule.Finding) error { found[f.Code.String()]++; return nil }
	var out bytes.Buffer
	convert.Output = &transform.ImportFile{Writer: &out}
	_, err := transform.Convert(context.Background(), convert, validate.Source{Name: o.Shape.String(), Reader: strings.NewReader(source)})
	require.NoError(t, err)
	const comma = "\x01"
	var header []string
	for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		if i == 0 {
			header = strings.Split(line, ",")
			continue
		}
		row := make(map[string]string)
		for f, value := range strings.Split(strings.ReplaceAll(line, `\,`, comma), ",") {
			row[header[f]] = strings.ReplaceAll(value, comma, ",")
		}
		rows = append(rows, row)
	}
	return rows, found
}

// TestShapesHaveTheSamePeople converts each shape: every row is accepted, and is the row
// of Template, but for what the shape adds and for columns that it lacks.
func TestShapesHaveTheSamePeople(t *testing.T) {
	const rows = 2000
	want, found := converted(t, Options{Rows: rows, Seed: 3})
	require.Len(t, want, rows)
	require.Empty(t, found)
	all := slices.DeleteFunc(slices.Clone(Columns), func(c string) bool { return c == "preferred_username" }) // empty in Template, too
	narrow := []string{"cognito:username", "email", "email_verified", "given_name", "family_name"}
	wide := append([]string{"name", "birthdate", "locale", "phone_number", "phone_number_verified", "address", "updated_at"}, narrow...)
	columns := map[Shape][]string{Export: all, Excel: all, Repair: all, Narrow: narrow, Wide: wide, Mapped: append([]string{"nickname", "gender"}, wide...)}
	for _, shape := range laidOut {
		got, _ := converted(t, Options{Rows: rows, Seed: 3, Shape: shape})
		require.Len(t, got, rows, shape.String())
		filled := make(map[string]bool)
		for i, row := range got {
			for column, value := range row {
				filled[column] = filled[column] || value != ""
				switch expected := want[i][column]; {
				case value == "" && !slices.Contains(columns[shape], column):
				case column == "address":
					require.Contains(t, value, ", ", shape.String())
					require.True(t, strings.HasPrefix(value, expected), shape.String())
				case column == "nickname" && strings.HasPrefix(value, `the "`):
				case column == "birthdate" && expected == "" && shape == Repair && i%2 == 1:
				default:
					require.Equal(t, expected, value, "%s, row %d, %s", shape, i, column)
				}
			}
		}
		maps.DeleteFunc(filled, func(_ string, there bool) bool { return !there })
		assert.ElementsMatch(t, columns[shape], slices.Collect(maps.Keys(filled)), shape.String())
	}
}

// TestCleanShapesHaveNothingToFind is --faults 0%.
func TestCleanShapesHaveNothingToFind(t *testing.T) {
	for _, shape := range laidOut {
		_, found := converted(t, Options{Rows: 2000, Seed: 3, Shape: shape, Clean: true})
		switch shape {
		case Wide:
			assert.Equal(t, map[string]int64{"header-unknown-column": 48}, found)
		case Mapped:
			assert.Equal(t, map[string]int64{"header-unknown-column": 8}, found)
		default:
			assert.Empty(t, found, shape.String())
		}
	}
}

// TestFaultsOfShapesAreFound compares what is said to be wrong with what convert finds.
func TestFaultsOfShapesAreFound(t *testing.T) {
	for _, shape := range laidOut {
		o := Options{Rows: 3000, Seed: 3, Shape: shape, Faults: 0.2}
		rows, found := converted(t, o)
		_, stats := text(t, o)
		assert.InDelta(t, 600, stats.Faulty, 100)
		assert.EqualValues(t, o.Rows-stats.Faulty, len(rows), shape.String())
		delete(found, "header-unknown-column")
		delete(found, "value-quote-inside")
		assert.Equal(t, stats.ByFault, found, shape.String())
	}
}

func TestShapeMistakes(t *testing.T) {
	_, err := ParseShape("exprt")
	require.ErrorContains(t, err, `did you mean "export"?`)
	for _, name := range shapeNames {
		shape, err := ParseShape(name)
		require.NoError(t, err)
		assert.Equal(t, name, shape.String())
	}
	for _, o := range []Options{{Shape: Export, Quoting: All}, {Shape: Shape(len(shapeNames))}, {Quoting: 3}} {
		_, err := Write(context.Background(), io.Discard, o)
		require.Error(t, err)
	}
}
