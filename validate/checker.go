package validate

import (
	"bytes"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// mark is a finding in the making: about record and column of the block at
// hand. What it points to is looked up only when it is reported.
type mark struct {
	record   int32
	column   int32 // of the validator; -1: the whole record
	code     rule.Code
	severity rule.Severity
	want     int32
	got      int32
	text     string
	value    scan.Span
}

// Checker is the state of one goroutine that judges the rows of a block.
type Checker struct {
	v      *Validator
	facts  *ledger.Facts // of the block: here it notes keys, hashes and twins
	marks  []mark
	errors int         // among marks
	shown  []scan.Span // with showValues: the value behind each key
	folded []byte
	common commonForm

	// The row at hand.
	record     int32
	buf        []byte
	values     []scan.Span
	present    []uint64
	trimmed    int // silently
	content    scan.Content
	seen       []byte // of a value, without what is invisible
	showValues bool
}

// newChecker returns a checker for a worker with these Facts.
func (v *Validator) newChecker(f *ledger.Facts) *Checker { return &Checker{v: v, facts: f} }

// Begin forgets the marks of the block before.
func (c *Checker) Begin() { c.marks, c.shown, c.errors = c.marks[:0], c.shown[:0], 0 }

// mark notes a finding about a column of the row at hand, -1 for the whole row.
func (c *Checker) mark(code rule.Code, column int) *mark {
	return c.markAs(code, c.v.severity[code], column)
}

// markAs is mark with a level of its own.
func (c *Checker) markAs(code rule.Code, severity rule.Severity, column int) *mark {
	if severity == rule.Off {
		return &mark{} // whatever the caller notes in it is lost
	}
	if severity == rule.Error {
		c.errors++
	}
	m := mark{record: c.record, column: int32(column), code: code, severity: severity}
	if column >= 0 && c.values != nil {
		m.value = c.values[column]
	}
	c.marks = append(c.marks, m)
	return &c.marks[len(c.marks)-1]
}

// row judges one row and reports whether it is accepted. values are spans of
// buf, one a column; those with white space around are trimmed in place.
func (c *Checker) row(record int, buf []byte, values []scan.Span, t scan.Content) bool {
	before := c.errors
	c.record, c.buf, c.values, c.content = int32(record), buf, values, t
	c.trimmed = 0
	if len(c.v.nulls) > 0 {
		c.emptyNulls()
	}
	c.present = present(c.present, values)
	for w, set := range c.present {
		for ; set != 0; set &= set - 1 {
			i := w<<6 + bits.TrailingZeros64(set)
			s := values[i]
			if edge[buf[s.Start]]|edge[buf[s.End-1]] != 0 {
				if s = c.trim(i); s.Start == s.End {
					continue
				}
			}
			c.value(i, &c.v.columns[i], s.Of(buf))
		}
	}
	for _, i := range c.v.required {
		if values[i].Len() == 0 {
			c.missing(i)
		}
	}
	c.together()
	return c.errors == before
}

// present returns a set of bits, 64 to the word, of the spans that are not
// empty, reusing dst. Rows are mostly empty, in no pattern that a processor
// could foresee, so visiting the bits is faster than asking each span.
func present(dst []uint64, spans []scan.Span) []uint64 {
	dst = dst[:0]
	for len(spans) > 0 {
		n := min(64, len(spans))
		set := uint64(0)
		for _, s := range spans[:n] {
			// The difference is negative where the span is not empty.
			set = set>>1 | uint64(s.Start-s.End)>>31<<63
		}
		dst, spans = append(dst, set>>(64-n)), spans[n:]
	}
	return dst
}

// edge holds the bytes with which white space to trim may begin or end.
var edge = [256]uint8{' ': 1, '\t': 1, 0xC2: 1, 0xA0: 1}

// trim shortens the value of column i to what the service keeps of it, or with
// TrimSilently to what is left after the repair.
func (c *Checker) trim(i int) scan.Span {
	s := c.values[i]
	start, end := c.v.trimming()(s.Of(c.buf))
	trimmed := scan.Span{Start: s.Start + uint32(start), End: s.Start + uint32(end)}
	if trimmed != s {
		if c.v.silent {
			c.trimmed++
		} else if c.v.columns[i].kind != kindIgnored {
			c.mark(rule.ValueWhitespace, i)
		}
		c.values[i] = trimmed
	}
	return trimmed
}

// Trimmed returns how many values of the row at hand were trimmed silently, for a Stage.
func (c *Checker) Trimmed() int { return c.trimmed }

func (c *Checker) missing(i int) {
	switch i {
	case c.v.username:
		c.mark(rule.UsernameMissing, i)
	case c.v.email:
		if !c.isTrue(c.v.emailVerified) { // else email-missing says it
			c.mark(rule.RequiredMissing, i)
		}
	case c.v.phone:
		if !c.isTrue(c.v.phoneVerified) {
			c.mark(rule.RequiredMissing, i)
		}
	default:
		c.mark(rule.RequiredMissing, i)
	}
}

// value judges a value that is trimmed and not empty.
func (c *Checker) value(i int, col *column, v []byte) {
	if col.kind == kindIgnored {
		return
	}
	t := c.content
	if col.computed {
		t = scan.HasAnything
	}
	if t&(scan.HasControls|scan.HasBackslash|scan.HasQuotes) != 0 {
		c.characters(i, col, v, t)
	}
	if word := value.NullWord(v); word != "" && col.kind != kindIgnored {
		c.mark(rule.ValueNullWord, i).text = word
	}
	seen := v
	if t&scan.HasNonASCII != 0 {
		seen = c.invisible(i, col, v)
	}
	if len(v) > col.maxLength || col.minLength > 0 {
		c.length(i, col, v)
	}
	switch col.kind {
	case kindIgnored, kindText:
	case kindUsername:
		c.username(i, v, seen)
	case kindEmail:
		if len(seen) > 0 && !value.IsEmail(seen) {
			c.mark(rule.EmailFormat, i)
		}
	case kindPhone:
		if len(seen) > 0 && !value.IsPhone(seen) {
			c.mark(rule.PhoneFormat, i)
		}
	case kindBirthdate:
		switch value.CheckBirthdate(v) {
		case value.NotADate:
			c.mark(rule.BirthdateFormat, i)
		case value.Impossible:
			c.mark(rule.BirthdateImpossible, i)
		}
	case kindUpdatedAt:
		if !value.IsEpochSeconds(v) {
			m := c.mark(rule.UpdatedAtFormat, i)
			if len(v) == 13 && value.AllDigits(v) {
				m.text = ": 13 digits, so probably milliseconds"
			}
		}
	case kindBoolean, kindMFA:
		if value, ok := value.ParseBoolean(v); !ok {
			c.mark(rule.BooleanFormat, i)
		} else if col.kind == kindMFA {
			c.mfa(i, value)
		}
	case kindNumber:
		c.number(i, col, v)
	case kindDateTime:
		if !value.IsDateTime(v) {
			c.mark(rule.DateTimeFormat, i)
		}
	case kindHash:
		c.hash(i, v)
	}
}

// characters looks for what the import file cannot hold, or holds in doubt.
func (c *Checker) characters(i int, col *column, v []byte, t scan.Content) {
	if t&scan.HasBackslash != 0 && ambiguousBackslash(v) {
		c.mark(rule.ValueBackslash, i)
	}
	if t&scan.HasQuotes != 0 {
		switch {
		case v[0] == '"':
			c.mark(rule.ValueQuoted, i)
		case bytes.IndexByte(v, '"') >= 0:
			c.mark(rule.ValueQuoteInside, i)
		}
	}
	if t&scan.HasControls != 0 {
		c.controls(i, col, v)
	}
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
		case r == '\t' && col.kind == kindUsername: // username-whitespace says it
		case other < 0 && (r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0):
			other = r
		}
	}
	if lineBreak {
		c.mark(rule.ValueLineBreak, i)
	}
	if other >= 0 {
		if m := c.mark(rule.RowControl, i); m.severity != rule.Off {
			m.text = fmt.Sprintf("control character U+%04X in the value", other)
		}
	}
}

