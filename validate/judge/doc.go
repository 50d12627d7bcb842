// Package judge has the rules for rows of users, compiled from a pool: what a value, a row
// and a header must be. It reads and writes nothing, and compares no rows with each other;
// package validate runs it over inputs, and the ledger does the comparing.
//
// A Validator is the compiled rules. Validator.User judges a single user. A run judges the
// rows of a block in two ways:
//
//   - A Checker judges them one by one. It alone knows all rules, and is the specification.
//   - A Screen looks at many values of a column at a time, and finds the rows that are
//     sound. Most are, and they are not looked at again.
//
// The promise between the two: where the screen says that a row is sound, the Checker has
// nothing to say about it. Where the screen is not sure of single values it leaves these to
// the Checker, and else the whole row. To be too careful costs time, and nothing else.
//
// Both note findings as Marks, about a record and a column of the block: where these stand
// in the input is the business of who runs them. Keys, password hashes and names that look
// alike go into the Facts of the block.
//
// A new rule goes into the Checker, with a code in package rule. The screen must doubt
// every value that the rule may be about, where a screen is worth it by a loop over the
// column in screen.go. A new format of values is a file in package value and a kind in
// schema, and has a case in Checker.value and in Screening.column, or is doubted always:
// Screen.bit says whether of one value or of the whole row. A rule about values together
// goes into the two functions called together; what the header alone decides into
// HeaderCauses.
package judge
