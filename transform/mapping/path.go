package mapping

import "errors"

// cellPath follows a path into a text that holds JSON. It is safe for concurrent use.
type cellPath interface {
	// AppendText appends the value at the path. It returns what is wrong with the text, "" if
	// nothing is; what is not there is empty.
	AppendText(dst, text []byte) ([]byte, string)
	// AppendRaw appends what is at the path as JSON.
	AppendRaw(dst, text []byte) ([]byte, string)
}

func parsePath(name string) (cellPath, error) {
	return nil, errors.New("a path into a column with JSON is not supported yet")
}

// rawName is how the JSON text at a path is asked for, of records that are JSON.
func rawName(name string) string { return name }
