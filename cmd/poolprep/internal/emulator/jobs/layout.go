package jobs

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/users"
	"poolprep/validate/schema"
)

// layout says what the columns of a file are, and turns rows into records of
// users. It is for one goroutine.
type layout struct {
	pool    *schema.Pool
	columns []layoutColumn

	email, emailVerified, phone, phoneVerified, preferred int // columns, -1: not there
	aliasEmail, aliasPhone, aliasPreferred                bool
	emailFactor, phoneFactor                              bool // a first factor without password

	values [][]byte // of the row at hand, decoded and trimmed
}

type layoutColumn struct {
	kind schema.Kind
	id   int // of the attribute
}

// newLayout returns the layout of a file with the given header, which the pool accepts.
func newLayout(p *schema.Pool, a *store.Attributes, names []string) *layout {
	find := func(name string) int { return slices.Index(names, name) }
	named := func(name string) bool {
		return slices.Contains(p.Aliases, name) || slices.Contains(p.UsernameAttributes, name)
	}
	l := &layout{
		pool: p, values: make([][]byte, len(names)),
		email: find("email"), emailVerified: find("email_verified"),
		phone: find("phone_number"), phoneVerified: find("phone_number_verified"), preferred: find("preferred_username"),
		aliasEmail: named("email"), aliasPhone: named("phone_number"), aliasPreferred: named("preferred_username"),
		emailFactor: slices.Contains(p.FirstAuthFactors, "EMAIL_OTP"), phoneFactor: slices.Contains(p.FirstAuthFactors, "SMS_OTP"),
	}
	for _, name := range names {
		attribute, _ := p.Attribute(name)
		l.columns = append(l.columns, layoutColumn{p.Kind(name), a.IDs[attribute.Name]})
	}
	return l
}

// isTrue reports whether the value of column i, if there is one, is true.
func (l *layout) isTrue(i int) bool {
	return i >= 0 && bytes.EqualFold(l.values[i], []byte("true"))
}

// value returns the value of column i, nil if there is none.
func (l *layout) value(i int) []byte {
	if i < 0 {
		return nil
	}
	return l.values[i]
}

// username returns that of the row at hand.
func (l *layout) username() []byte {
	for i := range l.columns {
		if l.columns[i].kind == schema.KindUsername {
			return l.values[i]
		}
	}
	return nil
}

// status returns that of a new user: RESET_REQUIRED, unless there is a way to
// sign in without resetting a password.
func (l *layout) status() users.Status {
	if l.emailFactor && l.isTrue(l.emailVerified) || l.phoneFactor && l.isTrue(l.phoneVerified) {
		return users.Confirmed
	}
	if l.hash() != nil {
		return users.Confirmed
	}
	return users.ResetRequired
}

// hash returns the password hash of the row at hand, nil if there is none.
func (l *layout) hash() []byte {
	for i := range l.columns {
		if l.columns[i].kind == schema.KindHash && len(l.values[i]) > 0 {
			return l.values[i]
		}
	}
	return nil
}

// mfa reports whether the user of the row at hand has multi-factor authentication: in a pool
// that requires it, a blank does, too.
func (l *layout) mfa() bool {
	required := l.pool.MFA == schema.MFAOn
	for i := range l.columns {
		if l.columns[i].kind == schema.KindMFA {
			return l.isTrue(i) || required && len(l.values[i]) == 0
		}
	}
	return required
}

// alias is a name beside the username by which a user signs in.
type alias struct {
	key  []byte
	code string // of the text for a row whose alias another user has
}

// aliases returns those of the row at hand.
func (l *layout) aliases() (out []alias) {
	if v := l.value(l.email); l.aliasEmail && len(v) > 0 && l.isTrue(l.emailVerified) {
		out = append(out, alias{users.AliasKey(l.pool, users.AliasEmail, string(v)), "email-exists"})
	}
	if v := l.value(l.phone); l.aliasPhone && len(v) > 0 && l.isTrue(l.phoneVerified) {
		out = append(out, alias{users.AliasKey(l.pool, users.AliasPhone, string(v)), "phone-exists"})
	}
	if v := l.value(l.preferred); l.aliasPreferred && len(v) > 0 {
		out = append(out, alias{users.AliasKey(l.pool, users.AliasUsername, string(v)), "preferred-username-exists"})
	}
	return out
}

// appendRecord appends the record of the user that the row at hand describes.
// A password hash is a secret and has its own place, see row.
func (l *layout) appendRecord(dst []byte, now time.Time, sub []byte) []byte {
	dst = users.AppendHead(dst, l.status(), l.mfa(), false, now, now, sub)
	dst = users.AppendText(dst, l.username())
	for i, c := range l.columns {
		v := l.values[i]
		if len(v) == 0 || c.kind == schema.KindUsername || c.kind == schema.KindMFA || c.kind == schema.KindHash {
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(c.id))
		switch {
		case c.kind == schema.KindBoolean:
			dst = users.AppendText(dst, bytes.ToLower(v))
		case c.kind == schema.KindBirthdate && len(v) == 10 && v[2] == '/' && v[5] == '/': // any other form is let through by Options.Severity
			dst = append(dst, 10)
			dst = append(append(append(dst, v[6:10]...), '-'), v[0:2]...)
			dst = append(append(dst, '-'), v[3:5]...)
		default:
			dst = users.AppendText(dst, v)
		}
	}
	return dst
}

// trim returns v without what the service trims.
func trim(v []byte) []byte { return bytes.Trim(v, " \t") }

// keyOf returns the key of a username.
func keyOf(p *schema.Pool, username []byte) []byte {
	if p.CaseSensitive {
		return username
	}
	return []byte(users.Fold(p, string(username)))
}
