package judge

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

// Mark is a finding in the making, about a record of the block at hand. What it points
// to is looked up only when it is reported.
type Mark struct {
	Record   int32 // from 0
	Column   int32 // of the validator, from 0; -1: the whole record
	Code     rule.Code
	Severity rule.Severity
	Want     int32
	Got      int32
	Text     string
	Value    scan.Span // in the row's buffer
}

// Fill fills in what a finding says of a mark: all but where it stands, and Value.
func (v *Validator) Fill(f *rule.Finding, m *Mark) {
	f.Code, f.Severity = m.Code, m.Severity
	f.Want, f.Got, f.Text = int64(m.Want), int64(m.Got), m.Text
	if m.Column >= 0 {
		f.Column = v.columns[m.Column].name
	}
}

// Checker judges the records of a block one by one, and is the specification of all
// rules. It is the state of one goroutine. After Begin comes Record for every record that
// it is to look at, in order; marks about what the record is, whoever finds them; and one
// of Row, AddKeys and AddNoKeys.
type Checker struct {
	v      *Validator
	facts  *ledger.Facts // of the block: here it notes keys, hashes and twins
	marks  []Mark
	errors int         // among marks
	before int         // errors before the record at hand
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

// NewChecker returns a Checker for one goroutine. With showValues it knows the values
// behind the keys, see KeyValue.
func (v *Validator) NewChecker(showValues bool) *Checker {
	return &Checker{v: v, showValues: showValues}
}

// Begin forgets the block before, and takes the Facts of the next one: keys, twins and
// hash algorithms are noted there.
func (c *Checker) Begin(f *ledger.Facts) {
	c.facts, c.marks, c.shown, c.errors, c.before = f, c.marks[:0], c.shown[:0], 0, 0
}

// Record begins with a record of the block, from 0, whose values are not known yet.
func (c *Checker) Record(i int) {
	c.record, c.values, c.before = int32(i), nil, c.errors
}

// Rejected reports whether a mark about the record at hand is an error.
func (c *Checker) Rejected() bool { return c.errors > c.before }

// Marks returns the marks about the records of the block, in their order, until Begin.
func (c *Checker) Marks() []Mark { return c.marks }

// Mark notes a finding about a column of the record at hand, from 0, -1 for the whole
// record. What is to be said more is set in the mark, before the next call. One whose level
// is off is lost.
func (c *Checker) Mark(code rule.Code, column int) *Mark {
	return c.markAs(code, c.v.severity[code], column)
}

// markAs is Mark with a level of its own.
func (c *Checker) markAs(code rule.Code, severity rule.Severity, column int) *Mark {
	if severity == rule.Off {
		return &Mark{} // whatever the caller notes in it is lost
	}
	if severity == rule.Error {
		c.errors++
	}
	m := Mark{Record: c.record, Column: int32(column), Code: code, Severity: severity}
	if column >= 0 && c.values != nil {
		m.Value = c.values[column]
	}
	c.marks = append(c.marks, m)
	return &c.marks[len(c.marks)-1]
}

// Row judges the row of the record at hand. values are spans of buf, one a column of the
// validator; those with white space around are trimmed in place. t is what the fields may
// hold. Behind buf scan.Overread bytes may be read.
func (c *Checker) Row(buf []byte, values []scan.Span, t scan.Content) {
	c.buf, c.values, c.content = buf, values, t
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
	c.AddKeys(buf, values)
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
		} else if c.v.columns[i].kind != schema.KindNone {
			c.Mark(rule.ValueWhitespace, i)
		}
		c.values[i] = trimmed
	}
	return trimmed
}

// Trimmed returns how many values of the row at hand were trimmed silently.
func (c *Checker) Trimmed() int { return c.trimmed }

// RowLength notes a row of more than MaxRowBytes, and reports whether it is accepted all
// the same.
func (c *Checker) RowLength(n int) bool {
	if n > MaxRowBytes {
		c.Mark(rule.RowTooLong, -1).Want = MaxRowBytes
		return c.v.severity[rule.RowTooLong] != rule.Error
	}
	return true
}

func (c *Checker) missing(i int) {
	switch i {
	case c.v.username:
		c.Mark(rule.UsernameMissing, i)
	case c.v.email:
		if !c.isTrue(c.v.emailVerified) { // else email-missing says it
			c.Mark(rule.RequiredMissing, i)
		}
	case c.v.phone:
		if !c.isTrue(c.v.phoneVerified) {
			c.Mark(rule.RequiredMissing, i)
		}
	default:
		c.Mark(rule.RequiredMissing, i)
	}
}

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
		if m := c.markAs(rule.ValueInvisible, level, i); m.Severity != rule.Off {
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

// mfaAllows reports whether cognito:mfa_enabled may have the value in this pool.
func (v *Validator) mfaAllows(value bool) bool {
	return !(v.mfa == schema.MFAOn && !value || v.mfa == schema.MFAOff && value)
}

func (c *Checker) mfa(i int, value bool) {
	switch {
	case c.v.mfa == schema.MFAOn && !value:
		c.Mark(rule.MFAMismatch, i).Text = "required"
	case c.v.mfa == schema.MFAOff && value:
		c.Mark(rule.MFAMismatch, i).Text = "off"
	}
}

func (c *Checker) hash(i int, v []byte) {
	h, above := value.ParseHash(v)
	switch {
	case c.v.hash == value.HashNone:
		c.Mark(rule.HashUnexpected, i)
	case h == value.HashNone:
		name := "password"
		if c.v.hash != value.HashAuto {
			name = c.v.hash.String()
		}
		c.Mark(rule.HashFormat, i).Text = name
	case c.v.hash != value.HashAuto && h != c.v.hash:
		c.Mark(rule.HashOther, i).Text = h.String()
	case above != "":
		c.Mark(rule.HashBounds, i).Text = above
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
			if v.columns[i].kind == schema.KindMFA && c.values[i].Len() == 0 {
				c.Mark(rule.MFAMissing, i)
			}
		}
	}
	emailTrue, phoneTrue := c.isTrue(v.emailVerified), c.isTrue(v.phoneVerified)
	if emailTrue && v.email >= 0 && c.values[v.email].Len() == 0 {
		c.Mark(rule.EmailMissing, v.email)
	}
	if phoneTrue && v.phone >= 0 && c.values[v.phone].Len() == 0 {
		c.Mark(rule.PhoneMissing, v.phone)
	}
	if len(v.verifiers) > 0 {
		verified := false
		for _, i := range v.verifiers {
			verified = verified || i == v.emailVerified && emailTrue || i == v.phoneVerified && phoneTrue
		}
		if !verified {
			c.Mark(rule.NotVerified, v.verifiers[0]).Text = v.verifierNames
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
