package judge

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"poolprep/validate/ledger"
	"poolprep/validate/value"
)

// Twins are usernames that look alike and are two names for the pool: they
// differ only by the Unicode normal form (é as one character, or as e and an
// accent), or by the width of characters (fullwidth Latin, halfwidth Katakana).
// Each username has a common form, which twins share. For nearly all it is the
// username itself, for all of ASCII in any case; so nothing is done about these
// until there has been one that differs from its common form.

// noteTwin looks at the username of a record.
func (c *Checker) noteTwin(record int32, username []byte) {
	if !c.v.twins || value.IsASCII(username) {
		return
	}
	if c.v.fold {
		username = c.foldCase(username)
	}
	if common := c.common.of(username); !bytes.Equal(common, username) {
		c.facts.Twins = append(c.facts.Twins, ledger.Twin{Record: record, Key: c.facts.Seed.Fingerprint(ledger.UsernameSpace, common)})
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
			panic("judge: characters of the usual width take more room than others")
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
