package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/emulator"
	"poolprep/cmd/poolprep/internal/history"
	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/cmd/poolprep/internal/objects"
	"poolprep/transform/sink"
	"poolprep/validate/report"
	"poolprep/validate/source"
)

// usedFiles are all files that a command reads and writes, by flags, arguments,
// settings files and redirections. It is the one place that keeps an output from
// replacing what is read, a file of another run, or another output.
type usedFiles []usedFile

// usedFile is one of them, and all names that it is known to have.
type usedFile struct {
	label  string // for people
	path   string // as given; "": not known
	writes bool
	carry  bool // it is for an output or a report, not for texts to people
	kind   pathKind
	stream bool        // opened by whoever started the program
	file   *os.File    // of a stream, or of a path that is the name of one; nil: opened anew
	run    string      // of a file of the run directory that the command works on
	info   fs.FileInfo // links followed; nil: it is not there
	names  []string    // absolute, without links in the directory: its own, and those of what it links to
}

// refuseOverlap returns an error if the command would overwrite what it shall not.
// It comes before any file is made or emptied.
func refuseOverlap(cmd *cobra.Command, args []string, settings []string, s *streams) error {
	var u usedFiles
	kind := argumentTable[nameOf(cmd)]
	if kind == inputPath && len(args) == 0 {
		args = []string{"-"}
	}
	for _, a := range args {
		u.add(kind, a, a, s)
	}
	for _, path := range settings {
		u.add(filePath, path, path, s)
	}
	if cmd.Flags().Lookup("region") != nil { // it connects
		for _, path := range cognito.ConfigFiles() {
			u.add(filePath, "the AWS configuration file "+path, path, s)
		}
	}
	dry := cmd.Flags().Lookup("dry-run")
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if path := infoOf(f).pathIn(nameOf(cmd)); dry != nil && dry.Value.String() == "true" && (path == outPath || path == outDirPath) {
			return // it is not touched
		}
		for _, value := range flagValues(f) {
			if value == noneWord && (f.Name == "mapping" || f.Name == "known") {
				continue
			}
			u.add(infoOf(f).pathIn(nameOf(cmd)), "--"+f.Name+" "+value, value, s)
		}
	})
	if path := os.Getenv(stepSummary); path != "" && annotates(cmd) {
		u.addFile(usedFile{label: stepSummary + " " + path, path: path, kind: reportPath, writes: true, carry: true})
	}
	outCarries, errCarries := carries(cmd)
	u.addStream(s.out.name, s.out.file, true, outCarries)
	u.addStream(s.err.name, s.err.file, true, errCarries)
	err := u.overlap()
	if err != nil && u.holdsStderr() {
		s.err.avoid(s.out) // the message would be written into the very file
	}
	return err
}

// annotates reports whether a command writes the summary of a step.
func annotates(cmd *cobra.Command) bool {
	f := cmd.Flags().Lookup("report")
	return f != nil && slices.ContainsFunc(flagValues(f), func(text string) bool {
		spec, err := parseReport(text)
		return err == nil && spec.format == report.GitHub
	})
}

// flagValues returns all values of a flag.
func flagValues(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{f.Value.String()}
}

// holdsStderr reports whether standard error goes into a file that the command uses.
func (u usedFiles) holdsStderr() bool {
	stderr := u[len(u)-1]
	if !stderr.isStderr() || !stderr.info.Mode().IsRegular() {
		return false
	}
	for _, f := range u {
		if !(f.writes && f.appends()) && f.info != nil && os.SameFile(f.info, stderr.info) {
			return true
		}
	}
	return stderr.inRun() != "" || stderr.inState() != ""
}

// add adds what a value of a flag or an argument names.
func (u *usedFiles) add(kind pathKind, label, value string, s *streams) {
	switch path := value; {
	case path == "" || kind == noPath:
	case kind == inputPath && path == "-":
		u.addStream("standard input", s.in, false, false)
	case kind == inputPath || kind == filePath:
		u.addFile(usedFile{label: label, path: path, kind: kind})
	case kind == logPath:
		_, file, ok := strings.Cut(path, "=")
		if ok {
			u.addFile(usedFile{label: label, path: file, kind: filePath})
		}
		u.addFile(usedFile{label: label, path: path, kind: filePath}) // N= may be a part of the name
	case kind == runPath || kind == importing:
		u.addRun(path, kind)
	case kind == outPath:
		if namesFile(path) {
			u.addFile(usedFile{label: label, path: path, kind: kind, writes: true, carry: true})
		}
	case kind == reportPath:
		if _, file, ok := strings.Cut(path, "="); ok && namesFile(file) {
			u.addFile(usedFile{label: label, path: file, kind: kind, writes: true, carry: true})
		}
	case kind == outDirPath:
		u.addFile(usedFile{label: label, path: path, kind: kind, writes: true})
	case kind == historyPath:
		u.addFile(usedFile{label: label, path: history.Path(path), kind: statePath, writes: true})
	case kind == keptPath:
		u.addFile(usedFile{label: history.Path(path), path: history.Path(path), kind: filePath})
	case kind == statePath:
		u.addFile(usedFile{label: label, path: filepath.Join(path, emulator.StateFile), kind: kind, writes: true})
		u.addFile(usedFile{label: label, path: filepath.Join(path, emulator.UploadDir), kind: uploadsPath, writes: true})
	}
}

