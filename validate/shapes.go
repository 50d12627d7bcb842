package validate

import (
	"encoding/binary"
	"encoding/json"
	"slices"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/profile"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
)

// This file makes the profile of a run of parts: each has that of its rows, as far as they do
// not depend on other rows, and the forms of the values of keys. Where the ledger of the whole
// run rejects a value, its form counts as rejected after all.

// lateCodes returns which findings the ledger makes about keys.
func lateCodes(keys []ledger.Column) func(rule.Code) bool {
	return func(code rule.Code) bool {
		for _, k := range keys {
			if k.Code == code {
				return true
			}
		}
		return code == rule.UsernameTwin
	}
}

// shapes are the forms of the values of keys in a block, written down as: how many forms there
// are, and of each the hash (8 bytes, little endian), its length, and itself; and for each key
// of each record the number of its form from 1, 0 if it has none. Numbers are varints.
type shapes struct {
	buf     []byte
	numbers map[string]int // from 1, by form
	texts   []byte
	of      []byte
	read    []shape // read back
	at      []int   // the number of the form of each key of each record, read back
	last    []int   // of each column of the profile, from 1: the last record that is rejected
}

type shape struct {
	hash uint64
	text []byte
}

// write appends the frame of a block. columns are the places of the keys in the profile.
func (s *shapes) write(c *profile.Collector, records int, columns []int) []byte {
	s.numbers, s.texts, s.of = make(map[string]int), s.texts[:0], s.of[:0]
	for record := range records {
		for _, place := range columns {
			n := 0
			if place >= 0 {
				if hash, text := c.Shape(place, record); len(text) > 0 {
					if n = s.numbers[string(text)]; n == 0 {
						n = len(s.numbers) + 1
						s.numbers[string(text)] = n
						s.texts = binary.LittleEndian.AppendUint64(s.texts, hash)
						s.texts = append(binary.AppendUvarint(s.texts, uint64(len(text))), text...)
					}
				}
			}
			s.of = binary.AppendUvarint(s.of, uint64(n))
		}
	}
	s.buf = append(binary.AppendUvarint(s.buf[:0], uint64(len(s.numbers))), s.texts...)
	s.buf = append(s.buf, s.of...)
	return s.buf
}

// parse reads a frame of n keys; ok is false if it is damaged.
func (s *shapes) parse(b []byte, n int) (ok bool) {
	s.read, s.at = s.read[:0], s.at[:0]
	count := func() int {
		v, size := binary.Uvarint(b)
		if size <= 0 || v > uint64(len(b))+1<<16 {
			ok = false
			return 0
		}
		b = b[size:]
		return int(v)
	}
	ok = true
	for range count() {
		if len(b) < 8 {
			return false
		}
		one := shape{hash: binary.LittleEndian.Uint64(b)}
		b = b[8:]
		size := count()
		if !ok || size > len(b) {
			return false
		}
		one.text, b = b[:size], b[size:]
		s.read = append(s.read, one)
	}
	for range n {
		number := count()
		if !ok || number > len(s.read) {
			return false
		}
		s.at = append(s.at, number)
	}
	return ok && len(b) == 0
}

// profiles is the profile of a run of parts; nil: there is none.
type profiles struct {
	*profile.Profiler
	days  bool
	rules judge.Options // as far as the count of usernames depends on them
	shapes
	frame []byte
}

// newProfiles adds up the profiles of the parts; nil if they have none.
func newProfiles(set *shard.Set) (*profiles, error) {
	states, err := set.Profiles()
	if err != nil || len(states) == 0 {
		return nil, err
	}
	var p *profiles
	for i, text := range states {
		var s profile.State
		if json.Unmarshal(text, &s) != nil {
			return nil, set.Damaged(i + 1)
		}
		if p == nil {
			p = &profiles{Profiler: s.Restore(), days: s.Days}
		}
		if p.Add(&s) != nil {
			return nil, set.Damaged(i + 1)
		}
	}
	return p, nil
}

// block takes a block after the ledger has.
func (p *profiles) block(in *shard.Input, r *shard.Reader, f *ledger.Facts) (err error) {
	if p.frame, err = r.Frame(shard.ShapesName, p.frame); err != nil {
		return err
	}
	width := len(in.Ledger.Keys)
	p.rules.NoDuplicates = !slices.ContainsFunc(in.Ledger.Keys, func(k ledger.Column) bool { return k.Code == rule.UsernameDuplicate })
	p.rules.Severity = map[rule.Code]rule.Severity{rule.UsernameDuplicate: in.Level(rule.UsernameDuplicate)}
	if !p.parse(p.frame, len(f.Verdicts)*width) {
		return r.Damaged(shard.ShapesName)
	}
	late := lateCodes(in.Ledger.Keys)
	clear(p.last)
	for i := range f.Findings {
		x, record := &f.Findings[i], f.RecordOf(i)
		if x.Severity != rule.Error || x.Column == "" {
			continue
		}
		place := p.Place(x.Column)
		if place < 0 {
			continue
		}
		for len(p.last) <= place {
			p.last = append(p.last, 0)
		}
		if p.last[place] == record+1 {
			continue
		}
		p.last[place] = record + 1
		if !late(x.Code) {
			continue
		}
		for k := range in.Ledger.Keys {
			if number := p.at[record*width+k]; in.Ledger.Keys[k].Name == x.Column && number > 0 {
				p.Reject(place, p.read[number-1].hash, p.read[number-1].text)
			}
		}
	}
	return nil
}
