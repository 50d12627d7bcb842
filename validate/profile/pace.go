package profile

import "poolprep/validate/schema"

// pace is which way of looking at the values of a column has lately been the fastest. It
// changes nothing that comes out.
type pace struct {
	blocks int   // until all is tried again
	unique bool  // few values come again: they are not remembered
	varied bool  // few have one of the forms: they are not compared with these
	alike  int32 // number of the shape of nearly all values, which are unique, from 1; 0: there is none

	tried, found int // values that were compared with forms in the block
}

// pacedBlocks is for how many blocks a way is kept.
const pacedBlocks = 16

// begin begins a block. known: the numbers of shapes are those of the block before.
func (p *pace) begin(known bool) {
	p.tried, p.found = 0, 0
	if p.blocks--; p.blocks < 0 || !known {
		*p = pace{}
	}
}

// adapt chooses the way after a block.
func (b *collected) adapt() {
	const few = 64
	p, missed := &b.pace, int64(len(b.hashes))
	if p.blocks > 0 || b.filled < few {
		return
	}
	if 4*missed >= b.filled && len(b.seen) < mostSeen {
		b.seen, p.blocks = make([]seen, mostSeen), 2
		return
	}
	p.blocks = pacedBlocks
	p.unique = 8*missed >= 7*b.filled
	p.varied = p.tried > few && 2*p.found < p.tried
	if !p.unique {
		return
	}
	switch b.kind {
	case schema.KindEmail, schema.KindBoolean, schema.KindMFA, schema.KindHash:
		return // more than their shapes is looked at
	}
	for _, i := range b.sound.touched {
		if f := b.forms.of(i); f != nil && f.length <= 32 && 10*b.sound.entries[i].count >= 9*b.filled {
			p.alike = i + 1
		}
	}
}