func (u *usedFiles) addFile(f usedFile) {
	f.info, _ = os.Stat(f.path) // nil: it is not there
	f.names = source.Names(f.path)
	f.file = sink.StandardStream(f.path)
	*u = append(*u, f)
}

// carries says for what a command uses standard output and standard error: whether an
// output or a report that the user asked for goes there. Findings as text that go to
// standard error by default are texts to people.
func carries(cmd *cobra.Command) (out, err bool) {
	flag := func(name string) string {
		if f := cmd.Flags().Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	if cmd.Flags().Lookup("output") != nil {
		out = !namesFile(flag("output")) && flag("out-dir") == "" && flag("dry-run") != "true"
	}
	if cmd.Flags().Lookup("report") == nil {
		return out, err
	}
	reports := flagValues(cmd.Flags().Lookup("report"))
	if flag("json") == "true" {
		reports = append(reports, string(report.JSONL))
	}
	if len(reports) == 0 {
		reports = []string{string(report.Text)}
	}
	for _, spec := range reports {
		format, path, toFile := strings.Cut(spec, "=")
		text := format == string(report.Text)
		switch {
		case toFile && namesFile(path) || text && flag("quiet") == "true":
		case cmd.Name() == "check":
			out = true
		case cmd.Name() == "merge": // the plan says which
			out, err = true, err || !text
		default:
			err = err || !text
		}
	}
	return out, err
}

// addStream adds a standard stream that is a file or a pipe.
func (u *usedFiles) addStream(label string, file *os.File, writes, carry bool) {
	info, err := file.Stat()
	if err != nil || info.Mode()&fs.ModeCharDevice != 0 {
		return
	}
	f := usedFile{label: label, stream: true, writes: writes, carry: carry, file: file, info: info, kind: inputPath}
	if writes {
		f.kind = outPath
	}
	if path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", file.Fd())); err == nil && info.Mode().IsRegular() {
		f.path, f.names = path, []string{path}
	}
	*u = append(*u, f)
}

// addRun adds the files of a run directory that the command works on.
func (u *usedFiles) addRun(dir string, kind pathKind) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the command says so
	}
	for _, e := range entries {
		if ownedByRun(e.Name()) {
			path := filepath.Join(dir, e.Name())
			u.addFile(usedFile{label: path, path: path, kind: kind, writes: kind == importing, run: dir})
		}
	}
	m, err := sink.ReadManifest(dir)
	if err != nil || kind != importing {
		return
	}
	for _, s := range m.Sources { // retry.csv is made of them
		for _, path := range []string{s.Path, filepath.Join(filepath.Dir(dir), filepath.Base(s.Path))} {
			u.addFile(usedFile{label: path, path: path, kind: filePath, run: dir})
		}
	}
}

// ownedByRun reports whether a file of this name in a run directory belongs to the run.
func ownedByRun(name string) bool { return sink.IsRunFile(name) || importjob.IsImportFile(name) }

// overlap returns an error for the first output that would overwrite what it shall not.
func (u usedFiles) overlap() error {
	for i := range u {
		out := &u[i]
		if !out.writes {
			continue
		}
		if text := cmp.Or(out.inRun(), out.inState()); text != "" {
			return errors.New(text)
		}
		for j := range u {
			other := &u[j]
			if i == j || out.run != "" && out.run == other.run || j < i && other.writes {
				continue
			}
			if text := out.over(other); text != "" {
				return errors.New(text)
			}
		}
	}
	return nil
}

func (f *usedFile) isStderr() bool { return f.stream && f.label == "standard error" }

// inRun says why the output may not be where it is: in a run directory.
func (f *usedFile) inRun() string {
	if f.run != "" || f.kind == outDirPath || f.info != nil && !f.info.Mode().IsRegular() {
		return ""
	}
	for _, name := range f.names {
		if dir := filepath.Dir(name); (!f.stream || ownedByRun(filepath.Base(name))) && sink.HoldsRun(dir) {
			return fmt.Sprintf("%s is in %s, which holds a run; choose another place for it", f.label, filepath.Dir(f.path))
		}
	}
	return ""
}

// inState says why the output may not be where it is: among the files of an emulator.
func (f *usedFile) inState() string {
	if f.kind == statePath || f.kind == uploadsPath || f.kind != outDirPath && f.info != nil && !f.info.Mode().IsRegular() {
		return ""
	}
	for _, name := range f.names {
		for dir := filepath.Dir(name); name != dir; name, dir = dir, filepath.Dir(dir) {
			if base := filepath.Base(name); (base == emulator.StateFile || base == emulator.UploadDir) && emulator.HoldsState(dir) {
				return fmt.Sprintf("%s is among the files of an emulator; choose another place for it", f.label)
			}
		}
	}
	return ""
}

