package mapping

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"poolprep/validate/scan"
	"poolprep/validate/suggest"
	"poolprep/validate/value"
)

// hashScheme is how a source names the hash of a row, and what that means.
type hashScheme struct {
	algorithm   value.HashAlgorithm
	saltEncoded bool // see value.AppendHash
}

// hashSchemes are the names of schemes whose hashes the import takes.
var hashSchemes = map[string]hashScheme{
	"bcrypt":               {algorithm: value.BCrypt},
	"argon2id":             {algorithm: value.Argon2id},
	"argon2":               {algorithm: value.Argon2id},
	"pbkdf2_sha256":        {algorithm: value.PBKDF2SHA256, saltEncoded: true},
	"pbkdf2-sha256":        {algorithm: value.PBKDF2SHA256, saltEncoded: true},
	"pbkdf2_sha256_django": {algorithm: value.PBKDF2SHA256},
	"scrypt":               {algorithm: value.SCrypt},
	"scrypt_werkzeug":      {algorithm: value.SCrypt},
}

// readHash reads {scheme: NAME} or {scheme-from: COLUMN}, or nothing.
func readHash(r *reader, arg *yaml.Node) stepSpec {
	var columns []text
	var fixed *hashScheme
	if given(arg) {
		for _, e := range r.entries(arg, "hash", "scheme", "scheme-from") {
			switch e.key.Value {
			case "scheme":
				name := r.scalar(e.value, "scheme")
				s, ok := hashSchemes[name]
				if !ok {
					r.fail(e.value, "%s", suggest.Unknown("scheme: unknown scheme", name, schemeNames()))
				}
				fixed = &s
			case "scheme-from":
				columns = []text{r.text(e.value, "scheme-from")}
			}
		}
		if fixed != nil && columns != nil {
			r.fail(arg, "hash: either `scheme` or `scheme-from` says what the hash is")
		}
	}
	return stepSpec{
		columns: columns,
		looks: func(o stepOptions) step {
			return func(dst, v []byte) ([]byte, stepResult) {
				scheme := fixed
				if len(columns) > 0 {
					if name := o.look(0); len(name) > 0 {
						s, ok := hashSchemes[string(name)]
						if !ok {
							return dst, stepFailed
						}
						scheme = &s
					}
				}
				start := len(dst)
				dst = value.AppendHash(dst, v, scheme != nil && scheme.saltEncoded)
				if h := value.HashOf(dst[start:]); scheme != nil && h != value.HashNone && h != scheme.algorithm {
					return dst[:start], stepFailed
				}
				return dst, stepDone
			}
		},
		wide:  wideHash(fixed == nil && columns == nil),
		tried: fmt.Sprintf("the hash is not of a scheme that the import takes (%s)", suggest.List(schemeNames())),
	}
}

func schemeNames() (names []string) {
	for name := range hashSchemes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// wideHash leaves alone what is bcrypt, which has one form, where no scheme is stated.
func wideHash(unstated bool) func(step) columnStep {
	return func(exact step) columnStep {
		return func(c *Columns, values []scan.Span) {
			for i, v := range values {
				if v.Len() == 0 || unstated && v.Len() == 60 && c.Buf[v.Start] == '$' && c.Buf[v.Start+1] == '2' {
					continue
				}
				c.one(exact, values, i)
			}
		}
	}
}
