package profile

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// collected is what is known of a column of a block. What makes it fast is remembered from
// block to block, and changes nothing: the values that were seen lately, and forms.
type collected struct {
	counts
	kind     schema.Kind
	sound    book // shapes; of those that are rejected, too, until Collector.Reject
	rejected book
	domains  book
	spans    []scan.Span // values by record; nil: all are empty
	rejects  []int32     // records whose value has an error finding, in order
	hashes   []uint64    // of values, until it is known that the block is taken
	days     days

	seen  []seen
	forms forms
	names names
	pace  pace

	distinct distinct // of all blocks that were taken
}

// seen is a value that was counted lately, by hash: two values with the same 64 bits are
// taken for one.
type seen struct {
	hash          uint64 // 0: none
	shape, domain int32  // numbers, -1: none
	truth         truth
}

// How many values are remembered of a column.
const (
	leastSeen = 1 << 8
	mostSeen  = 1 << 10
)

// names are domains that were counted lately, by the hash of their text as it is.
type names [32]struct {
	hash   uint64 // 0: none
	number int32
}

// truth is what a value of a boolean column says.
type truth uint8

const (
	noTruth truth = iota
	isTrue
	isFalse
)

// begin forgets the block before.
func (b *collected) begin() {
	b.counts, b.days, b.hashes = counts{}, days{}, b.hashes[:0]
	b.rejected.begin()
	sound, domains := b.sound.begin(), b.domains.begin()
	if !sound {
		b.forms.reset()
	}
	if !domains {
		b.names = names{}
	}
	if !sound || !domains {
		clear(b.seen)
	}
	b.pace.begin(sound)
}

// measure returns how many values are not empty, and how many bytes the shortest and the
// longest of these have.
func measure(values []scan.Span) (filled, shortest, longest int) {
	least, most, empty := ^uint32(0), uint32(0), 0
	for _, v := range values {
		n := v.End - v.Start
		most = max(most, n)
		least = min(least, n-1) // of an empty one it is the greatest number
		if n == 0 {
			empty++
		}
	}
	return len(values) - empty, int(least) + 1, int(most)
}

// collect looks at the values of the records from one to another.
func (c *Collector) collect(b *collected, from, to int) {
	values := b.spans[from:to]
	filled, shortest, longest := measure(values)
	if filled == 0 {
		return
	}
	b.filled += int64(filled)
	if f := b.forms.of(b.pace.alike - 1); f != nil && longest <= 32 {
		c.collectAlike(b, values, longest, f)
		return
	}
	hashes, ascii := hashAll(c.hashes, c.padded, values, longest)
	c.hashes = hashes
	if ascii { // else look looks at lengths
		b.counts.add(&counts{shortest: int64(shortest), longest: int64(longest)})
	}
	if b.pace.unique {
		for i, hash := range hashes {
			if hash != 0 {
				b.hashes = append(b.hashes, hash)
				s := c.look(b, values[i], ascii)
				b.count(&s)
			}
		}
		return
	}
	mask := uint64(len(b.seen) - 1)
	for i, hash := range hashes {
		if hash == 0 {
			continue
		}
		s := &b.seen[hash&mask]
		if s.hash != hash {
			b.hashes = append(b.hashes, hash)
			*s = c.look(b, values[i], ascii)
			s.hash = hash
		}
		b.count(s)
	}
}

// collectAlike is collect for values of which most have the shape of a form, and are
// different.
func (c *Collector) collectAlike(b *collected, values []scan.Span, longest int, f *form) {
	hashes, fit, rest := hashAlike(c.hashes, c.padded, values, longest, f, c.rest)
	c.hashes, c.rest = hashes, rest
	for _, hash := range hashes {
		if hash != 0 {
			b.hashes = append(b.hashes, hash)
		}
	}
	if fit > 0 {
		b.sound.count(f.shape, int64(fit))
		b.counts.add(&counts{shortest: int64(f.length), longest: int64(f.length)})
	}
	if dated(b.kind) {
		for _, v := range values {
			if key := dayOf(b.kind, c.padded, v); key <= b.days.least || key >= b.days.greatest {
				b.date(c.padded, v)
			}
		}
	}
	for _, i := range rest {
		s := c.look(b, values[i], false)
		b.count(&s)
	}
}

// count counts a value that was looked at.
func (b *collected) count(s *seen) {
	if s.shape >= 0 {
		b.sound.count(s.shape, 1)
	}
	if s.domain >= 0 {
		b.domains.count(s.domain, 1)
	}
	switch s.truth {
	case isTrue:
		b.yes++
	case isFalse:
		b.no++
	}
}

