package value

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
)

// AppendHash appends to dst a password hash as the import service takes it. It knows how
// other systems write the same hashes:
//
//	pbkdf2_sha256$N$salt$base64      Django; the salt is text, or base64 if saltEncoded is set
//	bcrypt$$2b$..., argon2$argon2id$ Django, with the algorithm before the hash
//	scrypt$salt$N$r$p$base64         Django
//	scrypt:N:r:p$salt$hex            Werkzeug
//	N$r$p$base64$base64              scrypt with base64 in the place of hex
//	$pbkdf2-sha256$, $argon2id$      with base64 that is padded
//
// Anything else is appended as it is: whether the service takes it, ParseHash says.
// The salt and the hash stay the same bytes in every form. It allocates nothing but room in
// dst, unless a salt or a hash is longer than 128 bytes.
func AppendHash(dst, v []byte, saltEncoded bool) []byte {
	switch {
	case bytes.HasPrefix(v, []byte("$2")):
		return append(dst, v...)
	case bytes.HasPrefix(v, []byte("bcrypt$$2")):
		return append(dst, v[len("bcrypt$"):]...)
	case bytes.HasPrefix(v, []byte("argon2$argon2id$")):
		return appendPHC(dst, v[len("argon2"):])
	case bytes.HasPrefix(v, []byte("$argon2id$")), bytes.HasPrefix(v, []byte("$pbkdf2-sha256$")):
		return appendPHC(dst, v)
	}
	out, ok := appendOther(dst, v, saltEncoded)
	if !ok {
		return append(dst, v...)
	}
	return out
}

// appendOther appends a hash of another form than that of the import. ok is false if it is
// of none.
func appendOther(dst, v []byte, saltEncoded bool) (out []byte, ok bool) {
	var scratch [6][]byte
	parts, ok := split(scratch[:0], v, '$')
	if !ok {
		return dst, false
	}
	switch {
	case len(parts) == 4 && string(parts[0]) == "pbkdf2_sha256":
		saltIs := asText
		if saltEncoded {
			saltIs = inBase64
		}
		return appendPBKDF2(dst, parts[1], parts[2], parts[3], saltIs)
	case len(parts) == 6 && string(parts[0]) == "scrypt":
		return appendSCrypt(dst, scryptHash{n: parts[2], r: parts[3], p: parts[4], salt: parts[1], hash: parts[5], hashIs: inBase64})
	case len(parts) == 3 && bytes.HasPrefix(parts[0], []byte("scrypt:")):
		var scratch [4][]byte
		costs, ok := split(scratch[:0], parts[0], ':')
		if !ok || len(costs) != 4 {
			return dst, false
		}
		return appendSCrypt(dst, scryptHash{n: costs[1], r: costs[2], p: costs[3], salt: parts[1], hash: parts[2], hashIs: inHex})
	case len(parts) == 5 && AllDigits(parts[0]) && !(isHex(parts[3]) && isHex(parts[4])):
		return appendSCrypt(dst, scryptHash{n: parts[0], r: parts[1], p: parts[2], salt: parts[3], saltIs: inBase64, hash: parts[4], hashIs: inBase64})
	}
	return dst, false
}

// split appends the parts of v between separators to parts, as many as there is room for;
// ok is false if there are more.
func split(parts [][]byte, v []byte, separator byte) (out [][]byte, ok bool) {
	for len(parts) < cap(parts) {
		at := bytes.IndexByte(v, separator)
		if at < 0 {
			return append(parts, v), true
		}
		parts, v = append(parts, v[:at]), v[at+1:]
	}
	return parts, false
}

// appendPHC appends a hash of which the parts from the third on are base64, without padding.
func appendPHC(dst, v []byte) []byte {
	part := 0
	for i, c := range v {
		if c == '$' {
			part++
		}
		if c == '=' && part >= 3 && endsPart(v[i:]) {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// endsPart reports whether there is nothing but padding before the next dollar sign.
func endsPart(v []byte) bool {
	v = bytes.TrimLeft(v, "=")
	return len(v) == 0 || v[0] == '$'
}

// appendPBKDF2 appends a hash in the form $pbkdf2-sha256$; ok is false if a part is none. Its
// base64 is of the standard alphabet, which those who read the form take as well as its own.
func appendPBKDF2(dst, iterations, salt, hash []byte, saltIs encoding) (out []byte, ok bool) {
	var saltScratch, hashScratch [128]byte
	salt, ok1 := saltIs.decode(saltScratch[:0], salt)
	sum, ok2 := inBase64.decode(hashScratch[:0], hash)
	if !ok1 || !ok2 || !AllDigits(iterations) {
		return dst, false
	}
	dst = append(append(append(dst, "$pbkdf2-sha256$"...), iterations...), '$')
	dst = append(base64.RawStdEncoding.AppendEncode(dst, salt), '$')
	return base64.RawStdEncoding.AppendEncode(dst, sum), true
}

// encoding is how bytes are written.
type encoding uint8

const (
	asText encoding = iota
	inBase64
	inHex
)

// scryptHash are the parts of a hash, as they are written.
type scryptHash struct {
	n, r, p        []byte
	salt, hash     []byte
	saltIs, hashIs encoding
}

// appendSCrypt appends a hash in the form N$r$p$hexSalt$hexHash; ok is false if a part is none.
func appendSCrypt(dst []byte, h scryptHash) (out []byte, ok bool) {
	var saltScratch, hashScratch [128]byte
	salt, ok1 := h.saltIs.decode(saltScratch[:0], h.salt)
	hash, ok2 := h.hashIs.decode(hashScratch[:0], h.hash)
	if !ok1 || !ok2 || !AllDigits(h.n) || !AllDigits(h.r) || !AllDigits(h.p) {
		return dst, false
	}
	for _, cost := range [][]byte{h.n, h.r, h.p} {
		dst = append(append(dst, cost...), '$')
	}
	dst = append(hex.AppendEncode(dst, salt), '$')
	return hex.AppendEncode(dst, hash), true
}

// decode appends the bytes that v stands for; ok is false if there are none. Base64 is of
// either alphabet, padded or not.
func (e encoding) decode(dst, v []byte) (out []byte, ok bool) {
	var err error
	switch {
	case e == asText:
		out = append(dst, v...)
	case e == inHex:
		out, err = hex.AppendDecode(dst, v)
	default:
		v = bytes.TrimRight(v, "=")
		alphabet := base64.RawStdEncoding
		if bytes.ContainsAny(v, "-_") {
			alphabet = base64.RawURLEncoding
		}
		out, err = alphabet.AppendDecode(dst, v)
	}
	return out, err == nil && len(out) > len(dst)
}
