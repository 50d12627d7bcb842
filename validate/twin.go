package validate

import (
	"bytes"
	"errors"
	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/value"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Twins are usernames that look alike and are two names for the pool: they
// differ only by the Unicode normal form (é as one character, or as e and an
// accent), or by the width of characters (fullwidth Latin, halfwidth Katakana).
// Each username has a common form, which twins share. For nearly all it is the
// username itself, for all of ASCII in any case; so nothing is done about these
// until there has been one that differs from its common form.

// twin is the fingerprint of the common form of a record's username that differs from it.
type twin struct {
	record int32
	key    keyset.Key
}

// noteTwin looks at the username of a record.
func (c *Checker) noteTwin(record int32, username []byte) {
	if !c.v.twins || value.IsASCII(username) {
		return
	}
	if c.v.fold {
		username = c.foldCase(username)
	}
	if common := c.common.of(username); !bytes.Equal(common, username) {
		c.twins = append(c.twins, twin{record, c.fingerprintOf(rule.UsernameDuplicate, common)})
	}
}

// commonForm makes what usernames have in common with their twins: characters of
// the usual width, accents put together with their letters (NFC).
type commonForm struct {
	wide []byte
	out  []byte
	iter norm.Iter
}

// of returns the common form of v, which is valid UTF-8, until the next call.
func (f *commonForm) of(v []byte) []byte {
	if bytes.IndexByte(v, 0xEF) >= 0 || bytes.Contains(v, []byte("\u3000")) { // no other characters have another width
		f.wide = slices.Grow(f.wide[:0], len(v)+utf8.UTFMax)
		n, read, err := width.Fold.Transform(f.wide[:cap(f.wide)], v, true)
		if err != nil || read < len(v) {
			panic("validate: characters of the usual width take more room than others")
		}
		v = f.wide[:n]
	}
	if norm.NFC.QuickSpan(v) == len(v) {
		return v
	}
	f.out = f.out[:0]
	for f.iter.Init(norm.NFC, v); !f.iter.Done(); {
		f.out = append(f.out, f.iter.Next()...)
	}
	return f.out
}

// findTwin reports whether an earlier name that is taken has the same common form
// as a username that no earlier row has, and the place of the first one. common is
// the zero Key if the common form is the username itself.
func (c *Claims) findTwin(username, common keyset.Key) (place uint32, found bool, err error) {
	if common == (keyset.Key{}) {
		return c.changed.Find(username)
	}
	same, unchanged, err := c.Find(common)
	if err != nil {
		return 0, false, err
	}
	place, found, err = c.changed.Find(common)
	if unchanged && (!found || place == 0 || same > 0 && same < place) {
		place = same
	}
	return place, found || unchanged, err
}

// addTwin takes the common form of a username that differs from it.
func (c *Claims) addTwin(common keyset.Key) error {
	if c.changed.Len() == 0 {
		c.changed.Dir, c.changed.Budget = c.Dir, max(c.Budget, 8)/8
		if c.Budget == 0 {
			c.changed.Budget = keyset.DefaultBudget / 8
		}
	}
	if has, err := c.changed.Has(common); has || err != nil {
		return err
	}
	return c.changed.Add(common)
}

// Close lets go of memory and files.
func (c *Claims) Close() error { return errors.Join(c.Set.Close(), c.changed.Close(), c.closeKnown()) }

// untilTwin returns the first record from i on, before end, whose username may
// have a twin among names that differ from their common form.
func (c *committing) untilTwin(i, end int) int {
	if len(c.twins) > 0 {
		end = min(end, int(c.twins[0].record))
	}
	if c.Claims.changed.Len() == 0 {
		return end
	}
	for n := i; n < end; n++ {
		if has, err := c.Claims.changed.Has(c.b.checker.keys[n*c.keys]); has || err != nil {
			return n // what is wrong, claim says
		}
	}
	return end
}

// takeTwin returns the common form of record i, the zero Key if it does not differ.
func (c *committing) takeTwin(i int) (common keyset.Key) {
	for ; len(c.twins) > 0 && int(c.twins[0].record) <= i; c.twins = c.twins[1:] {
		if int(c.twins[0].record) == i {
			common = c.twins[0].key
		}
	}
	return common
}
