package validate

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"

	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// seeds make other fingerprints in every run, so that nobody can prepare values
// with the same one. Each seed is that of one half.
type seeds [2]maphash.Seed

func newSeeds() seeds { return seeds{maphash.MakeSeed(), maphash.MakeSeed()} }

// addKeys appends the fingerprints of the row at hand, one for each key column.
func (c *Checker) addKeys() {
	for i := range c.v.keys {
		k := &c.v.keys[i]
		value := c.values[k.column].Of(c.buf)
		if k.onlyWhile >= 0 && !c.isTrue(k.onlyWhile) {
			value = nil
		}
		c.keys = append(c.keys, c.fingerprint(k, value))
		if c.showValues {
			c.shown = append(c.shown, c.values[k.column])
		}
	}
	if c.v.twins {
		c.noteTwin(c.record, c.values[c.v.username].Of(c.buf))
	}
}

// addKeys appends the fingerprints of sound rows, as Checker.addKeys would.
func (s *screening) addKeys(c *Checker, from, to int, data []byte) {
	columns := len(s.v.keys)
	all := slices.Grow(c.keys, (to-from)*columns)
	for k := range s.v.keys {
		keys := all[len(c.keys)+k : len(c.keys)+(to-from)*columns]
		key := &s.v.keys[k]
		var only []bool // rows that have the key; nil: all
		switch {
		case key.onlyWhile < 0:
		case key.onlyWhile == s.v.emailVerified:
			only = s.truths[0][from:to]
		case key.onlyWhile == s.v.phoneVerified:
			only = s.truths[1][from:to]
		}
		for i := range to - from {
			var value []byte
			if place := s.screen.keys[k]; place >= 0 && (only == nil || only[i]) {
				value = s.spans[place][from+i].Of(data)
			}
			keys[i*columns] = c.fingerprint(key, value)
		}
	}
	c.keys = all[:len(c.keys)+(to-from)*columns]
	if c.showValues {
		s.addShown(c, from, to)
	}
}

// addShown appends the values behind the keys that addKeys appends.
func (s *screening) addShown(c *Checker, from, to int) {
	for i := from; i < to; i++ {
		for _, place := range s.screen.keys {
			var value scan.Span
			if place >= 0 {
				value = s.spans[place][i]
			}
			c.shown = append(c.shown, value)
		}
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
	return c.fingerprintOf(k.code, value)
}

// fingerprintOf returns that of a value which is not empty, for a code of duplicates.
func (c *Checker) fingerprintOf(code rule.Code, value []byte) keyset.Key {
	const odd = 0x9E3779B97F4A7C15 // spreads the codes: a username and an e-mail address may be equal
	return keyset.Key{
		Hi: maphash.Bytes(c.seeds[0], value) + uint64(code)*odd,
		Lo: uint32(maphash.Bytes(c.seeds[1], value)>>32) | 1,
	}
}

// addNoKeys stands for a row that has no keys.
func (c *Checker) addNoKeys() {
	for range c.v.keys {
		c.keys = append(c.keys, keyset.Key{})
		if c.showValues {
			c.shown = append(c.shown, scan.Span{})
		}
	}
}

// foldCase returns v in lower case, valid until the next call.
func (c *Checker) foldCase(v []byte) []byte {
	if !value.IsASCII(v) {
		return bytes.ToLower(bytes.ToUpper(v))
	}
	c.folded = append(append(c.folded[:0], v...), make([]byte, 8)...)
	for at := 0; at < len(v); at += 8 {
		w := binary.LittleEndian.Uint64(c.folded[at:])
		// The highest bit of a byte of these is set from 'A' on, and from behind 'Z' on.
		capital := (w + (0x80-'A')*value.EveryByte) &^ (w + (0x80-'Z'-1)*value.EveryByte) & (0x80 * value.EveryByte)
		binary.LittleEndian.PutUint64(c.folded[at:], w|capital>>2)
	}
	return c.folded[:len(v)]
}
