package judge

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// value judges a value that is trimmed and not empty.
func (c *Checker) value(i int, col *column, v []byte) {
	if col.kind == schema.KindNone {
		return
	}
	t := c.content
	if col.computed {
		t = scan.HasAnything
	}
	if t&(scan.HasControls|scan.HasBackslash|scan.HasQuotes) != 0 {
		c.characters(i, col, v, t)
	}
	if word := value.NullWord(v); word != "" && col.kind != schema.KindNone {
		c.Mark(rule.ValueNullWord, i).Text = word
	}
	seen := v
	if t&scan.HasNonASCII != 0 {
		seen = c.invisible(i, col, v)
	}
	if len(v) > col.maxLength || col.minLength > 0 {
		c.length(i, col, v)
	}
	switch col.kind {
	case schema.KindNone, schema.KindText:
	case schema.KindUsername:
		c.username(i, v, seen)
	case schema.KindEmail:
		if len(seen) > 0 && !value.IsEmail(seen) {
			c.Mark(rule.EmailFormat, i)
		}
	case schema.KindPhone:
		if len(seen) > 0 && !value.IsPhone(seen) {
			c.Mark(rule.PhoneFormat, i)
		}
	case schema.KindBirthdate:
		switch value.CheckBirthdate(v) {
		case value.NotADate:
			c.Mark(rule.BirthdateFormat, i)
		case value.Impossible:
			c.Mark(rule.BirthdateImpossible, i)
		}
	case schema.KindUpdatedAt:
		if !value.IsEpochSeconds(v) {
			m := c.Mark(rule.UpdatedAtFormat, i)
			if len(v) == 13 && value.AllDigits(v) {
				m.Text = ": 13 digits, so probably milliseconds"
			}
		}
	case schema.KindBoolean, schema.KindMFA:
		if value, ok := value.ParseBoolean(v); !ok {
			c.Mark(rule.BooleanFormat, i)
		} else if col.kind == schema.KindMFA {
			c.mfa(i, value)
		}
	case schema.KindNumber:
		c.number(i, col, v)
	case schema.KindDateTime:
		if !value.IsDateTime(v) {
			c.Mark(rule.DateTimeFormat, i)
		}
	case schema.KindHash:
		c.hash(i, v)
	}
}

// characters looks for what the import file cannot hold, or holds in doubt.
func (c *Checker) characters(i int, col *column, v []byte, t scan.Content) {
	if t&scan.HasBackslash != 0 && ambiguousBackslash(v) {
		c.Mark(rule.ValueBackslash, i)
	}
	if t&scan.HasQuotes != 0 {
		switch {
		case v[0] == '"':
			c.Mark(rule.ValueQuoted, i)
		case bytes.IndexByte(v, '"') >= 0:
			c.Mark(rule.ValueQuoteInside, i)
		}
	}
	if t&scan.HasControls != 0 {
		c.controls(i, col, v)
	}
}

// ambiguousBackslash reports whether v has a backslash at the end or just before a comma.
func ambiguousBackslash(v []byte) bool {
	for i, b := range v {
		if b == '\\' && (i+1 == len(v) || v[i+1] == ',') {
			return true
		}
	}
	return false
}

// controls reports one line break and one other control character of a value at most.
func (c *Checker) controls(i int, col *column, v []byte) {
	lineBreak, other := false, rune(-1)
	for at := 0; at < len(v); {
		r, n := rune(v[at]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(v[at:])
		}
		at += n
		switch {
		case r == '\n' || r == '\r':
			lineBreak = true
		case r == '\t' && col.kind == schema.KindUsername: // username-whitespace says it
		case other < 0 && (r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0):
			other = r
		}
	}
	if lineBreak {
		c.Mark(rule.ValueLineBreak, i)
	}
	if other >= 0 {
		if m := c.Mark(rule.RowControl, i); m.Severity != rule.Off {
			m.Text = fmt.Sprintf("control character U+%04X in the value", other)
		}
	}
}

// length compares with the limits of the column.
func (c *Checker) length(i int, col *column, v []byte) {
	runes := utf8.RuneCount(v)
	switch {
	case runes > col.maxLength && col.kind == schema.KindUsername:
		m := c.Mark(rule.UsernameTooLong, i)
		m.Got, m.Want = int32(runes), int32(col.maxLength)
	case runes > col.maxLength:
		c.tooLong(i, runes, col.maxLength, "code points")
	case len(v) > maxValue:
		c.tooLong(i, len(v), maxValue, "bytes")
	case runes < col.minLength:
		m := c.Mark(rule.ValueTooShort, i)
		m.Got, m.Want = int32(runes), int32(col.minLength)
	}
}

func (c *Checker) tooLong(i, got, want int, unit string) {
	m := c.Mark(rule.ValueTooLong, i)
	m.Got, m.Want, m.Text = int32(got), int32(want), unit
}

