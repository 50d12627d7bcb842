package emulator

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

// token makes a string that stands for a position in a listing. Equal positions have
// equal tokens, and nobody else can make one.
func (s *Server) token(scope string, position []byte) string {
	return tokenEncoding.EncodeToString(append(s.tokenMAC(scope, position), position...))
}

// position returns what token was given, and whether the token is one of that scope.
func (s *Server) position(scope, token string) ([]byte, bool) {
	b, err := tokenEncoding.DecodeString(token)
	if err != nil || len(b) < macSize || !hmac.Equal(b[:macSize], s.tokenMAC(scope, b[macSize:])) {
		return nil, false
	}
	return b[macSize:], true
}

func (s *Server) tokenMAC(scope string, position []byte) []byte {
	h := hmac.New(sha256.New, s.state.secret)
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write(position)
	return h.Sum(nil)[:macSize]
}
