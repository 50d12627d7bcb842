package schema

import "slices"

// Kind says what the values of a column are, from its name and the type of its attribute.
type Kind uint8

// The kinds.
const (
	KindNone Kind = iota // the pool has no such column
	KindText
	KindUsername
	KindEmail
	KindPhone
	KindBirthdate
	KindUpdatedAt // seconds since 1970
	KindBoolean
	KindMFA
	KindNumber
	KindDateTime
	KindHash // of passwords; known in every pool
)

// kinds are those of columns whose name decides, whatever the type of the attribute.
var kinds = map[string]Kind{
	UsernameColumn: KindUsername, MFAColumn: KindMFA, HashColumn: KindHash,
	"email": KindEmail, "phone_number": KindPhone, "birthdate": KindBirthdate, "updated_at": KindUpdatedAt,
	"email_verified": KindBoolean, "phone_number_verified": KindBoolean,
}

// Kind returns the kind of a column.
func (p *Pool) Kind(column string) Kind {
	kind, named := kinds[column]
	switch {
	case column != HashColumn && !slices.Contains(p.Header, column):
		return KindNone
	case named:
		return kind
	}
	a, _ := p.Attribute(column)
	return [...]Kind{String: KindText, Number: KindNumber, DateTime: KindDateTime, Boolean: KindBoolean}[a.Type]
}

// IsVerified reports whether a column says that another one was verified.
func IsVerified(column string) bool {
	return column == "email_verified" || column == "phone_number_verified"
}
