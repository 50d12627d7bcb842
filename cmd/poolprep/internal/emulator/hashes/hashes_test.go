package hashes

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"poolprep/validate/value"
)

func verifies(t *testing.T, hash, password string) bool {
	t.Helper()
	ok, err := Verify(t.Context(), []byte(hash), password)
	require.NoError(t, err)
	return ok
}

// forms returns hashes of a password, cheap ones, in all forms.
func forms(t testing.TB, password string) map[string]string {
	salt := []byte("\xfb\xff\xfe0123456789abc")
	b, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	s, err := scrypt.Key([]byte(password), salt, 16, 8, 1, 32)
	require.NoError(t, err)
	a := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	p, err := pbkdf2.Key(sha256.New, password, salt, 1000, 32)
	require.NoError(t, err)
	e := base64.RawStdEncoding.EncodeToString
	dots := strings.NewReplacer("+", ".")
	return map[string]string{
		"bcrypt 2a": string(b), "bcrypt 2b": "$2b" + string(b[3:]), "bcrypt 2y": "$2y" + string(b[3:]),
		"scrypt": fmt.Sprintf("16$8$1$%x$%x", salt, s), "scrypt, capitals": fmt.Sprintf("16$8$1$%X$%X", salt, s),
		"argon2id":        fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", e(salt), e(a)),
		"pbkdf2":          fmt.Sprintf("$pbkdf2-sha256$1000$%s$%s", e(salt), e(p)),
		"pbkdf2, adapted": dots.Replace(fmt.Sprintf("$pbkdf2-sha256$1000$%s$%s", e(salt), e(p))),
	}
}

func TestVerifyAllForms(t *testing.T) {
	for _, password := range []string{"correct horse", "pässwörd ☃", " ", strings.Repeat("x", 72)} {
		for name, hash := range forms(t, password) {
			assert.True(t, verifies(t, hash, password), name)
			for _, other := range []string{"", "wrong", password[:len(password)-1], "z" + password, strings.ToUpper(password) + "!"} {
				if name[:6] != "bcrypt" || len(other) <= 72 {
					assert.False(t, verifies(t, hash, other), "%s %q", name, other)
				}
			}
		}
	}
}

