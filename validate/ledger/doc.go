// Package ledger decides what depends on the order of rows: their numbers, duplicates,
// limits, the one algorithm of password hashes, totals.
//
// Facts are what a worker knows of a block of records by itself, whatever came before.
// They can be written down and read back, elsewhere and later. A Ledger takes Facts
// strictly in input order, those of several inputs one after the other, and settles in
// them what the worker could not know. So a run does the same for every number of
// workers and every size of blocks, and so do parts that were made on several machines.
//
// The package reads no text and judges no value; package validate does. Facts and a
// Ledger are for one goroutine at a time.
package ledger
