package generate

import "time"

// oktaColumns are those of Okta's import template.
func oktaColumns() []column {
	return []column{
		{header: "login", of: "cognito:username"},
		{header: "firstName", of: "given_name"},
		{header: "lastName", of: "family_name"},
		{header: "middleName", of: "middle_name"},
		{header: "honorificPrefix", make: seldom(20, oneOf("Dr."))},
		{header: "honorificSuffix"},
		{header: "email", of: "email"},
		{header: "title", make: oneOf("", "Engineer", "Nurse", "Manager, Sales")},
		{header: "displayName", of: "name"},
		{header: "nickName", of: "nickname", make: nickname},
		{header: "profileUrl", of: "profile"},
		{header: "secondEmail"},
		{header: "mobilePhone", of: "phone_number"},
		{header: "primaryPhone"},
		{header: "streetAddress", make: street},
		{header: "city", make: city},
		{header: "state"},
		{header: "zipCode", make: number(90_000, 5)},
		{header: "countryCode", make: oneOf("US", "US", "CH", "FR", "ES", "PL")},
		{header: "postalAddress"},
		{header: "preferredLanguage"},
		{header: "locale", of: "locale", make: underscored},
		{header: "timezone", of: "zoneinfo"},
		{header: "userType"},
		{header: "employeeNumber", make: number(1_000_000, 7)},
		{header: "costCenter"},
		{header: "organization", make: oneOf("Example, Inc.", "Example GmbH")},
		{header: "division"},
		{header: "department", make: oneOf("Research", "Sales", "Support", "Finance")},
		{header: "managerId"},
		{header: "manager"},
	}
}

// supabaseColumns are those of the table auth.users that matter.
func supabaseColumns() []column {
	return []column{
		{header: "instance_id", make: oneOf("00000000-0000-0000-0000-000000000000")},
		{header: "id", make: uuid},
		{header: "aud", make: oneOf("authenticated")},
		{header: "role", make: oneOf("authenticated")},
		{header: "email", of: "email"},
		{header: "encrypted_password", make: bcryptHash},
		{header: "email_confirmed_at", of: "email_verified", make: confirmedAt},
		{header: "last_sign_in_at", make: sqlMoment},
		{header: "raw_app_meta_data", make: supabaseAppMetadata},
		{header: "raw_user_meta_data", of: "name", make: supabaseUserMetadata},
		{header: "created_at", make: sqlMoment},
		{header: "updated_at", of: "updated_at", make: sqlTime},
		{header: "phone", of: "phone_number", make: withoutPlus},
		{header: "phone_confirmed_at", of: "phone_number_verified", make: confirmedAt},
		{header: "banned_until"},
		{header: "is_sso_user", make: oneOf("f")},
		{header: "deleted_at"},
		{header: "is_anonymous", make: oneOf("f")},
	}
}

func street(dst, _ []byte, p *person) []byte {
	return pad(append(append(dst, p.street...), ' '), p.house, 1)
}

func city(dst, _ []byte, p *person) []byte { return append(dst, p.city...) }

// underscored is en_US for en-US.
func underscored(dst, value []byte, _ *person) []byte {
	for _, c := range value {
		if c == '-' {
			c = '_'
		}
		dst = append(dst, c)
	}
	return dst
}

func withoutPlus(dst, value []byte, _ *person) []byte {
	if len(value) == 0 {
		return dst
	}
	return append(dst, value[1:]...)
}

func uuid(dst, _ []byte, p *person) []byte {
	var room [32]byte
	id := appendHexID(room[:0], p)
	for i, c := range id {
		if i == 8 || i == 12 || i == 16 {
			dst = append(dst, '-')
		}
		if i == 20 {
			dst = append(dst, '-', '0', '0', '0', '0')
		}
		dst = append(dst, c)
	}
	return dst
}

// bcryptHash has the form of a hash of cost 10, of no password.
func bcryptHash(dst, _ []byte, p *person) []byte {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	dst = append(dst, "$2a$10$"...)
	for i := range 53 {
		n := p.more.below(64)
		switch i {
		case 21: // of the last characters of salt and hash not all bits count
			n &^= 15
		case 52:
			n &^= 3
		}
		dst = append(dst, alphabet[n])
	}
	return dst
}

// confirmedAt is a time where a flag is true.
func confirmedAt(dst, value []byte, p *person) []byte {
	if string(value) != "TRUE" {
		return dst
	}
	return sqlMoment(dst, nil, p)
}

func sqlMoment(dst, _ []byte, p *person) []byte {
	return appendSQL(dst, 1_600_000_000+int64(p.more.below(100_000_000)), p)
}

// sqlTime is the time of seconds since 1970, as PostgreSQL writes it.
func sqlTime(dst, value []byte, p *person) []byte { return appendSQL(dst, secondsOf(value), p) }

func appendSQL(dst []byte, seconds int64, p *person) []byte {
	dst = time.Unix(seconds, 0).UTC().AppendFormat(dst, "2006-01-02 15:04:05.")
	return append(pad(dst, int64(p.more.below(1_000_000)), 6), "+00"...)
}

func supabaseAppMetadata(dst, _ []byte, p *person) []byte {
	if p.more.below(8) == 0 {
		return append(dst, `{"provider": "email", "providers": ["email", "google"]}`...)
	}
	return append(dst, `{"provider": "email", "providers": ["email"]}`...)
}

func supabaseUserMetadata(dst, name []byte, p *person) []byte {
	dst = appendJSONText(append(dst, `{"full_name": `...), name)
	if p.more.below(5) == 0 {
		dst = append(pad(append(dst, `, "avatar_url": "https://cdn.example.org/avatars/`...), p.number, 7), `.png"`...)
	}
	return append(dst, '}')
}
