// Package guess proposes a mapping for an export that nobody has described.
//
// Look reads the beginning of an export into a Sample: names of columns, and for each
// column how many values there are and what they look like. Guess makes a Proposal of it
// for a pool. AppendYAML writes the Proposal as a mapping file whose comments say why each
// line is as it is. The file always parses, and fits its export.
//
// Nothing that is ambiguous is decided: where the sample does not prove the order of day
// and month, where phone numbers lack their country, or where no column says what is
// verified, the line is there with its alternatives, as a comment. A program may ask a
// person (Proposal.Open) and decide with Line.Take.
//
// A Sample keeps no value of the data, and no text of this package holds one. A Sample is
// for one goroutine while records are added; a Proposal is for one goroutine. The package
// names no flags: what a person is told of a Decision is the caller's.
package guess
