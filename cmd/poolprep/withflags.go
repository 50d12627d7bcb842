package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/transform"
	"poolprep/transform/known"
	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// The library's errors name no flag, for a program that uses it has none. This file says,
// for each type of error that a flag mends, what the command adds.

// flagNote returns what the command says of an error of the library; nil: nothing of its
// own. said is the error itself, with notes on the errors that it wraps.
type flagNote func(err, said error) error

// note returns a flagNote for one type of error.
func note[E error](say func(e E, said error) error) flagNote {
	return func(err, said error) error {
		if e, ok := err.(E); ok {
			return say(e, said)
		}
		return nil
	}
}

// overrideFlags are the flags for the fields of schema.Overrides that may be wrong.
var overrideFlags = map[string]string{
	"AutoVerified": "--auto-verified", "Required": "--required", "UsernameAttributes": "--username-attributes", "AliasAttributes": "--alias-attributes", "MFA": "--mfa",
}

// otherFlags are the flags that count for the fingerprints of a plan.
var otherFlags = map[string]string{
	"schema": "--schema and the other flags about the pool", "mapping": "--mapping or --from", "join": "--join", "flags": "those about the input, the rules and repairs, and --show-values",
}

// flagNotes are the types of errors that flags mend.
func flagNotes() []flagNote {
	return []flagNote{
		// Recognition.
		note(func(e *legacy.UnsureError, said error) error {
			switch {
			case e.Empty:
				return nil
			case len(e.Guesses) == 0:
				return fmt.Errorf("%w; say which system it is from with --from, see `poolprep mapping list`, or use --mapping", said)
			}
			names := make([]string, len(e.Guesses))
			for i, g := range e.Guesses {
				names[i] = "--from " + g.Preset
			}
			return fmt.Errorf("%w; say which it is: %s", said, strings.Join(names, " or "))
		}),
		note(func(e *legacy.WrongError, said error) error {
			switch {
			case e.Empty:
				return nil
			case e.Better == nil:
				return fmt.Errorf("%w; if columns were renamed, save the preset, change it, and use it with --mapping: `poolprep mapping show %s > map.yaml`", said, e.Preset)
			}
			return fmt.Errorf("%w; if so, say --from %s", said, e.Better.Preset)
		}),
		// Reading.
		note(encodingNote),
		note(func(e *validate.UTF16Error, said error) error {
			return fmt.Errorf("%w; say --encoding %s", said, e.Charset)
		}),
		note(func(e *validate.NotATableError, said error) error {
			if e.What.Name != "JSON" {
				return nil
			}
			return fmt.Errorf("%w; say --dialect json, or ndjson where each line is an object", said)
		}),
		note(func(e *validate.HeaderError, said error) error {
			if !e.Encoding {
				return nil
			}
			return fmt.Errorf("%w; say what the file is written in with --encoding", said)
		}),
		note(func(e *validate.DataHeaderError, said error) error {
			if e.Count == 1 {
				return fmt.Errorf("%w; if another character separates the fields, say which with --delimiter; if the file has no header, say --no-header", said)
			}
			return fmt.Errorf("%w; if the file has no header, say --no-header, or header: false in a mapping, where fields go by their numbers", said)
		}),
		note(func(e *source.ExpandedError, said error) error {
			if e.Limit == 0 {
				return fmt.Errorf("%w; state the size that is right with --max-expanded", said)
			}
			return fmt.Errorf("%w; raise --max-expanded if it is not a decompression bomb", said)
		}),
		note(func(e *source.ReadError, said error) error {
			if !errors.Is(e.Err, source.ErrWindow) {
				return nil
			}
			return fmt.Errorf("%w; compress it with a smaller --long", said)
		}),
		note(func(_ *mapping.NoJoinError, said error) error {
			return fmt.Errorf("%w; name the file with --join", said)
		}),
		// Rules.
		note(func(e *schema.OverrideError, _ error) error {
			return fmt.Errorf("%s: %s", overrideFlags[e.Setting], e.Text)
		}),
		note(func(_ *keyset.SpillError, said error) error { return fmt.Errorf("%w, or raise --dedup-memory", said) }),
		note(func(e *known.LostError, _ error) error { return lostError(e) }),
		note(func(e *known.OpenError, said error) error {
			if e.Stated {
				return fmt.Errorf("--known: %w", said)
			}
			return fmt.Errorf("%w; with --known none it is left out", said)
		}),
		// Converting.
		note(func(e *transform.MisfitError, said error) error {
			var first *mapping.Error
			if !errors.As(e, &first) {
				return nil
			}
			preset, is := strings.CutPrefix(first.File, "preset ")
			if !is {
				return nil
			}
			return errors.Join(said, fmt.Errorf("to change a preset, save it, and use the copy with --mapping: `poolprep mapping show %s > map.yaml`", preset))
		}),
		note(func(_ *transform.FieldCountError, said error) error {
			return fmt.Errorf("%w; write a --mapping in which the columns are called 1, 2, 3", said)
		}),
		note(func(e *transform.HeaderCauseError, said error) error {
			return errors.Join(said, assumeNote(e), errors.New("map what is missing with --mapping, or judge the rows all the same with --keep-going"))
		}),
		note(func(_ *transform.OtherHeaderError, said error) error {
			return fmt.Errorf("%w: the files of one --out-dir share one %s; convert them one by one", said, sink.RejectsName)
		}),
		note(func(_ *transform.OtherKindError, said error) error {
			return fmt.Errorf("%w: the files of one --out-dir share one file of rejects; convert them one by one", said)
		}),
		// Parts.
		note(func(e *shard.OtherError, said error) error {
			return fmt.Errorf("%w: give --part the same flags as `poolprep plan` (%s)", said, otherFlags[e.What])
		}),
		note(func(_ *shard.ExistsError, said error) error {
			return fmt.Errorf("%w, or replace it with --force", said)
		}),
		// Writing.
		note(func(_ *sink.ExistsError, said error) error { return fmt.Errorf("%w, or replace it with --force", said) }),
		note(func(e *source.FileError, said error) error {
			missing := !e.Writing && errors.Is(e.Err, fs.ErrNotExist)
			switch {
			case missing && isAddress(e.Path):
				return fmt.Errorf("%w; of addresses only s3://BUCKET/KEY is read: download it first", said)
			case missing && objects.Is(e.Path) && strings.ContainsAny(e.Path, "*?["):
				return fmt.Errorf("%w; patterns do not stand for objects: name each", said)
			case missing && objects.Is(e.Path) && e.Err != fs.ErrNotExist: // it was looked for as a file
				return fmt.Errorf("%w; this is read from this machine only: fetch it with `aws s3 cp`", said)
			}
			if !e.Writing || !errors.Is(e.Err, syscall.EFBIG) {
				return nil
			}
			return fmt.Errorf("%w (--max-bytes, --max-rows)", said)
		}),
	}
}

