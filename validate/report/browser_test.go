package report

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// hostile is a name that is markup in HTML, and closes what it may stand in.
const hostile = `</style></title><script>document.title='x'</script><img src=x onerror="document.title='x'">"'&<h1>PASSED</h1>{{.}}`

// faultyRun writes a report of a run with faults of many kinds, some with hostile names.
func faultyRun(t *testing.T, o Options) []byte {
	var b bytes.Buffer
	w, err := Open(&b, o)
	require.NoError(t, err)
	clock := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
	require.NoError(t, w.Start(Run{Tool: "poolprep 0.0", Command: "check", Now: func() time.Time {
		clock = clock.Add(1500 * time.Millisecond)
		return clock
	}}))
	result := rule.Result{Verdict: rule.Failed, Sources: []rule.Source{{Name: "users.csv", Rows: 100_000, Size: 1 << 24}, {Name: hostile, Rows: 700, Size: -1, SHA256: strings.Repeat("0f", 32)}}}
	result.Profile = someProfile()
	result.Profile.Columns = append(result.Profile.Columns, rule.Column{
		Name: hostile, Filled: 3, Empty: 5, Distinct: 3, DistinctError: 0.03, Shortest: 1, Longest: 2_000,
		Shapes: []rule.Count{{Value: hostile, Count: 2}}, RejectedShapes: []rule.Count{{Value: strings.Repeat("a", 64), Count: 3}, {Value: hostile, Count: 1}},
		Domains: []rule.Count{{Value: hostile, Count: 1}},
	}, rule.Column{Name: "custom:" + strings.Repeat("long", 40), Empty: 8})
	s := &result.Summary
	s.RowsRead, s.RowsAccepted, s.RowsRejected, s.RowsSkipped, s.RowsBlank = 100_700, 99_000, 1_500, 200, 3
	columns := []string{"email", "phone_number", hostile, "custom:" + strings.Repeat("long", 40)}
	for i := range int64(3000) {
		code := rule.Code(i * i % int64(rule.NumCodes))
		f := rule.Finding{Code: code, Severity: code.Info().Severity(), File: "users.csv", Record: 20_000 + i*7, Column: columns[i%4], Pos: scan.Pos{Line: i + 2, Column: 1}, Text: hostile}
		if i%10 == 0 {
			f.File, f.Record, f.Value, f.Source = hostile, 1+i/10, []byte(hostile), hostile
		}
		s.Count(f.Code, f.Severity, true)
		require.NoError(t, w.Finding(&f))
	}
	require.NoError(t, w.Finish(result))
	return b.Bytes()
}

// TestPageInABrowser opens the page as people do: on a screen and a telephone, light, dark
// and printed. Nothing in it may be loaded, run, refused by its policy or wider than the screen.
func TestPageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		require.Empty(t, os.Getenv("CI"), "there is no Chromium; install the package chromium")
		t.Skip("there is no Chromium")
	}
	file := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(file, faultyRun(t, Options{Format: "html"}), 0o600))
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var complaints, requests []string
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			complaints = append(complaints, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			requests = append(requests, e.Request.URL)
		}
	}))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute) // the longest that a slow machine may take
	t.Cleanup(cancel)
	address := (&url.URL{Scheme: "file", Path: file}).String()
	backgrounds := make(map[string]bool)
	for _, width := range []int64{1280, 400} {
		for _, look := range []string{"light", "dark", "print"} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look}}}
			if look == "print" {
				media.Media, media.Features[0].Value = "print", "dark"
			}
			_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
			require.NoError(t, err)
			_, err = chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500})
			require.NoError(t, err)
			require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(address)))
			seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`JSON.stringify([document.documentElement.scrollWidth, document.querySelector("h1").textContent,
				document.querySelectorAll("h1").length, document.querySelectorAll("script, img, link, iframe").length, document.title])`))
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprintf(`[%d,"FAILED: 1,500 of 100,700 rows rejected",1,0,"FAILED: 1,500 of 100,700 rows rejected (poolprep check)"]`, width), seen, look)
			background, err := chromedp.Run(ctx, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))
			require.NoError(t, err)
			backgrounds[look+" "+background] = true
		}
	}
	assert.Equal(t, map[string]bool{"light rgb(255, 255, 255)": true, "dark rgb(13, 17, 23)": true, "print rgb(255, 255, 255)": true}, backgrounds, "the style counts")
	mu.Lock()
	defer mu.Unlock()
	assert.Empty(t, complaints)
	for _, url := range requests {
		assert.Equal(t, address, url)
	}
	assert.Len(t, requests, 6)
}
