package value

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"poolprep/validate/suggest"
)

// HashAlgorithm is an algorithm of password hashes that an import job can name.
type HashAlgorithm uint8

// The algorithms. HashAuto takes that of the first hash in the input.
const (
	HashNone HashAlgorithm = iota
	HashAuto
	BCrypt
	SCrypt
	Argon2id
	PBKDF2SHA256
	numHashes
)

var hashNames = [numHashes]string{"none", "auto", "bcrypt", "scrypt", "argon2id", "pbkdf2-sha256"}

// apiHashNames are the names in the service's API.
var apiHashNames = [numHashes]string{BCrypt: "BCRYPT", SCrypt: "SCRYPT", Argon2id: "ARGON2ID", PBKDF2SHA256: "PBKDF2_SHA256"}

// String returns the name that ParseHashAlgorithm reads.
func (h HashAlgorithm) String() string {
	if !h.Valid() {
		return fmt.Sprintf("hash-%d", uint8(h))
	}
	return hashNames[h]
}

// Valid reports whether h is one of the algorithms, HashNone or HashAuto.
func (h HashAlgorithm) Valid() bool { return h < numHashes }

// APIName returns the name as in PasswordHashingAlgorithm of the service's API, "" for none and auto.
func (h HashAlgorithm) APIName() string {
	if !h.Valid() {
		return ""
	}
	return apiHashNames[h]
}

// ParseHashAlgorithm reads none, auto, bcrypt, scrypt, argon2id or pbkdf2-sha256.
func ParseHashAlgorithm(name string) (HashAlgorithm, error) {
	for i, n := range hashNames {
		if n == name {
			return HashAlgorithm(i), nil
		}
	}
	return 0, fmt.Errorf("unknown password hash %q%s (none, auto, bcrypt, scrypt, argon2id or pbkdf2-sha256)", name, suggest.DidYouMean(name, hashNames[:]))
}

// The upper bounds of the costs (developer guide of 2026).
const (
	maxBCryptCost = 12
	maxSCryptN    = 65536
	maxSCryptR    = 8
	maxSCryptP    = 1
	maxArgon2M    = 19456
	maxArgon2T    = 2
	maxArgon2P    = 1
	maxPBKDF2     = 600000
)

// ParseHash returns the algorithm whose form v has, HashNone if it has none,
// and the name of the cost that is above its bound, "" if all are within.
func ParseHash(v []byte) (h HashAlgorithm, above string) {
	switch {
	case bytes.HasPrefix(v, []byte("$2")):
		return parseBCrypt(v)
	case bytes.HasPrefix(v, []byte("$argon2id$")):
		return parseArgon2id(v)
	case bytes.HasPrefix(v, []byte("$pbkdf2-sha256$")):
		return parsePBKDF2(v)
	}
	return parseSCrypt(v)
}

// HashOf returns the algorithm of a password hash, HashNone for any other value.
func HashOf(v []byte) HashAlgorithm {
	if len(v) == 0 {
		return HashNone
	}
	h, _ := ParseHash(v)
	return h
}

func parseBCrypt(v []byte) (HashAlgorithm, string) {
	const length = 4 + 2 + 1 + 22 + 31
	if len(v) != length || v[2] != 'a' && v[2] != 'b' && v[2] != 'x' && v[2] != 'y' || v[3] != '$' || v[6] != '$' || !AllDigits(v[4:6]) {
		return HashNone, ""
	}
	// The digits of bcrypt's base64 are letters, and the characters from . to 9: eight at a
	// time, the highest bit of each byte is set if it is one.
	const dot, nine, a, z = (0x80 - '.') * EveryByte, (0x7F - '9') * EveryByte, (0x80 - 'a') * EveryByte, (0x7F - 'z') * EveryByte
	digits := uint64(highBits)
	for at := 7; at < length; at += 8 {
		w := binary.LittleEndian.Uint64(v[min(at, length-8):])
		ascii := w &^ highBits
		lower := ascii | 0x20*EveryByte
		digits &= ((ascii+dot)&^(ascii+nine) | (lower+a)&^(lower+z)) &^ w
	}
	if digits != highBits {
		return HashNone, ""
	}
	cost := int(v[4]-'0')*10 + int(v[5]-'0')
	if cost < 4 || cost > 31 {
		return HashNone, ""
	}
	return BCrypt, aboveBound("cost", cost, maxBCryptCost)
}

func parseSCrypt(v []byte) (HashAlgorithm, string) {
	parts := bytes.Split(v, []byte("$"))
	if len(parts) != 5 || !isHex(parts[3]) || !isHex(parts[4]) {
		return HashNone, ""
	}
	n, ok1 := positive(parts[0])
	r, ok2 := positive(parts[1])
	p, ok3 := positive(parts[2])
	if !ok1 || !ok2 || !ok3 || n < 2 || n&(n-1) != 0 {
		return HashNone, ""
	}
	return SCrypt, firstAbove(aboveBound("N", n, maxSCryptN), aboveBound("r", r, maxSCryptR), aboveBound("p", p, maxSCryptP))
}

func parseArgon2id(v []byte) (HashAlgorithm, string) {
	parts := bytes.Split(v, []byte("$"))
	if len(parts) != 6 || !isBase64(parts[4]) || !isBase64(parts[5]) {
		return HashNone, ""
	}
	version, ok := bytes.CutPrefix(parts[2], []byte("v="))
	if !ok || !AllDigits(version) {
		return HashNone, ""
	}
	costs := bytes.Split(parts[3], []byte(","))
	if len(costs) != 3 {
		return HashNone, ""
	}
	var value [3]int
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := bytes.CutPrefix(costs[i], []byte(name))
		if !ok {
			return HashNone, ""
		}
		if value[i], ok = positive(digits); !ok {
			return HashNone, ""
		}
	}
	return Argon2id, firstAbove(aboveBound("m", value[0], maxArgon2M), aboveBound("t", value[1], maxArgon2T), aboveBound("p", value[2], maxArgon2P))
}

func parsePBKDF2(v []byte) (HashAlgorithm, string) {
	parts := bytes.Split(v, []byte("$"))
	if len(parts) != 5 || !isAdaptedBase64(parts[3]) || !isAdaptedBase64(parts[4]) {
		return HashNone, ""
	}
	iterations, ok := positive(parts[2])
	if !ok {
		return HashNone, ""
	}
	return PBKDF2SHA256, aboveBound("iterations", iterations, maxPBKDF2)
}

func aboveBound(name string, value, bound int) string {
	if value <= bound {
		return ""
	}
	return fmt.Sprintf("%s at most %d", name, bound)
}

func firstAbove(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// positive reads a number of at most nine digits, from 1.
func positive(v []byte) (int, bool) {
	if len(v) > 9 || !AllDigits(v) {
		return 0, false
	}
	n, _ := digits(v, 0, len(v))
	return n, n > 0
}

func isHex(v []byte) bool {
	for _, c := range v {
		if c-'0' > 9 && c-'a' > 5 && c-'A' > 5 {
			return false
		}
	}
	return len(v) > 0 && len(v)%2 == 0
}

// isBase64 accepts unpadded base64.
func isBase64(v []byte) bool {
	_, err := base64.RawStdEncoding.DecodeString(string(v))
	return err == nil && len(v) > 0
}

// isAdaptedBase64 accepts unpadded base64, also with the dot that the library
// behind the $pbkdf2-sha256$ form writes instead of the plus.
func isAdaptedBase64(v []byte) bool { return isBase64(bytes.ReplaceAll(v, []byte("."), []byte("+"))) }
