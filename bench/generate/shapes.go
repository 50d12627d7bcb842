package generate

import (
	"bytes"
	"slices"
)

// exportColumns are those of Export, or of Repair.
func exportColumns(repair bool) []column {
	columns := same("cognito:username", "email", "email_verified", "phone_number_verified", "cognito:mfa_enabled",
		"phone_number", "given_name", "family_name", "name", "birthdate", "gender", "locale", "zoneinfo", "address",
		"updated_at", "middle_name", "nickname", "preferred_username", "profile", "picture", "website")
	remake(columns, "address", fullAddress)
	remake(columns, "nickname", nickname)
	if repair {
		remake(columns, "email_verified", inSecondRows(yesNo))
		remake(columns, "phone_number_verified", inSecondRows(yesNo))
		remake(columns, "birthdate", inSecondRows(isoBirthdate))
	}
	return append(columns, column{header: "notes", make: notes})
}

// mappedColumns are those of Mapped, in the order of Export.
func mappedColumns() []column {
	return []column{
		{header: "Login", of: "cognito:username"},
		{header: "E-Mail", of: "email", make: typedEmail},
		{header: "Confirmed", of: "email_verified", make: yesNo},
		{header: "Phone Confirmed", of: "phone_number_verified"},
		{header: "MFA", of: "cognito:mfa_enabled"},
		{header: "Mobile", of: "phone_number", make: typedPhone},
		{header: "First Name", of: "given_name"},
		{header: "Last Name", of: "family_name"},
		{header: "Display Name", of: "name"},
		{header: "Born", of: "birthdate", make: dottedBirthdate},
		{header: "Title", of: "gender", make: title},
		{header: "Language", of: "locale"},
		{header: "Time Zone", of: "zoneinfo"},
		{header: "Street and City", of: "address", make: typedAddress},
		{header: "Changed", of: "updated_at", make: milliseconds},
		{header: "Second Name", of: "middle_name"},
		{header: "Known As", of: "nickname", make: nickname},
		{header: "Handle", of: "preferred_username"},
		{header: "Page", of: "profile"},
		{header: "Avatar", of: "picture"},
		{header: "Homepage", of: "website"},
	}
}

// remake says how the values of a column are made.
func remake(columns []column, name string, make maker) {
	columns[slices.IndexFunc(columns, func(c column) bool { return c.of == name })].make = make
}

// inSecondRows makes the values of every second row.
func inSecondRows(make maker) maker {
	return func(dst, value []byte, p *person) []byte {
		if p.number%2 == 1 {
			return make(dst, value, p)
		}
		return append(dst, value...)
	}
}

// fullAddress is an address with a comma, for those too who have none in Template.
func fullAddress(dst, _ []byte, p *person) []byte {
	dst = append(append(dst, p.street...), ' ')
	return append(append(pad(dst, p.house, 1), ", "...), p.city...)
}

// typedAddress is fullAddress with two blanks, and in one row of fifty a line break.
func typedAddress(dst, _ []byte, p *person) []byte {
	dst = append(append(dst, p.street...), "  "...)
	dst = append(pad(dst, p.house, 1), ',')
	if p.more.below(50) == 0 && p.open() {
		dst = append(dst, '\n')
	} else {
		dst = append(dst, ' ')
	}
	return append(dst, p.city...)
}

// givenName is the place of the column in Template.
var givenName = slices.Index(Columns, "given_name")

// nickname is one with quotation marks in one row of twenty.
func nickname(dst, value []byte, p *person) []byte {
	if p.more.below(20) == 0 && p.open() {
		return append(append(append(dst, `the "`...), p.value(givenName)...), '"')
	}
	return append(dst, value...)
}

// notes have a line break in one row of fifty, and nothing in most.
func notes(dst, _ []byte, p *person) []byte {
	switch n := p.more.below(50); {
	case n == 0 && p.open():
		return append(dst, "moved in spring\nasked for a call back"...)
	case n < 15:
		return append(pad(append(dst, "see ticket "...), int64(p.more.below(90_000)), 5), ", closed"...)
	}
	return dst
}

func yesNo(dst, value []byte, _ *person) []byte {
	if string(value) == "TRUE" {
		return append(dst, "yes"...)
	}
	return append(dst, "no"...)
}

// isoBirthdate is a date for those too who have none in Template, so that there is
// something to repair in all of them.
func isoBirthdate(dst, _ []byte, p *person) []byte {
	dst = append(pad(dst, p.year, 4), '-')
	return pad(append(pad(dst, p.month, 2), '-'), p.day, 2)
}

func dottedBirthdate(dst, value []byte, p *person) []byte {
	if len(value) == 0 {
		return dst
	}
	dst = append(pad(dst, p.day, 2), '.')
	return pad(append(pad(dst, p.month, 2), '.'), p.year, 4)
}

// typedEmail is an address as people type it: capital letters, blanks around it.
func typedEmail(dst, value []byte, p *person) []byte {
	switch p.more.below(12) {
	case 0:
		return append(dst, bytes.ToUpper(value)...)
	case 1:
		return append(append(append(dst, ' '), value...), ' ')
	case 2, 3, 4, 5:
		first := len(dst)
		dst = append(dst, value...)
		for i := first; i < len(dst); i++ {
			if i == first || dst[i-1] == '@' {
				dst[i] -= 'a' - 'A'
			}
		}
		return dst
	}
	return append(dst, value...)
}

// typedPhone is a number of Template, +1 and eleven digits and more, with brackets, or blanks.
func typedPhone(dst, value []byte, p *person) []byte {
	if len(value) == 0 {
		return dst
	}
	if p.more.below(2) == 0 {
		dst = append(append(append(dst, "+1 "...), value[2:5]...), ' ')
		return append(append(append(dst, value[5:8]...), ' '), value[8:]...)
	}
	dst = append(append(append(dst, "1 ("...), value[2:5]...), ") "...)
	return append(append(append(dst, value[5:8]...), '-'), value[8:]...)
}

func title(dst, value []byte, _ *person) []byte {
	switch string(value) {
	case "female":
		return append(dst, "Ms"...)
	case "male":
		return append(dst, "Mr"...)
	case "other":
		return append(dst, "Mx"...)
	}
	return dst
}

func milliseconds(dst, value []byte, p *person) []byte {
	return pad(append(dst, value...), int64(p.more.below(1000)), 3)
}
