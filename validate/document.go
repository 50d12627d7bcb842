package validate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"

	"github.com/valyala/fastjson"

	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// This file knows inputs that are JSON documents: lists of objects, objects that hold such a
// list, or objects over several lines, one after the other.

// Documents is the dialect of JSON documents.
func Documents(d scan.Dialect) scan.Dialect {
	return scan.Dialect{Kind: scan.JSON, MaxRecord: d.MaxRecord}
}

// Document reports whether the input is JSON documents, whose records are not lines.
func (in *Input) Document() bool { return in.dialect.Kind == scan.JSON }

// NoRow says of an input that it was read and has no row.
func (in *Input) NoRow() string {
	if in.json {
		return "the file has no record"
	}
	return "the file has a header and no row"
}

// DocumentError says that an input of JSON documents is broken. It holds no value.
type DocumentError struct {
	File string
	scan.DocumentError
}

func (e *DocumentError) Error() string {
	return fmt.Sprintf("%s:%d:%d: the JSON is broken: %s", e.File, e.Pos.Line, e.Pos.Column, e.What)
}

// broken names the input in the error of JSON documents that are broken.
func (in *Input) broken(err error) error {
	var document *scan.DocumentError
	if errors.As(err, &document) {
		return &DocumentError{in.Name, *document}
	}
	return err
}

// jsonForm is how a text is JSON.
type jsonForm uint8

const (
	notJSON jsonForm = iota // or none of which the records are objects
	jsonLines
	jsonDocuments
)

// documentStart is what JSON documents begin with.
var documentStart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\[\s*([{\]]|$)|\{\s*("([^"\\]|\\.)*"\s*:|\}|$))`)
})

// findJSON tells from the beginning of a text in which form it is JSON. Where each line is
// an object they are lines, unless the first one is a page: an object that holds a list of
// records of a known name, or nothing but a list.
func findJSON(sample []byte) jsonForm {
	sample = bytes.TrimLeft(sample, " \t\r\n")
	if source.IsJSONLines(sample) {
		if name, found := scan.RecordList(sample); found && (scan.IsRecordList([]byte(name)) || isOnlyMember(sample)) {
			return jsonDocuments
		}
		return jsonLines
	}
	if len(sample) > 0 && documentStart().Match(sample) {
		return jsonDocuments
	}
	return notJSON
}

// isOnlyMember reports whether the first line is an object of a single member.
func isOnlyMember(sample []byte) bool {
	line, _, _ := bytes.Cut(sample, []byte{'\n'})
	v, err := fastjson.ParseBytes(line)
	if err != nil {
		return false
	}
	object, err := v.Object()
	return err == nil && object.Len() == 1
}

// firstRecords passes over what is before the first record of JSON documents, however long
// that is, and returns a sample of what follows.
func (in *Input) firstRecords() ([]byte, error) {
	var b scan.Block
	for {
		found, err := in.splitter.BeforeRecords(&b)
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, in.broken(err)
		}
		if in.consumed += int64(len(b.Data)); found {
			break
		}
	}
	sample, err := in.splitter.Ahead(sampleSize)
	return bytes.Clone(sample), err
}
