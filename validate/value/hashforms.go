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
// The salt and the hash stay the same bytes in every form.
func AppendHash(dst, v []byte, saltEncoded bool) []byte {
	switch {
	case bytes.HasPrefix(v, []byte("bcrypt$$2")):
		return append(dst, v[len("bcrypt$"):]...)
	case bytes.HasPrefix(v, []byte("argon2$argon2id$")):
		return appendPHC(dst, v[len("argon2"):])
	case bytes.HasPrefix(v, []byte("$argon2id$")), bytes.HasPrefix(v, []byte("$pbkdf2-sha256$")):
		return appendPHC(dst, v)
	}
	parts := bytes.Split(v, []byte("$"))
	var out []byte
	switch {
	case len(parts) == 4 && string(parts[0]) == "pbkdf2_sha256":
		out = pbkdf2Of(parts[1], parts[2], parts[3], saltEncoded)
	case len(parts) == 6 && string(parts[0]) == "scrypt":
		if hash, ok := anyBase64(parts[5]); ok {
			out = scryptOf(parts[2], parts[3], parts[4], parts[1], hash)
		}
	case len(parts) == 3 && bytes.HasPrefix(parts[0], []byte("scrypt:")):
		costs := bytes.Split(parts[0], []byte(":"))
		hash := make([]byte, hex.DecodedLen(len(parts[2])))
		if _, err := hex.Decode(hash, parts[2]); err == nil && len(costs) == 4 {
			out = scryptOf(costs[1], costs[2], costs[3], parts[1], hash)
		}
	case len(parts) == 5 && AllDigits(parts[0]) && !(isHex(parts[3]) && isHex(parts[4])):
		salt, ok1 := anyBase64(parts[3])
		hash, ok2 := anyBase64(parts[4])
		if ok1 && ok2 {
			out = scryptOf(parts[0], parts[1], parts[2], salt, hash)
		}
	}
	if out == nil {
		return append(dst, v...)
	}
	return append(dst, out...)
}

// appendPHC appends a hash of which the last two parts are base64, without padding.
func appendPHC(dst, v []byte) []byte {
	for i, part := range bytes.SplitAfter(v, []byte("$")) {
		if i >= 3 {
			closed := bytes.HasSuffix(part, []byte("$"))
			part = bytes.TrimRight(bytes.TrimSuffix(part, []byte("$")), "=")
			if dst = append(dst, part...); closed {
				dst = append(dst, '$')
			}
			continue
		}
		dst = append(dst, part...)
	}
	return dst
}

// pbkdf2Of returns a hash in the form $pbkdf2-sha256$, nil if a part is none. Its base64 is
// of the standard alphabet, which those who read the form take as well as its own.
func pbkdf2Of(iterations, salt, hash []byte, saltEncoded bool) []byte {
	sum, ok := anyBase64(hash)
	if saltEncoded && ok {
		salt, ok = anyBase64(salt)
	}
	if !ok || len(salt) == 0 || !AllDigits(iterations) {
		return nil
	}
	out := append(append([]byte("$pbkdf2-sha256$"), iterations...), '$')
	out = append(base64.RawStdEncoding.AppendEncode(out, salt), '$')
	return base64.RawStdEncoding.AppendEncode(out, sum)
}

// scryptOf returns a hash in the form N$r$p$hexSalt$hexHash, nil if a part is none.
func scryptOf(n, r, p, salt, hash []byte) []byte {
	if !AllDigits(n) || !AllDigits(r) || !AllDigits(p) || len(salt) == 0 || len(hash) == 0 {
		return nil
	}
	out := append(append(append(append(append(append([]byte(nil), n...), '$'), r...), '$'), p...), '$')
	out = append(hex.AppendEncode(out, salt), '$')
	return hex.AppendEncode(out, hash)
}

// anyBase64 decodes base64 of either alphabet, padded or not.
func anyBase64(v []byte) ([]byte, bool) {
	v = bytes.TrimRight(v, "=")
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(v, "-_") {
		encoding = base64.RawURLEncoding
	}
	out, err := encoding.AppendDecode(nil, v)
	return out, err == nil && len(out) > 0
}