// length compares with the limits of the column.
func (c *Checker) length(i int, col *column, v []byte) {
	runes := utf8.RuneCount(v)
	switch {
	case runes > col.maxLength && col.kind == kindUsername:
		m := c.mark(rule.UsernameTooLong, i)
		m.got, m.want = int32(runes), int32(col.maxLength)
	case runes > col.maxLength:
		c.tooLong(i, runes, col.maxLength, "code points")
	case len(v) > maxValue:
		c.tooLong(i, len(v), maxValue, "bytes")
	case runes < col.minLength:
		m := c.mark(rule.ValueTooShort, i)
		m.got, m.want = int32(runes), int32(col.minLength)
	}
}

func (c *Checker) tooLong(i, got, want int, unit string) {
	m := c.mark(rule.ValueTooLong, i)
	m.got, m.want, m.text = int32(got), int32(want), unit
}

// invisible looks for characters that nobody sees. It returns the value as its
// form is to be judged: without them, if they reject the row already, so that one
// cause makes one finding.
func (c *Checker) invisible(i int, col *column, v []byte) []byte {
	if col.kind == kindIgnored || !value.MayHoldInvisible(v) {
		return v
	}
	level, rejected := c.v.invisibleLevel(col.kind), false
	for _, r := range value.Invisibles(v) {
		if col.kind == kindUsername && c.namedByUsername(r) {
			rejected = true
			continue
		}
		if m := c.markAs(rule.ValueInvisible, level, i); m.severity != rule.Off {
			m.text = value.DescribeCharacter(r)
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
			c.mark(rule.UsernameWhitespace, i)
		}
		if r := value.FirstForeign(v, c.v.severity[rule.RowControl] != rule.Error); r >= 0 {
			if m := c.mark(rule.UsernameCharacters, i); m.severity != rule.Off {
				m.text = value.DescribeCharacter(r)
			}
		}
	}
	if len(seen) == 0 {
		return
	}
	email, phone := c.v.emailUsernames, c.v.phoneUsernames
	switch {
	case email && !value.IsEmail(seen) && !(phone && value.IsPhone(seen)):
		if m := c.mark(rule.UsernameNotEmail, i); phone {
			m.text = " or phone numbers"
		}
	case phone && !email && !value.IsPhone(seen):
		c.mark(rule.UsernameNotPhone, i)
	case email || phone:
	case c.v.aliasEmail && value.IsEmail(seen):
		c.mark(rule.UsernameLooksLikeAlias, i).text = "an e-mail address"
	case c.v.aliasPhone && value.IsPhone(seen):
		c.mark(rule.UsernameLooksLikeAlias, i).text = "a phone number"
	}
}