// invisible looks for characters that nobody sees. It returns the value as its
// form is to be judged: without them, if they reject the row already, so that one
// cause makes one finding.
func (c *Checker) invisible(i int, col *column, v []byte) []byte {
	if col.kind == schema.KindNone || !value.MayHoldInvisible(v) {
		return v
	}
	level, rejected := c.v.invisibleLevel(col.kind), false
	for _, r := range value.Invisibles(v) {
		if col.kind == schema.KindUsername && c.namedByUsername(r) {
			rejected = true
			continue
		}
		if m := c.MarkAs(rule.ValueInvisible, level, i); m.Severity != rule.Off {
			m.Text = value.DescribeCharacter(r)
		}
		rejected = rejected || level == rule.Error
		break
	}
	if !rejected {
		return v
	}
	c.seen = value.WithoutInvisible(c.seen[:0], v)
	return c.seen
}

// namedByUsername reports whether a rule of usernames rejects the character.
func (c *Checker) namedByUsername(r rune) bool {
	return value.IsSpace(r) && c.v.severity[rule.UsernameWhitespace] == rule.Error || value.IsForeign(r) && c.v.severity[rule.UsernameCharacters] == rule.Error
}

// username judges a username; seen is what can be seen of it.
func (c *Checker) username(i int, v, seen []byte) {
	if !value.IsPlainWord(v) {
		if value.HasSpace(v) {
			c.Mark(rule.UsernameWhitespace, i)
		}
		if r := value.FirstForeign(v, c.v.severity[rule.RowControl] != rule.Error); r >= 0 {
			if m := c.Mark(rule.UsernameCharacters, i); m.Severity != rule.Off {
				m.Text = value.DescribeCharacter(r)
			}
		}
	}
	if len(seen) == 0 {
		return
	}
	email, phone := c.v.emailUsernames, c.v.phoneUsernames
	switch {
	case email && !value.IsEmail(seen) && !(phone && value.IsPhone(seen)):
		if m := c.Mark(rule.UsernameNotEmail, i); phone {
			m.Text = " or phone numbers"
		}
	case phone && !email && !value.IsPhone(seen):
		c.Mark(rule.UsernameNotPhone, i)
	case email || phone:
	case c.v.aliasEmail && value.IsEmail(seen):
		c.Mark(rule.UsernameLooksLikeAlias, i).Text = "an e-mail address"
	case c.v.aliasPhone && value.IsPhone(seen):
		c.Mark(rule.UsernameLooksLikeAlias, i).Text = "a phone number"
	}
}

func (c *Checker) number(i int, col *column, v []byte) {
	n, ok, tooBig := value.ParseWhole(v)
	switch {
	case !ok:
		c.Mark(rule.NumberFormat, i)
	case tooBig || col.minNumber != nil && n < *col.minNumber || col.maxNumber != nil && n > *col.maxNumber:
		if m := c.Mark(rule.NumberRange, i); m.Severity != rule.Off {
			m.Text = numberRange(col)
		}
	}
}

func numberRange(col *column) string {
	switch {
	case col.minNumber != nil && col.maxNumber != nil:
		return fmt.Sprintf("%d..%d", *col.minNumber, *col.maxNumber)
	case col.minNumber != nil:
		return fmt.Sprintf("%d and above", *col.minNumber)
	case col.maxNumber != nil:
		return fmt.Sprintf("%d and below", *col.maxNumber)
	}
	return "the 64-bit numbers"
}

func (c *Checker) mfa(i int, value bool) {
	switch {
	case c.v.mfa == schema.MFAOn && !value:
		c.Mark(rule.MFAMismatch, i).Text = "required"
	case c.v.mfa == schema.MFAOff && value:
		c.Mark(rule.MFAMismatch, i).Text = "off"
	}
}

// mfaAllows reports whether cognito:mfa_enabled may have the value in this pool.
func (v *Validator) mfaAllows(value bool) bool {
	return !(v.mfa == schema.MFAOn && !value || v.mfa == schema.MFAOff && value)
}

// HashFault returns what is wrong with a password hash, which is trimmed and not empty; ok
// is true if nothing is.
func (v *Validator) HashFault(hash []byte) (code rule.Code, text string, ok bool) {
	h, above := value.ParseHash(hash)
	switch {
	case v.hash == value.HashNone:
		return rule.HashUnexpected, "", false
	case h == value.HashNone:
		if v.hash == value.HashAuto {
			return rule.HashFormat, "password", false
		}
		return rule.HashFormat, v.hash.String(), false
	case v.hash != value.HashAuto && h != v.hash:
		return rule.HashOther, h.String(), false
	case above != "":
		return rule.HashBounds, above, false
	}
	return 0, "", true
}

func (c *Checker) hash(i int, v []byte) {
	if code, text, ok := c.v.HashFault(v); !ok {
		c.Mark(code, i).Text = text
	}
	if c.v.hash != value.HashAuto {
		return
	}
	if h := value.HashOf(v); h != value.HashNone {
		c.facts.Hashes = append(c.facts.Hashes, ledger.Hash{Record: c.record, Algorithm: h})
	}
}
