// Package validate checks user exports against the schema of an Amazon Cognito user
// pool before they are imported.
//
// Check is the whole check of one or several inputs: it detects how they are written,
// judges every row, and returns a Result. Run is the part of it that judges the rows of one
// input whose header has been read, for callers who do the rest themselves, such as package
// transform.
//
// judge.Options state the rules. This package applies them to inputs: it finds records,
// judges what does not depend on their values (structure.go), has package judge judge the
// values by column or row by row, and puts the outcome into input order. The outcome does
// not depend on the number of workers, or the size of blocks and reads.
//
// A finding about data is a value; an error is for work that could not be done. Findings
// hold no values of the data unless asked for, and never a password hash. An Input, a
// Ledger and a run are for one goroutine at a time. What a callback is given is valid until
// it returns.
//
// The packages below:
//
//   - source opens files and streams: compression, character sets, detection
//   - scan reads delimited text: blocks, records, fields; row finds the fields of others
//   - schema is the pool; value has the formats of single values
//   - judge has the rules; rule has the codes of findings, and the Result of a run
//   - ledger decides what depends on the order of rows; keyset has the keys that must be unique
//   - report writes reports, one file per format
//   - escape and suggest help with messages
package validate

import "poolprep/validate/rule"

// What Check returns and reports.
type (
	Finding = rule.Finding
	Summary = rule.Summary
	Result  = rule.Result
)
