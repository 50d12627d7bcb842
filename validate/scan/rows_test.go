package scan

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRows compares what every kernel copies with rows that are put together plainly.
func TestRows(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	for range 3000 {
		delimiter := pick(",", ";", "\t", "|")[0]
		lineEnd := pick("\n", "\r\n")
		d, err := Dialect{Delimiter: delimiter}.Resolve()
		require.NoError(t, err)
		fields, records := 1+r.IntN(7), 1+r.IntN(20)
		mayQuote := r.IntN(3) > 0
		values := make([][]string, records)
		var text strings.Builder
		for i := range values {
			for f := range fields {
				v := pick("", "a", "bc", "longer than the others", "żółw", strings.Repeat("x", r.IntN(200)), "\x00", ";|"[r.IntN(2):][:1])
				if delimiter != ',' || mayQuote {
					v += pick("", "", "", ",", ",,", ", ", strings.Repeat(",", r.IntN(90))) + pick("", "z")
				}
				if fields == 1 {
					v += "." // not a blank line
				}
				values[i] = append(values[i], v)
				if f > 0 {
					text.WriteByte(delimiter)
				}
				if mayQuote && (r.IntN(4) == 0 || strings.IndexByte(v, delimiter) >= 0) {
					v = "\"" + v + "\""
				} else {
					v = strings.ReplaceAll(v, string(delimiter), "")
					values[i][f] = v
				}
				text.WriteString(v)
			}
			text.WriteString(lineEnd)
		}
		made := make([]string, records) // a column of values that stand behind the block
		var behind strings.Builder
		var spans []Span
		for i := range made {
			made[i] = pick("", "m", "more", "with, a comma", strings.Repeat("y,", r.IntN(60)))
			start := uint32(text.Len() + behind.Len())
			behind.WriteString(made[i])
			spans = append(spans, Span{start, start + uint32(len(made[i]))})
		}
		padded := append([]byte(text.String()+behind.String()), bytes.Repeat([]byte{"\",\na"[r.IntN(4)]}, Padding)...)

		var parts []RowPart
		for range 1 + r.IntN(4) {
			switch r.IntN(3) {
			case 0:
				parts = append(parts, RowPart{Field: -1, N: 1 + r.IntN(1+r.IntN(100))})
			case 1:
				parts = append(parts, RowPart{Values: spans, Field: -1, N: 1})
			default:
				f := r.IntN(fields)
				parts = append(parts, RowPart{Field: f, N: 1 + r.IntN(fields-f)})
			}
		}
		from := r.IntN(records)
		to := from + 1 + r.IntN(records-from)
		want, wantEnds := "old", []uint32{3}
		for i := from; i < to; i++ {
			var row []string
			for _, p := range parts {
				for k := range p.N {
					switch {
					case p.Values != nil:
						row = append(row, made[i])
					case p.Field < 0:
						row = append(row, "")
					default:
						row = append(row, values[i][p.Field+k])
					}
				}
			}
			for k := range row {
				row[k] = strings.ReplaceAll(row[k], ",", "\\,")
			}
			want += strings.Join(row, ",") + "\n"
			wantEnds = append(wantEnds, uint32(len(want)))
		}
		for name, k := range kernels {
			before := active
			active = k
			b := &Block{Data: padded[:text.Len()], dialect: &d}
			b.found.begin(&d)
			b.found.run(k, b.Data)
			b.proven = true
			var x Index
			b.Index(&x)
			_, ok := b.Content(&x)
			require.True(t, ok)
			rows := Rows{Parts: parts}
			rows.Begin(b, &x)
			got, ends := rows.Append(append(make([]byte, 0, len(want)+2*RowSlack), "old"...), []uint32{3}, from, to)
			require.Equal(t, want, string(got), "%s, %q, %v", name, text.String(), parts)
			require.Equal(t, wantEnds, ends, name)
			active = before
		}
	}
}

// TestEdges asks every kernel for the values that begin or end with a space.
func TestEdges(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	d, err := Dialect{}.Resolve()
	require.NoError(t, err)
	e := NewEdges(d)
	for range 2000 {
		var text strings.Builder
		for range 1 + r.IntN(40) {
			text.WriteString([]string{"a", " b", "c ", "\" d\"", "\"e \"", "\"\"", "\" \"", " ", "\"f\"\" g\"", strings.Repeat("x", r.IntN(70))}[r.IntN(10)])
			text.WriteString([]string{",", "\n", "\r\n", ""}[r.IntN(3+r.IntN(2))])
			if s := text.String(); len(s) > 0 && !strings.HasSuffix(s, ",") && !strings.HasSuffix(s, "\n") {
				break
			}
		}
		padded := append([]byte(text.String()), bytes.Repeat([]byte(" "), Padding)...)
		for name, k := range kernels {
			b := &Block{Data: padded[:text.Len()], dialect: &d}
			b.found.begin(&d)
			b.found.run(k, b.Data)
			b.proven = true
			var x Index
			b.Index(&x)
			words := k.edges(nil, b, &x, e)
			require.Len(t, words, (text.Len()+63)/64)
			for i := range x.Records {
				start := x.Records[i].Start
				for _, end := range x.Ends[x.Records[i].First:][:x.Records[i].N] {
					found := false
					for at := start; at < end; at++ {
						found = found || words[at/64]>>(at%64)&1 != 0
					}
					require.True(t, found || !e.At(b, Span{start, end}), "%s, %q, %d to %d", name, text.String(), start, end)
					start = end + 1
				}
			}
		}
	}
}
