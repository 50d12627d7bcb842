package ledger

import (
	"errors"

	"poolprep/validate/keyset"
)

// This file is the index of unique keys: which are taken, by whom, and which names look
// like them.

// span is an input whose lines have the places after base, up to the base of the next.
type span struct {
	name string
	base int64
}

// where returns the line of a place, and the input unless it is the one at hand;
// line 0 where it is not known.
func (l *Ledger) where(place uint32) (input string, line int64) {
	if place == 0 {
		return "", 0
	}
	i := len(l.inputs) - 1
	for l.inputs[i].base >= int64(place) {
		i--
	}
	if i < len(l.inputs)-1 {
		input = l.inputs[i].name
	}
	return input, int64(place) - l.inputs[i].base
}

// known are the keys that another run has already.
type known struct {
	keyset.Set
	name string
}

// Know says that the keys of n other runs will be learnt. The budget is shared evenly. It
// comes before the first key.
func (l *Ledger) Know(n int) {
	budget := l.keys.Budget
	if budget == 0 {
		budget = keyset.DefaultBudget
	}
	l.keys.Budget = budget / int64(max(n, 0)+1)
}

// Learn makes keys those of a user in another run, called name: a row that has one of
// them is a duplicate. Zero Keys are passed over. The users of one run come one after
// another.
func (l *Ledger) Learn(name string, keys []keyset.Key) error {
	if len(l.known) == 0 || l.known[len(l.known)-1].name != name {
		l.known = append(l.known, &known{Set: keyset.Set{Budget: l.keys.Budget, Dir: l.keys.Dir}, name: name})
	}
	run := l.known[len(l.known)-1]
	for _, key := range keys {
		if key == (keyset.Key{}) {
			continue
		}
		there, err := run.Has(key)
		if err == nil && !there {
			err = run.Add(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addNew is AddNew of the keys: those that another run has are not plainly new.
func (l *Ledger) addNew(keys []keyset.Key, row int) int {
	for _, k := range l.known {
		keys = without(&k.Set, keys, row)
	}
	if l.among != nil {
		return len(without(l.among, keys, row)) // they are new, and nobody asks for them again
	}
	return l.keys.AddNew(keys, row)
}

// without returns the rows, of row keys each, before the first one that has a key of the set.
func without(set *keyset.Set, keys []keyset.Key, row int) []keyset.Key {
	for i, key := range keys {
		if key == (keyset.Key{}) {
			continue
		}
		if there, err := set.Has(key); there || err != nil {
			return keys[:i-i%row]
		}
	}
	return keys
}

// prefetch says that keys will be asked for soon.
func (l *Ledger) prefetch(keys []keyset.Key) {
	if l.among != nil {
		l.among.Prefetch(keys)
		return
	}
	l.keys.Prefetch(keys)
}

// remember adds a key to a set, unless nobody will ask for it again.
func (l *Ledger) remember(set *keyset.Set, key keyset.Key) error {
	if l.among != nil {
		if again, err := l.among.Has(key); !again || err != nil {
			return err
		}
	}
	return set.Add(key)
}

// holder says who has a key: an earlier row at a place, or a user of another run.
type holder struct {
	place uint32 // 0: not known, or in another run
	run   string // "": an earlier row
}

// takenBy returns who has a key, if anybody has.
func (l *Ledger) takenBy(key keyset.Key) (by holder, taken bool, err error) {
	for _, k := range l.known {
		if taken, err = k.Has(key); taken || err != nil {
			return holder{run: k.name}, taken, err
		}
	}
	by.place, taken, err = l.keys.Find(key)
	return by, taken, err
}

// findTwin reports whether an earlier name that is taken has the same common form
// as a username that no earlier row has, and the place of the first one. common is
// the zero Key if the common form is the username itself.
func (l *Ledger) findTwin(username, common keyset.Key) (place uint32, found bool, err error) {
	if common == (keyset.Key{}) {
		return l.changed.Find(username)
	}
	same, unchanged, err := l.keys.Find(common)
	if err != nil {
		return 0, false, err
	}
	place, found, err = l.changed.Find(common)
	if unchanged && (!found || place == 0 || same > 0 && same < place) {
		place = same
	}
	return place, found || unchanged, err
}

// addTwin takes the common form of a username that differs from it.
func (l *Ledger) addTwin(common keyset.Key) error {
	if l.changed.Len() == 0 {
		l.changed.Dir, l.changed.Budget = l.keys.Dir, max(l.keys.Budget, 8)/8
		if l.keys.Budget == 0 {
			l.changed.Budget = keyset.DefaultBudget / 8
		}
	}
	if has, err := l.changed.Has(common); has || err != nil {
		return err
	}
	return l.remember(&l.changed, common)
}

// untilTwin returns the first record from i on, before end, whose username may
// have a twin among names that differ from their common form.
func (p *pass) untilTwin(i, end int) int {
	if len(p.twins) > 0 {
		end = min(end, int(p.twins[0].Record))
	}
	if p.changed.Len() == 0 {
		return end
	}
	for n := i; n < end; n++ {
		if has, err := p.changed.Has(p.f.Keys[n*p.f.Width]); has || err != nil {
			return n // what is wrong, takeKeys says
		}
	}
	return end
}

// takeTwin returns the common form of a record's username, the zero Key if it does not differ.
func (p *pass) takeTwin(record int) (common keyset.Key) {
	for ; len(p.twins) > 0 && int(p.twins[0].Record) <= record; p.twins = p.twins[1:] {
		if int(p.twins[0].Record) == record {
			common = p.twins[0].Key
		}
	}
	return common
}

// Close lets go of memory and files.
func (l *Ledger) Close() error {
	errs := []error{l.keys.Close(), l.changed.Close()}
	if l.among != nil {
		errs = append(errs, l.among.Close())
	}
	for _, k := range l.known {
		errs = append(errs, k.Close())
	}
	l.known = nil
	return errors.Join(errs...)
}
