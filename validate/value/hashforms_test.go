package value

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

const password = "correct horse battery staple"

func pbkdf2Key(t *testing.T, salt []byte, iterations, size int) []byte {
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, size)
	require.NoError(t, err)
	return key
}

// TestHashesVerifyInBothForms makes the hash of a known password as a system writes it, and
// verifies it in the form of the import.
func TestHashesVerifyInBothForms(t *testing.T) {
	for _, salt := range []string{"seasalt", "\xfb\xef\xbe?>~~", "a"} {
		text := strings.ToValidUTF8(strings.ReplaceAll(salt, "$", ""), "x")
		encoded := base64.StdEncoding.EncodeToString([]byte(salt))
		for _, tt := range []struct {
			in      string
			encoded bool
			salt    string
			size    int
		}{
			{fmt.Sprintf("pbkdf2_sha256$1000$%s$%s", text, base64.StdEncoding.EncodeToString(pbkdf2Key(t, []byte(text), 1000, 32))), false, text, 32},
			{fmt.Sprintf("pbkdf2_sha256$1000$%s$%s", encoded, base64.StdEncoding.EncodeToString(pbkdf2Key(t, []byte(salt), 1000, 32))), true, salt, 32},
			{fmt.Sprintf("$pbkdf2-sha256$1000$%s$%s", encoded, base64.StdEncoding.EncodeToString(pbkdf2Key(t, []byte(salt), 1000, 64))), false, salt, 64},
		} {
			out := AppendHash(nil, []byte(tt.in), tt.encoded)
			h, above := ParseHash(out)
			require.Equal(t, PBKDF2SHA256, h, "%s", out)
			require.Empty(t, above)
			parts := strings.Split(string(out), "$")
			iterations, err := strconv.Atoi(parts[2])
			require.NoError(t, err)
			readSalt, err := base64.RawStdEncoding.DecodeString(parts[3])
			require.NoError(t, err)
			key, err := base64.RawStdEncoding.DecodeString(parts[4])
			require.NoError(t, err)
			assert.Equal(t, tt.salt, string(readSalt))
			assert.Equal(t, pbkdf2Key(t, readSalt, iterations, tt.size), key)
		}
		key, err := scrypt.Key([]byte(password), []byte(salt), 1024, 8, 1, 64)
		require.NoError(t, err)
		keyOfText, err := scrypt.Key([]byte(password), []byte(text), 1024, 8, 1, 64)
		require.NoError(t, err)
		for in, want := range map[string][]byte{
			fmt.Sprintf("1024$8$1$%s$%s", encoded, base64.StdEncoding.EncodeToString(key)):                                            key,
			fmt.Sprintf("1024$8$1$%s$%s", base64.RawURLEncoding.EncodeToString([]byte(salt)), base64.URLEncoding.EncodeToString(key)): key,
			fmt.Sprintf("1024$8$1$%x$%x", salt, key):                                                                                  key,
			fmt.Sprintf("scrypt:1024:8:1$%s$%x", text, keyOfText):                                                                     keyOfText,
			fmt.Sprintf("scrypt$%s$1024$8$1$%s", text, base64.StdEncoding.EncodeToString(keyOfText)):                                  keyOfText,
		} {
			out := AppendHash(nil, []byte(in), false)
			h, above := ParseHash(out)
			require.Equal(t, SCrypt, h, in)
			require.Empty(t, above)
			parts := strings.Split(string(out), "$")
			readSalt, err := hex.DecodeString(parts[3])
			require.NoError(t, err)
			readKey, err := hex.DecodeString(parts[4])
			require.NoError(t, err)
			again, err := scrypt.Key([]byte(password), readSalt, 1024, 8, 1, 64)
			require.NoError(t, err)
			assert.Equal(t, again, readKey, in)
			assert.Equal(t, want, readKey, in)
		}
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), 4)
	require.NoError(t, err)
	for _, in := range [][]byte{hash, append([]byte("bcrypt$"), hash...)} {
		assert.NoError(t, bcrypt.CompareHashAndPassword(AppendHash(nil, in, false), []byte(password)))
	}
}

func TestHashesThatStayAsTheyAre(t *testing.T) {
	for _, in := range []string{
		"", "secret", "$P$B12345678", "$wp$2y$10$abc", "md5$x$0123456789abcdef0123456789abcdef", "pbkdf2_sha1$1$a$b", "bcrypt_sha256$$2b$12$abc",
		"pbkdf2_sha256$x$salt$aGFzaA==", "pbkdf2_sha256$10$$aGFzaA==", "pbkdf2_sha256$10$salt$!!", "1024$8$1$zz!$aGFzaA", "scrypt:1:2$a$00", "scrypt:1:2:3$a$0", "$argon2i$v=19$m=1,t=1,p=1$YQ$YQ",
		"$2b$10$" + strings.Repeat("a", 53), "16384$8$1$00ff$00ff", "$$$$$$", "$pbkdf2-sha256$1$YS5i$YS5i",
	} {
		assert.Equal(t, in, string(AppendHash(nil, []byte(in), false)))
	}
	assert.Equal(t, "$argon2id$v=19$m=19456,t=2,p=1$YWI$YWI", string(AppendHash(nil, []byte("argon2$argon2id$v=19$m=19456,t=2,p=1$YWI=$YWI="), false)))
}

// TestHashesAllocateNothing: there may be one in every row.
func TestHashesAllocateNothing(t *testing.T) {
	salt, hash := base64.StdEncoding.EncodeToString(make([]byte, 16)), base64.StdEncoding.EncodeToString(make([]byte, 64))
	dst := make([]byte, 0, 1024)
	for _, in := range []string{
		"$2b$10$" + strings.Repeat("a", 53), "bcrypt$$2b$10$" + strings.Repeat("a", 53), "pbkdf2_sha256$600000$" + salt + "$" + hash, "$pbkdf2-sha256$600000$" + salt + "$" + hash,
		"argon2$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + hash, "scrypt$salt$16384$8$1$" + hash, "scrypt:16384:8:1$salt$" + strings.Repeat("0f", 64), "16384$8$1$" + salt + "$" + hash, "secret", "",
	} {
		v := []byte(in)
		for _, saltEncoded := range []bool{false, true} {
			assert.Zero(t, testing.AllocsPerRun(20, func() { AppendHash(dst, v, saltEncoded) }), in)
		}
	}
}

func FuzzAppendHash(f *testing.F) {
	f.Add("pbkdf2_sha256$1000$salt$aGFzaA==", false)
	f.Add("1024$8$1$c2FsdA==$aGFzaA==", true)
	f.Add("scrypt:1024:8:1$salt$00ff", false)
	f.Fuzz(func(t *testing.T, in string, encoded bool) {
		out := AppendHash([]byte("before"), []byte(in), encoded)
		require.True(t, bytes.HasPrefix(out, []byte("before")))
		again := AppendHash(nil, out[6:], encoded)
		if HashOf(out[6:]) != HashNone {
			require.Equal(t, string(out[6:]), string(again), "what has the form of the import stays as it is")
		}
	})
}

func TestDigitsOfBCrypt(t *testing.T) {
	hash := []byte("$2b$10$" + strings.Repeat("a", 53))
	for at := 7; at < len(hash); at++ {
		for c := range 256 {
			hash[at] = byte(c)
			digit := strings.IndexByte("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", byte(c)) >= 0
			require.Equal(t, digit, HashOf(hash) == BCrypt, "%q at %d", c, at)
		}
		hash[at] = 'a'
	}
}
