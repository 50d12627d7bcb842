package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform"
	"poolprep/transform/known"
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/keyset"
	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// TestLibraryNamesNoFlag reads every text in the library's source. The catalogue of
// findings has hints for people, which name flags.
func TestLibraryNamesNoFlag(t *testing.T) {
	flag := regexp.MustCompile(`(^|[^-])--[a-z]`)
	files := 0
	for _, dir := range []string{"validate", "transform"} {
		root := filepath.Join("..", "..", dir)
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch base := filepath.Base(path); {
			case err != nil:
				return err
			case d.IsDir() && base == "testdata":
				return filepath.SkipDir
			case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
				return nil
			case strings.HasPrefix(base, "codes") && filepath.Base(filepath.Dir(path)) == "rule":
				return nil
			}
			files++
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				assert.NoError(t, err)
				assert.NotRegexp(t, flag, text, "%s: a text of the library names a flag; give the error a type, and say in withflags.go which flag mends it", fset.Position(literal.Pos()))
				return true
			})
			return nil
		}))
	}
	assert.Greater(t, files, 100)
}

func TestWithFlags(t *testing.T) {
	spill := &keyset.SpillError{Dir: "/tmp", Err: syscall.ENOSPC}
	tests := map[string]error{
		"f: --encoding utf-16 needs a byte order mark, and there is none: say utf-16le or utf-16be":                                       &source.EncodingError{File: "f", Stated: "utf-16"},
		"f: the file begins with the byte order mark of utf-8, but --encoding says big5":                                                  &source.EncodingError{File: "f", Stated: "big5", Found: "utf-8", Mark: true},
		"f: this is UTF-8, but --encoding (or the mapping) says big5, which would spoil every letter outside ASCII; say --encoding utf-8": &source.EncodingError{File: "f", Stated: "big5", Found: "utf-8"},

		"f: this looks like UTF-16 without a byte order mark; say --encoding utf-16le":                                          &validate.UTF16Error{File: "f", Charset: "utf-16le"},
		"f:1:1: the header cannot be read: x; say what the file is written in with --encoding":                                  &validate.HeaderError{File: "f", Line: 1, What: "x", Encoding: true},
		"f:1:1: the header cannot be read: x":                                                                                   &validate.HeaderError{File: "f", Line: 1, What: "x"},
		"f: more than 2.0 kB came out of 1.0 kB; raise --max-expanded if it is not a decompression bomb":                        &source.ExpandedError{File: "f", Raw: 1000, Expanded: 3000, Limit: 2000},
		"f: 3.0 kB came out of 1.0 kB, which looks like a decompression bomb; state the size that is right with --max-expanded": &source.ExpandedError{File: "f", Raw: 1000, Expanded: 3000},

		"f: zstd data, at or before byte 7: the window is larger than 128 MiB; compress it with a smaller --long": &source.ReadError{File: "f", Codec: "zstd", Offset: 7, Err: source.ErrWindow},
		"f: zstd data, at or before byte 7: the file is cut off; get it again":                                    &source.ReadError{File: "f", Codec: "zstd", Offset: 7, Err: source.ErrCutOff},
		"f: reading failed after 7 bytes: input/output error":                                                     &source.ReadError{File: "f", Offset: 7, Err: syscall.EIO},

		`--auto-verified: unknown attribute "emial", did you mean "email"? (email, phone_number)`: schema.Default().Apply(schema.Overrides{AutoVerified: []string{"emial"}}),
		`--username-attributes: unknown attribute "x" (email, phone_number)`:                      schema.Default().Apply(schema.Overrides{UsernameAttributes: []string{"x"}}),
		`--alias-attributes: unknown attribute "x" (email, phone_number, preferred_username)`:     schema.Default().Apply(schema.Overrides{AliasAttributes: []string{"x"}}),
		`--required: the pool has no attribute "x"`:                                               schema.Default().Apply(schema.Overrides{Required: []string{"x"}}),

		"no room for the duplicate check in /tmp: no space left on device; set TMPDIR, or raise --dedup-memory":                                  spill,
		"/tmp/x (file of the duplicate check): no space left on device; make room, set TMPDIR to a directory elsewhere, or raise --dedup-memory": &keyset.SpillError{Dir: "/tmp", File: "/tmp/x", Err: syscall.ENOSPC},
		"/tmp/x (file of the duplicate check): unexpected EOF; set TMPDIR to a directory elsewhere, or raise --dedup-memory":                     &keyset.SpillError{Dir: "/tmp", File: "/tmp/x", Err: errors.New("unexpected EOF")},

		"--known: x": &known.OpenError{Stated: true, Err: errors.New("x")},
		"f:1:1: the header cannot be read: x; say what the file is written in with --encoding; with --known none it is left out": &known.OpenError{Err: &validate.HeaderError{File: "f", Line: 1, What: "x", Encoding: true}},

		"f:2:1: the header is not that of g: the files of one --out-dir share one rejects.csv; convert them one by one":                         &transform.OtherHeaderError{File: "f", First: "g", Line: 2},
		"f: of this file and g one is JSON lines and one is not: the files of one --out-dir share one file of rejects; convert them one by one": &transform.OtherKindError{File: "f", First: "g"},
		"f: file too large; raise the limit of this shell (ulimit -f), or make smaller chunks (--max-bytes, --max-rows)":                        source.CreateError("f", syscall.EFBIG),
		"f: file too large": source.OpenError("f", syscall.EFBIG),

		"the mapping does not fit f:\npreset okta:7:11: x\nto change a preset, save it, and use the copy with --mapping: `poolprep mapping show okta > map.yaml`": &transform.MisfitError{File: "f", Err: &mapping.Error{File: "preset okta", Line: 7, Column: 11, Err: errors.New("x")}},
		"the mapping does not fit f:\nmap.yaml: x": &transform.MisfitError{File: "f", Err: &mapping.Error{File: "map.yaml", Err: errors.New("x")}},

		// Within others.
		"a\n" + "no room for the duplicate check in /tmp: no space left on device; set TMPDIR, or raise --dedup-memory\n" + "b": errors.Join(errors.New("a"), spill, errors.New("b")),
		"x: f: file too large; raise the limit of this shell (ulimit -f), or make smaller chunks (--max-bytes, --max-rows): y":  fmt.Errorf("x: %w: y", source.CreateError("f", syscall.EFBIG)),
		"x": errors.New("x"),
	}
	for want, err := range tests {
		said := withFlags(err)
		require.EqualError(t, said, want)
		assert.Equal(t, want, errorText(said), "line feeds between errors are layout")
	}
	_, err := transform.Convert(t.Context(), transform.ConvertOptions{}, validate.Source{Name: "f", Reader: strings.NewReader("name\n")})
	assert.Equal(t, "f: nothing fills cognito:username, so every row would be rejected as username-missing\n"+
		"f: nothing fills email_verified, so every row would be rejected as not-verified\n"+
		"if the source has confirmed the addresses of all users, say so with --assume-verified email\n"+
		"map what is missing with --mapping, or judge the rows all the same with --keep-going", errorText(withFlags(err)), "the flag is said once")
	require.NoError(t, withFlags(nil))
	assert.True(t, strings.HasSuffix(withFlags(&sink.ExistsError{Dir: "d"}).Error(), ", or replace it with --force"))
	assert.True(t, strings.HasSuffix(withFlags(&transform.FieldCountError{File: "f", Want: 2, Got: 3}).Error(), "; write a --mapping in which the columns are called 1, 2, 3"))

	// What an error is stays, also where it is said differently.
	said := withFlags(reportError{fmt.Errorf("%w and %w", spill, errFindings)})
	assert.ErrorAs(t, said, new(reportError))
	assert.ErrorIs(t, said, errFindings)
	assert.ErrorIs(t, said, syscall.ENOSPC)
	assert.Contains(t, said.Error(), "--dedup-memory and findings")
}