// isAddress reports whether a path was meant as an address, such as https://example.com/x.csv.
func isAddress(path string) bool {
	scheme, _, ok := strings.Cut(path, ":/")
	return ok && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\.`) && !objects.Is(path)
}

// assumeNote says which flag fills the *_verified columns that no column of the source does;
// nil: there are none.
func assumeNote(e *transform.HeaderCauseError) error {
	for i := range e.Causes {
		if c := &e.Causes[i]; c.Unfilled() && c.Rows[0].Code == rule.NotVerified {
			names := strings.ReplaceAll(strings.Join(c.Columns, ","), "_verified", "")
			return fmt.Errorf("if the source has confirmed the addresses of all users, say so with --assume-verified %s", names)
		}
	}
	return nil
}

// encodingNote says of a wrong character set which flag states it.
func encodingNote(e *source.EncodingError, _ error) error {
	switch {
	case e.Found == "":
		return fmt.Errorf("%s: --encoding %s needs a byte order mark, and there is none: say %sle or %sbe", e.File, e.Stated, e.Stated, e.Stated)
	case e.Mark:
		return fmt.Errorf("%s: the file begins with the byte order mark of %s, but --encoding says %s", e.File, e.Found, e.Stated)
	}
	return fmt.Errorf("%s: this is UTF-8, but --encoding (or the mapping) says %s, which would spoil every letter outside ASCII; say --encoding utf-8", e.File, e.Stated)
}

// withFlags adds to the errors of the library in err which flags mend them.
func withFlags(err error) error {
	said := err
	switch e := err.(type) {
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		said = withNotes(err, e.Unwrap())
	case interface{ Unwrap() error }:
		said = withNotes(err, []error{e.Unwrap()})
	}
	for _, note := range flagNotes() {
		if noted := note(err, said); noted != nil {
			return noted
		}
	}
	return said
}

// withNotes is withFlags for the errors that err wraps, in the order of its text.
func withNotes(err error, wrapped []error) error {
	noted := &notedError{of: err}
	text := err.Error()
	for _, inner := range wrapped {
		said := withFlags(inner)
		if said == nil {
			continue
		}
		noted.wrapped = append(noted.wrapped, said)
		before, after, found := strings.Cut(text, inner.Error())
		if found {
			noted.text += before + said.Error()
			text = after
		}
	}
	if noted.text += text; noted.text == err.Error() {
		return err
	}
	return noted
}

// notedError is an error that wraps others on which there are notes.
type notedError struct {
	of      error // which it is, too
	text    string
	wrapped []error // with the notes
}

func (e *notedError) Error() string        { return e.text }
func (e *notedError) Unwrap() []error      { return e.wrapped }
func (e *notedError) Is(target error) bool { return errors.Is(e.of, target) }
func (e *notedError) As(target any) bool   { return errors.As(e.of, target) }
