// Package rule is the catalogue of what can be wrong: the codes of findings with their
// levels, texts and the evidence each rests on, and the finding itself. It judges
// nothing; packages judge and validate do.
//
// Codes are stable: scripts rely on their text forms. A finding is a value, not an
// error: an error is for work that could not be done.
package rule
