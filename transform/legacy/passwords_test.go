package legacy_test

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"poolprep/transform"
	"poolprep/transform/legacy"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

const password = "correct horse battery staple"

// verifies reports whether a hash in the form of the import is that of a password.
func verifies(t *testing.T, hash, password string) bool {
	t.Helper()
	number := func(s string) (n int) {
		_, err := fmt.Sscanf(s, "%d", &n)
		require.NoError(t, err, hash)
		return n
	}
	b64 := func(s string) []byte {
		out, err := base64.RawStdEncoding.DecodeString(s)
		require.NoError(t, err, hash)
		return out
	}
	parts := strings.Split(hash, "$")
	switch h, above := value.ParseHash([]byte(hash)); h {
	case value.BCrypt:
		return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	case value.PBKDF2SHA256:
		require.Empty(t, above)
		want := b64(parts[4])
		key, err := pbkdf2.Key(sha256.New, password, b64(parts[3]), number(parts[2]), len(want))
		require.NoError(t, err)
		return bytes.Equal(want, key)
	case value.SCrypt:
		require.Empty(t, above)
		salt, err := hex.DecodeString(parts[3])
		require.NoError(t, err)
		want, err := hex.DecodeString(parts[4])
		require.NoError(t, err)
		key, err := scrypt.Key([]byte(password), salt, number(parts[0]), number(parts[1]), number(parts[2]), len(want))
		require.NoError(t, err)
		return bytes.Equal(want, key)
	case value.Argon2id:
		require.Empty(t, above)
		var m, time uint32
		var p uint8
		_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &time, &p)
		require.NoError(t, err)
		want := b64(parts[5])
		return bytes.Equal(want, argon2.IDKey([]byte(password), b64(parts[4]), time, m, p, uint32(len(want))))
	}
	require.Fail(t, "no hash of the import", hash)
	return false
}

// object writes a JSON object.
func object(t *testing.T, members map[string]any) string {
	t.Helper()
	text, err := json.Marshal(members)
	require.NoError(t, err)
	return string(text)
}