// TestVerifyKnownHashes has hashes that other programs made, of known passwords.
func TestVerifyKnownHashes(t *testing.T) {
	for _, tt := range []struct{ hash, password string }{
		// Test vectors of crypt_blowfish, also of the bug that $2x has.
		{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
		{"$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", "\xa3"},
		{"$2b$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", "\xa3"},
		{"$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", "\xa3"},
		{"$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", "\xa3"},
		{"$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", "1\xa3345"},
		{"$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS", "\xd1\x91"},
		{"$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"},
		{"$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
	} {
		assert.True(t, verifies(t, tt.hash, tt.password), tt.hash)
	}
}

func TestSignExtended(t *testing.T) {
	assert.Equal(t, "ascii", string(signExtended([]byte("ascii"))))
	out := signExtended([]byte("a\xa3"))
	require.Len(t, out, 72)
	assert.Equal(t, []byte{0xFF, 0xFF, 0xFF, 0xA3}, signExtended([]byte("abc\xa3"))[:4])
	// Where the hash is right for the password with the bug, it is not for the one without.
	hash, err := bcrypt.GenerateFromPassword(signExtended([]byte("na\xc3\xafve")), bcrypt.MinCost)
	require.NoError(t, err)
	assert.True(t, verifies(t, "$2x"+string(hash[3:]), "naïve"))
	assert.False(t, verifies(t, "$2y"+string(hash[3:]), "naïve"))
}

func TestNewVerifies(t *testing.T) {
	for _, password := range []string{"a", "Correct-Horse-7", strings.Repeat("ü", 256)} {
		hash, err := New(t.Context(), password)
		require.NoError(t, err)
		algorithm, above := value.ParseHash(hash)
		assert.Equal(t, value.SCrypt, algorithm)
		assert.Empty(t, above)
		assert.True(t, verifies(t, string(hash), password))
		assert.False(t, verifies(t, string(hash), password+"x"))
		again, err := New(t.Context(), password)
		require.NoError(t, err)
		assert.NotEqual(t, hash, again, "the salt is new")
	}
	_, err := New(t.Context(), strings.Repeat("x", maxPassword+1))
	assert.Error(t, err)
}

// TestMalformedHashesVerifyNothing changes sound hashes in every way that makes them
// unsound, or too expensive.
func TestMalformedHashesVerifyNothing(t *testing.T) {
	const password = "correct horse"
	all := forms(t, password)
	for name, hash := range all {
		whole := strings.LastIndexByte(hash, '$') + 1 // from here on the key is cut
		for i := range hash {
			if i > whole && !strings.HasPrefix(name, "bcrypt") && !strings.HasPrefix(name, "argon2") {
				continue // the beginning of a key of PBKDF2 is the key of a shorter hash
			}
			assert.False(t, verifies(t, hash[:i], password), "%s cut at %d", name, i)
		}
		assert.False(t, verifies(t, hash+"$", password), name)
		assert.False(t, verifies(t, " "+hash, password), name)
		assert.False(t, verifies(t, hash+"\x00", password), name)
	}
	e := base64.RawStdEncoding.EncodeToString
	short, err := pbkdf2.Key(sha256.New, password, []byte("salt"), 1, minKey-1)
	require.NoError(t, err)
	long, err := pbkdf2.Key(sha256.New, password, []byte("salt"), 1, maxKey+1)
	require.NoError(t, err)
	for _, hash := range []string{
		"", "$", "$$$$", "$2", "$2a$", "secret", "x$y$z$00$00", "0$0$0$00$00", "16$8$1$$",
		fmt.Sprintf("$pbkdf2-sha256$1$%s$%s", e([]byte("salt")), e(short)),
		fmt.Sprintf("$pbkdf2-sha256$1$%s$%s", e([]byte("salt")), e(long)),
		strings.Replace(all["argon2id"], "v=19", "v=16", 1), strings.Replace(all["argon2id"], "v=19", "v=99999999999999999999", 1),
		strings.Replace(all["argon2id"], "m=64", "m=19457", 1), strings.Replace(all["argon2id"], "p=1", "p=257", 1),
		strings.Replace(all["scrypt"], "16$", "131072$", 1), strings.Replace(all["pbkdf2"], "$1000$", "$600001$", 1),
		"$2b$31$" + strings.Repeat("a", 53), strings.Replace(all["bcrypt 2a"], "$04$", "$13$", 1),
	} {
		assert.False(t, verifies(t, hash, password), hash)
	}
	assert.False(t, verifies(t, all["scrypt"], strings.Repeat("x", 1<<20)))
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	for range cap(slots()) {
		slots() <- struct{}{}
	}
	defer func() {
		for range cap(slots()) {
			<-slots()
		}
	}()
	gone := errors.New("the client is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() {
		_, err := Verify(ctx, []byte(forms(t, "x")["scrypt"]), "x")
		done <- err
	}()
	cancel(gone)
	assert.ErrorIs(t, <-done, gone)
	_, err := New(ctx, "x")
	assert.ErrorIs(t, err, gone)
}

func FuzzVerify(f *testing.F) {
	for _, hash := range forms(f, "p") {
		f.Add([]byte(hash), "p")
		f.Add([]byte(hash), "other")
	}
	f.Fuzz(func(t *testing.T, hash []byte, password string) {
		if h, _ := value.ParseHash(hash); h != value.HashNone && expensive(hash) {
			t.Skip()
		}
		before := bytes.Clone(hash)
		ok, err := Verify(t.Context(), hash, password)
		require.NoError(t, err)
		require.Equal(t, before, hash, "a hash is only read")
		if h, above := value.ParseHash(hash); ok && (h == value.HashNone || above != "") {
			t.Fatal("a malformed hash verified")
		}
	})
}

// expensive reports whether verifying takes long enough to slow the fuzzing down.
func expensive(hash []byte) bool {
	digits := 0
	for _, c := range hash[:min(len(hash), 40)] {
		if c-'0' > 9 {
			digits = 0
		} else if digits++; digits > 3 {
			return true
		}
	}
	return bytes.HasPrefix(hash, []byte("$2")) && !bytes.Contains(hash, []byte("$04$"))
}
