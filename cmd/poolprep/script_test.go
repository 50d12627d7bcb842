package main

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"poolprep/validate/scan"
)

func TestMain(m *testing.M) {
	// What this process ignores, the programs that it starts would ignore, too.
	if filepath.Base(os.Args[0]) != "poolprep" {
		for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
			if signal.Ignored(s) {
				signal.Notify(make(chan os.Signal, 1), s)
			}
		}
	}
	scan.PoisonBlocks()
	testscript.Main(m, map[string]func(){"poolprep": main})
}

// TestScripts runs the program as its users do. Each script is named by the behaviour it shows.
func TestScripts(t *testing.T) {
	commands := map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"exits":    exits,
		"mode":     mode,
		"recipe":   recipe,
		"replace":  replace,
		"timeless": timeless,
	}
	maps.Copy(commands, emulatorCommands)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir+"/.config")
			env.Setenv("NO_COLOR", "1")
			env.Values[emulatorKey{}] = new(runningEmulator)
			sample, err := os.ReadFile("../../testdata/sample-export.csv")
			if err != nil {
				return err
			}
			return os.WriteFile(env.WorkDir+"/sample.csv", sample, 0o600)
		},
		Cmds: commands,
	})
}

// exits CODE COMMAND ARG... runs a command that must end with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// mode PERM FILE... checks permissions, in octal.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, file := range args[1:] {
		info, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if got := info.Mode().Perm(); got != os.FileMode(want) {
			ts.Fatalf("%s: mode %o, want %o", file, got, want)
		}
	}
}

// timeless FILE... takes the two times out of reports, which are the same then for the
// same inputs and flags.
func timeless(ts *testscript.TestScript, neg bool, args []string) {
	times := regexp.MustCompile(`"started":"[-0-9]+T[:0-9]+Z","finished":"[-0-9]+T[:0-9]+Z",`)
	for _, file := range args {
		text := ts.ReadFile(file)
		if !times.MatchString(text) {
			ts.Fatalf("%s: no times in it", file)
		}
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(times.ReplaceAllString(text, "")), 0o600))
	}
}

// replace FILE OLD NEW replaces text in a file; escapes as in Go strings.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	unquote := func(s string) string {
		out, err := strconv.Unquote(`"` + s + `"`)
		ts.Check(err)
		return out
	}
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	if !strings.Contains(string(text), unquote(args[1])) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(string(text), unquote(args[1]), unquote(args[2]))), 0o600))
}
