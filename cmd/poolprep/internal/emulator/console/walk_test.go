package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The CSV header of the pool below.
const columns = "name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,cognito:mfa_enabled,cognito:username"

// users writes an import file with n rows into a new file. Each row whose
// number, from 0, is one of unverified fails.
func users(t *testing.T, prefix string, n int, unverified ...int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(columns + "\n")
	for i := range n {
		verified := "TRUE"
		for _, u := range unverified {
			if i == u {
				verified = "FALSE"
			}
		}
		fmt.Fprintf(&b, ",,,,,,,,,%s%d@example.com,%s,,,,,,,,,,%s%d\n", prefix, i, verified, prefix, i)
	}
	path := filepath.Join(t.TempDir(), prefix+".csv")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

// TestWalk walks through the console as the documents do, in a real browser,
// with the real program behind it.
func TestWalk(t *testing.T) {
	browser := findBrowser(t)
	program := build(t)
	// The name of the pool is one that would do harm if it were read as HTML.
	pool := `{"UserPool":{"Id":"local_walk","Name":"<img src=x onerror=alert(1)>","AutoVerifiedAttributes":["email"],"MfaConfiguration":"OPTIONAL"}}`
	url, stop := emulate(t, program, pool, "--users-per-second", "400")
	w := open(t, browser)
	w.do(goTo(url))

	w.walkEmptyPool()
	w.walkFirstJob(users(t, "first", 250, 1, 77, 249))
	w.walkLog()
	w.walkSlowJob(users(t, "slow", 30_000))
	w.walkTemplate()
	w.walkNarrow()
	assert.Empty(t, w.mistakes(), "what the browser complains about")
	w.walkForeignPage(url)
	stop()
	w.until(`shown("#trouble") && has("#trouble", "did not answer")`)
	assert.Empty(t, w.mistakes(), "what the browser complains about")
}

func (w *walk) walkEmptyPool() {
	w.until(`shown("#pool-view") && has("header", "not AWS")`)
	w.until(`has("#pools", "local_walk") && has("#pool-view h1", "<img src=x onerror=alert(1)>")`)
	w.until(`has("#pool-view .facts", "email") && has("#pool-view .facts", "OPTIONAL") && text("#user-count") === "0"`)
	w.until(`shown("#no-jobs") && !shown("#jobs-area")`)
}

// walkFirstJob creates a job, starts it without a file, uploads one and starts it.
func (w *walk) walkFirstJob(file string) {
	w.do(click("#create-link"))
	w.until(`shown("#create-view")`)
	w.do(click("#role-choice label:has([value=arn])"))
	w.until(`shown("#role")`)
	w.do(chromedp.SetValue(chromedp.CSS("#role"), "arn of nothing at all"), enter("#job-name", "first job"))
	w.do(click("#create"))
	w.until(`has("#create-error", "InvalidParameterException: IAM role must be the ARN of a role, such as arn:aws:iam::")`)
	w.until(`!has("#create-error", "pattern") && !has("#create-error", "[")`)
	w.do(chromedp.SetValue(chromedp.CSS("#role"), "arn:aws:iam::111111111111:role/CognitoCloudWatchLogsRole"))
	w.do(click("#create-start"))
	w.until(`has("#create-error", "choose Upload CSV first")`)
	w.do(enter("#job-name", kb.Enter))

	w.until(`shown("#job-view") && text("#job-view h1") === "first job" && text("#job-status") === "Created"`)
	w.do(click("#upload-section summary"))
	w.until(`element("#curl").value === 'curl -v -T "PATH_TO_CSV_FILE" -H "x-amz-server-side-encryption:aws:kms" "' + element("#url").value + '"'`)
	w.do(click("[data-copy=curl]")) // where no page may copy, the text is selected
	w.until(`has("[data-copy=curl]", "Copied") || has("[data-copy=curl]", "Press Ctrl+C") && element("#curl").selectionEnd === element("#curl").value.length`)
	w.do(click("#start"))
	w.until(`has("#job-error", "PreconditionNotMetException: No csv file was uploaded for import-")`)
	w.do(choose("#upload-file", file))
	w.until(`has("#upload-state", "first.csv is uploaded")`)
	w.do(click("#start"))
	w.until(`text("#job-status") === "Succeeded" && has("#completion", "Import Job Completed Successfully.")`)
	w.until(`counter("imported") === 247 && counter("skipped") === 0 && counter("failed") === 3`)
	w.until(`!shown("#start") && !shown("#stop") && !shown("#upload-section") && !shown("#job-error")`)
}

// walkLog filters the log of the first job, and turns its pages.
func (w *walk) walkLog() {
	w.until(`log().length === 100 && log()[0] === "Cognito User Pools Import - Test Log" && log()[99].startsWith("[SUCCEEDED] Line Number 99 ")`)
	w.do(click("#log-next"))
	w.until(`has("#log-page", "Events 101 to 200")`)
	w.do(click("#log-next"))
	w.until(`has("#log-page", "Events 201 to 252, the last") && log().length === 52`)
	w.do(click("#log-next")) // it leads nowhere
	w.do(click("#log-first"))
	w.until(`has("#log-page", "Events 1 to 100")`)

	w.do(click("#log-form label:has([value=FAILED])"))
	w.until(`log().length === 3 && log().every((line) => line.startsWith("[FAILED] Line Number "))`)
	w.until(`log()[0] === "[FAILED] Line Number 3 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."`)
	w.do(enter("#log-text", "Number 79"))
	w.until(`log().length === 1 && log()[0].startsWith("[FAILED] Line Number 79 ")`)
	w.do(enter("#log-text", ` "\`)) // no more than text to look for
	w.until(`log().length === 0 && shown("#log-empty") && !shown("#log-error")`)
}

// walkSlowJob creates and starts a job in one step, watches it and stops it.
func (w *walk) walkSlowJob(file string) {
	w.do(click("#job-view .to-pool"))
	w.until(`shown("#jobs-area") && text("#user-count") === "247"`)
	w.do(click("#create-link"))
	w.until(`shown("#create-view")`)
	w.do(run(`const dropped = new DataTransfer(); dropped.items.add(new File(["a,b"], "dropped.csv"));
		element("#create-zone").dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true}))`))
	w.until(`has("#create-file-name", "dropped.csv, 3 bytes") && element("#create-file").files.length === 1`)
	w.do(click("#role-choice label:has([value=arn])"))
	w.until(`shown("#role")`)
	w.do(enter("#role", "arn:aws:iam::111111111111:role/CognitoCloudWatchLogsRole"))
	w.do(enter("#job-name", "slow job"), choose("#create-file", file))
	w.until(`has("#create-file-name", "slow.csv")`)
	w.do(click("#create-start"))
	w.until(`shown("#job-view") && text("#job-view h1") === "slow job" && text("#job-status") === "InProgress"`)
	w.until(`counter("imported") > 0`)
	w.do(run(`globalThis.before = counter("imported"); 0`))
	w.until(`counter("imported") > before && text("#job-status") === "InProgress"`)

	w.do(click("#stop"))
	w.until(`document.querySelector("#dialog").open && has("#dialog", "cannot be restarted")`)
	w.do(chromedp.KeyEvent(kb.Escape))
	w.until(`!document.querySelector("#dialog").open`)
	w.do(run(`before = counter("imported"); 0`))
	w.until(`counter("imported") > before`) // it was only asked
	w.do(click("#stop"))
	w.until(`document.querySelector("#dialog").open`)
	w.do(click("#dialog-confirm"))
	w.until(`text("#job-status") === "Stopped" && has("#completion", "The Import Job was stopped by the developer.")`)
	w.until(`counter("imported") < 30000 && !shown("#stop") && !shown("#start")`)
}

// walkTemplate looks at the list of jobs and downloads the template.
func (w *walk) walkTemplate() {
	w.do(click("#job-view .to-pool"))
	w.until(`shown("#jobs-area") && document.querySelectorAll("#jobs tbody tr").length === 2`)
	w.until(`has("#jobs tbody tr:first-child", "slow job") && has("#jobs tbody tr:first-child", "Stopped")`)
	w.until(`has("#jobs tbody tr:last-child", "first job") && has("#jobs tbody tr:last-child", "Succeeded")`)
	w.do(click("#template"))
	assert.Equal(w.t, columns+",password_hash\n", w.downloaded("template.csv"))
}

// walkNarrow looks whether anything is wider than a narrow window.
func (w *walk) walkNarrow() {
	w.do(chromedp.EmulateViewport(400, 800))
	for _, place := range []string{
		`location.hash = "#/local_walk/create"`, `location.hash = "#/local_walk"`,
		`document.querySelector("#jobs tbody tr:last-child a").click()`,
	} {
		w.do(run(place + "; 0"))
		w.until(`location.hash.endsWith("/create") === shown("#create-view") && location.hash.includes("/import-") === shown("#job-view")`)
		w.until(`!shown("#job-view") || log().length > 0`)
		w.until(`document.documentElement.scrollWidth <= 400`)
	}
	w.do(chromedp.EmulateReset())
}

// walkForeignPage tries from a page of another origin what the console does.
func (w *walk) walkForeignPage(url string) {
	foreign := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(rw, "<title>foreign</title><iframe src=%q></iframe>", url)
	}))
	defer foreign.Close()
	w.do(goTo(foreign.URL))
	body := `'{"JobName":"foreign","UserPoolId":"local_walk","CloudWatchLogsRoleArn":"arn:aws:iam::111111111111:role/CognitoCloudWatchLogsRole"}'`
	w.do(run(`globalThis.ends = []; for (const headers of [{}, {"X-Poolprep-Page": "console", "X-Amz-Target": "AWSCognitoIdentityProviderService.CreateUserImportJob"}]) {
		const mode = headers["X-Amz-Target"] ? "cors" : "no-cors";
		fetch("` + url + `/", {method: "POST", mode, headers, body: ` + body + `}).then((r) => ends.push(r.type), () => ends.push("refused"));
	} 0`))
	w.until(`ends.length === 2`)
	w.until(`ends.toSorted().join() === "opaque,refused"`)
	assert.NotEmpty(w.t, w.mistakes(), "the browser says that it may not")
	w.do(goTo(url))
	w.until(`shown("#jobs-area") && document.querySelectorAll("#jobs tbody tr").length === 2 && !has("#jobs", "foreign")`)
}
