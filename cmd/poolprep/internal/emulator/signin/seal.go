package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// sealer makes opaque strings of values and reads them back: refresh tokens and sessions.
// What they mean is encrypted within them, so that a sign-in writes nothing into the state,
// and the state has no token that could be used. It is immutable.
type sealer struct{ aead cipher.AEAD }

// newSealer returns a sealer with a key that is derived from the secret of the state.
func newSealer(secret []byte) (*sealer, error) {
	k, err := hkdf.Key(sha256.New, secret, nil, "poolprep emulate: tokens", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead}, err
}

// seal returns a value of a kind as an opaque string.
func (s *sealer) seal(kind string, v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, text, []byte(kind))), nil
}

// open reads what seal has made; ok is false for anything else.
func (s *sealer) open(kind, text string, into any) (ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return false
	}
	plain, err := s.aead.Open(nil, nil, b, []byte(kind))
	return err == nil && json.Unmarshal(plain, into) == nil
}

// randomText returns n random characters of an alphabet.
func randomText(alphabet string, n int) string {
	b := make([]byte, n)
	var random [1]byte
	for i := 0; i < n; {
		_, _ = rand.Read(random[:]) // it never fails
		if limit := 256 / len(alphabet) * len(alphabet); int(random[0]) < limit {
			b[i] = alphabet[int(random[0])%len(alphabet)]
			i++
		}
	}
	return string(b)
}
