package console_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProcedures walks through the procedures of the documents, in their words.
func TestProcedures(t *testing.T) {
	browser := findBrowser(t)
	program := build(t)
	pool := `{"UserPool":{"Id":"eu-west-1_walk","Name":"Shop","AutoVerifiedAttributes":["email"]}}`
	url, _ := emulate(t, program, pool, "--pending", "0", "--users-per-second", "2000")
	w := open(t, browser)
	w.do(goTo(url))
	w.walkOriginalConsole(users(t, "original", 5))
	w.walkNewConsole(users(t, "new", 5, 2))
	w.walkCloudWatch()
	w.walkRoles(users(t, "unwritten", 5))
	assert.Empty(t, w.mistakes(), "what the browser complains about")
}

// walkOriginalConsole is the procedure for the original console. It is the first job.
func (w *walk) walkOriginalConsole(file string) {
	w.press("Import jobs")
	w.press("Create import job")
	w.fillIn("Job name", "a+b=c,.@-1")
	w.until(`field("Create a new IAM role").checked && field("IAM role name").value === "CognitoCloudWatchLogsRole"`)
	w.until(`field("Use an existing IAM role").disabled`)
	w.until(`field("Upload CSV").type === "file"`)
	w.do(choose("#create-file", file))
	w.press("Create job")
	w.until(`shown("#job-view") && text("#job-status") === "Created" && has("#upload-state", "is uploaded")`)
	w.until(`has("#job-view", "arn:aws:iam::000000000000:role/CognitoCloudWatchLogsRole")`)
	w.press("Start")
	w.until(`text("#job-status") === "Succeeded" && counter("imported") === 5`)
}

// walkNewConsole is the procedure for the new console, with a new role and with an existing one.
func (w *walk) walkNewConsole(file string) {
	for _, step := range []string{"User Pools", "Shop", "Users", "Create an import job"} {
		w.press(step)
	}
	w.until(`text("#create-view h1") === "Create import job" && document.activeElement.tagName === "H1"`)
	w.fillIn("Job name", "later")
	w.until(`field("Use an existing IAM role").checked`) // there is one by now
	w.press("Create a new IAM role")
	w.fillIn("IAM role name", "CognitoCloudWatchLogsRole")
	w.press("Create job")
	w.until(`has("#create-error", "The role was not created, and no job.") && has("#create-error", "Role with name CognitoCloudWatchLogsRole already exists.")`)
	w.fillIn("IAM role name", "import/role")
	w.press("Create job")
	w.until(`has("#create-error", "ValidationError: Role name needs 1 to 64 letters, numbers, and + = , . @ _ -.")`)
	w.fillIn("IAM role name", "importer")
	w.press("Create job")
	w.until(`shown("#job-view") && text("#job-status") === "Created" && has("#job-view", "role/importer")`)
	w.do(choose("#upload-file", file))
	w.until(`has("#upload-state", "is uploaded")`)

	w.press("User Pools")
	w.press("Shop")
	w.press("Users")
	w.until(`text("#jobs-title") === "Import users" && shown("#jobs-section")`)
	w.press("later")
	w.press("Start")
	w.until(`text("#job-status") === "Succeeded" && counter("failed") === 1`)

	w.press("User Pools")
	w.press("Shop")
	w.press("Create an import job")
	w.fillIn("Job name", "at once")
	w.press("Use an existing IAM role")
	w.selectIn("IAM role selection", "arn:aws:iam::000000000000:role/importer")
	w.do(choose("#create-file", file))
	w.press("Create and start job") // all of them are there: it fails
	w.until(`text("#job-status") === "Failed" && counter("skipped") === 4`)
	w.do(run(`history.back(); history.back(); 0`))
	w.until(`shown("#jobs-section") && location.hash === "#/eu-west-1_walk"`)
	w.press("Failed") // the Status value
	w.press("View the CloudWatch logs for more details")
	w.until(`document.activeElement === element("#log-title") && log().some((line) => line === "[SKIPPED] Line Number 2 - The user already exists.")`)
}

// walkCloudWatch is the procedure for the CloudWatch console.
func (w *walk) walkCloudWatch() {
	w.press("User Pools")
	w.press("Shop")
	w.press("Logs")
	w.press("/aws/cognito/userpools/eu-west-1_walk/Shop")
	w.until(`document.querySelectorAll("#log-streams tbody tr").length === 3 && document.activeElement.id === "streams-title"`)
	w.until(`text("#log-streams tbody th").endsWith("/at once")`) // the last first
	w.do(run(`globalThis.stream = [...document.querySelectorAll("#log-streams a")].find((e) => e.textContent.endsWith("/later")); stream.focus(); stream.click(); 0`))
	w.until(`shown("#log") && has("#events", stream.textContent)`)
	w.until(`log().includes("[SUCCEEDED] Line Number 2 - The import succeeded.")`)
	w.until(`log().includes("[FAILED] Line Number 4 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).")`)
	w.do(run(`location.reload(); 0`)) // the address says it all
	w.until(`shown("#log") && log().length === 7`)
	w.press("Log streams")
	w.until(`shown("#log-streams") && !shown("#log")`)
	w.do(run(`location.hash = "#/eu-west-1_walk/logs/" + encodeURIComponent("/no/group"); 0`))
	w.until(`has("#trouble", "There is nothing here.") && has("#trouble", "The specified log group does not exist.") && shown("#tabs")`)
	w.press("Logs")
	w.until(`shown("#log-groups") && !shown("#trouble")`)
}