// TestPasswordsSurvive makes the hash of a known password as each system writes it, puts it
// through the preset, and verifies the password against what would be imported.
func TestPasswordsSurvive(t *testing.T) {
	salt := []byte("\x00\xfb\xef\xbe?>~ salt of 16")[:16]
	std, url := base64.StdEncoding.EncodeToString, base64.URLEncoding.EncodeToString
	stretched := func(salt string, n, size int) []byte {
		key, err := pbkdf2.Key(sha256.New, password, []byte(salt), n, size)
		require.NoError(t, err)
		return key
	}
	scrypted := func(salt string, n int) []byte {
		key, err := scrypt.Key([]byte(password), []byte(salt), n, 8, 1, 64)
		require.NoError(t, err)
		return key
	}
	argon := func(m, time int) []byte { return argon2.IDKey([]byte(password), salt, uint32(time), uint32(m), 1, 32) }
	phc := fmt.Sprintf("$argon2id$v=19$m=64,t=2,p=1$%s$%s", strings.TrimRight(std(salt), "="), strings.TrimRight(std(argon(64, 2)), "="))
	made, err := bcrypt.GenerateFromPassword([]byte(password), 4)
	require.NoError(t, err)
	crypt := string(made)
	text := "sea-salt" // of systems whose salts are text
	table := func(header, row string) string { return header + "\n" + row + "\n" }
	django := func(hash string) string {
		return table("id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined,email_verified",
			"7,"+`"`+hash+`"`+",,f,anna,Anna,Berg,anna@example.com,f,t,2024-01-15 10:30:00+00,t")
	}
	clerk := func(hasher, hash string) string {
		return table("id,first_name,last_name,username,primary_email_address,verified_email_addresses,password_digest,password_hasher",
			"u1,Anna,Berg,anna,anna@example.com,anna@example.com,"+`"`+hash+`"`+","+hasher)
	}
	keycloak := func(credential map[string]any) string {
		credential["type"] = "password"
		return `{"realm":"samples","users":[` + object(t, map[string]any{"id": "1", "username": "anna", "email": "anna@example.com", "emailVerified": true, "enabled": true, "credentials": []any{credential}}) + "]}"
	}
	inStrings := func(secret, data map[string]any) map[string]any {
		return map[string]any{"secretData": object(t, secret), "credentialData": object(t, data)}
	}
	fusionauth := func(scheme string, factor int, salt, hash string) string {
		return `{"users":[` + object(t, map[string]any{"id": "1", "active": true, "verified": true, "email": "anna@example.com", "encryptionScheme": scheme, "factor": factor, "salt": salt, "password": hash}) + "]}"
	}
	for name, tt := range map[string]struct{ preset, export, join string }{
		"django pbkdf2": {"django", django(fmt.Sprintf("pbkdf2_sha256$1000$%s$%s", text, std(stretched(text, 1000, 32)))), ""},
		"django bcrypt": {"django", django("bcrypt$" + crypt), ""},
		"django argon2": {"django", django("argon2" + phc), ""},
		"django scrypt": {"django", django(fmt.Sprintf("scrypt$%s$1024$8$1$%s", text, std(scrypted(text, 1024)))), ""},
		"keycloak pbkdf2": {"keycloak", keycloak(inStrings(map[string]any{"value": std(stretched(string(salt), 1000, 64)), "salt": std(salt)},
			map[string]any{"algorithm": "pbkdf2-sha256", "hashIterations": 1000})), ""},
		"keycloak argon2": {"keycloak", keycloak(inStrings(map[string]any{"value": std(argon(64, 2)), "salt": std(salt)},
			map[string]any{"algorithm": "argon2", "hashIterations": 2, "additionalParameters": map[string]any{
				"type": []any{"id"}, "version": []any{"1.3"}, "memory": []any{"64"}, "parallelism": []any{"1"}, "hashLength": []any{"32"}}})), ""},
		"keycloak before 8": {"keycloak", keycloak(map[string]any{"algorithm": "pbkdf2-sha256", "hashIterations": 1000, "salt": std(salt), "hashedSaltedValue": std(stretched(string(salt), 1000, 64))}), ""},
		"clerk bcrypt":      {"clerk", clerk("bcrypt", crypt), ""},
		"clerk argon2id":    {"clerk", clerk("argon2id", phc), ""},
		"clerk django":      {"clerk", clerk("pbkdf2_sha256_django", fmt.Sprintf("pbkdf2_sha256$1000$%s$%s", text, std(stretched(text, 1000, 32)))), ""},
		"clerk pbkdf2":      {"clerk", clerk("pbkdf2_sha256", fmt.Sprintf("pbkdf2_sha256$1000$%s$%s", std(salt), std(stretched(string(salt), 1000, 32)))), ""},
		"clerk werkzeug":    {"clerk", clerk("scrypt_werkzeug", fmt.Sprintf("scrypt:1024:8:1$%s$%x", text, scrypted(text, 1024))), ""},
		"fusionauth pbkdf2": {"fusionauth", fusionauth("salted-pbkdf2-hmac-sha256", 1000, std(salt), std(stretched(string(salt), 1000, 32))), ""},
		"fusionauth bcrypt": {"fusionauth", fusionauth("bcrypt", 4, crypt[7:29], crypt[29:]), ""},
		"stytch": {"stytch", object(t, map[string]any{"user_id": "u1", "emails": []any{map[string]any{"email": "anna@example.com", "verified": true}}}),
			object(t, map[string]any{"user_id": "u1", "hash": url(scrypted(string(salt), 1024)), "scrypt_params": map[string]any{"salt": std(salt), "n_parameter": 1024, "r_parameter": 8, "p_parameter": 1}})},
		"auth0": {"auth0", object(t, map[string]any{"user_id": "auth0|1", "email": "anna@example.com", "email_verified": true, "created_at": "2024-01-15T10:30:00.000Z"}),
			object(t, map[string]any{"_id": map[string]any{"$oid": "1"}, "email": "anna@example.com", "passwordHash": crypt})},
		"supabase": {"supabase", table("id,email,encrypted_password,email_confirmed_at,raw_app_meta_data,raw_user_meta_data,phone,phone_confirmed_at,banned_until,is_sso_user,deleted_at,is_anonymous",
			"1,anna@example.com,"+crypt+",2024-01-15 10:30:00.000000+00,{},{},,,,f,,f"), ""},
		"devise": {"devise", table("id,email,encrypted_password,confirmed_at", "1,anna@example.com,"+crypt+",2024-01-15 10:30:00"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := legacy.Get(tt.preset)
			require.NoError(t, err)
			var out bytes.Buffer
			o := transform.ConvertOptions{Mapping: m, Reading: validate.Reading{Detect: true}, Rules: judge.Options{PasswordHash: value.HashAuto}, Output: &transform.ImportFile{Writer: &out}}
			if tt.join != "" {
				o.Join = &validate.Source{Name: "hashes", Reader: strings.NewReader(tt.join)}
			}
			r, err := transform.Convert(t.Context(), o, validate.Source{Name: "export", Reader: strings.NewReader(tt.export)})
			require.NoError(t, err)
			require.EqualValues(t, 1, r.Summary.RowsAccepted, "%v", r.Summary)
			header, row, _ := strings.Cut(strings.ReplaceAll(out.String(), `\,`, "\x00"), "\n")
			values := strings.Split(strings.TrimSpace(row), ",")
			for i, column := range strings.Split(header, ",") {
				if column == schema.HashColumn {
					hash := strings.ReplaceAll(values[i], "\x00", ",")
					assert.True(t, verifies(t, hash, password))
					assert.False(t, verifies(t, hash, password+"r"))
					return
				}
			}
			assert.Fail(t, "no column of hashes", header)
		})
	}
}
