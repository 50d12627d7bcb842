// Package value knows the formats of single values: what an e-mail address, a phone
// number, a birthdate, a time, a number, a boolean, a password hash and a username are.
// There is one file per format. It has the exact function, which is the definition, and
// where speed matters a wide twin, which examines many bytes at a time: where the twin
// (Sound...) says yes, so does the exact function; where it is not sure it says no.
//
// The functions take values that are trimmed, not empty and valid UTF-8, unless they
// say otherwise; they keep nothing, change nothing, and are safe for concurrent use.
// The package knows no pool and no rule about several values: that is for package judge.
package value