// walkRoles looks at roles and deletes one, with which a job then fails.
func (w *walk) walkRoles(file string) {
	w.press("Roles")
	w.until(`document.querySelectorAll("#roles tbody tr").length === 2`)
	w.press("importer")
	w.until(`has("#trust", "cognito-idp.amazonaws.com") && has("#permissions", "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/cognito/*")`)
	w.until(`text("#permissions h3") === "poolprep-import-logs" && !shown("#permissions-none") && document.activeElement.id === "role-title"`)
	w.press("Delete role")
	w.until(`element("#dialog").open && has("#dialog", "Delete importer?")`)
	w.do(chromedp.KeyEvent(kb.Escape))
	w.until(`!element("#dialog").open && shown("#role-detail")`)
	w.press("Delete role")
	w.do(click("#dialog-confirm"))
	w.until(`shown("#roles-list") && document.querySelectorAll("#roles tbody tr").length === 1 && !shown("#trouble")`)

	w.fillIn("Role name", "CognitoCloudWatchLogsRole")
	w.press("Create role")
	w.until(`has("#roles-error", "already exists")`)
	w.fillIn("Role name", "second")
	w.press("Create role")
	w.until(`shown("#role-detail") && text("#role-title") === "second"`)

	w.press("Import jobs")
	w.press("Create import job")
	w.fillIn("Job name", "deleted role")
	w.press("Enter the ARN of a role")
	w.fillIn("Role ARN", "arn:aws:iam::000000000000:role/importer")
	w.do(choose("#create-file", file))
	w.press("Create and start job")
	w.until(`text("#job-status") === "Failed" && has("#completion", "role") && counter("imported") === 0`)
	assert.NotContains(w.t, fmt.Sprint(w.mistakes()), "TypeError")
}

// TestKeyboard creates and starts a job in a narrow window with dark colours, and looks at its
// users and its log, with the keyboard alone.
func TestKeyboard(t *testing.T) {
	browser := findBrowser(t)
	url, _ := emulate(t, build(t), `{"UserPool":{"Id":"local_keys","Name":"Shop","AutoVerifiedAttributes":["email"]}}`, "--pending", "0")
	w := open(t, browser)
	w.show(400, 800, "dark")
	w.do(goTo(url))
	w.until(`shown("#pool-view") && shown("#users-none")`)
	w.keys("User Pools", kb.Enter)
	w.until(`shown("#pools-view")`)
	w.keys("Shop", kb.Enter)
	w.until(`shown("#pool-view") && document.activeElement.tagName === "H1"`)
	w.keys("Users", "")
	w.keys("Create an import job", kb.Enter)
	w.until(`shown("#create-view") && document.activeElement.tagName === "H1"`)
	w.keys("Job name", "by keys")
	w.keys("Create a new IAM role", kb.ArrowUp) // around: the one in the middle cannot be chosen yet
	w.until(`field("Enter the ARN of a role").checked && shown("#role")`)
	w.do(chromedp.KeyEvent(kb.ArrowUp))
	w.until(`field("Create a new IAM role").checked && shown("#role-name")`)
	w.keys("Create job", kb.Enter)
	w.until(`shown("#job-view") && text("#job-status") === "Created" && document.activeElement.tagName === "H1"`)
	w.do(choose("#upload-file", users(t, "keys", 3))) // the dialog for files is the browser's
	w.until(`has("#upload-state", "is uploaded")`)
	w.do(run(`element("#job-view h1").focus(); 0`))
	w.keys("Start", kb.Enter)
	w.until(`text("#job-status") === "Succeeded"`)
	w.keys("Shop local_keys", kb.Enter)
	w.until(`shown("#users")`)
	w.keys("keys1", kb.Enter)
	w.until(`document.activeElement.id === "user-title"`)
	w.keys("Delete user", kb.Enter)
	w.until(`element("#dialog").open && document.activeElement.id === "dialog-cancel"`)
	w.keys("Delete user", kb.Enter)
	w.until(`text("#user-count") === "2" && shown("#users") && document.activeElement.checkVisibility() && document.activeElement !== document.body`)
	w.do(run(`element("#tab-users").focus(); 0`), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	w.until(`shown("#log-groups")`)
	w.keys("/aws/cognito/userpools/local_keys/Shop", kb.Enter)
	w.until(`shown("#log-streams") && document.activeElement.id === "streams-title"`)
	w.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	w.until(`log().length === 5 && document.activeElement.id === "log-title"`)
	assert.Empty(t, w.mistakes(), "what the browser complains about")
}

// keys goes forward with the key Tab to the link, button or field with a name, and types there.
func (w *walk) keys(name, typed string) {
	w.t.Helper()
	at := fmt.Sprintf(`[document.activeElement.textContent.trim(), ...Array.from(document.activeElement.labels ?? [], (e) => e.textContent.trim())].includes(%q)`, name)
	for range 80 {
		there, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](at))
		require.NoError(w.t, err)
		if there {
			w.until(`document.activeElement.matches(":focus-visible")`)
			w.do(chromedp.KeyEvent(typed))
			return
		}
		w.do(chromedp.KeyEvent(kb.Tab))
	}
	require.FailNow(w.t, "the key Tab does not lead to "+name)
}
