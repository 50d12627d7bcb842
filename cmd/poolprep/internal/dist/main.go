// Command dist builds poolprep's release archives: for each platform the binary, the
// licence, the README, manual pages and completions, and SHA-256 sums of the archives. The
// same sources, the same Go and the same SOURCE_DATE_EPOCH give the same bytes. It is run
// at the root of the repository, by `make dist`.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// platforms are those that archives are built for unless the flag says otherwise.
const platforms = "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

// shells are those with a completion script, and what each is called where shells look.
var shells = []struct{ name, file string }{
	{"bash", "poolprep.bash"}, {"fish", "poolprep.fish"}, {"powershell", "poolprep.ps1"}, {"zsh", "_poolprep"},
}

func run(args []string) (err error) {
	flags := flag.NewFlagSet("dist", flag.ContinueOnError)
	out := flags.String("out", "dist", "`directory` to write into")
	goTool := flags.String("go", "go", "go `command`")
	list := flags.String("platforms", platforms, "OS/ARCH, several in a list with blanks")
	if err := flags.Parse(args); err != nil {
		return err
	}
	modified, err := buildTime(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "poolprep-dist-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	b := builder{goTool: *goTool, work: work}
	common, release, err := b.common()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	var sums strings.Builder
	for _, platform := range strings.Fields(*list) {
		name, archive, err := b.archive(platform, release, common, modified)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(*out, name), archive, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(archive), name)
		fmt.Printf("%s: %d bytes\n", filepath.Join(*out, name), len(archive))
	}
	return os.WriteFile(filepath.Join(*out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// buildTime returns the time of the files in the archives, from seconds since 1970. Zip
// knows none before 1980.
func buildTime(epoch string) (time.Time, error) {
	earliest := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	if epoch == "" {
		return earliest, nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return earliest, fmt.Errorf("SOURCE_DATE_EPOCH=%q: seconds since 1970 are expected", epoch)
	}
	if t := time.Unix(seconds, 0).UTC(); t.After(earliest) {
		return t, nil
	}
	return earliest, nil
}

// builder runs the go command.
type builder struct {
	goTool string
	work   string // a directory of its own
}

// build builds the program for a platform and returns the path of the binary.
func (b builder) build(goos, goarch string) (string, error) {
	path := filepath.Join(b.work, goos+"-"+goarch, binaryName(goos))
	cmd := exec.Command(b.goTool, "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/poolprep")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w", cmd, err)
	}
	return path, nil
}

func binaryName(goos string) string {
	if goos == "windows" {
		return "poolprep.exe"
	}
	return "poolprep"
}

// common returns what all archives hold, and the release. The scripts for completion come
// from the program itself, built for this machine.
func (b builder) common() (files []file, release string, err error) {
	program, err := b.build(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return nil, "", err
	}
	text, err := b.output(program, "version")
	if err != nil {
		return nil, "", err
	}
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return nil, "", fmt.Errorf("poolprep version: got %q", text)
	}
	for _, shell := range shells {
		script, err := b.output(program, "completion", shell.name)
		if err != nil {
			return nil, "", err
		}
		files = append(files, file{name: "completions/" + shell.file, data: script})
	}
	pages, err := filepath.Glob("docs/man/*.[0-9]")
	if err != nil || len(pages) == 0 {
		return nil, "", fmt.Errorf("docs/man has no pages: is this the root of the repository? (%w)", err)
	}
	for _, path := range append(pages, "LICENSE", "README.md") {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, "", err
		}
		name := path
		if section := filepath.Ext(path); filepath.Dir(path) != "." && section != "" {
			name = "man/man" + section[1:] + "/" + filepath.Base(path)
		}
		files = append(files, file{name: filepath.ToSlash(name), data: data})
	}
	return files, words[1], nil
}

// output runs the program where no project file is, and returns what it prints.
func (b builder) output(program string, args ...string) ([]byte, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = b.work
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", cmd, err, stderr.Bytes())
	}
	return out, nil
}

// archive builds the program for a platform, and returns the archive and its name.
func (b builder) archive(platform, release string, common []file, modified time.Time) (string, []byte, error) {
	goos, goarch, ok := strings.Cut(platform, "/")
	if !ok {
		return "", nil, fmt.Errorf("-platforms: %q is no OS/ARCH", platform)
	}
	path, err := b.build(goos, goarch)
	if err != nil {
		return "", nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	files := append([]file{{name: binaryName(goos), data: data, executable: true}}, common...)
	top := fmt.Sprintf("poolprep-%s-%s-%s", release, goos, goarch)
	var archive bytes.Buffer
	name, pack := top+".tar.gz", packTar
	if goos == "windows" {
		name, pack = top+".zip", packZip
	}
	if err := pack(&archive, top, files, modified); err != nil {
		return "", nil, err
	}
	return name, archive.Bytes(), nil
}
