package validate

import (
	"errors"

	"poolprep/validate/keyset"
)

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
