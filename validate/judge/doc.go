// Package judge has the rules for rows of users, compiled from a pool: what a value, a row
// and a header must be. It reads and writes nothing, and compares no rows with each other;
// package validate applies it to inputs, and package ledger compares rows.
//
// A Validator is the compiled rules. Validator.User judges a single user. A run judges the
// rows of a block in two ways:
//
//   - A Checker judges them one by one. It alone knows all rules, and is the specification.
//   - A FastPath looks at many values of a column at a time, and finds the rows that are
//     sound. Most are, and they are not looked at again.
//
// The promise between the two: where the fast path says that a row is sound, the Checker has
// nothing to say about it. Where the fast path marks single values for a recheck, the Checker
// judges only these, otherwise the whole row. A needless recheck costs time, and nothing else.
//
// Both note findings as Marks, about a record and a column of the block; the caller
// computes their positions in the input. Keys, password hashes and usernames that look
// alike go into the Facts of the block.
//
// A new rule goes into the Checker, with a code in package rule. The fast path must recheck
// every value that the rule may be about; if speed is worth it, with a loop over the column
// in fastpath_columns.go. A new format of values is a file in package value and a kind in
// schema, and has a case in Checker.value and in FastBlock.column, or else is always
// rechecked: FastPath.bit says whether the value or the whole row. A rule about several values
// of a row goes into the two functions called together; a rule about the header alone into
// HeaderCauses.
package judge
