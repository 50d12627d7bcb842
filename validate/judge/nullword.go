package judge

import (
	"bytes"
	"errors"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// CheckNull reports whether the word can be one of Options.Nulls.
func CheckNull(word string) error {
	if word == "" {
		return errors.New("the word must not be empty: an empty value has no value anyway")
	}
	if start, end := value.Trim([]byte(word)); end-start < len(word) {
		return errors.New("the word must not have white space around it, for it is compared with values that are trimmed")
	}
	return nil
}

// IsNull reports whether the value that lies at s in buf, white space around it
// aside, is one of Options.Nulls.
func (c *Checker) IsNull(buf []byte, s scan.Span) bool {
	v := s.Of(buf)
	start, end := c.v.trimming()(v)
	return c.v.isNull(v[start:end])
}

// isNull reports whether v, which is trimmed, is one of Options.Nulls.
func (v *Validator) isNull(value []byte) bool {
	for _, w := range v.nulls {
		if bytes.Equal(value, w) {
			return true
		}
	}
	return false
}

// emptyNulls takes the values of the row at hand that stand for none as empty.
func (c *Checker) emptyNulls() {
	for i, s := range c.values {
		if s.Len() > 0 && c.v.columns[i].kind != schema.KindNone && c.IsNull(c.buf, s) {
			c.values[i] = scan.Span{Start: s.Start, End: s.Start}
		}
	}
}
