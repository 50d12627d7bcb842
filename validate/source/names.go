package source

import (
	"os"
	"path/filepath"
)

// Names returns the absolute names of a file: that of path, and if that is a link
// those of all that it leads to. Links in their directories are followed, as far as
// these exist.
func Names(path string) []string {
	var names []string
	const links = 40 // as many as a system follows
	for range links {
		path = realDir(path)
		names = append(names, path)
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return names
}

// realDir returns an absolute path without links in the directory.
func realDir(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rest := filepath.Base(abs)
	for dir := filepath.Dir(abs); ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return abs
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

// RealPath returns an absolute path without links.
func RealPath(path string) string {
	names := Names(path)
	return names[len(names)-1]
}
