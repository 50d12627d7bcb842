package validate

import (
	"bytes"

	"github.com/zeebo/xxh3"

	"poolprep/validate/keyset"
)

// addKeys appends the fingerprints of the row at hand, one for each key column.
func (c *Checker) addKeys() {
	for i := range c.v.keys {
		k := &c.v.keys[i]
		value := c.values[k.column].Of(c.buf)
		if k.onlyWhile >= 0 && !c.isTrue(k.onlyWhile) {
			value = nil
		}
		c.keys = append(c.keys, c.fingerprint(k, value))
	}
}

// fingerprint returns that of a value, none if it is empty.
func (c *Checker) fingerprint(k *keyColumn, value []byte) keyset.Key {
	if len(value) == 0 {
		return keyset.Key{}
	}
	if k.fold {
		value = c.foldCase(value)
	}
	h := xxh3.Hash128Seed(value, c.seed+uint64(k.code)) // a username and an e-mail address may be equal
	return keyset.Key{Hi: h.Hi, Lo: h.Lo | 1}
}

// addNoKeys stands for a row that has no keys.
func (c *Checker) addNoKeys() {
	for range c.v.keys {
		c.keys = append(c.keys, keyset.Key{})
	}
}

// foldCase returns v in lower case, valid until the next call.
func (c *Checker) foldCase(v []byte) []byte {
	if !isASCII(v) {
		return bytes.ToLower(bytes.ToUpper(v))
	}
	c.folded = c.folded[:0]
	for _, b := range v {
		if b-'A' <= 'Z'-'A' {
			b |= 0x20
		}
		c.folded = append(c.folded, b)
	}
	return c.folded
}

// Claims remembers the usernames, e-mail addresses and phone numbers of the
// accepted rows of a run, which may have several inputs. It is for one
// goroutine at a time, and to be closed.
type Claims struct {
	Seed uint64 // of the fingerprints; a random one keeps prepared collisions out
	keyset.Set
}
