package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/transform"
	"poolprep/transform/sink"
)

// bucketRun is a run directory below a location of S3. It is made in a directory of its own
// on this machine, and sent when it is complete, the manifest last: what has a manifest is
// complete there, too.
type bucketRun struct {
	*transform.RunDirectory
	store *objects.Store
	at    objects.Location
	force bool
	stage string
}

// inBucket lets a run directory go to S3, and refuses a run that is there already.
func inBucket(ctx context.Context, d *transform.RunDirectory, force bool) (*bucketRun, error) {
	at, err := objects.Parse(d.Options.Dir)
	if err != nil {
		return nil, fmt.Errorf("--out-dir: %w", err)
	}
	b := &bucketRun{RunDirectory: d, store: objects.New(ctx), at: at, force: force}
	there, err := b.store.Exists(at.At(sink.ManifestName))
	if err != nil {
		return nil, err
	}
	if there && !force {
		return nil, fmt.Errorf("%s holds a run; choose another place, or say --force to replace it", at)
	}
	if b.stage, err = os.MkdirTemp("", "poolprep-s3-"); err != nil {
		return nil, err
	}
	d.Options.Dir, d.Options.Force = filepath.Join(b.stage, "run"), false
	return b, nil
}

// Commit completes the run, and sends it.
func (b *bucketRun) Commit(r *transform.Result) error {
	if err := b.RunDirectory.Commit(r); err != nil {
		return err
	}
	return b.send()
}

// send sends the files, the manifest last.
func (b *bucketRun) send() error {
	dir := b.RunDirectory.Options.Dir
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && e.Name() != sink.ManifestName {
			names = append(names, e.Name())
		}
		return err
	})
	if err != nil {
		return err
	}
	if b.force { // without its manifest a run is incomplete, whatever happens next
		if err := b.store.Delete(b.at.At(sink.ManifestName)); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := b.store.Put(b.at.At(name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if b.force {
		if err := b.removeOthers(names); err != nil {
			return err
		}
	}
	return b.store.Put(b.at.At(sink.ManifestName), filepath.Join(dir, sink.ManifestName))
}

// removeOthers removes what is left of the run that was there before.
func (b *bucketRun) removeOthers(names []string) error {
	there, err := b.store.Names(b.at)
	if err != nil {
		return err
	}
	for _, name := range there {
		if sink.IsRunFile(name) && !slices.Contains(names, name) {
			if err := b.store.Delete(b.at.At(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// close removes what was made on this machine.
func (b *bucketRun) close() error {
	if b == nil || b.stage == "" {
		return nil
	}
	err := os.RemoveAll(b.stage)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
