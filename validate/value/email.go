package value

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"poolprep/validate/scan"
)

// Limits of an e-mail address in bytes (RFC 3696, RFC 5321), and of a label of
// its domain in code points.
const (
	maxAddress   = 254
	maxLocalPart = 64
	maxLabel     = 63
)

// IsEmail reports whether v is an e-mail address: a local part and a domain
// with one @ between them, 254 bytes at most. Quoted local parts and
// address literals are none: what the service makes of them is unknown. v is
// not empty and valid UTF-8.
func IsEmail(v []byte) bool {
	local, domain, found := bytes.Cut(v, []byte{'@'})
	return found && len(v) <= maxAddress && isLocalPart(local) && isDomain(domain)
}

// isLocalPart takes 1 to 64 bytes: the characters of RFC 5322's atext, those
// beyond ASCII that are neither white space nor controls (RFC 6531), and single
// dots inside.
func isLocalPart(v []byte) bool {
	if len(v) == 0 || len(v) > maxLocalPart || v[0] == '.' || v[len(v)-1] == '.' || bytes.Contains(v, []byte("..")) {
		return false
	}
	for i := 0; i < len(v); {
		if c := v[i]; c < utf8.RuneSelf {
			if emailClass[c] == 0 {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(v[i:])
		if unicode.In(r, unicode.Z, unicode.Cc) {
			return false
		}
		i += n
	}
	return true
}

// isDomain takes two labels or more, the last not all digits.
func isDomain(v []byte) bool {
	for labels := 1; ; labels++ {
		label, rest, more := bytes.Cut(v, []byte{'.'})
		if !isLabel(label) {
			return false
		}
		if !more {
			return labels > 1 && !isNumber(label)
		}
		v = rest
	}
}

// isLabel takes 1 to 63 letters and digits of any script, with the marks that
// belong to letters (many scripts have vowels that are marks), and hyphens inside.
func isLabel(v []byte) bool {
	if len(v) == 0 || v[0] == '-' || v[len(v)-1] == '-' {
		return false
	}
	characters := 0
	for i := 0; i < len(v); characters++ {
		if c := v[i]; c < utf8.RuneSelf {
			if emailClass[c]&(letterOrDigit|hyphen) == 0 {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(v[i:])
		if !unicode.In(r, unicode.L, unicode.Nd) && (!unicode.Is(unicode.M, r) || i == 0) {
			return false
		}
		i += n
	}
	return characters <= maxLabel
}

// isNumber reports whether all characters are decimal digits, of any script.
func isNumber(v []byte) bool {
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		if !unicode.IsDigit(r) {
			return false
		}
		i += n
	}
	return true
}

// What an ASCII character of an address may be. A byte is in one class, 0 is
// none: it may not occur.
const (
	letterOrDigit uint8 = 1 << iota
	hyphen
	special // stands in local parts only
	dot
)

var emailClass = func() (class [utf8.RuneSelf]uint8) {
	for c := range class {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			class[c] = letterOrDigit
		}
	}
	for _, c := range "!#$%&'*+/=?^_`{|}~" {
		class[c] = special
	}
	class['-'], class['.'] = hyphen, dot
	return class
}()

// EmailClasses are what soundEmail wants to know. Letters and digits are in the
// first class only, the hyphen is in the second only, special characters in both.
var EmailClasses = scan.NewClasses(membersOf(letterOrDigit|special), membersOf(hyphen|special), '@', '.')

// membersOf returns the ASCII characters of some classes.
func membersOf(classes uint8) string {
	var members []byte
	for b, c := range emailClass {
		if c&classes != 0 {
			members = append(members, byte(b))
		}
	}
	return string(members)
}

// SoundEmail takes an address of ASCII characters, not longer than
// scan.MaxClassified, as isEmail does, if it ends in a letter, which nearly every
// one does. n is its length, last its last byte.
func SoundEmail(m *scan.Classified, n int, last byte) bool {
	at := m.Third
	before := at - 1
	after := ^before &^ at & (^uint64(0) >> (64 - uint(n)))
	dots := m.Fourth
	hyphens := m.Second &^ m.First & after
	end := uint64(1) << (uint(n) - 1)
	// Dots and the domain's hyphens stand between characters that are neither.
	misplaced := (dots|hyphens)&(at<<1|dots<<1|dots>>1|end) | dots&(at>>1|1)
	return at != 0 && at&before == 0 && before != 0 && (m.First|m.Second|dots)&before == before &&
		(m.First^m.Second|dots)&after == after && dots&after != 0 && misplaced == 0 && last|0x20-'a' < 26
}
