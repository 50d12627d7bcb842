package console_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// findBrowser returns the path of a browser. Without one the test is skipped,
// except in CI.
func findBrowser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no Chromium; install the package chromium")
	}
	t.Skip("there is no Chromium")
	return ""
}

// build returns the path of the real program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "poolprep")
	text, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "poolprep/cmd/poolprep").CombinedOutput()
	require.NoError(t, err, "%s", text)
	return path
}

// emulate runs the program with a pool and returns its address. stop ends it,
// as does the end of the test.
func emulate(t *testing.T, program, pool string, args ...string) (url string, stop func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pool.json")
	require.NoError(t, os.WriteFile(file, []byte(pool), 0o600))
	cmd := exec.Command(program, append([]string{"emulate", "--listen", "127.0.0.1:0", "--pool", file}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return url, stop
}

// walk is a browser with one page.
type walk struct {
	t         *testing.T
	ctx       context.Context
	downloads string

	mu         sync.Mutex // guards what follows
	complaints []string
}

// open starts a browser, which ends with the test.
func open(t *testing.T, path string) *walk {
	t.Helper()
	w := &walk{t: t, downloads: t.TempDir()}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(time.Minute), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Listen(ctx, w.hear))
	_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	_, err = chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: w.downloads,
	})
	require.NoError(t, err)
	// The longest that a slow machine may take; no step waits for a fixed time.
	w.ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return w
}

// hear notes what the browser complains about, other than the answers of the API.
func (w *walk) hear(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = e.ExceptionDetails.Text + " " + e.ExceptionDetails.URL
		if e.ExceptionDetails.Exception != nil {
			complaint += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			complaint = "console.error"
			for _, a := range e.Args {
				complaint += " " + a.Description
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork && e.Entry.Level == log.EntryLevelError {
			complaint = e.Entry.Text
		}
	}
	if complaint != "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.complaints = append(w.complaints, complaint)
	}
}

// mistakes returns what the browser complained about, and forgets it.
func (w *walk) mistakes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.complaints
	w.complaints = nil
	return all
}

// action is one that has no result.
type action = chromedp.Action[chromedp.Void]

func (w *walk) do(actions ...action) {
	w.t.Helper()
	require.NoError(w.t, chromedp.Do(w.ctx, actions...))
}

// The actions of a user, on the element that a CSS selector finds.
func goTo(url string) action             { return chromedp.Navigate(url) }
func click(selector string) action       { return chromedp.Click(chromedp.CSS(selector)) }
func enter(selector, keys string) action { return chromedp.SendKeys(chromedp.CSS(selector), keys) }
func choose(selector, file string) action {
	return chromedp.SetUploadFiles(chromedp.CSS(selector), []string{file})
}

// run lets the page carry out a statement.
func run(script string) action { return chromedp.Evaluate[chromedp.Void](script) }

// words are what conditions are written in.
const words = `
globalThis.element = (selector) => document.querySelector(selector);
globalThis.shown = (selector) => element(selector)?.checkVisibility() ?? false;
globalThis.text = (selector) => element(selector)?.textContent.trim() ?? "";
globalThis.has = (selector, part) => text(selector).includes(part);
globalThis.counter = (name) => Number(text('.counters [data-field="' + name + '"]').replaceAll(",", ""));
globalThis.named = (name) => Array.from(document.querySelectorAll("a, button, summary, label.check")).find((e) => e.checkVisibility() && e.textContent.trim() === name);
globalThis.field = (label) => Array.from(document.querySelectorAll("label")).find((e) => e.control?.checkVisibility() && Array.from(e.childNodes, (c) => c.nodeName === "SELECT" ? "" : c.textContent).join("").trim() === label)?.control;
globalThis.log = () => shown("#log") ? Array.from(document.querySelectorAll("#log td.message"), (e) => e.textContent) : [];
`

// press chooses the link, button or tab with a name, as soon as there is one to be seen.
func (w *walk) press(name string) {
	w.t.Helper()
	w.until(fmt.Sprintf("named(%q) && !named(%[1]q).closest('[aria-busy=true]')", name))
	w.do(run(fmt.Sprintf("{ const e = named(%q); e.focus(); e.click(); } 0", name)))
}

// fillIn types into the field with a label, instead of what is there.
func (w *walk) fillIn(label, text string) {
	w.t.Helper()
	w.until(fmt.Sprintf("field(%q)", label))
	w.do(run(fmt.Sprintf("field(%q).focus(); field(%[1]q).select(); 0", label)), chromedp.KeyEvent(text))
	w.until(fmt.Sprintf("field(%q)?.value === %q", label, text))
}

// selectIn chooses the option with a text in the field with a label.
func (w *walk) selectIn(label, option string) {
	w.t.Helper()
	at := fmt.Sprintf("Array.from(field(%q)?.options ?? []).findIndex((o) => o.textContent === %q)", label, option)
	w.until(at + " >= 0")
	w.do(run(fmt.Sprintf(`{ const select = field(%q); select.selectedIndex = %s; select.dispatchEvent(new Event("change", {bubbles: true})); } 0`, label, at)))
}

// show sets width and height of the window and the scheme of colours: light or dark.
func (w *walk) show(width, height int64, scheme string) {
	w.t.Helper()
	w.do(chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(w.t, err)
}

// until waits until a condition is true in the page.
func (w *walk) until(condition string) {
	w.t.Helper()
	for {
		ok, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](words+"Boolean("+condition+")"))
		switch {
		case err == nil && ok:
			return
		case w.ctx.Err() != nil:
			require.FailNow(w.t, "it does not come true: "+condition, "%v %v", err, w.mistakes())
		}
		select {
		case <-w.ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// downloaded waits for a download and returns what is in it.
func (w *walk) downloaded(name string) string {
	w.t.Helper()
	for {
		text, err := os.ReadFile(filepath.Join(w.downloads, name))
		if err == nil && len(text) > 0 {
			return string(text)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) || w.ctx.Err() != nil {
			require.FailNow(w.t, "no "+name, "%v", err)
		}
		select {
		case <-w.ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}
