package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/value"
)

// TestTablesOfPresetsAreConverted as the presets say: every sound row is accepted, with the
// values of Template, and every fault is found.
func TestTablesOfPresetsAreConverted(t *testing.T) {
	want, _ := converted(t, Options{Rows: 2000, Seed: 3})
	for shape, columns := range map[Shape][]string{
		Okta:     {"cognito:username", "email", "email_verified", "phone_number", "name", "given_name", "family_name", "middle_name", "profile", "zoneinfo", "locale"},
		Supabase: {"email", "email_verified", "phone_number", "phone_number_verified", "name", "updated_at"},
	} {
		got, found := converted(t, Options{Rows: 2000, Seed: 3, Shape: shape, Clean: true})
		require.Len(t, got, len(want), shape.String())
		hashes := make(map[string]bool)
		for i := range got {
			for _, column := range columns {
				require.Equal(t, want[i][column], got[i][column], "%s, row %d, %s", shape, i, column)
			}
			hashes[got[i]["password_hash"]] = true
		}
		assert.Equal(t, []string{"header-unknown-column"}, slices.Collect(maps.Keys(found)), shape.String())
		if shape == Supabase {
			require.Len(t, hashes, len(got))
			for hash := range hashes {
				require.Equal(t, value.BCrypt, value.HashOf([]byte(hash)))
			}
		}
		o := Options{Rows: 3000, Seed: 3, Shape: shape, Faults: 0.2}
		rows, found := converted(t, o)
		_, stats := text(t, o)
		assert.InDelta(t, 600, stats.Faulty, 100)
		assert.EqualValues(t, o.Rows-stats.Faulty, len(rows))
		delete(found, "header-unknown-column")
		delete(found, "value-quote-inside")
		assert.Equal(t, stats.ByFault, found, shape.String())
	}
}

func TestTablesOfPresetsAreAsExported(t *testing.T) {
	for shape, first := range map[Shape]string{Okta: "login,firstName,lastName,", Supabase: "instance_id,id,aud,"} {
		out, _ := text(t, Options{Rows: 500, Shape: shape, Seed: 3})
		assert.True(t, strings.HasPrefix(out, first))
		records := readAll(t, out, ',')
		require.Len(t, records, 501)
		assert.Len(t, records[0], map[Shape]int{Okta: 31, Supabase: 18}[shape])
		ids := make(map[string]bool)
		for _, r := range records[1:] {
			ids[r[map[Shape]int{Okta: 0, Supabase: 1}[shape]]] = true
		}
		assert.Len(t, ids, 500)
	}
}

// TestTablesOfPresetsArePinned is TestPinned for them.
func TestTablesOfPresetsArePinned(t *testing.T) {
	for shape, sum := range map[Shape]string{Okta: "b39d20553039cb26", Supabase: "0ba21a3fd74ff58d"} {
		for _, jobs := range []int{0, 1, 3} {
			out, _ := text(t, Options{Rows: 5000, Shape: shape, Faults: 0.05, Seed: 7, Jobs: jobs})
			got := sha256.Sum256([]byte(out))
			assert.Equal(t, sum, hex.EncodeToString(got[:8]), shape.String())
		}
	}
}
