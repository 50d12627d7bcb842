package users

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate/schema"
)

// Status is the status of a user as the state keeps it.
type Status byte

// The status values that users of the emulator have. The numbers are those of
// the state and do not change.
const (
	ResetRequired Status = iota + 1
	Confirmed
	ForceChangePassword
	Unconfirmed
)

// String returns the status as the API spells it.
func (u Status) String() string {
	switch u {
	case ResetRequired:
		return "RESET_REQUIRED"
	case Confirmed:
		return "CONFIRMED"
	case ForceChangePassword:
		return "FORCE_CHANGE_PASSWORD"
	case Unconfirmed:
		return "UNCONFIRMED"
	}
	return "UNKNOWN"
}

// User is a user as the state keeps it. Its record is, in this order: version,
// status, flags, created and modified (8 bytes each, milliseconds), sub
// (16 bytes), then length and bytes of the username, then for each attribute
// its number, length and bytes. Numbers are varints.
type User struct {
	Status   Status
	MFA      bool
	Disabled bool
	Created  time.Time
	Modified time.Time
	Sub      [16]byte
	Username string // as it was given, whatever its letter case
	Values   []Value
}

// Value is an attribute of a user; ID is its number, see store.Attributes.
type Value struct {
	ID    int
	Value string
}

const (
	userVersion = 1
	flagMFA     = 1
	flagOff     = 2 // disabled
	headSize    = 3 + 8 + 8 + 16
)

// AppendHead appends the part of a record that stands before the username.
func AppendHead(dst []byte, status Status, mfa, disabled bool, created, modified time.Time, sub []byte) []byte {
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

// AppendText appends length and bytes.
func AppendText[T string | []byte](dst []byte, v T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(v))), v...)
}

// Append appends the record of a user.
func Append(dst []byte, u *User) []byte {
	dst = AppendHead(dst, u.Status, u.MFA, u.Disabled, u.Created, u.Modified, u.Sub[:])
	dst = AppendText(dst, u.Username)
	for _, v := range u.Values {
		dst = AppendText(binary.AppendUvarint(dst, uint64(v.ID)), v.Value)
	}
	return dst
}

var errDamaged = errors.New("the state is damaged: the record of a user")

// Parse reads a record.
func Parse(b []byte) (*User, error) {
	if len(b) < headSize || b[0] != userVersion {
		return nil, errDamaged
	}
	u := &User{
		Status: Status(b[1]), MFA: b[2]&flagMFA != 0, Disabled: b[2]&flagOff != 0,
		Created:  time.UnixMilli(int64(store.NumberOf(b[3:]))).UTC(),
		Modified: time.UnixMilli(int64(store.NumberOf(b[11:]))).UTC(),
		Sub:      [16]byte(b[19:headSize]),
	}
	b = b[headSize:]
	var ok bool
	if u.Username, b, ok = cutText(b); !ok {
		return nil, errDamaged
	}
	for len(b) > 0 {
		id, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errDamaged
		}
		v := Value{ID: int(id)}
		if v.Value, b, ok = cutText(b[n:]); !ok {
			return nil, errDamaged
		}
		u.Values = append(u.Values, v)
	}
	return u, nil
}

// cutText reads what AppendText wrote.
func cutText(b []byte) (text string, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	end := n + int(size)
	return string(b[n:end]), b[end:], true
}

// value returns an attribute, "" if the user has none of the name.
func (u *User) value(a *store.Attributes, name string) string {
	if id, ok := a.IDs[name]; ok {
		for _, v := range u.Values {
			if v.ID == id {
				return v.Value
			}
		}
	}
	return ""
}

// Fold returns what is compared of a username or an e-mail address.
func Fold(p *schema.Pool, v string) string {
	if p.CaseSensitive {
		return v
	}
	return strings.ToLower(strings.ToUpper(v))
}

// Kinds of alias keys.
const (
	AliasEmail    = 'e'
	AliasPhone    = 'p'
	AliasUsername = 'u' // preferred_username
)

// AliasKey returns the key of an alias.
func AliasKey(p *schema.Pool, kind byte, v string) []byte {
	if kind != AliasPhone {
		v = Fold(p, v)
	}
	return append([]byte{kind}, v...)
}
