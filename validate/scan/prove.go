package scan

import "math/bits"

// prove looks at data as the structure is found later, 64 bytes at a time, and
// returns the end of the last whole record, if every quote up to there opens at
// the start of a field and closes at the end of one. If ok is false that is not
// shown, and nothing is said.
func (s *Splitter) prove(data []byte) (cut int, ok bool) {
	p := prover{splitter: s, data: data, before: 1}
	m := marks{s.dialect.Delimiter, s.dialect.end(), s.dialect.Quote}
	s.outside = s.outside[:0]
	const words = 64
	var found, quotes [words]uint64
	base := 0
	for len(data)-base >= 64 {
		pieces := min((len(data)-base)/64, words)
		active.masks(found[:pieces], quotes[:pieces], data[base:], m)
		for i := range pieces {
			if !p.piece(base, 64, found[i], quotes[i]) {
				return 0, false
			}
			base += 64
		}
	}
	if rest := len(data) - base; rest > 0 {
		var tail [64]byte
		copy(tail[:], data[base:])
		active.masks(found[:1], quotes[:1], tail[:], m)
		if !p.piece(base, rest, found[0], quotes[0]) {
			return 0, false
		}
	}
	if s.eof {
		return len(data), p.inside == 0
	}
	return s.lastOutside(data), true
}

// lastOutside returns the offset after the last record end that s.outside has a bit for.
func (s *Splitter) lastOutside(data []byte) int {
	for i := len(s.outside) - 1; i >= 0; i-- {
		for m := s.outside[i]; m != 0; {
			top := 63 - bits.LeadingZeros64(m)
			if at := i*64 + top; data[at] == s.dialect.end() {
				return at + 1
			}
			m &^= 1 << top
		}
	}
	return 0
}

// prover carries what one piece says of the next one.
type prover struct {
	splitter *Splitter
	data     []byte
	inside   uint64 // all ones within quotes, else zero
	before   uint64 // 1 if a quote may open at the first byte: a field starts there, or a quote closed before it
	closed   uint64 // 1 if a quote closed just before the first byte
}

// piece reports whether no quote among the n bytes from base on breaks the proof.
func (p *prover) piece(base, n int, found, quotes uint64) bool {
	within := prefixXOR(quotes) ^ p.inside
	opening, closing, outside := quotes&within, quotes&^within, found&^within
	p.splitter.outside = append(p.splitter.outside, outside)

	mayOpen := (outside|closing)<<1 | p.before
	after := closing<<1 | p.closed
	if n < 64 {
		after &= 1<<n - 1
	}
	p.inside = uint64(int64(within) >> 63)
	p.before = (outside | closing) >> 63
	p.closed = closing >> 63
	if opening&^mayOpen != 0 {
		return false
	}
	// After a closing quote come a delimiter, a record end, or another quote,
	// which makes the two a doubled one, or else CR LF.
	for rest := after &^ (outside | quotes); rest != 0; rest &= rest - 1 {
		if !p.crlfAt(base + bits.TrailingZeros64(rest)) {
			return false
		}
	}
	return true
}

// crlfAt reports whether there is a CR LF that ends a record, or may be one when the data goes on.
func (p *prover) crlfAt(i int) bool {
	if !p.splitter.dialect.crlf() || p.data[i] != '\r' {
		return false
	}
	if i+1 == len(p.data) {
		return !p.splitter.eof
	}
	return p.data[i+1] == '\n'
}
