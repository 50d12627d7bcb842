package scan

// kernel finds the structure of a block. It is the one seam between the
// portable code and routines for particular processors.
type kernel interface {
	// index writes to dst the offsets, in order, of every delimiter and record
	// end that stands outside quotes and is not escaped, and returns how many.
	// data ends at the end of a record and its quoting is proven. dst has room
	// for len(data)+kernelSlack offsets; what lies after the last is undefined.
	index(dst []uint32, data []byte, d *Dialect) int
}

// kernelSlack is how many offsets a kernel may write beyond the last one, and
// leaves room for the end of a last record without line end.
const kernelSlack = 64

// active is the kernel in use.
var active kernel = portable{}
