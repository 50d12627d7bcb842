package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// macSize is how many bytes of a token authenticate the rest.
const macSize = 12

// tokenEncoding has no minus sign: a token that begins with one would be taken
// for a flag on a command line.
var tokenEncoding = base64.RawStdEncoding.Strict()

// Tokens makes the tokens of listings with this secret key. It is safe for concurrent use.
type Tokens []byte

// Token makes a string that stands for a position in a listing. Equal positions have
// equal tokens, and nobody else can make one.
func (k Tokens) Token(scope string, position []byte) string {
	return tokenEncoding.EncodeToString(append(k.mac(scope, position), position...))
}

// Position returns what Token was given, and whether the token is one of that scope.
func (k Tokens) Position(scope, token string) ([]byte, bool) {
	b, err := tokenEncoding.DecodeString(token)
	if err != nil || len(b) < macSize || !hmac.Equal(b[:macSize], k.mac(scope, b[macSize:])) {
		return nil, false
	}
	return b[macSize:], true
}

func (k Tokens) mac(scope string, position []byte) []byte {
	h := hmac.New(sha256.New, k)
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write(position)
	return h.Sum(nil)[:macSize]
}
