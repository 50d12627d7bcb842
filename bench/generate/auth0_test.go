package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// auth0User is what of a user of Auth0 is in Template, too.
type auth0User struct {
	UserID        string `json:"user_id"`
	Email         string
	EmailVerified bool `json:"email_verified"`
	Username      string
	PhoneNumber   string `json:"phone_number"`
	PhoneVerified *bool  `json:"phone_verified"`
	Name          string
	GivenName     string    `json:"given_name"`
	FamilyName    string    `json:"family_name"`
	UpdatedAt     time.Time `json:"updated_at"`
	Identities    []struct{ IsSocial bool }
	UserMetadata  struct{ Locale string } `json:"user_metadata"`
}

// TestAuth0HasTheSamePeople reads the lines with encoding/json.
func TestAuth0HasTheSamePeople(t *testing.T) {
	const rows = 2000
	out, stats := text(t, Options{Rows: rows, Shape: Auth0, Seed: 3})
	assert.Zero(t, stats.Faulty)
	want, _ := converted(t, Options{Rows: rows, Seed: 3})
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	require.Len(t, lines, rows)
	ids := make(map[string]bool)
	phones := 0
	for i, line := range lines {
		var u auth0User
		require.NoError(t, json.Unmarshal([]byte(line), &u))
		require.False(t, ids[u.UserID])
		ids[u.UserID] = true
		assert.Len(t, u.UserID, len("auth0|")+24)
		assert.False(t, u.Identities[0].IsSocial)
		assert.Equal(t, u.PhoneNumber != "", u.PhoneVerified != nil)
		phones += len(u.PhoneNumber) / 12
		w := want[i]
		assert.Equal(t, []string{w["email"], w["email_verified"], w["cognito:username"], w["phone_number"], w["name"], w["given_name"], w["family_name"], w["locale"], w["updated_at"]},
			[]string{u.Email, strings.ToUpper(strconv.FormatBool(u.EmailVerified)), u.Username, u.PhoneNumber, u.Name, u.GivenName, u.FamilyName, u.UserMetadata.Locale, strconv.FormatInt(u.UpdatedAt.Unix(), 10)})
	}
	assert.InDelta(t, rows*2/3, phones, rows/10)
}

// TestAuth0IsConverted as the preset says: every sound row is accepted, with the values of
// Template, and every fault is found.
func TestAuth0IsConverted(t *testing.T) {
	columns := []string{"cognito:username", "email", "email_verified", "phone_number", "name", "given_name", "family_name", "updated_at"}
	want, _ := converted(t, Options{Rows: 2000, Seed: 3})
	got, found := converted(t, Options{Rows: 2000, Seed: 3, Shape: Auth0, Clean: true})
	require.Len(t, got, len(want))
	for i := range got {
		for _, column := range columns {
			require.Equal(t, want[i][column], got[i][column], "row %d, %s", i, column)
		}
	}
	assert.Equal(t, map[string]int64{"header-unknown-column": 4}, found, "created_at, last_ip, logins_count, and user_metadata, for the pool has no custom attribute")
	o := Options{Rows: 3000, Seed: 3, Shape: Auth0, Faults: 0.2}
	rows, found := converted(t, o)
	_, stats := text(t, o)
	assert.InDelta(t, 600, stats.Faulty, 100)
	assert.EqualValues(t, o.Rows-stats.Faulty, len(rows))
	delete(found, "header-unknown-column")
	delete(found, "value-quote-inside")
	assert.Equal(t, stats.ByFault, found)
}

// TestAuth0IsPinned is TestPinned for Auth0.
func TestAuth0IsPinned(t *testing.T) {
	for _, jobs := range []int{0, 1, 3} {
		out, _ := text(t, Options{Rows: 5000, Shape: Auth0, Faults: 0.05, Seed: 7, Jobs: jobs})
		got := sha256.Sum256([]byte(out))
		assert.Equal(t, "931e8ec8009d6523", hex.EncodeToString(got[:8]))
	}
}
