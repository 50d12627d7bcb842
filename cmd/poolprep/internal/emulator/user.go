package emulator

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate/schema"
)

// userStatus is the status of a user as the state keeps it.
type userStatus byte

// The status values that users of the emulator have. The numbers are those of
// the state and do not change.
const (
	resetRequired userStatus = iota + 1
	confirmed
	forceChangePassword
	unconfirmed
)

// String returns the status as the API spells it.
func (u userStatus) String() string {
	switch u {
	case resetRequired:
		return "RESET_REQUIRED"
	case confirmed:
		return "CONFIRMED"
	case forceChangePassword:
		return "FORCE_CHANGE_PASSWORD"
	case unconfirmed:
		return "UNCONFIRMED"
	}
	return "UNKNOWN"
}

// user is a user as the state keeps it. Its record is, in this order: version,
// status, flags, created and modified (8 bytes each, milliseconds), sub
// (16 bytes), then length and bytes of the username, then for each attribute
// its number, length and bytes. Numbers are varints.
type user struct {
	status   userStatus
	mfa      bool
	disabled bool
	created  time.Time
	modified time.Time
	sub      [16]byte
	username string // as it was given, whatever its letter case
	values   []attributeValue
}

// attributeValue is an attribute of a user; id is its number, see attributes.
type attributeValue struct {
	id    int
	value string
}

const (
	userVersion = 1
	flagMFA     = 1
	flagOff     = 2 // disabled
	headSize    = 3 + 8 + 8 + 16
)

// appendUserHead appends the part of a record that stands before the username.
func appendUserHead(dst []byte, status userStatus, mfa, disabled bool, created, modified time.Time, sub []byte) []byte {
	flags := byte(0)
	if mfa {
		flags = flagMFA
	}
	if disabled {
		flags |= flagOff
	}
	dst = append(dst, userVersion, byte(status), flags)
	dst = binary.BigEndian.AppendUint64(dst, uint64(created.UnixMilli()))
	dst = binary.BigEndian.AppendUint64(dst, uint64(modified.UnixMilli()))
	return append(dst, sub...)
}

// appendText appends length and bytes.
func appendText[T string | []byte](dst []byte, v T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(v))), v...)
}

// appendUser appends the record of a user.
func appendUser(dst []byte, u *user) []byte {
	dst = appendUserHead(dst, u.status, u.mfa, u.disabled, u.created, u.modified, u.sub[:])
	dst = appendText(dst, u.username)
	for _, v := range u.values {
		dst = appendText(binary.AppendUvarint(dst, uint64(v.id)), v.value)
	}
	return dst
}

var errDamagedUser = errors.New("the state is damaged: the record of a user")

// parseUser reads a record.
func parseUser(b []byte) (*user, error) {
	if len(b) < headSize || b[0] != userVersion {
		return nil, errDamagedUser
	}
	u := &user{
		status: userStatus(b[1]), mfa: b[2]&flagMFA != 0, disabled: b[2]&flagOff != 0,
		created:  time.UnixMilli(int64(store.NumberOf(b[3:]))).UTC(),
		modified: time.UnixMilli(int64(store.NumberOf(b[11:]))).UTC(),
		sub:      [16]byte(b[19:headSize]),
	}
	b = b[headSize:]
	var ok bool
	if u.username, b, ok = cutText(b); !ok {
		return nil, errDamagedUser
	}
	for len(b) > 0 {
		id, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errDamagedUser
		}
		v := attributeValue{id: int(id)}
		if v.value, b, ok = cutText(b[n:]); !ok {
			return nil, errDamagedUser
		}
		u.values = append(u.values, v)
	}
	return u, nil
}

// cutText reads what appendText wrote.
func cutText(b []byte) (text string, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	end := n + int(size)
	return string(b[n:end]), b[end:], true
}

// value returns an attribute, "" if the user has none of the name.
func (u *user) value(a *store.Attributes, name string) string {
	if id, ok := a.IDs[name]; ok {
		for _, v := range u.values {
			if v.id == id {
				return v.value
			}
		}
	}
	return ""
}

// fold returns what is compared of a username or an e-mail address.
func fold(p *schema.Pool, v string) string {
	if p.CaseSensitive {
		return v
	}
	return strings.ToLower(strings.ToUpper(v))
}

// Kinds of alias keys.
const (
	aliasEmail    = 'e'
	aliasPhone    = 'p'
	aliasUsername = 'u' // preferred_username
)

// aliasKey returns the key of an alias.
func aliasKey(p *schema.Pool, kind byte, v string) []byte {
	if kind != aliasPhone {
		v = fold(p, v)
	}
	return append([]byte{kind}, v...)
}
