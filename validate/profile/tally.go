package profile

import (
	"bytes"
	"cmp"
	"slices"

	"poolprep/validate/rule"
)

// tally counts texts. The zero value has none. Its entries are known by number, in the
// order in which they came.
type tally struct {
	slots   []int32 // numbers of entries from 1, by hash; 0: free
	entries []entry
	texts   []byte // of all entries

	floor   int64 // as often may have been counted what is not here, see forget
	dropped int64 // sum of what was forgotten
	epoch   int32 // numbers of entries are valid as long as it is the same
}

// entry is a text with its count.
type entry struct {
	hash       uint64
	start, end uint32 // in texts
	count      int64
	missing    int64 // at most as many are not in count, since they were forgotten
}

// reset makes the tally empty, for other texts of about the same number.
func (t *tally) reset() {
	if len(t.entries) == 0 {
		return
	}
	clear(t.slots)
	t.entries, t.texts = t.entries[:0], t.texts[:0]
	t.epoch++
}

func (t *tally) text(e *entry) []byte { return t.texts[e.start:e.end] }

// find returns the number of a text, which it adds with a count of 0 if it is new.
func (t *tally) find(hash uint64, text []byte) int32 {
	if 2*(len(t.entries)+1) > len(t.slots) {
		t.grow(max(64, 2*len(t.slots)))
	}
	mask := uint64(len(t.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		n := t.slots[at]
		if n == 0 {
			start := uint32(len(t.texts))
			t.texts = append(t.texts, text...)
			t.entries = append(t.entries, entry{hash: hash, start: start, end: uint32(len(t.texts)), missing: t.floor})
			t.slots[at] = int32(len(t.entries))
			return int32(len(t.entries)) - 1
		}
		if e := &t.entries[n-1]; e.hash == hash && bytes.Equal(t.text(e), text) {
			return n - 1
		}
	}
}

// add counts a text n times more.
func (t *tally) add(hash uint64, text []byte, n int64) {
	t.entries[t.find(hash, text)].count += n
}

// grow makes a table of so many slots, a power of two.
func (t *tally) grow(slots int) {
	if cap(t.slots) < slots {
		t.slots = make([]int32, slots)
	}
	t.slots = t.slots[:slots]
	clear(t.slots)
	mask := uint64(slots - 1)
	for i := range t.entries {
		at := t.entries[i].hash & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = int32(i + 1)
	}
}

// merge adds the counts of another tally.
func (t *tally) merge(o *tally) {
	for i := range o.entries {
		if e := &o.entries[i]; e.count > 0 {
			t.add(e.hash, o.text(e), e.count)
		}
	}
}

// forget drops the rarest texts, so that at most keep are left. A text that comes again
// later may be missing as many as any that was dropped had, which is the floor. What is
// dropped depends on the counts alone.
//
// The floor is at most a (keep+1)th of all that was counted: where it rises by one, more than
// keep texts were above it, so each of that many units of the count is used up once.
func (t *tally) forget(keep int) {
	if len(t.entries) <= keep {
		return
	}
	least := t.leastOf(keep)
	kept := tally{floor: t.floor, dropped: t.dropped, epoch: t.epoch + 1}
	for i := range t.entries {
		e := &t.entries[i]
		if most := e.count + e.missing; most <= least {
			kept.floor = max(kept.floor, most)
			kept.dropped += e.count
		}
	}
	kept.entries = make([]entry, 0, cap(t.entries))
	kept.texts = make([]byte, 0, cap(t.texts))
	for _, e := range t.entries {
		if e.count+e.missing > least {
			text := t.text(&e)
			e.start = uint32(len(kept.texts))
			kept.texts = append(kept.texts, text...)
			e.end = uint32(len(kept.texts))
			kept.entries = append(kept.entries, e)
		}
	}
	kept.slots = t.slots
	kept.grow(len(t.slots))
	*t = kept
}

// leastOf returns the least number of which at most keep entries may have more.
func (t *tally) leastOf(keep int) int64 {
	const small = 256 // counts up to here, which nearly all have
	var of [small]int
	left := len(t.entries)
	for i := range t.entries {
		if n := t.entries[i].count + t.entries[i].missing - t.floor; n < small {
			of[max(0, n)]++
		}
	}
	for n, times := range of {
		if left -= times; left <= keep {
			return t.floor + int64(n)
		}
	}
	all := make([]int64, len(t.entries))
	for i := range t.entries {
		all[i] = t.entries[i].count + t.entries[i].missing
	}
	slices.Sort(all)
	return all[len(all)-keep-1]
}

// top returns the most frequent texts of those with a count of at least least, k at most,
// and whether their counts are exact.
func (t *tally) top(k int, least int64) (out []rule.Count, exact bool) {
	var entries []*entry
	for i := range t.entries {
		if e := &t.entries[i]; e.count >= max(1, least) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(b.count, a.count), bytes.Compare(t.text(a), t.text(b)))
	})
	out, exact = []rule.Count{}, true
	for _, e := range entries[:min(k, len(entries))] {
		out = append(out, rule.Count{Value: string(t.text(e)), Count: e.count})
		exact = exact && e.missing == 0
	}
	return out, exact
}

// rest returns the sum of the counts below least, with all that was forgotten.
func (t *tally) rest(least int64) int64 {
	n := t.dropped
	for i := range t.entries {
		if c := t.entries[i].count; c < least {
			n += c
		}
	}
	return n
}
