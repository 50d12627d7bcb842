package sink

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"poolprep/validate/source"
)

// The names of import jobs follow from the manifest, so a manifest that was changed
// would hide the jobs that there are, and users would be imported a second time.
// Therefore it holds a SHA-256 of itself.

// noSum stands for the SHA-256 while it is computed.
var noSum = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// seal returns the text of the manifest, with its SHA-256.
func (m *Manifest) seal() ([]byte, error) {
	m.Sum = noSum
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	m.Sum = sumOf(text)
	return bytes.Replace(text, []byte(noSum), []byte(m.Sum), 1), nil
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// sealed reports whether text is the one that the manifest in it was written as.
func (m *Manifest) sealed(text []byte) bool {
	if m.Sum == "" { // of an older version, which wrote no member that this one does not know
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		return d.Decode(new(Manifest)) == nil
	}
	return len(m.Sum) == len(noSum) && m.Sum == sumOf(bytes.ReplaceAll(text, []byte(m.Sum), []byte(noSum)))
}

// maxManifest is how large a manifest may be, in bytes: that of a hundred thousand chunks.
const maxManifest = 64 << 20

// ReadManifest reads the manifest of a run directory, and refuses one that was changed
// since it was written.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestName)
	text, err := source.ReadFile(path, maxManifest, "manifest")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no complete run: there is no %s in it", dir, ManifestName)
	}
	if err != nil {
		return nil, err
	}
	return parseManifest(path, text)
}

// parseManifest reads the text of a manifest.
func parseManifest(path string, text []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, manifestError(path, err)
	}
	if m.Version != 1 {
		return nil, fmt.Errorf("%s: version %d of the manifest is not known; use a newer poolprep", path, m.Version)
	}
	if !m.sealed(text) {
		return nil, fmt.Errorf("%s was changed since convert wrote it, and no longer says which import jobs belong to it; get the file from a backup. If no import of the directory has begun, you can also convert again into a new one", path)
	}
	return m, nil
}

// holdsManifest reports whether a directory holds a manifest of poolprep, changed or not.
func holdsManifest(dir string) bool {
	text, err := source.ReadFile(filepath.Join(dir, ManifestName), maxManifest, "manifest")
	var m struct{ Tool string }
	return err == nil && json.Unmarshal(text, &m) == nil && strings.HasPrefix(m.Tool, "poolprep")
}
