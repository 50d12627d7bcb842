package profile

import (
	"math/bits"

	"github.com/axiomhq/hyperloglog"
)

// fewDistinct is how many different values are counted exactly.
const fewDistinct = 1024

// distinctError is by which share of itself the estimate of more values may be wrong. The
// standard error of its 16,384 registers is 0.0081: an estimate is farther off about once in
// 5,000 times.
const distinctError = 0.03

// distinct estimates how many different hashes there are; few it counts. The zero value has
// none. What it estimates depends neither on the order of the hashes nor on how they were
// merged: registers hold maxima.
type distinct struct {
	few    []uint64            // a hash table; 0: free
	n      int                 // in few
	sketch *hyperloglog.Sketch // nil: there are few
	// least is what a hash must reach in its register, as far as that was added here, to change
	// anything.
	least []uint8
}

// precision is the binary logarithm of the number of registers.
const precision = 14

// insert adds a hash to the sketch, unless that changes nothing: most often it does not.
func (d *distinct) insert(h uint64) {
	register, rank := h>>(64-precision), uint8(bits.LeadingZeros64(h<<precision|1<<(precision-1)))+1
	if rank > d.least[register] {
		d.least[register] = rank
		d.sketch.InsertHash(h)
	}
}

func (d *distinct) add(hashes []uint64) {
	for i, h := range hashes {
		if d.sketch != nil {
			for _, h := range hashes[i:] {
				d.insert(h)
			}
			return
		}
		d.addFew(h)
	}
}

// addFew adds a hash, which is not 0, to few others.
func (d *distinct) addFew(h uint64) {
	if 2*d.n >= len(d.few) {
		d.grow()
	}
	mask := uint64(len(d.few) - 1)
	at := h & mask
	for ; d.few[at] != h; at = (at + 1) & mask {
		if d.few[at] == 0 {
			d.few[at] = h
			d.n++
			break
		}
	}
	if d.n > fewDistinct {
		d.estimate()
	}
}

// grow makes room for more in few.
func (d *distinct) grow() {
	old := d.few
	d.few, d.n = make([]uint64, max(64, 2*len(old))), 0
	for _, h := range old {
		if h != 0 {
			d.addFew(h)
		}
	}
}

// estimate goes over from few to many.
func (d *distinct) estimate() {
	few := d.few
	d.few, d.n = nil, 0
	d.sketch = hyperloglog.NewNoSparse() // whose representation, and so estimate, never depends on the order
	d.least = make([]uint8, 1<<precision)
	for _, h := range few {
		if h != 0 {
			d.insert(h)
		}
	}
}

// merge adds those of another one.
func (d *distinct) merge(o *distinct) {
	for _, h := range o.few {
		if h != 0 {
			d.add([]uint64{h})
		}
	}
	if o.sketch == nil {
		return
	}
	if d.sketch == nil {
		d.estimate()
	}
	if err := d.sketch.Merge(o.sketch); err != nil {
		panic("profile: sketches of one precision do not merge: " + err.Error())
	}
}

// count returns how many there are, and by which share of that it may be wrong.
func (d *distinct) count() (n int64, wrong float64) {
	if d.sketch == nil {
		return int64(d.n), 0
	}
	return int64(d.sketch.Estimate()), distinctError
}