// look looks at a value that was not seen lately. ascii: all values are ASCII.
func (c *Collector) look(b *collected, v scan.Span, ascii bool) (s seen) {
	s.shape, s.domain = -1, -1
	if !ascii {
		ascii = isASCII(c.padded, v)
		length := int64(v.Len())
		if !ascii {
			length = int64(utf8.RuneCount(v.Of(c.padded)))
		}
		b.counts.add(&counts{shortest: length, longest: length})
	}
	switch b.kind {
	case schema.KindHash:
		return s
	case schema.KindBoolean, schema.KindMFA:
		switch yes, ok := value.ParseBoolean(v.Of(c.padded)); {
		case ok && yes:
			s.truth = isTrue
		case ok:
			s.truth = isFalse
		}
	case schema.KindBirthdate, schema.KindUpdatedAt, schema.KindDateTime:
		b.date(c.padded, v)
	}
	at := 0 // of the domain
	if f := b.formOf(c.padded, v, ascii); f != nil {
		s.shape, at = f.shape, int(f.domain)
	} else {
		hash, text := c.shaper.shape(c.padded, v, ascii)
		s.shape = b.sound.find(hash, text)
		if ascii && !b.pace.varied {
			b.forms.saw(text, s.shape, v.Len())
		}
		if b.kind == schema.KindEmail {
			at = domainIn(v.Of(c.padded))
		}
	}
	if b.kind == schema.KindEmail && at > 0 {
		s.domain = c.name(b, v, at)
	}
	return s
}

// formOf returns the form of a value; nil: it has none that is known.
func (b *collected) formOf(padded []byte, v scan.Span, ascii bool) *form {
	if !ascii || b.pace.varied {
		return nil
	}
	f := b.forms.find(padded, v)
	b.pace.tried++
	if f != nil {
		b.pace.found++
	}
	return f
}

// domainIn returns where the domain of an address begins; 0: it has none.
func domainIn(address []byte) int {
	at := len(address)
	for ; at >= 8; at -= 8 { // eight bytes at a time, from the end
		odd := binary.LittleEndian.Uint64(address[at-8:]) ^ '@'*value.EveryByte
		if found := ^((odd&^highBits + 0x7F*value.EveryByte) | odd) & highBits; found != 0 {
			at -= bits.LeadingZeros64(found) / 8
			break
		}
	}
	if at < 8 {
		at = bytes.LastIndexByte(address[:at], '@') + 1
	}
	if at == len(address) {
		return 0
	}
	return at
}

// name returns the number of the domain that begins at a place of an address.
func (c *Collector) name(b *collected, v scan.Span, at int) int32 {
	hash, _ := hashOf(c.padded, scan.Span{Start: v.Start + uint32(at), End: v.End})
	n := &b.names[hash%uint64(len(b.names))]
	if n.hash != hash {
		folded, domain := c.domainOf(v, at)
		n.hash, n.number = hash, b.domains.find(folded, domain)
	}
	return n.number
}

// domainOf returns the domain that begins at a place of an address, in lower case with its
// hash, until the next call.
func (c *Collector) domainOf(v scan.Span, at int) (hash uint64, domain []byte) {
	if text := v.Of(c.padded)[at:]; !value.IsASCII(text) {
		c.domain = append(c.domain[:0], bytes.ToLower(text)...)
	} else {
		c.domain = append(c.domain[:0], text...)
		for i, b := range c.domain {
			if b-'A' < 26 {
				c.domain[i] = b | 0x20
			}
		}
	}
	return hashText(c.domain), c.domain
}

// days are the least and the greatest date of a block in a form that is compared fast. The
// zero value has none.
type days struct{ least, greatest uint64 }

// date counts the date of a value, if it is one.
func (b *collected) date(padded []byte, v scan.Span) {
	key := dayOf(b.kind, padded, v)
	if key > b.days.least && key < b.days.greatest {
		return
	}
	t, ok := dateOf(b.kind, v.Of(padded))
	if !ok {
		return
	}
	b.dates.add(t, t)
	if key == 0 {
		return
	}
	if b.days.greatest == 0 || key < b.days.least {
		b.days.least = key
	}
	b.days.greatest = max(b.days.greatest, key)
}

// dayOf returns a number that is the greater the later the date of a value is, if it is one
// in the usual form; 0: it may be in another one.
func dayOf(k schema.Kind, padded []byte, v scan.Span) uint64 {
	if v.Len() != 10 {
		return 0
	}
	d := v.Of(padded)
	switch {
	case k == schema.KindBirthdate:
		return uint64(binary.BigEndian.Uint32(d[6:]))<<32 | uint64(binary.BigEndian.Uint16(d))<<16 | uint64(binary.BigEndian.Uint16(d[3:]))
	case k == schema.KindUpdatedAt && d[0] != '0':
		return binary.BigEndian.Uint64(d) // of several that are the same each is looked at
	}
	return 0
}
