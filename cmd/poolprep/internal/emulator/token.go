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

// token makes a string that stands for a place in a listing. Equal places have
// equal tokens, and nobody else can make one.
func (s *Server) token(scope string, place []byte) string {
	return tokenEncoding.EncodeToString(append(s.tokenMAC(scope, place), place...))
}

// place returns what token was given, and whether the token is one of that scope.
func (s *Server) place(scope, token string) ([]byte, bool) {
	b, err := tokenEncoding.DecodeString(token)
	if err != nil || len(b) < macSize || !hmac.Equal(b[:macSize], s.tokenMAC(scope, b[macSize:])) {
		return nil, false
	}
	return b[macSize:], true
}

func (s *Server) tokenMAC(scope string, place []byte) []byte {
	h := hmac.New(sha256.New, s.state.secret)
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write(place)
	return h.Sum(nil)[:macSize]
}
