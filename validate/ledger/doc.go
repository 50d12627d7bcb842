// Package ledger decides what depends on the order of rows: their numbers, duplicates,
// limits, the one algorithm of password hashes, totals.
//
// Facts are what a worker knows of a block of records without knowing the blocks before
// it. They can be written down and read back, elsewhere and later. A Ledger takes Facts
// strictly in input order, those of several inputs one after the other, and fills in what
// the worker could not know. So the outcome of a run does not depend on the number of
// workers or the size of blocks, nor on the machines that its parts were made on.
//
// The package reads no text and judges no value; package validate does. Facts and a
// Ledger are for one goroutine at a time.
package ledger
