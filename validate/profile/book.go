package profile

// book counts the texts of one block after the other. It remembers the texts of blocks
// before, so that those that come again have the same number, and their place in the tally
// that the counts are merged into.
type book struct {
	tally
	touched []int32 // entries that were counted in the block, some of them several times
	places  []place // by entry, as far as they were merged
}

// place is the number of a text in another tally, as of an epoch of that one.
type place struct{ number, epoch int32 }

// maxBook is how many texts a book remembers. More are forgotten before the next block.
const maxBook = 1024

// begin forgets the counts of the block before, and reports whether the texts are
// remembered.
func (b *book) begin() (remembered bool) {
	for _, i := range b.touched {
		b.entries[i].count = 0
	}
	b.touched = b.touched[:0]
	if len(b.entries) <= maxBook {
		return true
	}
	b.reset()
	b.places = b.places[:0]
	return false
}

// count counts an entry n times more.
func (b *book) count(number int32, n int64) {
	e := &b.entries[number]
	if e.count == 0 {
		b.touched = append(b.touched, number)
	}
	e.count += n
}

func (b *book) add(hash uint64, text []byte, n int64) { b.count(b.find(hash, text), n) }

// mergeInto adds the counts of the block to a tally, always the same one, and forgets them.
func (b *book) mergeInto(t *tally) {
	for len(b.places) < len(b.entries) {
		b.places = append(b.places, place{epoch: -1})
	}
	for _, i := range b.touched {
		e, at := &b.entries[i], &b.places[i]
		if e.count <= 0 {
			continue
		}
		if at.epoch != t.epoch {
			*at = place{t.find(e.hash, b.text(e)), t.epoch}
		}
		t.entries[at.number].count += e.count
		e.count = 0
	}
	b.touched = b.touched[:0]
}
