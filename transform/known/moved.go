package known

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"poolprep/transform/sink"
)

// Lost is a run that another one knew and that is not where it was.
type Lost struct {
	By    *Run          // the run that knew it
	Known sink.KnownRun // as that one noted it
	Path  string        // where it was
	Why   error         // what there is instead; ErrOther: another run
}

// ErrOther says that a directory holds another run than the one that was known.
var ErrOther = errors.New("that directory holds another run now")

// LostError says that runs are not where they were, so that their users are not known.
type LostError struct {
	Lost []Lost
	Runs *Runs // those that were found
}

func (e *LostError) Error() string {
	var said []string
	for i := range e.Lost {
		said = append(said, e.Lost[i].String())
	}
	return strings.Join(said, "; ")
}

// String says what is lost.
func (l *Lost) String() string {
	return l.By.Path + " came from a file of " + l.Path + ": " + l.Why.Error()
}

// same returns the run among those that are there already which is the one that by knew
// as earlier, or nil. One that was named stands for it at the same place, whatever became of
// it since, and at another place if it is the same run; where its manifest was not
// recorded, if it may be.
func (k *Runs) same(by *Run, earlier sink.KnownRun, path string) *Run {
	if here := k.At(path); here != nil && (here.Stated || earlier.Manifest == "") {
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
		if run.Stated && run != by && run.Manifest.Created <= by.Manifest.Created && (earlier.WithoutFailed || run.Manifest.Rejects != nil) {
			return run
		}
	}
	return nil
}

// addSame adds the run at path if it is the one that was known as earlier, or says what
// there is instead.
func (k *Runs) addSame(earlier sink.KnownRun, path string) (*Run, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such directory any more")
	}
	before := len(k.runs)
	run, err := k.add(path)
	if err != nil {
		return nil, err
	}
	if earlier.Manifest == "" || run.Sum == earlier.Manifest {
		return run, nil
	}
	k.runs = k.runs[:before]
	return nil, ErrOther
}

// mostLookedAt is how many entries of a directory are looked at for a run that was moved.
const mostLookedAt = 1000

// FoundIn returns the directory that the run is in now, if that is beside where it was,
// beside the run that knew it or in the working directory; "" if it is not.
func (l *Lost) FoundIn() string {
	if l.Known.Manifest == "" {
		return ""
	}
	for _, parent := range []string{filepath.Dir(l.Path), filepath.Dir(l.By.Path), "."} {
		d, err := os.Open(parent)
		if err != nil {
			continue
		}
		names, _ := d.Readdirnames(mostLookedAt)
		d.Close()
		slices.Sort(names)
		for _, name := range names {
			if dir := filepath.Join(parent, name); manifestSum(dir) == l.Known.Manifest {
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
