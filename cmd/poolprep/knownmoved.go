package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"poolprep/transform/sink"
)

// lostRun is a run that another one knew and that is not where it was.
type lostRun struct {
	sink.KnownRun
	by   *knownRun // the run that knew it
	path string    // where it was
	why  string    // what there is instead
}

// same returns the run among those that are there already which is the one that by knew
// as earlier, or nil. One of --known stands for it at the same place, whatever became of
// it since, and at another place if it is the same run; where its manifest was not
// recorded, if it may be.
func (k *knownRuns) same(by *knownRun, earlier sink.KnownRun, path string) *knownRun {
	if here := k.at(realPath(path)); here != nil && (here.stated || earlier.Manifest == "") {
		return here
	}
	for _, run := range k.runs {
		if earlier.Manifest != "" && run.Sum == earlier.Manifest {
			return run
		}
	}
	if _, err := os.Stat(path); earlier.Manifest != "" || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, run := range k.runs {
		if run.stated && run != by && run.Manifest.Created <= by.Manifest.Created && (earlier.WithoutFailed || run.Manifest.Rejects != nil) {
			return run
		}
	}
	return nil
}

// openSame adds the run at path if it is the one that was known as earlier, or says what
// there is instead.
func (k *knownRuns) openSame(earlier sink.KnownRun, path string) (run *knownRun, why string) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, "there is no such directory any more"
	}
	before := len(k.runs)
	run, err := k.open(path)
	switch {
	case err != nil:
		return nil, err.Error()
	case earlier.Manifest == "" || run.Sum == earlier.Manifest:
		return run, ""
	}
	k.runs = k.runs[:before]
	return nil, "that directory holds another run now (--known " + shellWord(path) + " takes that one)"
}

// lostError says which runs are not where they were, and the commands that go on: with
// them where they are, and without them.
func (k *knownRuns) lostError(lost []lostRun) error {
	var said, with []string
	for _, run := range k.runs {
		if run.stated && !slices.Contains(os.Args, run.Path) { // by a setting, which a flag overrides
			with = append(with, run.Path)
		}
	}
	for _, l := range lost {
		said = append(said, fmt.Sprintf("%s came from a file of %s: %s", l.by.Path, l.path, l.why))
		dir := l.foundIn()
		if dir == "" {
			dir = "DIR"
		}
		if dir == "DIR" || !slices.Contains(with, dir) {
			with = append(with, dir)
		}
	}
	text := strings.Join(said, "; ") + ". Users of earlier runs count as taken, so say where they are"
	if slices.Contains(with, "DIR") {
		text += ", with the directory in place of DIR"
	}
	without := []string{noneWord}
	for _, run := range k.runs {
		without = append(without, run.Path)
	}
	return fmt.Errorf("%s: `%s`. Without them, so that a person may get a second account: `%s`", text, withKnown(with), withKnown(without))
}

// withKnown returns the command line of this process with --known flags more.
func withKnown(dirs []string) string {
	words := []string{"poolprep"}
	for i, arg := range os.Args[1:] {
		words = append(words, shellWord(arg))
		if i > 0 { // the first is the command
			continue
		}
		for _, dir := range dirs {
			words = append(words, "--known", shellWord(dir))
		}
	}
	return strings.Join(words, " ")
}

// mostLookedAt is how many entries of a directory are looked at for a run that was moved.
const mostLookedAt = 1000

// foundIn returns the directory that the run is in now, if that is beside where it was,
// beside the run that knew it or in the working directory; "" if it is not.
func (l *lostRun) foundIn() string {
	if l.Manifest == "" {
		return ""
	}
	for _, parent := range []string{filepath.Dir(l.path), filepath.Dir(l.by.Path), "."} {
		d, err := os.Open(parent)
		if err != nil {
			continue
		}
		names, _ := d.Readdirnames(mostLookedAt)
		d.Close()
		slices.Sort(names)
		for _, name := range names {
			if dir := filepath.Join(parent, name); manifestSum(dir) == l.Manifest {
				return dir
			}
		}
	}
	return ""
}

// manifestSum returns the SHA-256 of the manifest in a directory, in hex, "" if there is none.
func manifestSum(dir string) string {
	path := filepath.Join(dir, sink.ManifestName)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
