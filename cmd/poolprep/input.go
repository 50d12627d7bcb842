package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"golang.org/x/term"

	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/validate"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// displayName returns what an input is called in findings.
func displayName(file string) string {
	if file == "-" {
		return "stdin"
	}
	return file
}

// inputFiles returns the files to read, "-" for stdin. A terminal as stdin is
// taken for a mistake.
func inputFiles(args []string, stdin *os.File) ([]string, error) {
	if len(args) == 0 {
		args = []string{"-"}
	}
	for i, a := range args {
		if a != "-" {
			continue
		}
		if term.IsTerminal(int(stdin.Fd())) {
			return nil, errors.New("a FILE is expected, or data on standard input; see --help")
		}
		for _, b := range args[:i] {
			if b == "-" {
				return nil, errors.New("standard input (-) can be read only once")
			}
		}
	}
	return args, nil
}

// reading returns what the flags say of how an input is written.
func (f *readFlags) reading(hash bool) (validate.Reading, error) {
	d, detect, err := f.scanDialect()
	return validate.Reading{
		Dialect: d, Detect: detect, JSONLines: f.dialect.value == "ndjson", Documents: f.dialect.value == "json", Encoding: f.encoding, SkipLines: f.skipLines,
		MaxExpanded: int64(f.maxExpanded), BlockSize: int(f.blockSize), Hash: hash, Known: f.known, Bare: !f.tables,
	}, err
}

// inputSource returns the input that an argument names. An object of S3 is looked for when
// it is read, until ctx ends.
func inputSource(ctx context.Context, file string, stdin *os.File) validate.Source {
	if file == "-" {
		return validate.Source{Name: displayName(file), Reader: stdin}
	}
	return validate.Source{Path: file, Open: opener(ctx, file)}
}

// opener returns how files are opened of which the paths are given: as files, unless one of
// them is in S3.
func opener(ctx context.Context, paths ...string) source.Opener {
	if !slices.ContainsFunc(paths, objects.Is) {
		return nil
	}
	store := objects.New(ctx)
	return func(path string) (source.Ranged, error) {
		if objects.Is(path) {
			return store.Open(path)
		}
		return source.Opener(nil).Open(path)
	}
}

// plannedPaths returns the paths of the sources of a plan.
func plannedPaths(plan *shard.Plan) (paths []string) {
	for _, s := range plan.Sources {
		paths = append(paths, s.Path)
	}
	return paths
}

// open opens an input. What it waits for is left behind when ctx ends.
func (f *readFlags) open(ctx context.Context, file string, stdin *os.File, hash bool) (*validate.Input, error) {
	o, err := f.reading(hash)
	if err != nil {
		return nil, err
	}
	return validate.Open(ctx, inputSource(ctx, file, stdin), o)
}
