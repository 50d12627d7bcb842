// Package rule is the catalogue of what can be wrong: the codes of findings with their
// levels, texts and evidence; and the Finding itself, and the Result of a run. It judges
// nothing; package judge does.
//
// Codes are stable: scripts rely on their text forms. A finding is a value, not an
// error: an error is for work that could not be done.
package rule
