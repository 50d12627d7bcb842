package judge

import (
	"bytes"
	"encoding/binary"
	"slices"

	"poolprep/validate/keyset"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// AddKeys appends the fingerprints of the row at hand, one for each of Keys. values are
// spans of buf, one a column of the validator. Row has done so already.
func (c *Checker) AddKeys(buf []byte, values []scan.Span) {
	c.buf, c.values = buf, values
	for i := range c.v.keys {
		k := &c.v.keys[i]
		value := c.values[k.Column].Of(c.buf)
		if k.onlyWhile >= 0 && !c.isTrue(k.onlyWhile) {
			value = nil
		}
		c.facts.Keys = append(c.facts.Keys, c.fingerprint(k, value))
		if c.showValues {
			c.shown = append(c.shown, c.values[k.Column])
		}
	}
	if c.v.twins {
		c.noteTwin(c.record, c.values[c.v.username].Of(c.buf))
	}
}

// AddKeys appends the fingerprints of the records from to to, which are sound, to the Facts
// of c, as c would.
func (s *FastBlock) AddKeys(c *Checker, from, to int) {
	columns, data := len(s.path.v.keys), s.cols.Block.Data
	if columns == 0 {
		return
	}
	n := len(c.facts.Keys)
	c.facts.Keys = slices.Grow(c.facts.Keys, (to-from)*columns)[:n+(to-from)*columns]
	for k := range s.path.v.keys {
		keys := c.facts.Keys[n+k:]
		key := &s.path.v.keys[k]
		var only []bool // rows that have the key; nil: all
		switch {
		case key.onlyWhile < 0:
		case key.onlyWhile == s.path.v.emailVerified:
			only = s.truths[0][from:to]
		case key.onlyWhile == s.path.v.phoneVerified:
			only = s.truths[1][from:to]
		}
		for i := range to - from {
			var value []byte
			if place := s.path.keys[k]; place >= 0 && (only == nil || only[i]) {
				value = s.spans[place][from+i].Of(data)
			}
			keys[i*columns] = c.fingerprint(key, value)
		}
	}
	if c.showValues {
		s.addShown(c, from, to)
	}
}

// addShown appends the values behind the keys that addKeys appends.
func (s *FastBlock) addShown(c *Checker, from, to int) {
	for i := from; i < to; i++ {
		for _, place := range s.path.keys {
			var value scan.Span
			if place >= 0 {
				value = s.spans[place][i]
			}
			c.shown = append(c.shown, value)
		}
	}
}

// fingerprint returns that of a value, none if it is empty.
func (c *Checker) fingerprint(k *KeyColumn, value []byte) keyset.Key {
	if len(value) == 0 {
		return keyset.Key{}
	}
	if k.fold {
		value = c.foldCase(value)
	}
	return c.facts.Seed.Fingerprint(k.space, value)
}

// AddNoKeys stands for a record that has no keys.
func (c *Checker) AddNoKeys() {
	for range c.v.keys {
		c.facts.Keys = append(c.facts.Keys, keyset.Key{})
		if c.showValues {
			c.shown = append(c.shown, scan.Span{})
		}
	}
}

// KeyValue returns where the value of a key of a record stands in the row's buffer, both
// from 0. Only with showValues.
func (c *Checker) KeyValue(record, key int) scan.Span {
	return c.shown[record*len(c.v.keys)+key]
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
