package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/transform"
	"poolprep/transform/sink"
)

// newOutput returns the output that the flags name. command and known go into the manifest.
func (r *convertRun) newOutput(ctx context.Context, command []string, known []sink.KnownRun) (transform.Output, error) {
	compression := sink.Compression(r.compress.value)
	if r.outDir == "" {
		r.file = &transform.ImportFile{Writer: r.out, Compression: compression, SidePath: r.side}
		if namesFile(r.output) {
			r.file.Path = r.output
		}
		return r.file, nil
	}
	r.directory = &transform.RunDirectory{
		Options: sink.Options{
			Dir: r.outDir, Force: r.force, MaxRows: r.maxRows, MaxBytes: int64(r.maxBytes), FirstRows: r.firstRows, Compression: compression,
			KeepSkipped: r.kept,
		},
		Reasons:  r.reasons,
		Manifest: sink.Manifest{Tool: "poolprep " + versionText(), Command: command, Known: known},
	}
	if objects.Is(r.outDir) {
		store, err := objects.New(ctx).Directory(r.outDir)
		if err != nil {
			return nil, fmt.Errorf("--out-dir: %w", err)
		}
		r.outDir, r.directory.Options.Store = store.String(), store
	}
	return r.directory, nil
}

// namesFile reports whether the path of an --output flag is a file, not the stream.
func namesFile(path string) bool { return path != "" && path != "-" }

// writeOutput writes all of an output, to the file or, where path does not name one,
// to stdout. The file appears as a whole or not at all.
func writeOutput(stdout io.Writer, path string, write func(io.Writer) error) error {
	if !namesFile(path) {
		return write(stdout)
	}
	file, err := sink.CreateFile(path)
	if err != nil {
		return err
	}
	if err = write(file); err == nil {
		err = file.Commit()
	}
	return errors.Join(err, file.Abort()) // nothing after Commit
}
