package generate

import (
	"slices"
	"time"
)

// kind says how the value of a column is written in JSON.
type kind uint8

const (
	jsonText kind = iota
	jsonFlag      // true or false, of TRUE or FALSE
	jsonMade      // as it was made
)

// auth0Columns are the members of Auth0. Those whose value is empty are left out, as
// Auth0 does, but for an e-mail address that a fault takes away.
func auth0Columns() []column {
	return []column{
		{header: "user_id", make: auth0ID},
		{header: "email", of: "email"},
		{header: "email_verified", of: "email_verified", kind: jsonFlag},
		{header: "username", of: "cognito:username"},
		{header: "phone_number", of: "phone_number"},
		{header: "phone_verified", of: "phone_number_verified", make: ofPhone, kind: jsonFlag},
		{header: "name", of: "name"},
		{header: "given_name", of: "given_name"},
		{header: "family_name", of: "family_name"},
		{header: "nickname", of: "nickname", make: nickname},
		{header: "picture", of: "picture"},
		{header: "created_at", make: isoMoment},
		{header: "updated_at", of: "updated_at", make: isoTime},
		{header: "identities", make: auth0Identities, kind: jsonMade},
		{header: "user_metadata", of: "locale", make: auth0UserMetadata, kind: jsonMade},
		{header: "app_metadata", make: auth0AppMetadata, kind: jsonMade},
		{header: "last_ip", make: ipAddress},
		{header: "logins_count", make: number(5000, 1), kind: jsonMade},
	}
}

var phoneNumber = slices.Index(Columns, "phone_number")

// ofPhone is a flag of those who have a telephone number.
func ofPhone(dst, value []byte, p *person) []byte {
	if len(p.value(phoneNumber)) == 0 {
		return dst
	}
	return append(dst, value...)
}

// appendHexID appends the 24 digits of an id, of the number of the row.
func appendHexID(dst []byte, p *person) []byte {
	const digits = "0123456789abcdef"
	n := uint64(p.number)*0x9e3779b97f4a7c15 + 0x6570f1a2b3c4d5e6
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&15])
	}
	return pad(dst, p.number%100_000_000, 8)
}

func auth0ID(dst, _ []byte, p *person) []byte { return appendHexID(append(dst, "auth0|"...), p) }

func auth0Identities(dst, _ []byte, p *person) []byte {
	dst = appendHexID(append(dst, `[{"connection":"Username-Password-Authentication","user_id":"`...), p)
	dst = append(dst, `","provider":"auth0","isSocial":false}`...)
	if p.more.below(8) == 0 {
		dst = pad(append(dst, `,{"connection":"google-oauth2","user_id":"`...), int64(p.more.below(1_000_000_000)), 21)
		dst = append(dst, `","provider":"google-oauth2","isSocial":true}`...)
	}
	return append(dst, ']')
}

func auth0UserMetadata(dst, locale []byte, p *person) []byte {
	dst = append(append(dst, `{"locale":"`...), locale...)
	return append(append(append(dst, `","country":"`...), pick(&p.more, auth0Countries)...), `"}`...)
}

var (
	auth0Countries = []string{"CH", "US", "JP", "PL", "BR", "FR", "ES"}
	auth0Plans     = []string{"free", "free", "basic", "pro"}
)

func auth0AppMetadata(dst, _ []byte, p *person) []byte {
	dst = append(append(dst, `{"plan":"`...), pick(&p.more, auth0Plans)...)
	if p.more.below(5) == 0 {
		return append(dst, `","roles":["member","editor"]}`...)
	}
	return append(dst, `","roles":["member"]}`...)
}

// isoTime is the time of seconds since 1970, with milliseconds.
func isoTime(dst, value []byte, p *person) []byte {
	return appendISO(dst, secondsOf(value), p)
}

// secondsOf reads digits.
func secondsOf(value []byte) (seconds int64) {
	for _, c := range value {
		seconds = seconds*10 + int64(c-'0')
	}
	return seconds
}

func isoMoment(dst, _ []byte, p *person) []byte {
	return appendISO(dst, 1_400_000_000+int64(p.more.below(100_000_000)), p)
}

func appendISO(dst []byte, seconds int64, p *person) []byte {
	dst = time.Unix(seconds, 0).UTC().AppendFormat(dst, "2006-01-02T15:04:05.")
	return append(pad(dst, int64(p.more.below(1000)), 3), 'Z')
}

// jsonLine makes the row at hand as an object on a line.
func (w *writer) jsonLine(columns []column) {
	w.buf = append(w.buf, '{')
	first := len(w.buf)
	for i := range columns {
		c := &columns[i]
		value := w.value(c.source)
		faulty := w.fault != nil && w.fault.column != "" && w.fault.column == c.of
		if c.make != nil && !faulty {
			w.room = c.make(w.room[:0], value, &w.person)
			value = w.room
		}
		if len(value) == 0 && !faulty {
			continue
		}
		if len(w.buf) > first {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(append(append(w.buf, '"'), c.header...), '"', ':')
		switch {
		case c.kind == jsonText || faulty:
			w.buf = appendJSONText(w.buf, value)
		case c.kind == jsonFlag && string(value) == "TRUE":
			w.buf = append(w.buf, "true"...)
		case c.kind == jsonFlag:
			w.buf = append(w.buf, "false"...)
		default:
			w.buf = append(w.buf, value...)
		}
	}
	w.buf = append(w.buf, '}', '\n')
}

// appendJSONText appends a text in quotes. Bytes that are no UTF-8 stay as they are.
func appendJSONText(dst, value []byte) []byte {
	dst = append(dst, '"')
	for _, c := range value {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
