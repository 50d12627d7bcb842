package signin

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSealer(t *testing.T) {
	s, err := newSealer([]byte("secret"))
	require.NoError(t, err)
	sealed, err := s.seal("refresh", session{Pool: "local_a", Sub: "b"})
	require.NoError(t, err)
	var se session
	require.True(t, s.open("refresh", sealed, &se))
	assert.Equal(t, session{Pool: "local_a", Sub: "b"}, se)
	assert.False(t, s.open("challenge", sealed, &se), "of another kind")
	other, err := newSealer([]byte("another secret"))
	require.NoError(t, err)
	assert.False(t, other.open("refresh", sealed, &se))
	for i := range sealed {
		assert.False(t, s.open("refresh", sealed[:i], &se), "cut at %d", i)
		changed := []byte(sealed)
		changed[i] ^= 1
		assert.False(t, s.open("refresh", string(changed), &se), "changed at %d", i)
	}
	again, err := s.seal("refresh", session{Pool: "local_a", Sub: "b"})
	require.NoError(t, err)
	assert.NotEqual(t, sealed, again)
}

func TestTimedID(t *testing.T) {
	for _, ms := range []int64{0, 1, 1772600767089, 1<<48 - 1} {
		id := timedID(time.UnixMilli(ms))
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, id)
		assert.Equal(t, ms, timeOf(id))
	}
	for _, id := range []string{"", "x", newID(), strings.Repeat("z", 36), "zzzzzzzz-0000-7000-8000-000000000000"} {
		assert.Zero(t, timeOf(id), id)
	}
}

func TestClaimsOfAttributes(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		want        any
	}{
		{"email", "a@example.com", "a@example.com"},
		{"email_verified", "true", true},
		{"phone_number_verified", "false", false},
		{"updated_at", "1700000000", int64(1700000000)},
		{"updated_at", "yesterday", "yesterday"},
		{"address", "Main Street 1", map[string]string{"formatted": "Main Street 1"}},
		{"custom:age", "7", "7"},
	} {
		assert.Equal(t, tt.want, claimOf(tt.name, tt.value), tt.name)
	}
	u := &identity{sub: "s", username: "anna", groups: []string{"staff"}, attributes: []Attribute{{"iss", "https://example.com"}, {"custom:x", "1"}}}
	id := idClaims(&session{Client: "c"}, u, "http://127.0.0.1/local_a", time.Unix(1, 0), time.Hour)
	assert.Equal(t, "http://127.0.0.1/local_a", id["iss"], "an attribute replaces no claim of the service")
	assert.Equal(t, []string{"staff"}, id["cognito:groups"])
	assert.Equal(t, []string{"staff"}, accessClaims(&session{}, u, "", time.Unix(1, 0), time.Hour)["cognito:groups"])
}

func TestLives(t *testing.T) {
	number, unit := func(n int64) *int64 { return &n }, func(u string) *string { return &u }
	for _, tt := range []struct {
		n    *int64
		unit *string
		want time.Duration
	}{
		{nil, nil, time.Minute}, {number(0), unit("days"), time.Minute}, {number(5), nil, 5 * time.Hour},
		{number(5), unit("seconds"), 5 * time.Second}, {number(5), unit("minutes"), 5 * time.Minute}, {number(5), unit("days"), 120 * time.Hour},
	} {
		assert.Equal(t, tt.want, life(tt.n, tt.unit, time.Hour, time.Minute))
	}
}

// TestClientIsKeptWhole: what the state keeps of a client is what the API shows.
func TestClientIsKeptWhole(t *testing.T) {
	name := "app"
	c := Client{ClientID: "id", UserPoolID: "local_a", CreationDate: epoch(time.UnixMilli(1772600767089).UTC()), settings: settings{ClientName: &name, ExplicitAuthFlows: []string{"ALLOW_USER_PASSWORD_AUTH"}}}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"CreationDate":1772600767.089`)
	back, err := parseClient(text)
	require.NoError(t, err)
	assert.Equal(t, c.CreationDate, back.CreationDate)
	assert.Equal(t, c.settings, back.settings)
	_, err = parseClient([]byte("{"))
	assert.Error(t, err)
}

func TestSecretHashAsOpenSSLMakesIt(t *testing.T) {
	// The same as: printf anna1example | openssl dgst -sha256 -hmac secret -binary | base64
	assert.Equal(t, "MOw/KyZA9U1lP1ERCtJhcHP/X8IM6oQ+PZylN5P30X8=", secretHash("anna", "1example", "secret"))
}

func TestRulesRepeatNoSecret(t *testing.T) {
	var r rules
	canary := "canary with a space" + strings.Repeat("x", 300)
	r.password("password", &canary, true)
	r.text("session", &canary, true, 400, 500, spaceless)
	r.username(nil)
	err := r.err()
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "canary")
	assert.Contains(t, err.Error(), "5 validation errors detected")
	assert.Contains(t, err.Error(), "Value null at 'username'")
	id := "no pool"
	var shown rules
	shown.pool(&id)
	assert.ErrorContains(t, shown.err(), "Value 'no pool' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern")
}

func FuzzPoolOfToken(f *testing.F) {
	for _, claims := range []jwt.MapClaims{{"iss": "http://127.0.0.1/local_a"}, {"iss": 1}, {}} {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("k"))
		require.NoError(f, err)
		f.Add(token)
	}
	f.Add("a.b.c")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if strings.Contains(poolOfToken(token), "/") {
			t.Fatal("more than the last part of an issuer")
		}
	})
}
