package validate

import (
	"math"

	"poolprep/validate/keyset"
)

// Claims remembers the usernames, e-mail addresses and phone numbers of the
// accepted rows of a run, which may have several inputs, and the line of each. It
// is for one goroutine at a time, and to be closed.
//
// Beside the memory of the Set, an eighth of its Budget at most goes into
// usernames that differ from their common form, if there are any.
type Claims struct {
	keyset.Set
	changed keyset.Set // common forms of usernames that differ from them, see noteTwin
	seeds   seeds      // of the fingerprints
	inputs  []claimedInput
	last    int64    // the highest place of a row that was committed
	known   []*known // other runs, whose keys are taken, too
}

// claimedInput is an input whose lines have the places after base, up to the base of the next.
type claimedInput struct {
	name string
	base int64
}

// begin says that the rows to come are those of another input. It returns what is
// to be added to a line for its place.
func (c *Claims) begin(name string) (base int64) {
	c.inputs = append(c.inputs, claimedInput{name, c.last})
	return c.last
}

// where returns the line of a place, and the input unless it is the one at hand;
// line 0 where it is not known.
func (c *Claims) where(place uint32) (input string, line int64) {
	if place == 0 {
		return "", 0
	}
	i := len(c.inputs) - 1
	for c.inputs[i].base >= int64(place) {
		i--
	}
	if i < len(c.inputs)-1 {
		input = c.inputs[i].name
	}
	return input, int64(place) - c.inputs[i].base
}

// placeKeys gives the keys of a batch the places of their records.
func (b *Batch) placeKeys(base int64, columns int) {
	keys := b.checker.keys
	if columns == 0 {
		return
	}
	for i := range len(keys) / columns {
		place := base + b.Line(i)
		if place > math.MaxUint32 {
			return // not known, from there on
		}
		for k := range keys[i*columns : (i+1)*columns] {
			if key := &keys[i*columns+k]; key.Lo != 0 {
				key.Place = uint32(place)
			}
		}
	}
}

// NewClaims returns claims on nothing. Their fields may still be set.
func NewClaims() *Claims { return &Claims{seeds: newSeeds()} }
