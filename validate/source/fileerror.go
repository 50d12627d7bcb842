package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/dustin/go-humanize"
)

// FileError is about one file or directory. It names the path once, whatever the system's
// error named, and says what to do.
type FileError struct {
	Path    string
	Text    string // what is wrong
	Writing bool   // it was to be made or written; else opened or read
	Err     error  // the system's error; nil: there is none
}

func (e *FileError) Error() string { return e.Path + ": " + e.Text }

// Unwrap returns the system's error.
func (e *FileError) Unwrap() error { return e.Err }

// OpenError returns the error about a file that cannot be opened or read: its path,
// the reason and what to do. It is nil if err is, and err itself where it is such an
// error already.
func OpenError(path string, err error) error {
	return describe(path, err, false, func(cause error) string {
		switch {
		case errors.Is(cause, fs.ErrNotExist):
			return "there is no such file"
		case errors.Is(cause, syscall.EISDIR):
			return "this is a directory; name a file"
		case errors.Is(cause, fs.ErrPermission):
			return fmt.Sprintf("%v; let this user read it", cause)
		}
		return ""
	})
}

// CreateError returns the error about a file or directory that cannot be made or
// written, as OpenError does. A pipe whose reader went away keeps its error.
func CreateError(path string, err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return err
	}
	return describe(path, err, true, func(cause error) string {
		switch {
		case errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT):
			return fmt.Sprintf("the disk is full: %v; make room and start again", cause)
		case errors.Is(cause, fs.ErrPermission) || errors.Is(cause, syscall.EROFS):
			return fmt.Sprintf("%v; choose a place where you may write", cause)
		case errors.Is(cause, fs.ErrNotExist):
			return fmt.Sprintf("%v; make the directory that it lies in first", cause)
		case errors.Is(cause, syscall.EISDIR):
			return "this is a directory; name a file"
		case errors.Is(cause, syscall.EFBIG):
			return fmt.Sprintf("%v; raise the limit of this shell (ulimit -f), or make smaller chunks", cause)
		}
		return ""
	})
}

// describe makes a FileError with what advise says, or what is true for any file.
func describe(path string, err error, writing bool, advise func(cause error) string) error {
	if err == nil || errors.As(err, new(*FileError)) {
		return err
	}
	cause := Cause(err)
	text := advise(cause)
	switch {
	case text != "":
	case errors.Is(cause, syscall.ENOTDIR):
		text = fmt.Sprintf("%v: a part of the path is a file", cause)
	case errors.Is(cause, syscall.EIO):
		text = fmt.Sprintf("%v; the disk may be failing, use another one", cause)
	case errors.Is(cause, syscall.EMFILE) || errors.Is(cause, syscall.ENFILE):
		text = fmt.Sprintf("%v; raise the limit of this shell (ulimit -n)", cause)
	default:
		text = cause.Error()
	}
	return &FileError{Path: path, Text: text, Writing: writing, Err: cause}
}

// YAMLError returns the SyntaxError about a file that is not YAML, with the line where the
// library names one. It holds nothing of the text.
func YAMLError(path string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	e := &SyntaxError{File: path, Text: anchorName().ReplaceAllString(text, "anchor")}
	if m := yamlLine().FindStringSubmatch(e.Text); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Text = m[2]
	}
	return e
}

// What the library says of a line, and the name of an anchor that it quotes.
var (
	yamlLine   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^line ([0-9]+): (.*)$`) })
	anchorName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)anchor '.*'`) })
)

// Cause returns an error without the paths that the system puts into it.
func Cause(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}

// ReadFile returns the whole of a small file, such as a schema or a mapping, which
// what names in errors. A file of more than limit bytes is an error, and no more
// than that is read of it.
func ReadFile(path string, limit int64, what string) ([]byte, error) {
	return Opener(nil).ReadFile(path, limit, what)
}

// ReadFile is that of a file that the Opener opens.
func (o Opener) ReadFile(path string, limit int64, what string) ([]byte, error) {
	f, err := o.reader(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, OpenError(path, err)
	}
	if int64(len(text)) > limit {
		return nil, &FileError{Path: path, Text: fmt.Sprintf("more than %s, the limit of a %s; is it the right file?", humanize.IBytes(uint64(limit)), what)}
	}
	return text, nil
}
