package validate

import (
	"bytes"

	"github.com/zeebo/xxh3"
)

// fingerprint stands for a key that must be unique: 128 bits, so that among a
// hundred million keys the chance that two different ones meet is below 1 in
// 10^22. The zero value means that there is no key.
type fingerprint struct{ hi, lo uint64 }

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
func (c *Checker) fingerprint(k *keyColumn, value []byte) fingerprint {
	if len(value) == 0 {
		return fingerprint{}
	}
	if k.fold {
		value = c.foldCase(value)
	}
	h := xxh3.Hash128Seed(value, c.seed)
	return fingerprint{h.Hi, h.Lo | 1}
}

// addNoKeys stands for a row that has no keys.
func (c *Checker) addNoKeys() {
	for range c.v.keys {
		c.keys = append(c.keys, fingerprint{})
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
// goroutine at a time.
type Claims struct {
	Seed uint64 // of the fingerprints; a random one keeps prepared collisions out

	usernames, emails, phones fingerprintSet
	touched                   uint64
}

// set returns the set for the keys that code watches over.
func (c *Claims) set(code Code) *fingerprintSet {
	switch code {
	case EmailDuplicate:
		return &c.emails
	case PhoneDuplicate:
		return &c.phones
	}
	return &c.usernames
}

// touch reads where the keys of a block will be looked for. The reads do not
// wait for each other, as the look-ups would, each of which misses the caches.
func (c *Claims) touch(columns []keyColumn, keys []fingerprint) {
	for i := range columns {
		set := c.set(columns[i].code)
		for k := i; k < len(keys); k += len(columns) {
			sh := &set.shards[keys[k].hi>>56]
			if len(sh.slots) > 0 {
				c.touched += sh.slots[int(keys[k].hi)&(len(sh.slots)-1)].lo
			}
		}
	}
}

// fingerprintSet is a set in shards of open addressing, so that growing moves
// a small part at a time. A key costs 16 bytes and at most as much again.
type fingerprintSet struct {
	shards [256]shard
}

type shard struct {
	slots []fingerprint
	used  int
}

// has reports whether f is in the set.
func (s *fingerprintSet) has(f fingerprint) bool {
	sh := &s.shards[f.hi>>56]
	if len(sh.slots) == 0 {
		return false
	}
	return sh.slots[sh.find(f)] == f
}

// add puts f into the set.
func (s *fingerprintSet) add(f fingerprint) {
	sh := &s.shards[f.hi>>56]
	if sh.used*4 >= len(sh.slots)*3 {
		sh.grow()
	}
	i := sh.find(f)
	if sh.slots[i] != f {
		sh.slots[i] = f
		sh.used++
	}
}

// find returns the slot of f, or the empty one where it would go.
func (sh *shard) find(f fingerprint) int {
	mask := len(sh.slots) - 1
	for i := int(f.hi) & mask; ; i = (i + 1) & mask {
		if sh.slots[i] == f || sh.slots[i] == (fingerprint{}) {
			return i
		}
	}
}

func (sh *shard) grow() {
	old := sh.slots
	factor := 2
	if len(old) < 4096 {
		factor = 4 // while it is small, moving costs more than room
	}
	sh.slots = make([]fingerprint, max(16, factor*len(old)))
	for _, f := range old {
		if f != (fingerprint{}) {
			sh.slots[sh.find(f)] = f
		}
	}
}