func (c *Checker) number(i int, col *column, v []byte) {
	n, ok, tooBig := value.ParseWhole(v)
	switch {
	case !ok:
		c.mark(rule.NumberFormat, i)
	case tooBig || col.minNumber != nil && n < *col.minNumber || col.maxNumber != nil && n > *col.maxNumber:
		if m := c.mark(rule.NumberRange, i); m.severity != rule.Off {
			m.text = numberRange(col)
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

// mfaAllows reports whether cognito:mfa_enabled may have the value in this pool.
func (v *Validator) mfaAllows(value bool) bool {
	return !(v.mfa == schema.MFAOn && !value || v.mfa == schema.MFAOff && value)
}

func (c *Checker) mfa(i int, value bool) {
	switch {
	case c.v.mfa == schema.MFAOn && !value:
		c.mark(rule.MFAMismatch, i).text = "required"
	case c.v.mfa == schema.MFAOff && value:
		c.mark(rule.MFAMismatch, i).text = "off"
	}
}

func (c *Checker) hash(i int, v []byte) {
	h, above := value.ParseHash(v)
	switch {
	case c.v.hash == value.HashNone:
		c.mark(rule.HashUnexpected, i)
	case h == value.HashNone:
		name := "password"
		if c.v.hash != value.HashAuto {
			name = c.v.hash.String()
		}
		c.mark(rule.HashFormat, i).text = name
	case c.v.hash != value.HashAuto && h != c.v.hash:
		c.mark(rule.HashOther, i).text = h.String()
	case above != "":
		c.mark(rule.HashBounds, i).text = above
	}
	if c.v.hash == value.HashAuto && h != value.HashNone {
		c.facts.Hashes = append(c.facts.Hashes, ledger.Hash{Record: c.record, Algorithm: h})
	}
}

// together judges the values that depend on each other.
func (c *Checker) together() {
	v := c.v
	if v.rules == Rules2023 {
		for i := range v.columns {
			if v.columns[i].kind == kindMFA && c.values[i].Len() == 0 {
				c.mark(rule.MFAMissing, i)
			}
		}
	}
	emailTrue, phoneTrue := c.isTrue(v.emailVerified), c.isTrue(v.phoneVerified)
	if emailTrue && v.email >= 0 && c.values[v.email].Len() == 0 {
		c.mark(rule.EmailMissing, v.email)
	}
	if phoneTrue && v.phone >= 0 && c.values[v.phone].Len() == 0 {
		c.mark(rule.PhoneMissing, v.phone)
	}
	if len(v.verifiers) > 0 {
		verified := false
		for _, i := range v.verifiers {
			verified = verified || i == v.emailVerified && emailTrue || i == v.phoneVerified && phoneTrue
		}
		if !verified {
			c.mark(rule.NotVerified, v.verifiers[0]).text = v.verifierNames
		}
	}
}

// isTrue reports whether column i, if there is one, is true. The value may
// still have white space around it.
func (c *Checker) isTrue(i int) bool {
	if i < 0 {
		return false
	}
	v := c.values[i].Of(c.buf)
	if len(v) > 4 && (v[0] <= ' ' || v[len(v)-1] <= ' ') {
		start, end := value.TrimBlanks(v)
		v = v[start:end]
	}
	value, ok := value.ParseBoolean(v)
	return ok && value
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
