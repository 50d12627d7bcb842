// Package transform turns the records of exports into rows of an import file.
//
// Convert is the whole conversion of one or several inputs: it detects how they are
// written, matches their columns, repairs what can be repaired exactly, has package
// validate judge every row, and writes accepted rows to an Output: an ImportFile, or a
// RunDirectory with chunks, rejects and a manifest. Fit says whether a mapping fits an
// input. Run is the part of Convert that converts the rows of one input whose header has
// been read, with a Converter: a mapping and the rules, compiled.
//
// A finding about data is a value; an error is for work that could not be done, and leaves
// no partial output. The output does not depend on the number of workers, or the size of
// blocks and reads. A Converter is immutable and safe for concurrent use; an Output and a
// run are for one goroutine at a time. What a callback is given is valid until it returns.
//
// The packages below: mapping has mappings as written and compiled, sink writes run
// directories and files, known finds earlier runs whose users count as taken.
package transform