// over says why the output f and the other file do not go together.
func (f *usedFile) over(other *usedFile) string {
	switch {
	case f.kind == uploadsPath && other.below(f):
		return fmt.Sprintf("%s lies in the uploads of %s; choose another place for it", other.label, f.label)
	case f.kind == outDirPath && other.lies(f):
		return fmt.Sprintf("%s lies in %s; choose another directory for the output", other.label, f.label)
	case other.kind == outDirPath && f.lies(other):
		return fmt.Sprintf("%s lies in %s; choose another place for it", f.label, other.label)
	case !f.same(other):
		return ""
	case f.stream && other.stream && other.writes && !(f.carry && other.carry):
		return fmt.Sprintf("%s and %s are one file that was opened twice, so one would overwrite the other; say 2>&1, or write to two files", f.label, other.label)
	case other.writes && other.run == "" && f.run == "":
		return fmt.Sprintf("%s and %s are one file; write to two", f.label, other.label)
	case other.writes:
		return fmt.Sprintf("%s is %s, a file of the run; choose another file", firstOf(f, other).label, lastOf(f, other).label)
	}
	what := "file"
	if f.kind == outDirPath {
		what = "directory"
	}
	return fmt.Sprintf("%s would overwrite %s, which is read; write to another %s", f.label, other.label, what)
}

// firstOf returns the one of two files that is not of the run, lastOf the other.
func firstOf(a, b *usedFile) *usedFile {
	if a.run == "" {
		return a
	}
	return b
}

func lastOf(a, b *usedFile) *usedFile {
	if a.run == "" {
		return b
	}
	return a
}

// lies reports whether f is in the output directory, and would be in the way there. A
// schema and the like is only if a run may have a file of that name.
func (f *usedFile) lies(dir *usedFile) bool {
	if dir.info == nil && !f.writes && !objects.Is(dir.path) || f.stream {
		return false
	}
	for _, name := range f.names {
		if (f.kind != filePath || ownedByRun(filepath.Base(name))) && containsName(dir.names, filepath.Dir(name)) {
			return true
		}
	}
	return false
}

// below reports whether f is in a directory, however deep.
func (f *usedFile) below(dir *usedFile) bool {
	for _, name := range f.names {
		for parent := filepath.Dir(name); parent != filepath.Dir(parent); parent = filepath.Dir(parent) {
			if containsName(dir.names, parent) {
				return true
			}
		}
	}
	return false
}

// appends reports whether what is written follows what stands there: the file is opened
// already, or it is to be opened so.
func (f *usedFile) appends() bool { return f.stream || sink.IsDevice(f.path) }

// same reports whether both are one file, in a way that does harm: the texts to people
// may go where an output or a report goes, but no two of these into one file or pipe,
// and nobody reads from what they write to.
func (f *usedFile) same(other *usedFile) bool {
	bothWrite := f.writes && other.writes
	if f.info != nil && other.info != nil {
		if !os.SameFile(f.info, other.info) {
			return false
		}
		mode := f.info.Mode()
		switch {
		case mode&fs.ModeCharDevice != 0:
			return false
		case bothWrite && f.appends() && other.appends():
			return f.carry && other.carry || f.spoiledBy(other) || other.spoiledBy(f) || mode.IsRegular() && !f.sharesPosition(other)
		}
		return mode.IsRegular() || mode.IsDir() || mode&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0
	}
	for _, name := range f.names {
		if containsName(other.names, name) {
			return true
		}
	}
	return false
}

// spoiledBy reports whether f is an output that is told to go to standard error, by
// whatever name, where texts to people would get into it.
func (f *usedFile) spoiledBy(other *usedFile) bool {
	return f.kind == outPath && !f.stream && other.isStderr() && f.file != os.Stdout
}

// sharesPosition reports whether neither of two that write into one regular file
// overwrites what the other has written.
func (f *usedFile) sharesPosition(other *usedFile) bool {
	if f.file != nil && other.file != nil && (f.file.Fd() == other.file.Fd() || movesWith(f.file, other.file)) {
		return true
	}
	return f.atEnd() && other.atEnd()
}

// atEnd reports whether all that is written goes to the end of the file.
func (f *usedFile) atEnd() bool { return f.file == nil || opensAtEnd(f.file) }

// movesWith reports whether two open files have one position, as after 2>&1. The
// positions are the same afterwards as before.
func movesWith(a, b *os.File) bool {
	at, err := a.Seek(0, io.SeekCurrent)
	was, err2 := b.Seek(0, io.SeekCurrent)
	if err != nil || err2 != nil || at != was {
		return false
	}
	moved, err := a.Seek(at+1, io.SeekStart)
	if err != nil {
		return false
	}
	now, err := b.Seek(0, io.SeekCurrent)
	_, err2 = a.Seek(at, io.SeekStart)
	return err == nil && err2 == nil && now == moved
}

// containsName reports whether one of the names is the given one.
func containsName(names []string, name string) bool {
	for _, n := range names {
		if n == name || (runtime.GOOS == "darwin" || runtime.GOOS == "windows") && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
