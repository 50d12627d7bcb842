// Package validate checks user exports against the schema of an Amazon Cognito user
// pool before they are imported.
//
// Check is the whole check of one or several inputs: it finds out how they are written,
// judges every row, and returns a Result. Run is the part of it that reads the rows of
// one input whose header has been read, for those who do the rest themselves; package
// transform is one of them.
//
// By what rules is said with judge.Options. Here is what runs them over inputs: records
// are found, judged as far as that does not depend on their values (structure.go), judged
// by column or one by one (package judge), and what came of it is put in order. Whatever
// the number of workers, and the size of blocks and reads, a run does the same in the same
// order.
//
// A finding about data is a value; an error is for work that could not be done. Findings
// hold no values of the data unless asked for, and never a password hash. An Input, a
// Ledger and a run are for one goroutine at a time. What a callback is given is valid until
// it returns.
//
// The packages below: judge has the rules, rule the codes of findings and what they rest
// on, value the formats of single values, scan delimited text, row other records, source
// files and character sets, schema the pool, ledger what depends on the order of rows,
// keyset the keys that must be unique, report reports in every format.
package validate

import "poolprep/validate/rule"

// What Check returns and reports.
type (
	Finding = rule.Finding
	Summary = rule.Summary
	Result  = rule.Result
)
