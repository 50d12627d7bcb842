package guess

import "poolprep/validate/schema"

// meaning is what a source column is, by its name.
type meaning uint8

const (
	unknown meaning = iota
	username
	email
	emailVerified
	emailConfirmedAt // a time, or nothing
	mobile
	phone
	phoneVerified
	phoneConfirmedAt // a time, or nothing
	fullName
	bareName // "Name": the full name, or the part that no other column has
	givenName
	familyName
	middleName
	nickname
	preferredUsername
	profile
	picture
	website
	gender
	birthdate
	timeZone
	locale
	address // in one piece
	street
	houseNumber
	postalCode
	city
	region
	country
	updatedAt
	passwordHash
	secret // that belongs to a password or a second factor
	identifier
	disabledFlag // true: the account is not in use
	activeFlag   // false: the account is not in use
	status
	otherTime // created, last login and the like: no column of a pool
	numMeanings
)

// targets are the columns of the pool that a meaning fills by itself.
var targets = [numMeanings]string{
	username: schema.UsernameColumn, email: "email", emailVerified: "email_verified", emailConfirmedAt: "email_verified",
	mobile: "phone_number", phone: "phone_number", phoneVerified: "phone_number_verified", phoneConfirmedAt: "phone_number_verified",
	fullName: "name", givenName: "given_name", familyName: "family_name", middleName: "middle_name", nickname: "nickname",
	preferredUsername: "preferred_username", profile: "profile", picture: "picture", website: "website", gender: "gender",
	birthdate: "birthdate", timeZone: "zoneinfo", locale: "locale", address: "address", updatedAt: "updated_at", passwordHash: schema.HashColumn,
}

// isHeading reports whether words of the meaning head a column and are hardly ever a value
// in one: not so are the words for a state, a place, a role or a kind of contact.
func (m meaning) isHeading() bool {
	switch m {
	case unknown, emailVerified, phoneVerified, bareName, nickname, profile, picture, website, street, city, region, country, locale, secret, disabledFlag, activeFlag, status:
		return false
	}
	return true
}

// isTime reports whether the values are dates or times.
func (m meaning) isTime() bool {
	return m == birthdate || m == updatedAt || m == emailConfirmedAt || m == phoneConfirmedAt || m == otherTime
}

// proves reports whether values show that a column has the meaning, or has it not.
func (m meaning) proves() bool {
	return m == email || m == mobile || m == phone || m == emailVerified || m == phoneVerified || m == passwordHash || m == birthdate || m == updatedAt || m == picture
}
